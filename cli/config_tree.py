"""The configuration tree that a command works with, checked before anything else is done."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.etree import XPathError

from cli.schedules import check_expression, next_runs
from shared.clock import SystemClock, parse_as_of
from shared.config.client import ClientConfig
from shared.config.files import read_files
from shared.config.loader import ConfigDefects, DirectorySource, load_tree
from shared.config.rules import HtmlExtractors
from shared.config.strict_yaml import Defect, read
from shared.config.tree import ConfigTree
from shared.errors import ConfigError, InputError, NotFoundError

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT = PROJECT / "config"


def load(folder: Path) -> ConfigTree:
    """Raises ConfigError with file and line of everything that is wrong."""
    source = DirectorySource(folder)
    tree = load_tree(source)
    files = source.files()
    if defects := [*_schedules(tree, files), *_selectors(files)]:
        raise ConfigDefects(defects)
    return tree


def _schedules(tree: ConfigTree, files: Mapping[str, bytes]) -> Iterator[Defect]:
    """Schedules that nothing can run by: found here, because the functions do without a reader of cron expressions."""
    for client in tree.clients.values():
        file = f"clients/{client.client_id}.yaml"
        for kind, expression in client.schedule:
            if told := _unrunnable(expression.strip(), client.client_profile.timezone):
                yield Defect(file, read(file, files[file]).line(("schedule", kind)), told)


def _selectors(files: Mapping[str, bytes]) -> Iterator[Defect]:
    """Selectors that select nothing: found here, because only ingest has a reader of CSS."""
    for loaded in read_files(files).of(HtmlExtractors):
        for source, extractor in loaded.model.extractors.items():
            for part, selector in extractor.selectors:
                if told := _unreadable(selector):
                    path = ("extractors", source, "selectors", part)
                    yield loaded.defect(
                        path, f"{selector!r} is no CSS selector: {told}", "write one such as div.news a"
                    )


def _unreadable(selector: str) -> str:
    """Why no page could be searched for a selector; empty where it could, or where none is wanted."""
    try:
        CSSSelector(selector or "a", translator="html")
    except (SelectorError, XPathError) as error:
        return str(error)
    return ""


def _unrunnable(expression: str, timezone: str) -> str:
    """Why nothing would ever run by an expression; empty where something would, or where none is wanted."""
    try:
        check_expression(expression or "rate(1 day)", "schedule")
    except ConfigError as error:
        return str(error)
    never = expression.startswith("cron") and not next_runs(expression, timezone, SystemClock().now(), 1)
    return f"schedule: {expression!r} never runs; write cron(0 8 ? * MON *)" if never else ""


def client_of(tree: ConfigTree, client_id: str) -> ClientConfig:
    """Raises InputError that lists the clients there are."""
    try:
        return tree.client(client_id)
    except NotFoundError as error:
        known = ", ".join(sorted(tree.clients)) or "none"
        raise InputError(f"no client {client_id!r} in the configuration. Clients: {known}.") from error


def check_sources(tree: ConfigTree, client: ClientConfig, wanted: Sequence[str]) -> None:
    """Raises InputError for a source that the client does not have."""
    known = [source.source_key for source in tree.sources_for(client)]
    unknown = [key for key in wanted if key not in known]
    if unknown:
        raise InputError(f"{client.client_id} has no source {', '.join(unknown)}. Its sources: {', '.join(known)}.")


def as_of_moment(text: str | None, client: ClientConfig) -> datetime:
    """The run's clock in UTC. Raises InputError when `text` is neither a date nor a moment."""
    try:
        return parse_as_of(text, SystemClock(), client.client_profile.timezone).astimezone(UTC)
    except ValueError as error:
        raise InputError(f"--as-of {text!r} is no date; write it as 2025-12-10 or 2025-12-10T08:00:00Z.") from error
