"""What `vectora doctor` looks at: each check returns findings, each finding says what to do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cli.dlq import QUEUES
from cli.schedules import Change
from cli.template import variables_of
from shared.config.client import ClientConfig
from shared.config.store import Diff
from shared.config.tree import ConfigTree
from shared.errors import ConfigError

Level = Literal["ok", "look", "broken"]
FUNCTIONS: dict[str, str] = {
    f"{name}Function": f"{name}FunctionName"
    for name in ("Ingest", "Normalize", "Engine", "Publisher", "Links", "Sweeper")
}
_UNRESERVED = 100
"""Concurrency that Lambda never lets anybody reserve (Lambda developer guide, "Configuring reserved concurrency")."""
_LOCAL_OWN = frozenset({"LINKS_URL", "AWS_ENDPOINT_URL"})
"""Set otherwise on the local stack (local/emulator.py)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`look` is worth a look; `broken` keeps something from working. `todo` is empty for what is well."""

    level: Level
    about: str
    told: str
    todo: str = ""


def configuration(changes: Diff, stack: str) -> Finding:
    count = len(changes.added) + len(changes.changed) + len(changes.removed)
    if not count:
        return Finding("ok", "configuration", "the current release is this checkout's tree")
    todo = f"`vectora config diff --stack {stack}`, then `vectora config push --stack {stack}`"
    return Finding("look", "configuration", f"{count} files differ from this checkout", todo)


def priced(tree: ConfigTree, model_id: str, stack: str) -> Iterator[Finding]:
    """A model without a price is not asked: a finding for it, nothing for one that has a price."""
    try:
        tree.price(model_id)
    except ConfigError as error:
        yield Finding("broken", "price", str(error), f"then `vectora config push --stack {stack}`")


def drift_of_variables(client: Any, outputs: Mapping[str, str], template: Mapping[str, Any]) -> dict[str, str]:
    """Function → variables missing from it and unknown to the template, in words; absent where nothing differs."""
    found = {}
    for resource, output in FUNCTIONS.items():
        present = client.get_function_configuration(FunctionName=outputs[output]).get("Environment", {})
        missing, extra = _name_drift(present.get("Variables", {}), variables_of(template, resource))
        told = [f"missing {', '.join(missing)}"] if missing else []
        told += [f"unknown to the template {', '.join(extra)}"] if extra else []
        if told:
            found[resource] = "; ".join(told)
    return found


def _name_drift(present: Mapping[str, str], wanted: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    return sorted(wanted.keys() - present.keys() - _LOCAL_OWN), sorted(present.keys() - wanted.keys() - _LOCAL_OWN)


def variables(drift: Mapping[str, str], stack: str) -> Iterator[Finding]:
    todo = f"deploy this checkout: `sam build` and `sam deploy --config-env {stack}`"
    if stack == "local":
        todo = "`vectora local up`"
    for resource, told in drift.items():
        yield Finding("broken" if "missing" in told else "look", f"variables of {resource}", told, todo)
    if not drift:
        yield Finding("ok", "variables", "every function has those of the template")


def moved_variables(
    client: Any, outputs: Mapping[str, str], template: Mapping[str, Any], parameters: Mapping[str, str]
) -> Iterator[Finding]:
    """Variables whose value is not that of the stack's parameter that the template gives them."""
    for resource, output in FUNCTIONS.items():
        present = client.get_function_configuration(FunctionName=outputs[output])["Environment"]["Variables"]
        for name, value in variables_of(template, resource).items():
            parameter = value.get("Ref") if isinstance(value, dict) else None
            stated = parameters.get(str(parameter))
            if stated is not None and name in present and present[name] != stated:
                told = f"{name} is {present[name]!r}, but the stack's parameter {parameter} is {stated!r}"
                todo = f"set {parameter}={present[name]} in samconfig.toml, or the next deployment takes it back"
                yield Finding("look", f"variables of {resource}", told, todo)


