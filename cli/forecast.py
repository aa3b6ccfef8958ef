"""What work for the model will cost, from what items have cost so far. Decided from data; no I/O."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from services.normalize import prompt
from services.normalize.model import cost_usd, most_expensive
from shared.config.rules import ModelPrice
from shared.config.tree import ConfigTree
from shared.contracts.items import NormalizedItem
from shared.errors import InputError

SAMPLE = 100
"""Items whose tokens are looked at: the last ones."""
MAX_COST = 1.0
"""Dollars above which a command asks before it spends."""


BY_RULES = "rules"
_NOT_ALL = (
    "one invocation did not suffice to count them all, so there will be more; a run goes on in further ones, and "
    "budget.monthly_usd of the client caps what it spends"
)


@dataclass(frozen=True, slots=True)
class PerItem:
    """Tokens of an item, repeated questions included, and its dollars where those tokens have several prices, else
    None; `measured` on so many items, 0: an upper bound."""

    input_tokens: float
    output_tokens: float
    measured: int
    dollars: float | None = None


def per_item(made: Sequence[NormalizedItem], tree: ConfigTree, models: Sequence[str]) -> PerItem:
    """The mean of those items that a model made; without any, a text of the greatest length whose question is repeated,
    both answered at full length. `models` are asked in this order (services.normalize.model.Models.ids).

    Where a cheaper model is asked first, dollars count as they were metered under that very setting: what was made
    under another one does not tell how often the main model has to repeat.
    """
    used = [item for item in made if item.normalizer.kind == "model" and item.usage.calls]
    if len(models) > 1:
        present = prompt.signature(tree, *models)
        used = [item for item in used if item.normalizer.signature == present]
    if not used:
        longest = prompt.RequestText("x" * prompt.MAX_TITLE, "2000-01-01", "x" * prompt.MAX_TEXT, "en")
        most = most_expensive(tree, models, longest)
        return PerItem(most.input_tokens, most.output_tokens, 0, most.cost_usd)
    sums = [
        sum(getattr(item.usage, name) for item in used) / len(used)
        for name in ("input_tokens", "output_tokens", "cost_usd")
    ]
    return PerItem(sums[0], sums[1], len(used), sums[2] if len(models) > 1 else None)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`items` that a model would be asked about, at `price`; `left` of the month's budget, None where it has no cap.
    `counted`: whether these are all; else they are those that were counted in time, and there will be more."""

    items: int
    per_item: PerItem
    price: ModelPrice
    model_id: str
    left: float | None = None
    counted: bool = True

    @property
    def dollars(self) -> float:
        if self.per_item.dollars is not None:
            return self.items * self.per_item.dollars
        tokens = (
            math.ceil(self.items * self.per_item.input_tokens),
            math.ceil(self.items * self.per_item.output_tokens),
        )
        return cost_usd(self.price, *tokens)

    @property
    def many(self) -> str:
        return f"{'' if self.counted else 'at least '}{self.items} items"

    @property
    def cost(self) -> str:
        return f"{'about' if self.counted else 'at least'} ${self.dollars:.2f}"

    @property
    def over_budget(self) -> bool:
        return self.left is not None and self.dollars > self.left

    def lines(self) -> list[str]:
        """For people."""
        least = [] if self.counted else [_NOT_ALL]
        if self.model_id == BY_RULES:
            return [f"{self.many} by rules, which cost nothing", *least]
        each, basis = self.per_item, "an upper bound: no item was measured yet"
        if each.measured:
            basis = f"measured on the last {each.measured} items"
        told = [
            f"{self.many} for {self.model_id}: {self.cost} at list price",
            f"{each.input_tokens:,.0f} input and {each.output_tokens:,.0f} output tokens an item ({basis})",
        ]
        told += least
        if self.left is not None:
            told.append(
                f"${self.left:.2f} of this month's budget are left{', which is less' if self.over_budget else ''}"
            )
        return told


def by_rules(items: int) -> Forecast:
    """So many items cost nothing."""
    return Forecast(items, PerItem(0, 0, 0), ModelPrice(input_per_million=0, output_per_million=0), BY_RULES)


def agree(forecast: Forecast, bound: float, *, yes: bool, ask: Callable[[str], bool] | None = None) -> None:
    """Go on below the `bound` (dollars) or when the answer is yes; `ask` asks (by default on a terminal alone). What
    was not counted to its end, and costs anything, is below no bound.

    Raises InputError where nobody can be asked, typer.Exit when the answer is no.
    """
    known = forecast.counted or forecast.model_id == BY_RULES
    if yes or (known and forecast.dollars <= bound and not forecast.over_budget):
        return
    why = f"above ${bound:.2f}"
    if forecast.over_budget:
        why = f"more than is left of the budget (${forecast.left:.2f})"
    elif forecast.dollars <= bound:
        why = "not the whole cost, which nobody knows before"
    question = f"{forecast.cost} for {forecast.many} is {why}"
    if ask is None:
        if not sys.stdin.isatty():
            raise InputError(f"{question}; repeat with --yes to spend it, or with a higher --max-cost")
        ask = typer.confirm
    if not ask(f"{question}. Go on?"):
        raise typer.Exit(1)
