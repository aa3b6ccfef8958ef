"""What an ingestion profile keeps, and why: pure decisions over one reading of a text. Whatever cannot be decided is
dropped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.config import logic
from shared.config.events import Reading, best_event, read_text
from shared.config.rules import IngestionProfile, SignalGroup
from shared.config.tree import ConfigTree
from shared.text.hits import Hit, Subject

_EVENT = "event."


@dataclass(frozen=True, slots=True)
class Decision:
    """`keep`, the `reason` in words, and in `matched` the text's own wording that decided, by scope or group."""

    keep: bool
    reason: str
    matched: Mapping[str, tuple[str, ...]]


def exclusions(tree: ConfigTree, title: str, text: str, scopes: Iterable[str]) -> list[tuple[str, str]]:
    """(scope, the text's wording) for each exclusion that applies, in the text's order.

    A scope is an exclusion scope, sought where its `match_in` says, or `event.<type>`: the text is such an event.
    """
    return _exclusions(tree, read_text(tree, title, text), scopes)


def link_only_title(tree: ConfigTree, title: str) -> bool:
    """Whether the whole title is a link's text such as the extractors' `link_only_titles` list."""
    hits = [hit for hit in tree.matcher.find(title) if hit.kind == "link_only"]
    return any(not any(c.isalnum() for c in title[: hit.start] + title[hit.end :]) for hit in hits)


def signal_groups(tree: ConfigTree, profile: IngestionProfile, title: str, text: str) -> dict[str, list[Hit]]:
    """The hits of each signal group that the text fulfils; groups it does not fulfil are absent."""
    return _signal_groups(tree, profile, read_text(tree, title, text))


def ingest_decision(tree: ConfigTree, profile: IngestionProfile, title: str, text: str) -> Decision:
    """Whether `profile` lets a text in. `text` is what is known besides the title: a deck, later the article."""
    if len(title) + len(text) < profile.minimum_text_length:
        return Decision(False, f"shorter than {profile.minimum_text_length} characters", {})
    needs = profile.signal_requirements
    if needs.mode == "ingest_all":
        return Decision(True, "the profile takes everything", {})
    reading = read_text(tree, title, text)
    if link_only_title(tree, title):
        return Decision(False, f"{title.strip()!r} is the text of a link, not a title", {})
    groups = _signal_groups(tree, profile, reading)
    excluded = _exclusions(tree, reading, needs.exclusion_scopes)
    present = {group.group_id: group.group_id in groups for group in needs.required_signal_groups}
    wording = {group: _wording(reading, hits) for group, hits in groups.items()}
    if excluded and not (needs.rescue_logic and logic.evaluate(needs.rescue_logic, present)):
        return _dropped_as_noise(excluded)
    if excluded:
        return Decision(True, f"kept in spite of {excluded[0][0]} by {needs.rescue_logic}", wording)
    if needs.mode == "exclude_only":
        return Decision(True, "nothing that the profile excludes", wording)
    return _by_signals(profile, present, wording)


def _by_signals(profile: IngestionProfile, present: dict[str, bool], wording: dict[str, tuple[str, ...]]) -> Decision:
    needs = profile.signal_requirements
    if needs.combination_logic is None or not logic.evaluate(needs.combination_logic, present):
        found = ", ".join(wording) or "none"
        return Decision(False, f"signals missing: needs {needs.combination_logic}; found {found}", wording)
    weight = sum(group.weight for group in needs.required_signal_groups if present[group.group_id])
    if weight < needs.minimum_total_weight:
        return Decision(False, f"signals weigh {weight:g}, less than {needs.minimum_total_weight:g}", wording)
    shown = "; ".join(f"{group}: {', '.join(words[:3])}" for group, words in wording.items())
    return Decision(True, f"signals found ({shown})", wording)


def _dropped_as_noise(excluded: list[tuple[str, str]]) -> Decision:
    matched: dict[str, tuple[str, ...]] = {}
    for scope, words in excluded:
        matched[scope] = (*matched.get(scope, ()), words)
    scope, words = excluded[0]
    return Decision(False, f"excluded by {scope}: {words!r}", matched)


def _exclusions(tree: ConfigTree, reading: Reading, scopes: Iterable[str]) -> list[tuple[str, str]]:
    found: list[tuple[int, str, str]] = []
    for scope in scopes:
        if scope.startswith(_EVENT):
            hits = _event_hits(tree, reading, scope.removeprefix(_EVENT))
        else:
            where = reading.within(tree.exclusion_scopes[scope].match_in)
            hits = [hit for hit in where if hit.kind == "exclusion" and scope in hit.scopes]
        found.extend((hit.start, scope, hit.text(reading.text)) for hit in hits)
    return [(scope, words) for _, scope, words in sorted(set(found))]


def _event_hits(tree: ConfigTree, reading: Reading, event_type: str) -> list[Hit]:
    if best_event(tree, reading) != event_type:
        return []
    wanted = {f"{event_type}.{place}" for place in ("title", "body", "telltale")}
    hits = [hit for hit in reading.hits if hit.kind == "event" and wanted & hit.scopes]
    return hits or [_by_words(event_type, reading)]


def _by_words(event_type: str, reading: Reading) -> Hit:
    """What stands for an event that only the plain words tell: the title."""
    name = f"{event_type}.words"
    return Hit(0, reading.title_end, Subject.of("event", name, name, frozenset({name})))


def _signal_groups(tree: ConfigTree, profile: IngestionProfile, reading: Reading) -> dict[str, list[Hit]]:
    groups = {
        g.group_id: (g, _group_hits(tree, g, reading)) for g in profile.signal_requirements.required_signal_groups
    }
    return {name: hits for name, (group, hits) in groups.items() if len({h.id for h in hits}) >= group.min_matches}


def _group_hits(tree: ConfigTree, group: SignalGroup, reading: Reading) -> list[Hit]:
    hits = [hit for hit in reading.within(group.match_in) if hit.kind not in {"event", "exclusion", "link_only"}]
    plain = [hit for hit in hits if any(_listed(scope, hit) for scope in group.scopes)]
    events = [scope.removeprefix(_EVENT) for scope in group.scopes if scope.startswith(_EVENT)]
    return [*plain, *(hit for event in events for hit in _event_hits(tree, reading, event))]


def _listed(scope: str, hit: Hit) -> bool:
    """A technology scope without a category means all of its categories."""
    return scope in hit.scopes or (hit.kind == "technology" and any(s.startswith(f"{scope}.") for s in hit.scopes))


def _wording(reading: Reading, hits: Iterable[Hit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(hit.text(reading.text) for hit in hits))
