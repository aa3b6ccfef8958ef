"""What `vectora doctor` compares with the template and the checkout: resources, packages, permissions, the release."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.builds import Checkout
from cli.doctor_checks import FUNCTIONS, Finding
from cli.intrinsics import Values
from shared.build import Build
from shared.config.loader import release_sha
from shared.config.store import S3ConfigStore

_LOCAL_OWN = ("/Environment/Variables/LINKS_URL",)
_DETECTION_SECONDS = 240
_REMEDY = "deploy this checkout again: `sam build` and `sam deploy --config-env {stack}`"


@dataclass(frozen=True, slots=True)
class Need:
    """Actions that a function must be allowed on resources, under the statement's own name."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


def remedy(stack: str) -> str:
    return "`vectora local up`" if stack == "local" else _REMEDY.format(stack=stack)


def packages(builds: Mapping[str, Build], checkout: Checkout, stack: str) -> Iterator[Finding]:
    """Functions whose packages were made from other source than the checkout's."""
    stale = {name: build for name, build in builds.items() if checkout.differs(name, build)}
    for name, build in stale.items():
        told = f"built from {build.label}; this checkout is {checkout.label}, and its source differs"
        yield Finding("look", f"package of {name}", told, f"{remedy(stack)}, or check out {build.label}")
    if not stale:
        commits = ", ".join(sorted({build.label for build in builds.values()}))
        yield Finding("ok", "packages", f"built from {commits}, of this checkout's source")


def resources(rows: Iterable[Mapping[str, Any]], stack: str) -> Iterator[Finding]:
    """CloudFormation's drift of single resources."""
    count = 0
    for row in rows:
        count += 1
        state = row["StackResourceDriftStatus"]
        changed = [one["PropertyPath"] for one in row.get("PropertyDifferences", ()) if one["PropertyPath"]]
        ours = [path for path in changed if stack == "local" and path in _LOCAL_OWN]
        if state not in ("MODIFIED", "DELETED") or (changed and changed == ours):
            continue
        told = "deleted by hand" if state == "DELETED" else f"changed by hand: {', '.join(changed[:4])}"
        yield Finding("broken" if state == "DELETED" else "look", row["LogicalResourceId"], told, remedy(stack))
    yield Finding("ok", "resources", f"{count} were compared with the stack's template")


def detect_drift(cloudformation: Any, name: str, pause: Callable[[float], None] = time.sleep) -> list[dict[str, Any]]:
    """Drift of every resource that CloudFormation can compare. Raises TimeoutError."""
    started = cloudformation.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    ends = time.monotonic() + _DETECTION_SECONDS
    while True:
        found = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=started)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        if time.monotonic() > ends:
            raise TimeoutError(f"drift detection of {name} took longer than {_DETECTION_SECONDS} s")
        pause(2)
    rows: list[dict[str, Any]] = []
    request: dict[str, Any] = {"StackName": name}
    while True:
        page = cloudformation.describe_stack_resource_drifts(**request)
        rows += page["StackResourceDrifts"]
        if not page.get("NextToken"):
            return rows
        request["NextToken"] = page["NextToken"]


def needs(values: Values, function: str) -> list[Need]:
    """What the template allows a function, with the stack's own names; what it is refused is left out."""
    found = []
    for policy in values.template["Resources"][function]["Properties"].get("Policies", ()):
        for statement in values.resolve(policy["Statement"]):
            if statement["Effect"] == "Allow":
                resources = statement["Resource"]
                sid = str(statement.get("Sid", ""))
                found.append(Need(sid, _many(statement["Action"]), _many(resources)))
    return found


def _many(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def permissions(iam: Any, roles: Mapping[str, str], values: Values, stack: str) -> Iterator[Finding]:
    """Ask IAM whether each function's role (function → ARN) may do what the template says it needs."""
    asked = 0
    for function, role in roles.items():
        for need in needs(values, function):
            request = {"PolicySourceArn": role, "ActionNames": [*need.actions], "ResourceArns": [*need.resources]}
            results = iam.simulate_principal_policy(**request)["EvaluationResults"]
            asked += len(results)
            denied = sorted({one["EvalActionName"] for one in results if one["EvalDecision"] != "allowed"})
            if denied:
                told = f"may not {', '.join(denied)} ({need.sid or 'unnamed statement'}) on {need.resources[0]}"
                yield Finding("broken", f"permissions of {function}", told, _permit(results, stack))
    yield Finding("ok", "permissions", f"{asked} actions of {len(roles)} functions were asked of IAM")


def _permit(results: Iterable[Mapping[str, Any]], stack: str) -> str:
    if any(one["EvalDecision"] == "explicitDeny" for one in results):
        return "a policy of the organisation or a permissions boundary refuses it: have that changed"
    return remedy(stack)


def release(store: S3ConfigStore, stack: str) -> Finding:
    """Whether the current release's files are those that its id stands for."""
    current = store.current()
    if release_sha(store.files(current)) == current:
        return Finding("ok", "configuration release", f"{current} is intact")
    todo = f"`vectora config push --stack {stack}`, or `vectora config restore RELEASE --stack {stack}`"
    return Finding("broken", "configuration release", f"the files of {current} are not those that were pushed", todo)


def roles(client: Any, outputs: Mapping[str, str]) -> dict[str, str]:
    """Function → its role's ARN. `client` is a boto3 Lambda client."""
    names = {function: outputs[output] for function, output in FUNCTIONS.items()}
    return {
        function: str(client.get_function_configuration(FunctionName=name)["Role"]) for function, name in names.items()
    }
