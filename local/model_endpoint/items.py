"""Answers normalize's tool `record_item` through the rule-based normalizer."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.model_endpoint.wire import ModelRequest, WireError
from services.normalize.prompt import TOOL, parse_request
from services.normalize.rules import normalize_text
from shared.config.loader import DirectorySource, load_tree
from shared.config.tree import ConfigTree
from shared.errors import ConfigError

__all__ = ["TOOL", "Trees", "record_item"]


class Trees:
    """Configuration trees by folder, loaded again when a file changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[Path, tuple[tuple[Any, ...], ConfigTree]] = {}

    def at(self, folder: Path) -> ConfigTree:
        """The tree in `folder`. Raises WireError when it is invalid."""
        stamp = tuple((str(path), path.stat().st_mtime_ns) for path in sorted(folder.rglob("*.yaml")))
        with self._lock:
            if folder not in self._loaded or self._loaded[folder][0] != stamp:
                self._loaded[folder] = (stamp, _load(folder))
            return self._loaded[folder][1]


def _load(folder: Path) -> ConfigTree:
    try:
        return load_tree(DirectorySource(folder))
    except ConfigError as error:
        raise WireError("ModelErrorException", 424, f"no configuration in {folder}: {error}") from error


def record_item(request: ModelRequest, tree: ConfigTree) -> Mapping[str, Any]:
    """The tool's input for the item in the request. Raises WireError when there is none.

    The company whose own source it is does not travel in the prompt, so no mention is a subject for that reason alone.
    """
    try:
        item = parse_request({"messages": [{"content": [{"text": text}]} for text in request.messages]})
    except ValueError as error:
        raise WireError("ValidationException", 400, str(error)) from error
    answer = normalize_text(
        tree, title=item.title, text=item.text, published=item.published, language=item.language, company_id=None
    )
    return answer.model_dump(mode="json")
