"""The flow of one item: a result that is there is reused; otherwise one function, under a lease, makes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from services.normalize import model as by_model
from services.normalize import prompt
from services.normalize import rules as by_rules
from services.normalize.entities import Again, Cause, Done, Failed, Job, Verdict
from services.normalize.ground import Grounded, Text, ground, prepare
from services.normalize.model import Bill, Models, NothingGrounded
from services.normalize.stores import Stores
from shared.bedrock.converse import Model
from shared.bedrock.errors import ModelError, ModelRefused, ModelUnavailable, OutOfTime, Throttled
from shared.clock import Clock
from shared.config.client import ClientConfig
from shared.config.tree import ConfigTree
from shared.contracts.items import NormalizedItem, Normalizer, RawItem, Sentence, Usage
from shared.errors import ConfigError, NotFoundError
from shared.observability import logger
from shared.storage.batches import Outcome
from shared.storage.objects import get_model
from shared.storage.spend import BudgetExceeded

_LEASE_MARGIN = 60
_TAKEN_WAITS = (5, 15, 60, 300, 300)
"""Seconds until a message asks again for a result that another function is making: long enough in all for a lease to
run out, short at first because most results take seconds."""
_THROTTLED_WAITS = (30, 60, 120, 300, 300)
_CONFIG_WAITS = (60, 300, 300, 300, 300)
_UNAVAILABLE_WAIT = 30


@dataclass(frozen=True, slots=True)
class Task:
    """A job with what it needs: its client, its raw item, and that item's text prepared."""

    job: Job
    tree: ConfigTree
    client: ClientConfig
    raw: RawItem
    deadline: float
    last_chance: bool

    @property
    def body(self) -> str:
        """The item's text without what pages put around it."""
        return by_rules.body_of(self.raw.title, self.raw.text)

    def prepared(self) -> Text:
        raw = self.raw
        return prepare(self.tree, title=raw.title, text=self.body, language=raw.language, published=raw.published)

    def request(self) -> prompt.RequestText:
        return prompt.RequestText(self.raw.title, self.raw.published, self.body, self.raw.language)


