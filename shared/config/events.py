"""The rule-based event classifier: event patterns, found by the one matcher, weighed by where they stand."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.config.tree import ConfigTree
from shared.text.hits import Hit

TITLE_WEIGHT = 3.0
LEAD_WEIGHT = 1.5
LEAD_CAP = 4.5
REST_WEIGHT = 1.0
REST_CAP = 1.0
MIN_SCORE = 1.5
"""What a type needs to be considered: less is a mention in passing, such as a company's description of itself."""
LEAD_LENGTH = 400
"""Characters after the title that count as the lead."""
_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with its hits: `title`, then a blank line, then the body."""

    text: str
    title_end: int
    hits: tuple[Hit, ...]

    @property
    def lead_end(self) -> int:
        """Where title and lead end."""
        return self.title_end + len(_GAP) + LEAD_LENGTH

    def within(self, where: str) -> tuple[Hit, ...]:
        """Hits that end inside "title", "lead" (title and first characters of the body) or "text" (all of it)."""
        limit = {"title": self.title_end, "lead": self.lead_end, "text": len(self.text)}[where]
        return tuple(hit for hit in self.hits if hit.end <= limit)


def read_text(tree: ConfigTree, title: str, body: str) -> Reading:
    """Run the matcher once over title and body."""
    text = f"{title}{_GAP}{body}"
    return Reading(text, len(title), tuple(tree.matcher.find(text)))


def score_events(tree: ConfigTree, title: str, body: str) -> list[tuple[str, float]]:
    """Event types with their scores, best first (ties: the higher priority). Empty when nothing reaches MIN_SCORE."""
    return score_reading(tree, read_text(tree, title, body))


def score_reading(tree: ConfigTree, reading: Reading) -> list[tuple[str, float]]:
    """As `score_events`, for a text already read.

    Each distinct title pattern in the title counts 3, a negative one takes 3 away. Each distinct pattern in the lead
    (and not in the title) counts 1.5, up to 4.5; the rest of the text 1 in all. Title patterns count below the title
    as body patterns do.
    """
    by_type: dict[str, list[Hit]] = {}
    for hit in reading.hits:
        if hit.kind == "event":
            for scope in hit.scopes:
                by_type.setdefault(scope.partition(".")[0], []).append(hit)
    scored = ((name, _score(name, hits, reading)) for name, hits in by_type.items())
    kept = [(name, score) for name, score in scored if score >= MIN_SCORE]
    return sorted(kept, key=lambda pair: (-pair[1], -tree.event_types[pair[0]].priority, pair[0]))


def best_event(tree: ConfigTree, reading: Reading) -> str:
    """The best event type of a text, or "other"."""
    scored = score_reading(tree, reading)
    return scored[0][0] if scored else "other"


def _score(name: str, hits: Iterable[Hit], reading: Reading) -> float:
    title: set[str] = set()
    negative: set[str] = set()
    lead: set[str] = set()
    rest: set[str] = set()
    for hit in hits:
        in_title = hit.end <= reading.title_end
        if f"{name}.negative" in hit.scopes:
            if in_title:
                negative.add(hit.id)
        elif in_title:
            if f"{name}.title" in hit.scopes:
                title.add(hit.id)
        elif hit.end <= reading.lead_end:
            lead.add(hit.id)
        else:
            rest.add(hit.id)
    below = min(LEAD_CAP, LEAD_WEIGHT * len(lead - title)) + min(REST_CAP, REST_WEIGHT * len(rest))
    return TITLE_WEIGHT * (len(title) - len(negative)) + below
