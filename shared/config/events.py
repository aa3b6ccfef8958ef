"""The rule-based event classifier: event patterns, found by the one matcher, weighed by where they stand."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.config.event_words import word_scores, words_of
from shared.config.tree import ConfigTree
from shared.grounding.check import Term, Vocabulary
from shared.grounding.orders import addresses_software, without_orders
from shared.grounding.sentences import split_sentences
from shared.text.hits import Hit

TITLE_WEIGHT = 3.0
HINT_WEIGHT = 1.0
"""A body pattern in the title."""
OPENING_TITLE_WEIGHT, OPENING_BODY_WEIGHT = 1.5, 1.0
"""A title pattern, or a body pattern, in the body's first sentence: that is where news stands."""
TELLTALE_WEIGHT, TELLTALE_CAP = 2.0, 3.0
"""A telltale below the title, wherever it stands, and what all count together, besides what else the body says."""
LEAD_WEIGHT = 0.15
"""Any pattern in the rest of the lead: background mostly, of every kind of event."""
BODY_CAP = 3.6
"""All that stands below the title: a little more than one clear word in it, because headlines play with words. Weights
and caps were tuned on eval/development.yaml, each item once as it is and once with each of four sentences of background
behind it; the later lots hardly depend on them."""
MIN_SCORE = 1.0
"""What a type needs to be considered: less is a mention in passing, such as a company's description of itself."""
LEAD_LENGTH = 400
"""Characters after the title that count as the lead."""
TELLTALE_LENGTH = 1500
"""Characters after the title in which telltales are looked for: what follows is boilerplate."""
ASIDE_CAP = 1.5
"""What all patterns of the title's later clauses count together: `X keeps growing; Y prepares a filing` is about X."""
_BELOW = {"opening_title": OPENING_TITLE_WEIGHT, "opening_body": OPENING_BODY_WEIGHT, "lead": LEAD_WEIGHT}
_PLACES = ("title", "negative", "aside", "hint", *_BELOW, "telltale")
CLAUSE_END = re.compile(r";| while | whilst ")
"""What begins a title's later clause."""
OTHER = "other"
ALONE = 0.1
"""By how much a type must lead where plain words decide without a pattern: less is chance, and the text `other`."""
_TERM_KINDS = ("company", "molecule", "trademark", "technology", "indication")
_GAP = "\n\n"
_OPENING_LENGTH = 800


class _Ends(NamedTuple):
    """Where the part of the title that decides ends, and what counts as the opening."""

    main: int
    opening: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with its hits: `title`, then a blank line, then the body. `words`: what its plain words say of each event
    type, where words were counted and there is more than a title."""

    text: str
    title_end: int
    hits: tuple[Hit, ...]
    words: Mapping[str, float] = field(default_factory=dict)

    @property
    def lead_end(self) -> int:
        """Where title and lead end."""
        return self.title_end + len(_GAP) + LEAD_LENGTH

    @property
    def opening_end(self) -> int:
        """Where the body's first sentence ends."""
        start = self.title_end + len(_GAP)
        sentences = split_sentences(self.text[start : start + _OPENING_LENGTH])
        return start + (len(sentences[0]) if sentences else 0)

    def within(self, where: str) -> tuple[Hit, ...]:
        """Hits that end inside "title", "lead" (title and first characters of the body) or "text" (all of it)."""
        limit = {"title": self.title_end, "lead": self.lead_end, "text": len(self.text)}[where]
        return tuple(hit for hit in self.hits if hit.end <= limit)


def _meanings(hit: Hit) -> frozenset[str]:
    """Words of one category of technology stand for each other: two words for one form. What else has a name of its
    own does not."""
    names = hit.scopes if hit.kind == "technology" else {hit.id}
    return frozenset(f"{hit.kind} {name}" for name in names)


def event_vocabulary(tree: ConfigTree) -> Vocabulary:
    """What a tree's event types, scopes and name endings tell of words. A sentence announces an event type by the
    wording of its titles; for a source any wording of it will do."""

    def named(text: str, ends: tuple[str, ...]) -> frozenset[str]:
        hits = (hit for hit in tree.matcher.find(text) if hit.kind == "event")
        return frozenset(scope.partition(".")[0] for hit in hits for scope in hit.scopes if scope.endswith(ends))

    def terms(text: str) -> frozenset[Term]:
        hits = (hit for hit in tree.matcher.find(text) if hit.kind in _TERM_KINDS)
        return frozenset(Term(hit.kind, hit.text(text), _meanings(hit)) for hit in hits)

    return Vocabulary(
        announced=lambda text: named(text, (".title",)),
        told=lambda text: named(text, (".title", ".body", ".telltale")),
        terms=terms,
        endings=tree.name_endings,
    )


def read_text(tree: ConfigTree, title: str, body: str) -> Reading:
    """Run the matcher over title and body. What addresses the reading software below the title is not read, save for
    what excludes: an order must not hide what an item is."""
    text = f"{title}{_GAP}{body}"
    told = f"{title}{_GAP}{without_orders(body)}"
    hits = tree.matcher.find(told)
    if told != text:
        excluding = (hit for hit in tree.matcher.find(text) if hit.kind == "exclusion")
        hidden = {hit for hit in excluding if not addresses_software(hit.text(text))} - set(hits)
        hits = sorted([*hits, *hidden], key=lambda hit: (hit.start, -hit.end))
    words = word_scores(tree.event_words, words_of(told, hits)) if body.strip() else {}
    return Reading(text, len(title), tuple(hits), words)


