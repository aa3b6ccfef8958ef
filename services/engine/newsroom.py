"""Who writes the editorial: the cache, else the model, else the rules; and the money that it may cost."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from services.engine.adapters import Ports, most_cost
from services.engine.assignment import Assignment
from services.engine.cache import EditorialCache, cache_key
from services.engine.editorial import Editorial, Frame, deterministic
from services.engine.errors import WritingError
from services.engine.prompt import Prompt, build_prompt
from services.engine.settings import EngineSettings
from services.engine.writing import Written, ground
from shared.config.events import event_vocabulary
from shared.contracts.items import NormalizedItem, Usage
from shared.observability import logger
from shared.storage.spend import BudgetExceeded


class Newsroom:
    """Gets an edition's editorial."""

    def __init__(
        self, assignment: Assignment, ports: Ports, settings: EngineSettings, seconds_left: Callable[[], float]
    ) -> None:
        self._assignment, self._ports, self._settings = assignment, ports, settings
        self._seconds_left = seconds_left
        self._cache = EditorialCache(ports.newsletters, assignment.client_id)
        self._facts = {"client_id": assignment.client_id, "edition_id": assignment.edition_id}

    def editorial(self, frame: Frame, items: Sequence[NormalizedItem]) -> Editorial:
        """The editorial of a frame whose items are among `items`. Whatever fails with the model, the rules write it,
        and its note says why. A quiet week needs no model."""
        if not frame.items:
            return deterministic(frame)
        prompt = build_prompt(frame)
        self._log_purpose(prompt)
        key = self._key(frame, items, prompt)
        kept = None if self._assignment.force else self._cache.get(key)
        if kept:
            logger.info("editorial cache hit", extra={**self._facts, "cache_key": key})
            return kept
        return self._written(frame, prompt, key)

    def _log_purpose(self, prompt: Prompt) -> None:
        writer = self._ports.writer
        region = {"purpose": "newsletter", "bedrock_region": writer.region, "model_id": writer.model_id}
        logger.info("editorial prompt", extra={**self._facts, **region, "prompt_tokens": prompt.tokens})

    def _key(self, frame: Frame, items: Sequence[NormalizedItem], prompt: Prompt) -> str:
        chosen = {item.item_id for item in frame.items}
        return cache_key([item for item in items if item.item_id in chosen], prompt, self._ports.writer.model_id)

    def _written(self, frame: Frame, prompt: Prompt, key: str) -> Editorial:
        usage = Usage()
        try:
            written = self._ask(prompt)
            usage = written.usage
            editorial = ground(written, prompt, frame, event_vocabulary(self._assignment.tree))
        except (WritingError, BudgetExceeded) as error:
            logger.warning("editorial by rules", extra={**self._facts, "reason": str(error)})
            note = f"written by rules, because the model did not write it: {error}"
            return replace(deterministic(frame, note), usage=usage)
        self._cache.put(key, editorial)
        logger.info("editorial saved to cache", extra={**self._facts, "cache_key": key, "refused": editorial.refused})
        return editorial

    def _ask(self, prompt: Prompt) -> Written:
        left = self._seconds_left()
        if left < self._settings.model_seconds:
            raise WritingError(f"too late: {left:.0f} s of the invocation were left")
        deadline = self._ports.clock.now().timestamp() + left - self._settings.write_seconds
        price = self._assignment.tree.price(self._ports.writer.model_id)
        client = self._assignment.client
        reservation = self._ports.purse.reserve(client.client_id, most_cost(prompt, price), client.budget.monthly_usd)
        usage = Usage()
        try:
            written = self._ports.writer.write(prompt, price, deadline)
            usage = written.usage
        finally:
            self._ports.purse.settle(reservation, usage)
        return written
