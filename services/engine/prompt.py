"""What the model is asked: structured facts only, items by short id, inside the token budget."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.engine.editorial import Frame, best_first, tldr_lines
from shared.contracts.edition import EditionItem
from shared.grounding.sentences import split_sentences
from shared.ids import content_hash

TOKEN_BUDGET = 1000  # specification: the newsletter's prompt stays under 1,000 tokens
CHARS_PER_TOKEN = 3.6  # measured low for English press text; a text counts a little too high rather than too low
TOOL = "write_edition"
_LANGUAGES = {"en": "English", "fr": "French"}
_RESERVE = 20
_LEAST_LINE = 40

_SYSTEM = (
    "You edit a newsletter from the facts below, and from nothing else: no name, number, date, cause or judgement "
    "that they do not state. Language: {language}. Tone: {tone}. Voice: {voice}. "
    "title: at most 12 words. intro: 2 sentences. {tldr}{texts}Refer to items by id in item_ids, never in the text."
)
_TLDR = "tldr: up to {lines} lines of one sentence, each about the items that it names, the weightiest first. "
_NO_TLDR = "tldr: empty. "
_TEXTS = "items: title, and a summary of what, how and when in 2 sentences, for each item. "
_NO_TEXTS = "items: empty. "

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "intro": {"type": "string"},
        "tldr": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "item_ids": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["text", "item_ids"],
            },
        },
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "item_id": {"type": "string"},
                    "title": {"type": "string"},
                    "summary": {"type": "string"},
                },
                "required": ["item_id", "title", "summary"],
            },
        },
    },
    "required": ["title", "intro", "tldr", "items"],
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """`ids` maps the short ids that the model sees to item ids. `texts` tells whether item texts are asked for: only
    when every fact that such a text needs fits the budget."""

    system: str
    facts: str
    ids: dict[str, str]
    texts: bool

    @property
    def tokens(self) -> int:
        """Estimated tokens of system, facts and tool schema."""
        return estimate(self.system) + estimate(self.facts) + estimate(_compact_schema())

    @property
    def signature(self) -> str:
        return content_hash(self.system, self.facts, _compact_schema())


def estimate(text: str) -> int:
    """Tokens of a text, estimated from its length."""
    return int(len(text) / CHARS_PER_TOKEN) + 1


def _compact_schema() -> str:
    return json.dumps(SCHEMA, separators=(",", ":"))


def build_prompt(frame: Frame) -> Prompt:
    """The prompt for an edition, its best item first; the more items, the fewer sentences of each."""
    items = best_first(frame)
    whole = [_line(number, item, frame) + _sentences(item) for number, item in enumerate(items, 1)]
    texts = _fits(_system(frame, texts=True), whole)
    system = _system(frame, texts=texts)
    lines = whole if texts else _shortened(frame, items, _room(system))
    ids = {f"i{number}": item.item_id for number, item in enumerate(items, 1)}
    return Prompt(system, "\n".join(lines), ids, texts)


def _system(frame: Frame, *, texts: bool) -> str:
    profile, wanted = frame.client.client_profile, frame.client.newsletter_delivery.include_tldr
    return _SYSTEM.format(
        language=_LANGUAGES[profile.language],
        tone=profile.tone,
        voice=profile.voice,
        tldr=_TLDR.format(lines=tldr_lines(len(frame.items))) if wanted else _NO_TLDR,
        texts=_TEXTS if texts else _NO_TEXTS,
    )


def _room(system: str) -> int:
    """Tokens left for the facts."""
    return TOKEN_BUDGET - _RESERVE - estimate(system) - estimate(_compact_schema())


def _fits(system: str, lines: Sequence[str]) -> bool:
    return estimate("\n".join(lines)) <= _room(system)


def _line(number: int, item: EditionItem, frame: Frame) -> str:
    """Id, kind of event, day and title: what a line of a TL;DR needs."""
    return f"i{number}|{item.event_type}|{frame.words.day(item.published)}|{item.title}"


def _sentences(item: EditionItem) -> str:
    return f"|{item.summary}" if item.summary else ""


def _shortened(frame: Frame, items: Sequence[EditionItem], room: int) -> list[str]:
    """A line for each item in an equal share of the room: whole sentences while they fit, or the title's start."""
    share = max(_LEAST_LINE, int(room * CHARS_PER_TOKEN / max(1, len(items))) - 1)
    return [_share(_line(number, item, frame), item, share) for number, item in enumerate(items, 1)]


def _share(line: str, item: EditionItem, share: int) -> str:
    for sentence in split_sentences(item.summary):
        if len(line) + len(sentence) + 1 > share:
            break
        line = f"{line}|{sentence}"
    return line if len(line) <= share else line[:share].rsplit(" ", 1)[0]