def score_events(tree: ConfigTree, title: str, body: str) -> list[tuple[str, float]]:
    """Event types with their scores, best first (ties: the higher priority). Empty when nothing reaches MIN_SCORE."""
    return score_reading(tree, read_text(tree, title, body))


def score_reading(tree: ConfigTree, reading: Reading) -> list[tuple[str, float]]:
    """As `score_events`, for a text already read.

    Each distinct title pattern in the title counts 3, a negative one takes 3 away, a body pattern there counts 1. In
    the body's first sentence title patterns count 1.5 and body patterns 1, in the rest of the lead any pattern 0.15,
    and all below the title 3.6 at most; where title and first sentence say nothing, the whole lead counts as its first
    sentence. A telltale counts 2 wherever it stands, all of them 3 at most. Where a title's first clause tells news,
    those of its later clauses count 1.5 in all. The plain words add up to 4.5 to each type (event_words).
    """
    by_type: dict[str, list[Hit]] = {}
    for hit in reading.hits:
        if hit.kind == "event":
            for scope in hit.scopes:
                by_type.setdefault(scope.partition(".")[0], []).append(hit)
    main_end = _main_end(tree, reading)
    found = _scores(by_type, reading, _Ends(main_end, reading.opening_end)) or _scores(
        by_type, reading, _Ends(main_end, reading.lead_end)
    )
    return _ranked(tree, _with_words(found, reading))


def _scores(by_type: Mapping[str, list[Hit]], reading: Reading, ends: _Ends) -> dict[str, float]:
    scored = ((name, _score(name, hits, reading, ends)) for name, hits in by_type.items())
    return {name: score for name, score in scored if score >= MIN_SCORE}


def _with_words(found: Mapping[str, float], reading: Reading) -> Mapping[str, float]:
    """The patterns' scores with what the plain words say; where no pattern speaks, only what these say clearly."""
    if not reading.words:
        return found
    names = dict.fromkeys([*reading.words, *found])
    scored = {name: round(found.get(name, 0.0) + reading.words.get(name, 0.0), 4) for name in names}
    if not found and _lead(scored.values()) < ALONE:
        return {}
    return {name: score for name, score in scored.items() if score >= MIN_SCORE}


def _lead(scores: Iterable[float]) -> float:
    best, second = [*sorted(scores, reverse=True), 0.0, 0.0][:2]
    return best - second


def _ranked(tree: ConfigTree, scored: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(scored.items(), key=lambda pair: (-pair[1], -tree.event_types[pair[0]].priority, pair[0]))


def best_event(tree: ConfigTree, reading: Reading) -> str:
    """The best event type of a text, or "other"."""
    scored = score_reading(tree, reading)
    return scored[0][0] if scored else OTHER


def _main_end(tree: ConfigTree, reading: Reading) -> int:
    """Where the part of the title ends that decides: its first clause when that tells news, else all of it, because
    news after a colourless beginning must not be missed."""
    clause = CLAUSE_END.search(reading.text, 0, reading.title_end)
    if clause is None:
        return reading.title_end
    first = (hit for hit in reading.hits if hit.kind == "event" and hit.end <= clause.start())
    types = (scope.removesuffix(".title") for hit in first for scope in hit.scopes if scope.endswith(".title"))
    return clause.start() if any(tree.event_types[name].newsworthy for name in types) else reading.title_end


def _score(name: str, hits: Iterable[Hit], reading: Reading, ends: _Ends) -> float:
    found: dict[str, set[str]] = {place: set() for place in _PLACES}
    for hit in hits:
        place = _place(name, hit, reading, ends)
        if place:
            found[place].add(hit.id)
    counted = _counted_once(found)
    below = sum(weight * counted[place] for place, weight in _BELOW.items())
    aside = min(ASIDE_CAP, ASIDE_CAP * counted["aside"])
    title = TITLE_WEIGHT * (counted["title"] - len(found["negative"])) + HINT_WEIGHT * counted["hint"]
    telltale = min(TELLTALE_CAP, TELLTALE_WEIGHT * counted["telltale"])
    return round(title + aside + min(BODY_CAP, below) + telltale, 4)


def _counted_once(found: dict[str, set[str]]) -> dict[str, int]:
    """How many patterns each place brings that no weightier place had."""
    seen: set[str] = set()
    counted = {}
    for place in _PLACES:
        counted[place] = len(found[place] - seen)
        seen |= found[place]
    return counted


def _place(name: str, hit: Hit, reading: Reading, ends: _Ends) -> str | None:
    """What a hit counts as, or None: negative patterns below the title and anything below the lead say nothing."""
    announces, tells = f"{name}.title" in hit.scopes, f"{name}.telltale" in hit.scopes
    if f"{name}.negative" in hit.scopes:
        return "negative" if hit.end <= reading.title_end else None
    if hit.end <= reading.title_end:
        return ("title" if hit.end <= ends.main else "aside") if announces or tells else "hint"
    if tells:
        return "telltale" if hit.end <= reading.title_end + len(_GAP) + TELLTALE_LENGTH else None
    if hit.end <= ends.opening:
        return "opening_title" if announces else "opening_body"
    return "lead" if hit.end <= reading.lead_end else None
