"""One labelled item on the product's own way: the ingestion profile, the normalizer, the engine's rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from cli.evaluation.labels import NAMED, Labelled, Named
from cli.evaluation.literal import unsupported
from services.engine.facts import read_facts
from services.engine.matching import plan_domains
from services.engine.selection import Candidate, Rules, judge
from services.ingest.filtering import Filter, Verdict
from services.normalize import model as by_model
from services.normalize import rules as by_rules
from services.normalize.ground import Grounded, Text, ground, prepare
from services.normalize.model import Bill, Models
from services.normalize.prompt import RequestText
from shared.bedrock.errors import ModelError, ModelRefused
from shared.config.client import ClientConfig
from shared.config.rules import IngestionProfile
from shared.config.tree import ConfigTree
from shared.contracts.items import DatedBy, NormalizedItem, Normalizer, Refusals, Usage
from shared.errors import InputError
from shared.ids import content_hash

CALL_SECONDS = 120.0
"""How long one item may wait for its model."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a normalizer made of an item; `grounded` is None where it failed, and `failure` says why."""

    grounded: Grounded | None
    usage: Usage = field(default_factory=Usage)
    refused: Refusals = field(default_factory=Refusals)
    failure: str = ""


Normalizes = Callable[[Labelled, Text], Answer]


@dataclass(frozen=True, slots=True)
class Judged:
    """The product's verdict on a labelled item. `keep`: printed when nothing better competes; `why` says which stage
    decided. `ungrounded` are facts of the result that a literal comparison does not find in the text; `labelled` the
    canonical ids that the labels lead to."""

    item: Labelled
    keep: bool
    why: str
    answer: Answer
    ungrounded: tuple[str, ...]
    labelled: dict[Named, frozenset[str]]

    @property
    def event_type(self) -> str:
        return self.answer.grounded.event_type if self.answer.grounded else "(failed)"


class Judge:
    """Judges items for one client."""

    def __init__(self, tree: ConfigTree, client: ClientConfig, normalizes: Normalizes) -> None:
        self._tree, self._client, self._normalizes = tree, client, normalizes
        self._plans = plan_domains(tree, client)

    def __call__(self, item: Labelled) -> Judged:
        """Every item is normalized, also those that the profile drops: event and entity figures then do not depend on
        the filter."""
        body = by_rules.body_of(item.title, item.text)
        text = prepare(self._tree, title=item.title, text=body, language=item.language, published=item.published)
        answer = self._normalizes(item, text)
        verdict = self._filtered(item)
        if not verdict.keep:
            return self._judged(item, False, f"ingest: {verdict.reason}", answer)
        if answer.grounded is None:
            return self._judged(item, False, f"normalize: {answer.failure}", answer)
        decision = judge(read_facts(_normalized(item, answer.grounded), self._tree), self._rules(item), {})
        if isinstance(decision, Candidate):
            clauses = ", ".join(match.clause for match in decision.matches)
            return self._judged(item, True, f"engine: {clauses}, score {decision.score:g}", answer)
        return self._judged(item, False, f"engine: {decision.outcome}: {decision.reason}", answer)

    def _judged(self, item: Labelled, keep: bool, why: str, answer: Answer) -> Judged:
        found = unsupported(answer.grounded, item, self._tree) if answer.grounded else ()
        labelled = {kind: item.gold.ids(kind, self._tree) for kind in NAMED}
        return Judged(item, keep, why, answer, tuple(found), labelled)

    def _filtered(self, item: Labelled) -> Verdict:
        profile_id, profile = profile_of(self._tree, self._client, item)
        sieve = Filter(self._tree, profile_id, profile, "")
        by_title = sieve.by_title(item.title, "")
        return sieve.by_text(item.title, item.text) if by_title.keep else by_title

    def _rules(self, item: Labelled) -> Rules:
        """Judged on the day of its publication."""
        today = date.fromisoformat(item.published)
        return Rules(self._client, self._plans, self._tree.scoring, self._tree.event_types, today)


def profile_of(tree: ConfigTree, client: ClientConfig, item: Labelled) -> tuple[str, IngestionProfile]:
    """The profile of the client's source that such an item comes from. For a company whose site the client does not
    watch: a pure player's is signal by default, another's noise by default. Raises InputError when there is none."""
    for source in tree.sources_for(client):
        if source.source_type == item.source_type and source.company_id == item.company_id:
            return tree.profile_for(client, source)
    pure = item.company_id is not None and tree.company(item.company_id).type == "pure_player"
    mode = "exclude_only" if pure else "require_signals"
    for profile_id, profile in tree.profiles.items():
        if item.source_type in profile.source_types and profile.signal_requirements.mode == mode:
            return profile_id, profile
    raise InputError(f"{item.id}: no ingestion profile for source type {item.source_type!r}")


def _normalized(item: Labelled, grounded: Grounded) -> NormalizedItem:
    """The record that would stand in the lake."""
    return NormalizedItem(
        item_id=content_hash(item.id),
        content_hash=content_hash(item.title, item.text),
        url=f"https://example.org/{item.id}",
        title=item.title,
        published=item.published,
        dated_by=DatedBy(origin="meta", confidence="high"),
        source_key=item.source_type,
        source_name=item.source_type,
        source_type=item.source_type,
        sources=(item.source_type,),
        language=item.language,
        company_id=item.company_id,
        raw_key="",
        event_type=grounded.event_type,
        event_confidence=grounded.confidence,
        entities=grounded.entities,
        summary=grounded.summary,
        figures=grounded.figures,
        normalizer=Normalizer(kind="rules", model_id="", region="", signature=""),
        normalized_at=f"{item.published}T00:00:00+00:00",
    )


def rules_normalizer(tree: ConfigTree) -> Normalizes:
    """The deterministic normalizer."""

    def normalize(item: Labelled, text: Text) -> Answer:
        answer = by_rules.normalize_text(
            tree,
            title=item.title,
            text=text.source.text,
            published=item.published,
            language=item.language,
            company_id=item.company_id,
        )
        grounded = ground(tree, text, answer)
        return Answer(grounded, refused=grounded.refused)

    return normalize


def model_normalizer(tree: ConfigTree, models: Models) -> Normalizes:
    """Models behind Converse. A call that cannot succeed for any item (access, validation) raises ModelRefused; other
    failures belong to their item."""

    def normalize(item: Labelled, text: Text) -> Answer:
        bill = Bill()
        request = RequestText(item.title, item.published, text.source.text, item.language)
        deadline = models.main.clock.now().timestamp() + CALL_SECONDS
        try:
            answered = by_model.normalize(tree, models, request, text, bill, deadline)
        except ModelRefused:
            raise
        except ModelError as error:
            return Answer(None, bill.usage, bill.refused, f"{type(error).__name__}: {error}")
        return Answer(answered.grounded, bill.usage, bill.refused)

    return normalize
