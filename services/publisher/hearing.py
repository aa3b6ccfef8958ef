"""SES's events, recorded and acted on; a doubt that ends this way is corrected in the edition's report too."""

from typing import Any

from services.publisher.feedback import CONNECTED, Feedback, act, is_feedback, read_feedback
from services.publisher.operations import Parts, report_of
from shared.observability import correlate, logger
from shared.storage.objects import put_model


def hear(content: Any, parts: Parts) -> str:
    """Take one message, if it is SES's; the metric that counts it, or an empty string for other messages."""
    if content == CONNECTED:
        return "SesConnected"
    if not isinstance(content, dict) or not is_feedback(content):
        return ""
    feedback = read_feedback(content)
    if feedback is None:
        return "SesEventsOfOthers"
    correlate(feedback.correlation_id)
    ended_doubt = act(feedback, parts.ledger, parts.standings)
    logger.info(
        "ses event",
        extra={
            "client_id": feedback.client_id,
            "edition_id": feedback.edition_id,
            "recipient": feedback.key,
            "kind": feedback.kind,
            "reason": feedback.reason,
            "ended_doubt": ended_doubt,
        },
    )
    if feedback.ledger == feedback.edition_id:
        _correct(feedback, parts)
    return f"Mails{feedback.kind.capitalize()}"


def _correct(feedback: Feedback, parts: Parts) -> None:
    """Write delivery.json and the record's counts again, once the edition is closed."""
    row = parts.editions.get(feedback.client_id, feedback.edition_id)
    if row["status"] != "sent" or not row.get("prefix"):
        return
    ids = (feedback.client_id, feedback.edition_id)
    states = parts.ledger.states(feedback.edition_id)
    report = report_of(ids, states, row.get("delivery_note", ""), parts.clock, row.get("correlation_id", ""))
    put_model(parts.objects, f"{str(row['prefix']).rstrip('/')}/delivery.json", report)
    parts.editions.update(*ids, {"counts": report.counts.model_dump()})
