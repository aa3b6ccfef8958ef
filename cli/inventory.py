"""`vectora inventory`: what a stack consists of, and its gap to the repository."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from cli import config_tree
from cli.builds import Checkout, deployed_builds, this_checkout
from cli.doctor_checks import FUNCTIONS, drift_of_variables
from cli.run import config_store
from cli.stacks import PROJECT, Deployed, StackName, connect
from cli.tables import show_rows
from cli.template import read_template
from shared.build import Build
from shared.config.loader import DirectorySource

Rows = tuple[Sequence[str], list[Sequence[str]]]
"""Headings, and a table's rows."""
_BUCKETS = ("ConfigBucketName", "DataBucketName", "NewslettersBucketName")


def command(stack: Annotated[StackName, typer.Option(help="Which stack.")] = StackName.local) -> None:
    """The stack, its functions, buckets, table and queues, and what differs from this checkout."""
    deployed, console = connect(stack), Console()
    console.print(_stack(deployed, stack), highlight=False, soft_wrap=True)
    names = {resource: deployed.outputs[output] for resource, output in FUNCTIONS.items()}
    builds = deployed_builds(deployed.client("lambda"), names)
    for headings, rows in (_functions(deployed, builds), _buckets(deployed), _queues(deployed)):
        show_rows(console, headings, rows)
        console.print()
    for line in gap(deployed, builds, stack):
        typer.echo(line)


def _stack(deployed: Deployed, stack: StackName) -> str:
    row = deployed.client("cloudformation").describe_stacks(StackName=f"{PROJECT}-{stack}")["Stacks"][0]
    at = row.get("LastUpdatedTime") or row.get("CreationTime")
    tags = ", ".join(f"{tag['Key']}={tag['Value']}" for tag in row.get("Tags", [])) or "no tags"
    return f"{row['StackName']}: {row['StackStatus']}, {at:%Y-%m-%d %H:%M}, {tags}"


def _functions(deployed: Deployed, builds: Mapping[str, Build]) -> Rows:
    rows: list[Sequence[str]] = []
    client = deployed.client("lambda")
    for resource, output in FUNCTIONS.items():
        name = deployed.outputs[output]
        found = client.get_function_configuration(FunctionName=name)
        reserve = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions", "none")
        row = (
            name.removeprefix(f"{PROJECT}-"),
            f"{found.get('Runtime', '')} {' '.join(found.get('Architectures', ()))}",
            found["Handler"].removeprefix("services."),
            f"{found['CodeSize'] / 1e6:.1f} MB",
            f"{builds[resource].commit[:7]}{'+' if builds[resource].changed else ''}",
            str(reserve),
            str(found["LastModified"])[:10],
        )
        rows.append(row)
    return ("function", "runtime", "handler", "package", "commit", "reserved", "deployed"), rows


def _buckets(deployed: Deployed) -> Rows:
    rows: list[Sequence[str]] = []
    for output in _BUCKETS:
        for prefix, (count, size, newest) in contents(deployed.client("s3"), deployed.outputs[output]).items():
            place = f"{deployed.outputs[output]}/{prefix}"
            rows.append((place, str(count), f"{size / 1e6:.1f} MB", f"{newest:%Y-%m-%d %H:%M}"))
    return ("bucket", "objects", "size", "newest"), rows


def contents(s3: Any, bucket: str) -> dict[str, tuple[int, int, datetime]]:
    """First folder → objects, bytes, newest change."""
    found: dict[str, tuple[int, int, datetime]] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for row in page.get("Contents", ()):
            folder, slash, _ = row["Key"].partition("/")
            count, size, newest = found.get(folder + slash, (0, 0, datetime.min.replace(tzinfo=UTC)))
            found[folder + slash] = (count + 1, size + row["Size"], max(newest, row["LastModified"]))
    return dict(sorted(found.items()))


def _queues(deployed: Deployed) -> Rows:
    rows: list[Sequence[str]] = []
    sqs = deployed.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    for url in (value for key, value in deployed.outputs.items() if key.endswith("QueueUrl")):
        counts: Mapping[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        rows.append((url.rsplit("/", 1)[-1], *(counts.get(name, "0") for name in names)))
    return ("queue", "waiting", "in flight"), rows


def gap(deployed: Deployed, builds: Mapping[str, Build], stack: StackName) -> Iterator[str]:
    """What differs between the stack and this checkout, a line each."""
    changes = config_store(deployed).diff(DirectorySource(config_tree.DEFAULT).files())
    count = len(changes.added) + len(changes.changed) + len(changes.removed)
    yield (
        f"configuration: {count} files differ from this checkout (`vectora config diff --stack {stack}`)"
        if count
        else ("configuration: the same as this checkout")
    )
    yield from code_gap(builds, this_checkout())
    client = deployed.client("lambda")
    for resource, differs in drift_of_variables(client, deployed.outputs, read_template()).items():
        yield f"{resource}: variables {differs}"


def code_gap(builds: Mapping[str, Build], checkout: Checkout) -> Iterator[str]:
    """Whether packages and checkout have the same source, and the two commits."""
    stale = sorted(name for name, build in builds.items() if checkout.differs(name, build))
    commits = ", ".join(sorted({build.label for build in builds.values()}))
    if not stale:
        yield f"code: the same as this checkout (built from {commits}; HEAD is {checkout.label})"
    else:
        yield f"code: built from {commits}; HEAD is {checkout.label}, and the source of {', '.join(stale)} differs"
