"""I/O of the engine: the topic, the model, and the ports that the flow acts through."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from services.engine.errors import WritingError
from shared.bedrock.converse import Model, ToolRequest
from shared.bedrock.errors import ModelError
from shared.clock import Clock
from shared.contracts.edition import EditionMessage
from shared.contracts.items import NormalizedItem, Usage
from shared.storage.batches import BatchStore
from shared.storage.editions import Editions
from shared.storage.labels import Labels
from shared.storage.objects import Objects, dump
from shared.storage.spend import Reservation
from shared.storage.table import Row

if TYPE_CHECKING:
    from services.engine.prompt import Prompt
    from services.engine.writing import Written
    from shared.config.rules import ModelPrice
    from shared.config.tree import ConfigTree

MAX_ANSWER_TOKENS = 2500  # title, intro, five lines and 15 short item texts stay below it


class Configuration(Protocol):
    """Releases of the configuration (shared.config.store.S3ConfigStore)."""

    def current(self) -> str: ...
    def load(self, release: str) -> ConfigTree: ...


class LakeReader(Protocol):
    """The lake as the engine reads it (shared.storage.lake.Lake)."""

    def get(self, item_id: str) -> Row | None: ...
    def published_in(self, start: str, end: str) -> list[Row]: ...
    def arrived_in(self, start: str, end: str) -> list[Row]: ...
    def load(self, rows: Sequence[Row]) -> list[NormalizedItem]: ...


class Announcer(Protocol):
    """Tells the world about an edition."""

    def publish(self, message: EditionMessage) -> None: ...


class Writer(Protocol):
    """The newsletter's model."""

    region: str
    model_id: str

    def write(self, prompt: Prompt, price: ModelPrice, deadline: float) -> Written:
        """Raises WritingError. `deadline` is the epoch second by which the last call must have started."""


class Purse(Protocol):
    """The client's money (shared.storage.spend.Spend)."""

    def reserve(self, client_id: str, amount: float, monthly_cap: float | None) -> Reservation: ...
    def settle(self, reservation: Reservation, usage: Usage) -> None: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that the flow acts through. `data` and `newsletters` are buckets."""

    config: Configuration
    lake: LakeReader
    batches: BatchStore
    editions: Editions
    labels: Labels
    data: Objects
    newsletters: Objects
    announcer: Announcer
    writer: Writer
    purse: Purse
    clock: Clock


class TopicAnnouncer:
    """NewsletterTopic. `client` is a boto3 SNS client."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client, self._topic_arn = client, topic_arn

    def publish(self, message: EditionMessage) -> None:
        """One notification, with the attributes by which subscribers filter."""
        self._client.publish(
            TopicArn=self._topic_arn,
            Subject=f"edition {message.edition_id}"[:100],
            Message=dump(message).decode(),
            MessageAttributes=_attributes(
                client_id=message.client_id,
                edition_id=message.edition_id,
                status=message.status,
                correlation_id=message.correlation_id or message.edition_id,
            ),
        )


def _attributes(**values: str) -> dict[str, Mapping[str, str]]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


class BedrockWriter:
    """The model that writes editorials, in the newsletter's own region."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.region, self.model_id = model.region, model.model_id

    def write(self, prompt: Prompt, price: ModelPrice, deadline: float) -> Written:
        """Ask once (throttled calls are repeated inside). Raises WritingError, naming the kind of failure."""
        from services.engine.prompt import SCHEMA, TOOL
        from services.engine.writing import Written

        request = ToolRequest(
            system=prompt.system,
            user=prompt.facts,
            tool=TOOL,
            description="The edition's texts.",
            schema=json.loads(json.dumps(SCHEMA)),
            max_tokens=MAX_ANSWER_TOKENS,
        )
        try:
            reply = self._model.ask(request, deadline)
        except ModelError as error:
            raise WritingError(f"{type(error).__name__}: {error}") from error
        usage = _usage(reply.input_tokens, reply.output_tokens, price)
        return Written(reply.input, usage, reply.invoked or self.model_id)


def most_cost(prompt: Prompt, price: ModelPrice) -> float:
    """US dollars that one editorial can cost at most: the prompt estimated with a margin, the longest answer."""
    return _usage(2 * prompt.tokens, MAX_ANSWER_TOKENS, price).cost_usd


def _usage(input_tokens: int, output_tokens: int, price: ModelPrice) -> Usage:
    cost = (input_tokens * price.input_per_million + output_tokens * price.output_per_million) / 1_000_000
    return Usage(calls=1, input_tokens=input_tokens, output_tokens=output_tokens, cost_usd=round(cost, 6))
