"""The model normalizer: ask, validate, ground; repeat the question once with what was wrong; never store a guess."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import ValidationError

from services.normalize.answer import ToolAnswer
from services.normalize.ground import Grounded, Text, ground
from services.normalize.prompt import RequestText, build_request, event_types
from shared.bedrock.converse import Model, ToolReply, ToolRequest
from shared.bedrock.errors import MalformedAnswer, ModelError
from shared.config.rules import ModelPrice
from shared.config.tree import ConfigTree
from shared.contracts.items import Refusals, Usage

MAX_QUESTIONS = 2
"""The question and one repetition."""


class NothingGrounded(ModelError):
    """No answer that the item supports, in two attempts."""


@dataclass
class Bill:
    """What the calls for one result used and had refused so far; valid even when they failed."""

    price: ModelPrice
    usage: Usage = field(default_factory=Usage)
    refused: Refusals = field(default_factory=Refusals)

    def charge(self, input_tokens: int, output_tokens: int) -> None:
        cost = cost_usd(self.price, input_tokens, output_tokens)
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


def most_expensive(price: ModelPrice, request: ToolRequest) -> float:
    """US dollars that one result can cost at most: the question and its repetition, both answered at full length."""
    return MAX_QUESTIONS * cost_usd(price, request.estimated_tokens(), request.max_tokens)


def normalize(tree: ConfigTree, model: Model, item: RequestText, text: Text, bill: Bill, deadline: float) -> Grounded:
    """The grounded facts of an item.

    Raises NothingGrounded, or another ModelError when a call failed; `bill` tells what was used in any case.
    """
    finding, best = "", None
    for _ in range(MAX_QUESTIONS):
        try:
            answer = validated(tree, _ask(model, build_request(tree, item, finding), bill, deadline))
        except MalformedAnswer as error:
            bill.refuse(Refusals(answers=1))
            finding = str(error)
            continue
        grounded = ground(tree, text, answer)
        bill.refuse(grounded.refused)
        best = _better(best, grounded)
        if _good(best):
            break
        finding = f"These parts are not supported by the item: {' | '.join(grounded.findings)[:1200]}"
    if best is None or not best.summary:
        raise NothingGrounded(f"no supported answer in {MAX_QUESTIONS} attempts: {finding[:300]}")
    return best


def validated(tree: ConfigTree, reply: ToolReply) -> ToolAnswer:
    """The reply as an answer. Raises MalformedAnswer naming what is wrong."""
    try:
        answer = ToolAnswer.model_validate(dict(reply.input))
    except ValidationError as error:
        raise MalformedAnswer("; ".join(_problems(error))) from error
    if answer.event_type not in event_types(tree):
        raise MalformedAnswer(f"event_type {answer.event_type[:40]!r} is none of {', '.join(event_types(tree))}")
    return answer


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False)[:8]:
        yield f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"


def _ask(model: Model, request: ToolRequest, bill: Bill, deadline: float) -> ToolReply:
    try:
        reply = model.ask(request, deadline)
    except MalformedAnswer as error:
        bill.charge(error.input_tokens, error.output_tokens)
        raise
    bill.charge(reply.input_tokens, reply.output_tokens)
    return reply


def _better(first: Grounded | None, second: Grounded) -> Grounded:
    return second if first is None or len(second.summary) >= len(first.summary) else first


def _good(grounded: Grounded) -> bool:
    """Good enough not to pay for a repetition: more sentences stand than were refused."""
    return len(grounded.summary) > grounded.refused.sentences
