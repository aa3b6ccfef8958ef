"""The model normalizer: ask, validate, ground; repeat the question once with what was wrong; never store a guess.

Where a cheaper model is named, it is asked the first question, and the repetition goes to the main one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import ValidationError

from services.normalize.answer import MAX_SENTENCES, MIN_SENTENCES, ToolAnswer
from services.normalize.ground import Grounded, Text, ground
from services.normalize.prompt import LONGEST_FINDING, MAX_TEXT, RequestText, build_request, event_types
from services.normalize.rules import usable_sentences
from shared.bedrock.converse import Model, ToolReply, ToolRequest
from shared.bedrock.errors import MalformedAnswer, ModelError
from shared.config.rules import ModelPrice
from shared.config.tree import ConfigTree
from shared.contracts.items import Refusals, Usage


class NothingGrounded(ModelError):
    """No answer that the item supports, in two attempts."""


@dataclass(frozen=True, slots=True)
class Models:
    """Who is asked: `main`; or `first`, a cheaper one, and `main` for the repetition of its question."""

    main: Model
    first: Model | None = None

    @property
    def in_turn(self) -> tuple[Model, ...]:
        """Who gets the question, and who its repetition."""
        return (self.first or self.main, self.main)

    @property
    def ids(self) -> tuple[str, ...]:
        """Each model's id once, in the order in which they are asked."""
        return tuple(dict.fromkeys(model.model_id for model in self.in_turn))


@dataclass(frozen=True, slots=True)
class Answered:
    """The grounded facts of an item, and the model whose answer they are."""

    grounded: Grounded
    model: Model


@dataclass
class Bill:
    """What the calls for one result used and had refused so far; valid even when they failed."""

    usage: Usage = field(default_factory=Usage)
    refused: Refusals = field(default_factory=Refusals)

    def charge(self, price: ModelPrice, input_tokens: int, output_tokens: int) -> None:
        """Add a call at its own model's price."""
        cost = cost_usd(price, input_tokens, output_tokens)
        self.usage = Usage(
            calls=self.usage.calls + 1,
            input_tokens=self.usage.input_tokens + input_tokens,
            output_tokens=self.usage.output_tokens + output_tokens,
            cost_usd=round(self.usage.cost_usd + cost, 8),
        )

    def refuse(self, refused: Refusals) -> None:
        own = self.refused.model_dump()
        self.refused = Refusals(**{name: own[name] + count for name, count in refused.model_dump().items()})


def cost_usd(price: ModelPrice, input_tokens: int, output_tokens: int) -> float:
    """US dollars for a call."""
    cost = Decimal(str(price.input_per_million)) * input_tokens + Decimal(str(price.output_per_million)) * output_tokens
    return float(cost / 1_000_000)


def most_expensive(tree: ConfigTree, model_ids: Sequence[str], item: RequestText) -> Usage:
    """What one result can use at most: the question and its repetition, both answered at full length, each at the
    price of the model that gets it. `model_ids` as `Models.ids`. Raises ConfigError when one has no price."""
    most = Bill()
    for model_id, finding in ((model_ids[0], ""), (model_ids[-1], LONGEST_FINDING)):
        request = build_request(tree, item, finding)
        most.charge(tree.price(model_id), request.estimated_tokens(), request.max_tokens)
    return most.usage


def normalize(tree: ConfigTree, models: Models, item: RequestText, text: Text, bill: Bill, deadline: float) -> Answered:
    """The grounded facts of an item.

    Raises NothingGrounded, or another ModelError when a call failed; `bill` tells what was used in any case.
    """
    finding, best = "", None
    for model in models.in_turn:
        try:
            request = build_request(tree, item, finding)
            answer = validated(tree, _ask(model, tree.price(model.model_id), request, bill, deadline))
        except MalformedAnswer as error:
            bill.refuse(Refusals(answers=1))
            finding = str(error)
            continue
        grounded = ground(tree, text, answer)
        bill.refuse(grounded.refused)
        best = _better(best, Answered(grounded, model))
        finding = _too_short(answer, text)
        if _good(best.grounded) and not finding:
            break
        if grounded.findings:
            finding += f"These parts are not supported by the item: {' | '.join(grounded.findings)[:1200]}"
    if best is None or not best.grounded.summary:
        raise NothingGrounded(f"no supported answer in {len(models.in_turn)} attempts: {finding[:300]}")
    return best


def validated(tree: ConfigTree, reply: ToolReply) -> ToolAnswer:
    """The reply as an answer. Raises MalformedAnswer naming what is wrong."""
    try:
        answer = ToolAnswer.model_validate(dict(reply.input))
    except ValidationError as error:
        raise MalformedAnswer("; ".join(_problems(error))) from error
    if answer.event_type not in event_types(tree):
        raise MalformedAnswer(f"event_type {answer.event_type[:40]!r} is none of {', '.join(event_types(tree))}")
    return answer.model_copy(update={"summary": answer.summary[:MAX_SENTENCES]})


def _too_short(answer: ToolAnswer, text: Text) -> str:
    """What to say of a summary that has fewer sentences than asked for though the item has more; empty otherwise."""
    said = len(answer.summary)
    if said >= MIN_SENTENCES or len(usable_sentences(text.source.text[:MAX_TEXT])) <= MIN_SENTENCES:
        return ""
    return f"The summary has {said} of {MIN_SENTENCES} to {MAX_SENTENCES} sentences, and the item says more. "


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False)[:8]:
        yield f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"


def _ask(model: Model, price: ModelPrice, request: ToolRequest, bill: Bill, deadline: float) -> ToolReply:
    try:
        reply = model.ask(request, deadline)
    except MalformedAnswer as error:
        bill.charge(price, error.input_tokens, error.output_tokens)
        raise
    bill.charge(price, reply.input_tokens, reply.output_tokens)
    return reply


def _better(first: Answered | None, second: Answered) -> Answered:
    return second if first is None or len(second.grounded.summary) >= len(first.grounded.summary) else first


def _good(grounded: Grounded) -> bool:
    """Good enough not to pay for a repetition: more sentences stand than were refused."""
    return len(grounded.summary) > grounded.refused.sentences
