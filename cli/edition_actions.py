"""What `vectora edition` does to an edition: approve, drop, rebuild, send again, tell who got it, export labels."""

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml
from botocore.config import Config

from cli.errors import StageFailedError
from cli.pipeline import failure_text
from cli.review.carry import carry, displaced, lineage, newest, over
from cli.review.desk import Desk, Draft, Stores
from cli.stacks import Deployed
from services.publisher.recipients import normalise, problem_of, resolve
from shared import approval
from shared.contracts.delivery import ResendRequest
from shared.contracts.events import EngineEvent
from shared.contracts.items import NormalizedItem, RawItem
from shared.errors import InputError, NotFoundError
from shared.storage.labels import Label
from shared.storage.objects import Objects, get_model
from shared.storage.table import Row

_ENGINE_SECONDS = 900
ACCEPTED = 202
REBUILT = ("draft", "superseded")
"""The states in which an edition may be made anew."""


def rebuild(stack: Deployed, row: Row) -> dict[str, Any]:
    """Make an unsent draft anew for the same window and clock, with what the lake and the labels say now.

    The new draft supersedes the old one. Raises InputError for any other edition, StageFailedError with the engine's
    message.
    """
    if row["status"] not in REBUILT:
        raise InputError(f"edition {row['edition_id']} is {row['status']}; only an unsent draft can be rebuilt")
    event = EngineEvent(
        client_id=row["client_id"],
        from_date=row["window_from"],
        to_date=row["window_to"],
        as_of=row["as_of"],
        batch_id=row.get("batch_id"),
        force_regenerate=True,
        delivery="review",
    )
    once = Config(retries={"total_max_attempts": 1}, read_timeout=_ENGINE_SECONDS + 30, tcp_keepalive=True)
    answer = stack.client("lambda", config=once).invoke(
        FunctionName=stack.outputs["EngineFunctionName"],
        Payload=event.model_dump_json(exclude_none=True, exclude_defaults=True).encode(),
    )
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(payload, dict) or payload.get("statusCode", 500) >= 300:
        raise StageFailedError("engine", failure_text(payload))
    if payload["statusCode"] == ACCEPTED:
        raise InputError(f"another engine is building {payload['body']['edition_id']}: try again when it is a draft")
    body = dict(payload["body"])
    if body.get("status", "draft") != "draft":
        raise InputError(
            f"edition {body['edition_id']} of this window is {body['status']} already: nothing was rebuilt"
        )
    return body


def known(kept: Stores, client_id: str, edition_id: str, stack: str) -> Row:
    """The edition's record. Raises InputError naming where to look."""
    try:
        return kept.editions.get(client_id, edition_id)
    except NotFoundError:
        raise InputError(
            f"{client_id} has no edition {edition_id!r}: `vectora edition list {client_id} --stack {stack}` names "
            "those that it has"
        ) from None


def newest_draft(kept: Stores, row: Row) -> Row:
    """The draft that stands in the place of `row` now. Raises InputError when it is no unsent draft."""
    found = newest(kept.editions.history(row["client_id"]), row)
    if found["status"] not in REBUILT and found["edition_id"] != row["edition_id"]:
        raise InputError(
            f"edition {row['edition_id']} was replaced by {found['edition_id']}, which is {found['status']}; "
            "only an unsent draft can be rebuilt"
        )
    return found


def carry_review(kept: Stores, before: Row, made: str, stack: str) -> tuple[int, tuple[str, ...]]:
    """Put the review of the draft that the draft `made` superseded on it: how many items' edits it kept, and what did
    not hold any more, with the reasons.

    Read after the engine's work, so that what was saved meanwhile counts. `before` is the record of the draft that was
    to be rebuilt. A draft in which nobody has changed anything stands for the one that it had superseded itself.
    Reviewers are told of the new content: their links to what the engine wrote would be refused.
    """
    history = kept.editions.history(before["client_id"])
    reviewed, unfinished = _reviewed(kept, lineage(history, made, before))
    lost = [*unfinished, *(_displaced(row, stack) for row in displaced(history, made, before))]
    if reviewed is None:
        return 0, tuple(lost)
    desk = Desk(kept, before["client_id"], made)
    after = desk.load()
    carried = carry(reviewed.material, reviewed.edits, after.material, {one.item_id for one in after.near})
    both = over(after.edits, carried.edits)
    if both != after.edits:
        kept.announce(approval.message_of(desk.save(both, after.digest).row))
    return len(carried.edits.items), (*carried.lost, *lost)


