"""`vectora costs`: what clients spent in a month, metered, against their budgets."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from cli import config_tree
from cli.run import config_store
from cli.stacks import StackName, connect
from cli.tables import show_rows
from shared.clock import SystemClock
from shared.config.client import ClientConfig
from shared.errors import InputError
from shared.storage.editions import Editions
from shared.storage.spend import Spend
from shared.storage.table import Row, StateTable


def command(
    client: Annotated[str | None, typer.Option(help="One client. Default: all.")] = None,
    month: Annotated[str | None, typer.Option(help="YYYY-MM. Default: this month, in UTC.")] = None,
    stack: Annotated[StackName, typer.Option(help="Whose spend.")] = StackName.local,
) -> None:
    """Calls, tokens and US dollars at list price, as metered, with what is left of each budget."""
    wanted = checked_month(month, datetime.now(UTC))
    deployed = connect(stack)
    store = config_store(deployed)
    tree = store.load(store.current())
    clients = [config_tree.client_of(tree, client)] if client else list(tree.clients.values())
    state = StateTable(deployed.resource("dynamodb"), deployed.outputs["StateTableName"])
    spend, editions = Spend(state, SystemClock()), Editions(state, SystemClock())
    headings = ("client", "calls", "input", "output", "spent", "reserved", "budget", "editions")
    rows = [
        line(one, spend.month(one.client_id, wanted), made_in(editions.history(one.client_id), wanted))
        for one in sorted(clients, key=lambda each: each.client_id)
    ]
    console = Console()
    console.print(f"{wanted}, US dollars at list price", highlight=False)
    show_rows(console, headings, rows)


def checked_month(text: str | None, now: datetime) -> str:
    """Raises InputError."""
    try:
        return datetime.strptime(text, "%Y-%m").strftime("%Y-%m") if text else now.strftime("%Y-%m")  # noqa: DTZ007
    except ValueError as error:
        raise InputError(f"--month {text!r} is no month; write 2026-01") from error


def line(client: ClientConfig, row: Row, editions: int) -> tuple[str, ...]:
    """One client's row; `row` as Spend.month returns it."""
    spent, cap = float(row.get("spent", 0)), client.budget.monthly_usd
    reserved = max(0.0, float(row.get("committed", 0)) - spent)
    budget = "no cap" if cap is None else f"${cap:.2f}"
    if cap:
        budget += f" ({spent / cap:.0%} used)"
    counts = (f"{int(row.get(name, 0)):,}" for name in ("calls", "input_tokens", "output_tokens"))
    return (client.client_id, *counts, f"${spent:.4f}", f"${reserved:.4f}", budget, str(editions))


def made_in(history: list[Row], month: str) -> int:
    """Editions begun in that month, each revision counted: each may have cost an editorial."""
    return sum(str(row.get("started_at", "")).startswith(month) for row in history)
