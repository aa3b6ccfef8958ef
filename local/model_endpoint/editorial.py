"""Answers the engine's tool `write_edition` by rules: its own facts, rearranged and nothing added."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.model_endpoint.wire import ModelRequest, WireError

TOOL = "write_edition"
_LINE = re.compile(r"^(?P<id>i\d+)\|(?P<event>[^|]*)\|(?P<day>[^|]*)\|(?P<title>[^|]*)(?:\|(?P<rest>.*))?$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_TLDR_LINES = 5
_INTRO_ITEMS = 2


@dataclass(frozen=True)
class Fact:
    """One line of the engine's facts."""

    item_id: str
    title: str
    summary: str


def write_edition(request: ModelRequest) -> Mapping[str, Any]:
    """Intro, TL;DR and item texts from the facts in the request. Raises WireError when there are none."""
    facts = [fact for line in request.messages[0].splitlines() if (fact := _fact(line))]
    if not facts:
        raise WireError("ModelErrorException", 424, "the request holds no facts to write an edition from")
    return {
        "title": "",  # the engine's own title, with the client's name and the day, is the better one
        "intro": " ".join(_sentence(fact.title) for fact in facts[:_INTRO_ITEMS]),
        "tldr": [] if "tldr: empty" in request.system else [_tldr(fact) for fact in facts[:_TLDR_LINES]],
        "items": [] if "items: empty" in request.system else [_item(fact) for fact in facts],
    }


def _fact(line: str) -> Fact | None:
    match = _LINE.match(line.strip())
    if match is None:
        return None
    summary = " ".join((match["rest"] or "").replace("|", " ").split())
    return Fact(match["id"], match["title"].strip(), summary)


def _tldr(fact: Fact) -> dict[str, Any]:
    return {"text": _sentence(fact.title), "item_ids": [fact.item_id]}


def _item(fact: Fact) -> dict[str, Any]:
    sentences = _SENTENCE_END.split(fact.summary)[:2]
    return {"item_id": fact.item_id, "title": fact.title, "summary": " ".join(sentences) or _sentence(fact.title)}


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