def _reviewed(kept: Stores, drafts: Iterable[Row]) -> tuple[Draft | None, list[str]]:
    """The first of these drafts that has a review, and saves that did not end."""
    unfinished = list[str]()
    for row in drafts:
        draft = Desk(kept, row["client_id"], row["edition_id"]).load()
        if approval.written_hash(kept.newsletters, draft.row) != draft.digest:
            unfinished.append(f"the last save of {row['edition_id']}, which did not end")
        if draft.reviewed:
            return draft, unfinished
    return None, unfinished


def _displaced(row: Row, stack: str) -> str:
    window = f"{row.get('window_from')} to {row.get('window_to')}"
    return (
        f"the review of {row['edition_id']}, a draft of {window} that stepped back too: "
        f"`vectora edition rebuild {row['client_id']} {row['edition_id']} --stack {stack}` makes it anew"
    )


def resend(stack: Deployed, row: Row, address: str) -> str:
    """Ask the publisher to mail a sent edition once more; the request's id. Raises InputError."""
    spelled = normalise(address)
    if problem := problem_of(spelled):
        raise InputError(f"--to {address}: {problem}")
    if row["status"] != "sent":
        raise InputError(f"edition {row['edition_id']} is {row['status']}; only a sent one can be sent again")
    request = ResendRequest(
        client_id=row["client_id"],
        edition_id=row["edition_id"],
        resend_to=spelled,
        request_id=secrets.token_hex(8),
    )
    stack.client("sqs").send_message(QueueUrl=stack.outputs["PublisherQueueUrl"], MessageBody=request.model_dump_json())
    return request.request_id


def mailed(client_id: str, deliveries: Iterable[Row], written: Sequence[str]) -> Iterator[str]:
    """A line for each recipient of an edition, those who were not reached first. The state holds hashes alone; an
    address is told where the client's file (`written`) still has it."""
    known = {one.key: one.address for one in resolve(client_id, written)}
    rows = [row for row in deliveries if row.get("status")]
    if not rows:
        yield "nobody was mailed"
    for row in sorted(rows, key=lambda one: (one["status"] in ("sent", "withheld"), one["sk"])):
        told = " ".join(str(row[name]) for name in ("feedback", "reason") if row.get(name))
        yield f"{row['sk']}  {row['status']:<8}  {known.get(row['sk'], '(not in the client file)')}  {told}".rstrip()


def export(labels: Iterable[Label], stores: Stores, data: Objects) -> tuple[str, list[str]]:
    """The labels as a set for `vectora eval` (YAML), and the ids of items that the lake no longer holds."""
    rows, missing = list[dict[str, Any]](), list[str]()
    for label in sorted(labels, key=lambda one: (one.published, one.item_id)):
        found = stores.lake.get(label.item_id)
        items = stores.lake.load([found]) if found else []
        if items:
            rows.append(_labelled(label, items[0], get_model(data, items[0].raw_key, RawItem)))
        else:
            missing.append(label.item_id)
    return yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=110), missing


def _labelled(label: Label, item: NormalizedItem, raw: RawItem) -> dict[str, Any]:
    """One row as cli.evaluation.labels.Labelled reads it; canonical ids are those that the normalizer found."""
    return {
        "id": item.item_id,
        "language": item.language,
        "source_type": item.source_type,
        "company_id": item.company_id,
        "title": raw.title,
        "text": raw.text,
        "published": item.published,
        "gold": {
            "keep": label.verdict == "keep",
            "event_type": item.event_type,
            "companies": _ids(item, "company"),
            "molecules": _ids(item, "molecule"),
            "trademarks": _ids(item, "trademark"),
        },
    }


def _ids(item: NormalizedItem, kind: str) -> list[str]:
    return sorted({entity.id for entity in item.entities if entity.kind == kind and entity.id})
