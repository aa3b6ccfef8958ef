"""`vectora eval`: how well a normalizer does on a labelled set, and where it errs."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import config_tree
from cli.evaluation.judging import Judge, Normalizes, model_normalizer, rules_normalizer
from cli.evaluation.labels import load
from cli.evaluation.learning import count_words, written
from cli.evaluation.measure import Measured, Tally, measure
from services.normalize.model import Models
from services.normalize.settings import DEFAULT_MODEL, DEFAULT_REGION
from shared.bedrock.client import bedrock_client
from shared.bedrock.converse import Model
from shared.clock import SystemClock
from shared.config.tree import ConfigTree

SETS = config_tree.PROJECT / "eval"
_NAMED = {"development": "development.yaml", "held-out": "held_out_5.yaml"}
DEVELOPMENT = "development*.yaml"
_READ_TIMEOUT = 60.0
_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class NormalizerName(StrEnum):
    """Who normalizes."""

    rules = "rules"
    model = "model"


def command(
    client: Annotated[str, typer.Option(help="For whom to keep or drop.")],
    labelled: Annotated[str, typer.Option("--set", help="development, held-out, or a YAML file.")] = "development",
    normalizer: Annotated[NormalizerName, typer.Option(help="Who normalizes.")] = NormalizerName.rules,
    model_id: Annotated[str, typer.Option(help="Any Bedrock model or inference profile.")] = DEFAULT_MODEL,
    first_model_id: Annotated[str, typer.Option(help="A cheaper model for the first question.")] = "",
    region: Annotated[str, typer.Option(help="Region of the call.")] = DEFAULT_REGION,
    endpoint: Annotated[str, typer.Option(help="Another address of Bedrock, such as the local model endpoint.")] = "",
    workers: Annotated[int, typer.Option(min=1, max=8, help="Items at a time.")] = 4,
    config: Annotated[Path, typer.Option(help="Configuration tree.")] = config_tree.DEFAULT,
    learn: Annotated[
        Path | None, typer.Option(help="Instead: count the words of all development sets into this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Run a labelled set through filter, normalizer and the engine's rules, and print how often they are right."""
    tree = config_tree.load(config)
    if learn:
        labelled_items = [item for path in sorted(SETS.glob(DEVELOPMENT)) for item in load(path, tree)]
        learn.write_text(written(count_words(tree, labelled_items)), encoding="utf-8")
        typer.echo(f"{learn}: the words of {len(labelled_items)} items")
        return
    chosen = config_tree.client_of(tree, client)
    items = load(path_of(labelled), tree)
    judge = Judge(tree, chosen, normalizes(tree, normalizer, (model_id, first_model_id), region, endpoint))
    with ThreadPoolExecutor(workers if normalizer is NormalizerName.model else 1) as pool:
        figures = measure(list(pool.map(judge, items)))
    lines = [json.dumps(asdict(figures), indent=2)] if as_json else report(labelled, figures)
    for line in lines:
        typer.echo(line)


def path_of(labelled: str) -> Path:
    """The file of a set's name, or the file itself."""
    return SETS / _NAMED[labelled] if labelled in _NAMED else Path(labelled)


def normalizes(
    tree: ConfigTree, normalizer: NormalizerName, model_ids: tuple[str, str], region: str, endpoint: str
) -> Normalizes:
    """`model_ids`: the main one, and the cheaper one or nothing. Raises ConfigError where one has no price."""
    if normalizer is NormalizerName.rules:
        return rules_normalizer(tree)
    for model_id in filter(None, model_ids):
        tree.price(model_id)
    if endpoint:
        os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = endpoint
    if endpoint.startswith(_LOOPBACK):
        # an endpoint of one's own takes any credentials; the user's own are never shown to it
        os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    client = bedrock_client(region, read_timeout=_READ_TIMEOUT, connections=8)
    main, *cheaper = (Model(client, region, one, SystemClock()) for one in model_ids if one)
    return model_normalizer(tree, Models(main, *cheaper))


def report(name: str, figures: Measured) -> Iterator[str]:
    """The figures as lines of text."""
    yield f"{name}: {figures.items} items"
    yield f"  keep or drop     {_both(figures.keep)}"
    yield f"  event type       accuracy {figures.event_accuracy:.3f} ({figures.events} of {figures.items})"
    yield f"  entities         {_both(figures.all_entities)}"
    for kind, tally in figures.entities.items():
        yield f"    {kind:<14} {_both(tally)}"
    yield f"  technologies     recall {figures.technologies.recall:.3f}"
    yield f"  ungrounded       {figures.ungrounded}"
    yield f"  refused          {figures.refused}"
    yield f"  failed           {figures.failed}"
    yield f"  cost             ${figures.cost_usd:.4f} ({figures.calls} calls, {figures.input_tokens} tokens in, " + (
        f"{figures.output_tokens} out)"
    )
    yield f"  errors           {len(figures.errors)}"
    yield from (f"    {line}" for line in figures.errors)


def _both(tally: Tally) -> str:
    counts = f"{tally.right} right, {tally.wrong} wrong, {tally.missed} missed"
    return f"precision {tally.precision:.3f}, recall {tally.recall:.3f} ({counts})"