class Normalization:
    """Normalizes single items. `config` loads a release."""

    def __init__(
        self, stores: Stores, config: Callable[[str], ConfigTree], models: Models, clock: Clock, owner: str
    ) -> None:
        self._stores, self._config, self._models, self._clock, self._owner = stores, config, models, clock, owner

    def run(self, job: Job, deadline: float, *, last_chance: bool) -> Verdict:
        """The verdict on a job. `last_chance`: SQS will not deliver it again."""
        message = job.message
        try:
            tree = self._config(message.config_release)
            client = tree.client(message.client_id)
            raw = get_model(self._stores.raw, message.raw_key, RawItem)
        except ConfigError as error:  # code and configuration part for a while when either is rolled back
            return Again("config", f"this code cannot read the release: {error}"[:500], _wait(_CONFIG_WAITS, job))
        except NotFoundError as error:
            return _failed(job, "input", str(error), {})
        task = Task(job, tree, client, raw, deadline, last_chance)
        return self._by_rules(task, "") if client.pipeline.normalizer == "rules" else self._by_model(task)

    def _by_model(self, task: Task) -> Verdict:
        signature = prompt.signature(task.tree, *self._models.ids)
        item_id, content = task.raw.item_id, task.raw.content_hash
        known = self._known(task, signature)
        if known is None:
            owner = f"{self._owner}/{task.job.message_id}"
            seconds = int(task.deadline - self._clock.now().timestamp()) + _LEASE_MARGIN
            lease = self._stores.results.lease(item_id, content, signature, owner, max(seconds, _LEASE_MARGIN))
            if lease == "mine":
                try:
                    return self._make(task, signature)
                finally:
                    self._stores.results.release(item_id, content, signature, owner)
            known = self._known(task, signature) if lease == "ready" else None
        if known is None:
            return Again("taken", "another function is normalizing this item", _wait(_TAKEN_WAITS, task.job))
        return self._reuse(task, known, signature)

    def _known(self, task: Task, signature: str) -> NormalizedItem | None:
        """The result that is there. The lake holds one answer an item: where another normalizer's, or one about other
        content, has taken its place, the result is there no more. A model's answer stands in for the rules'."""
        item_id, content = task.raw.item_id, task.raw.content_hash
        key = self._stores.results.ready(item_id, content, signature)
        if key is None:
            return None
        known = get_model(self._stores.raw, key, NormalizedItem)
        better = known.normalizer.kind == "model" and signature == by_rules.signature(task.tree)
        if known.content_hash == content and (known.normalizer.signature == signature or better):
            return known
        self._stores.results.forget(item_id, content, signature, key)
        return None

    def _make(self, task: Task, signature: str) -> Verdict:
        """Spend on the model, within the budget."""
        try:
            amount = by_model.most_expensive(task.tree, self._models.ids, task.request()).cost_usd
        except ConfigError as error:
            return _failed(task.job, "price", str(error), {})
        try:
            reserved = self._stores.spend.reserve(task.client.client_id, amount, task.client.budget.monthly_usd)
        except BudgetExceeded as error:
            return self._over_budget(task, str(error))
        text, bill = task.prepared(), Bill()
        try:
            answered = by_model.normalize(task.tree, self._models, task.request(), text, bill, task.deadline)
        except ModelError as error:
            return self._model_failed(task, error, bill)
        finally:
            self._stores.spend.settle(reserved, bill.usage)
        model = answered.model
        normalizer = Normalizer(kind="model", model_id=model.model_id, region=model.region, signature=signature)
        return self._store(task, answered.grounded, normalizer, bill, f"normalized by {self._named(model)}")

    def _named(self, model: Model) -> str:
        return "the cheaper model" if model is self._models.first else "the model"

    def _over_budget(self, task: Task, reason: str) -> Verdict:
        logger.error(reason, extra={"item_id": task.raw.item_id, "on_exceeded": task.client.budget.on_exceeded})
        if task.client.budget.on_exceeded == "rules":
            return self._by_rules(task, "budget used up")
        return _failed(task.job, "budget", reason, {})

    def _model_failed(self, task: Task, error: ModelError, bill: Bill) -> Verdict:
        """What a failed call means: come back later where that can help, else the client's choice."""
        facts = _facts(bill, "model", reused=False)
        again = _again(error, task.job, facts)
        if again is not None and not task.last_chance:
            return again
        if task.client.pipeline.on_model_failure == "rules":
            logger.error(f"by rules instead: {error}", extra={"item_id": task.raw.item_id})
            return self._by_rules(task, str(error), bill)
        if again is not None:
            return again
        cause: Cause = "refused" if isinstance(error, ModelRefused) else "answer"
        return _failed(task.job, cause, str(error), facts)

    def _by_rules(self, task: Task, why: str, bill: Bill | None = None) -> Verdict:
        signature = by_rules.signature(task.tree)
        known = self._known(task, signature)
        if known is not None and bill is None:
            return self._reuse(task, known, signature)
        raw = task.raw
        answer = by_rules.normalize_text(
            task.tree,
            title=raw.title,
            text=task.body,
            published=raw.published,
            language=raw.language,
            company_id=raw.company_id,
        )
        grounded = _at_least_title(ground(task.tree, task.prepared(), answer), raw.title)
        normalizer = Normalizer(kind="rules", model_id="rules", region="", signature=signature)
        return self._store(task, grounded, normalizer, bill, f"normalized by rules{f' ({why})' if why else ''}"[:300])

    def _store(self, task: Task, grounded: Grounded, normalizer: Normalizer, bill: Bill | None, reason: str) -> Verdict:
        refused = bill.refused if bill and normalizer.kind == "model" else grounded.refused
        usage = bill.usage if bill else Usage()
        raw = task.raw
        item = NormalizedItem(
            **raw.model_dump(exclude={"schema_version", "text", "text_origin", "fetched_at", "notes"}),
            raw_key=task.job.message.raw_key,
            event_type=grounded.event_type,
            event_confidence=grounded.confidence,
            entities=grounded.entities,
            summary=grounded.summary,
            figures=grounded.figures,
            normalizer=normalizer,
            normalized_at=self._clock.now().isoformat(),
            usage=usage,
            refused=refused,
        )
        key = self._stores.lake.put(item)
        self._stores.results.finish(raw.item_id, raw.content_hash, normalizer.signature, key)
        facts = {**_facts(bill, normalizer.kind, reused=False), "refused": refused.model_dump()}
        return Done(Outcome(raw.item_id, "done", reason, facts))

    def _reuse(self, task: Task, known: NormalizedItem, signature: str) -> Verdict:
        """A result that is there costs nothing; what ingest has learned since (date, sources) is carried over."""
        raw = task.raw
        fresh = known.model_copy(
            update={
                "title": raw.title,
                "url": raw.url,
                "published": raw.published,
                "published_at": raw.published_at,
                "dated_by": raw.dated_by,
                "sources": tuple(dict.fromkeys((*known.sources, *raw.sources))),
                "company_id": known.company_id or raw.company_id,
                "raw_key": task.job.message.raw_key,
            }
        )
        if fresh != known:
            moved = self._stores.lake.put(fresh)
            self._stores.results.finish(raw.item_id, raw.content_hash, signature, moved)
        facts = _facts(None, known.normalizer.kind, reused=True)
        return Done(Outcome(raw.item_id, "done", f"reused a result by {known.normalizer.kind}", facts))


def _at_least_title(grounded: Grounded, title: str) -> Grounded:
    """Own sentences need no grounding; should every one be refused, the title still says what happened."""
    return grounded if grounded.summary else replace(grounded, summary=(Sentence(text=title, evidence=title),))


def _again(error: ModelError, job: Job, facts: dict[str, Any]) -> Again | None:
    """How a failed call comes back, or None when repeating it cannot help."""
    if isinstance(error, Throttled):
        return Again("throttled", str(error), _wait(_THROTTLED_WAITS, job), facts)
    if isinstance(error, OutOfTime):
        return Again("throttled", str(error), min(900, int(error.wait) + _wait((2, 5, 10, 20, 40), job)), facts)
    if isinstance(error, ModelUnavailable):
        return Again("unavailable", str(error), _UNAVAILABLE_WAIT * job.receives, facts)
    if isinstance(error, (ModelRefused, NothingGrounded)):
        return None
    raise error


def _wait(waits: tuple[int, ...], job: Job) -> int:
    return waits[min(job.receives, len(waits)) - 1]


def _failed(job: Job, cause: Cause, reason: str, facts: dict[str, Any]) -> Failed:
    logger.error(f"item failed for good: {cause}: {reason}", extra={"item_id": job.message.item_id})
    return Failed(Outcome(job.message.item_id, "failed", f"{cause}: {reason}"[:500], {**facts, "cause": cause}), cause)


def _facts(bill: Bill | None, kind: str, *, reused: bool) -> dict[str, Any]:
    """What the batch remembers of an item besides its end."""
    usage = bill.usage if bill else Usage()
    refused = bill.refused.model_dump() if bill else {}
    return {**usage.model_dump(), "refused": refused, "normalizer": kind, "reused": reused}
