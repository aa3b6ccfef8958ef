"""A sent edition once more, to one address, because the operator asks for it."""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from services.publisher.delivery import plan
from services.publisher.errors import RetryLaterError
from services.publisher.operations import Parts, letter_of
from services.publisher.recipients import resolve
from services.publisher.sending import Limits
from services.publisher.standing import Readership
from shared.contracts.delivery import ResendRequest
from shared.contracts.edition import Edition
from shared.errors import InputError
from shared.observability import correlate
from shared.storage.objects import get_model

_BUSY_WAIT = 60


def read_request(content: Any) -> ResendRequest | None:
    """The operator's request, if that is what a message holds. Raises InputError for a malformed one."""
    if not isinstance(content, dict) or "resend_to" not in content:
        return None
    try:
        return ResendRequest.model_validate(content)
    except ValidationError as error:
        raise InputError(f"not a request to send again: {error.errors(include_input=False)}") from None


def resend(request: ResendRequest, parts: Parts, limits: Limits) -> None:
    """Mail it, once for each request; whoever unsubscribed, bounced or complained is not mailed.

    Raises InputError for an edition that was not sent.
    """
    row = parts.editions.get(request.client_id, request.edition_id)
    if row["status"] != "sent" or not row.get("prefix"):
        raise InputError(f"edition {request.edition_id} is {row['status']}; only a sent one can be sent again")
    run = row.get("correlation_id", request.edition_id)
    correlate(run)
    prefix = str(row["prefix"]).rstrip("/")
    edition = get_model(parts.objects, f"{prefix}/newsletter.json", Edition)
    client = parts.clients.client(row["config_release"], request.client_id)
    letter = replace(letter_of(edition, client, prefix, parts), occasion=f"again-{request.request_id}")
    letter = replace(letter, correlation_id=run)
    if not parts.ledger.claim(letter.ledger, limits.owner, limits.lease_seconds):
        raise RetryLaterError("this request is being served by another invocation", _BUSY_WAIT)
    try:
        recipients = resolve(request.client_id, [request.resend_to])
        held = Readership(request.client_id, parts.standings, parts.suppression).withheld(recipients)
        states = parts.ledger.states(letter.ledger)
        parts.mailing(request.client_id).run(letter, plan(recipients, states, held), limits)
    finally:
        parts.ledger.release(letter.ledger, limits.owner)