def concurrency(limits: Mapping[str, Any], reserves: Mapping[str, int | None], wanted: Mapping[str, int]) -> Finding:
    """`limits`: AccountLimit of GetAccountSettings; `reserves`: what functions hold; `wanted`: what they should."""
    limit = int(limits.get("ConcurrentExecutions", 0))
    lacking = sorted(name for name, amount in wanted.items() if amount and reserves.get(name) != amount)
    held = sum(amount or 0 for amount in reserves.values())
    if not lacking:
        return Finding("ok", "concurrency", f"{held} of {limit} are reserved as the stack's parameters ask")
    asked = sum(wanted.values())
    if limit - asked < _UNRESERVED:
        todo = (
            "deploy with NormalizeConcurrency=0 EngineConcurrency=0, or request a higher quota "
            f"(Lambda, concurrent executions, at least {asked + _UNRESERVED})"
        )
        return Finding("broken", "concurrency", f"the account's {limit} forbid reserving {asked}", todo)
    return Finding("broken", "concurrency", f"not reserved as asked: {', '.join(lacking)}", "deploy the stack again")


def mappings(rows: Iterable[Mapping[str, Any]], function: str) -> Iterator[Finding]:
    """Event source mappings of a function that consumes a queue."""
    states = {str(row["EventSourceArn"]).rsplit(":", 1)[-1]: str(row.get("State", "")) for row in rows}
    if not states:
        yield Finding("broken", f"queue of {function}", "nothing feeds the function", "deploy the stack again")
    for queue, state in states.items():
        if state in ("Enabled", "Creating", "Enabling", "Updating"):
            yield Finding("ok", f"queue of {function}", f"{queue} feeds it")
        else:
            todo = f"enable it: `aws lambda update-event-source-mapping --enabled` for {queue}"
            yield Finding("broken", f"queue of {function}", f"{queue} is {state or 'in no known state'}", todo)


def schedules(changes: Iterable[Change], asked: int, stack: str) -> Finding:
    """`changes`: what a push would do to the stored schedules; `asked`: how many the clients ask for."""
    differ = list(changes)
    if not differ:
        return Finding("ok", "schedules", f"all {asked} are stored")
    told = "; ".join(f"{one.verb} {one.name}" for one in differ[:5]) + ("…" if len(differ) > 5 else "")
    if stack == "local":
        return Finding(
            "ok", "schedules", "the local stack holds none by default (`vectora config push --schedules --stack local`)"
        )
    return Finding("broken", "schedules", f"a push would {told}", f"`vectora config push --stack {stack}`")


def account(answer: Mapping[str, Any]) -> Finding:
    """SES GetAccount."""
    if not answer.get("SendingEnabled", True):
        return Finding("broken", "mail", "SES sending is paused for this account", "read the SES console's notice")
    if not answer.get("ProductionAccessEnabled", True):
        told = "SES is in its sandbox: it mails verified addresses only"
        return Finding("look", "mail", told, "request production access in the SES console")
    return Finding("ok", "mail", "SES may send")


def senders(clients: Iterable[ClientConfig], override: str) -> dict[str, list[str]]:
    """Address from which mail leaves → its clients."""
    found: dict[str, list[str]] = {}
    for client in clients:
        found.setdefault(override or client.newsletter_delivery.from_address, []).append(client.client_id)
    return found


def identity(address: str, clients: Iterable[str], verified: Mapping[str, bool]) -> Finding:
    """`verified`: identity (an address or a domain) → whether SES may send from it; absent: SES does not know it."""
    about, domain = f"sender of {', '.join(clients)}", address.rpartition("@")[2]
    if verified.get(address) or verified.get(domain):
        return Finding("ok", about, "verified")
    pending = address in verified or domain in verified
    todo = (
        "follow the link or the DNS records of the verification"
        if pending
        else f"`aws sesv2 create-email-identity --email-identity {domain}`"
    )
    return Finding("broken", about, "not verified by SES", todo)


def letters(depths: Mapping[str, int], stack: str) -> Iterator[Finding]:
    """Failure queues by name → messages."""
    filled = {name: depth for name, depth in depths.items() if depth}
    for name, depth in filled.items():
        look = f"`vectora dlq list --queue {name} --stack {stack}`"
        todo = f"{look}, repair, then `vectora dlq replay --queue {name} --stack {stack}`"
        yield Finding("look", f"failure queue {name}", f"{depth} messages", todo)
    if not filled:
        yield Finding("ok", "failure queues", f"all {len(QUEUES)} are empty")
