"""Dead letters: what each is about, why it is there, and where a replay sends it; decided from data."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from shared.contracts.batch import RawMessage
from shared.storage.table import Row

DIED = "function died"
"""Nothing recorded a reason: the function was killed, timed out or ran out of memory on every receive."""
UNREADABLE = "unreadable"
DONE = "done already"
QueueName = Literal["raw", "publisher", "ingest", "engine", "sweeper"]


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue in which work is given up. `function` is the output that names who failed; `back_to` the outputs of the
    queues that fed it: empty for an asynchronous function, which is invoked again instead."""

    name: QueueName
    url: str
    function: str
    back_to: tuple[str, ...] = ()


QUEUES: tuple[Queue, ...] = (
    Queue("raw", "RawDeadLetterQueueUrl", "NormalizeFunctionName", ("RawQueueUrl",)),
    Queue(
        "publisher", "PublisherDeadLetterQueueUrl", "PublisherFunctionName", ("PublisherQueueUrl", "SesEventsQueueUrl")
    ),
    Queue("ingest", "IngestFailureQueueUrl", "IngestFunctionName"),
    Queue("engine", "EngineFailureQueueUrl", "EngineFunctionName"),
    Queue("sweeper", "SweeperFailureQueueUrl", "SweeperFunctionName"),
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of such a queue. `sent_ms`: when it was first queued (epoch); `source`: name of the queue that it was
    on, where SQS tells. `group` is the reason in a few words, `reason` the whole of it, `about` what it is about."""

    queue: Queue
    message_id: str
    receipt: str
    body: str
    sent_ms: int
    source: str = ""
    attributes: Mapping[str, Any] | None = None
    group: str = DIED
    reason: str = ""
    about: str = ""

    @property
    def content(self) -> dict[str, Any]:
        """The body as an object, empty for anything else."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    def explained(self, group: str, reason: str, about: str) -> "Letter":
        return replace(self, group=group, reason=reason, about=about)


def raw_message(letter: Letter) -> RawMessage | None:
    """What normalize was asked for, or None."""
    try:
        return RawMessage.model_validate_json(letter.body)
    except ValidationError:
        return None


def explain_raw(letter: Letter, message: RawMessage | None, row: Row | None) -> Letter:
    """`row` is the item's row in its batch."""
    if message is None:
        return letter.explained(UNREADABLE, "not a reference to a raw item", "")
    about = f"{message.client_id} {message.batch_id} {message.item_id}"
    status = (row or {}).get("status")
    if status == "done":
        return letter.explained(DONE, "the item was normalized after all", about)
    if row is None or status != "failed":
        return letter.explained(DIED, "no reason is recorded", about)
    reason = str(row.get("reason", ""))
    return letter.explained(str(row.get("cause") or reason.partition(":")[0] or "failed"), reason, about)


def explain_edition(letter: Letter, edition: Row | None, deliveries: Iterable[Row]) -> Letter:
    """`edition` is the record of the edition that a message of the publisher is about, `deliveries` its recipients'."""
    content = letter.content
    if "edition_id" not in content:
        kind = content.get("eventType") or content.get("notificationType")
        return letter.explained("mail event" if kind else UNREADABLE, f"mail event {kind}" if kind else "", "")
    about = f"{content.get('client_id', '')} {content['edition_id']}"
    if edition is None:
        return letter.explained("no such edition", "the state table has no such edition", about)
    if edition["status"] == "sent" and "resend_to" not in content:
        return letter.explained(DONE, "the edition was sent", about)
    told = Counter(str(row["reason"]) for row in deliveries if row.get("reason"))
    reason = "; ".join(f"{text} ({count})" for text, count in told.most_common(3))
    return letter.explained("delivery" if reason else DIED, reason or "no reason is recorded", about)


def explain_failure(letter: Letter) -> Letter:
    """A failed asynchronous invocation, or an event that Scheduler could not hand over."""
    content = letter.content
    if not content:
        return letter.explained(UNREADABLE, "not an event", "")
    event = original_event(letter)
    about = " ".join(str(event[name]) for name in ("client_id", "kind") if event.get(name)) or _keys(event)
    if "requestPayload" not in content:
        code = str(_attribute(letter, "ERROR_CODE") or "not handed over")
        return letter.explained(code, str(_attribute(letter, "ERROR_MESSAGE") or "by EventBridge Scheduler"), about)
    answer = content.get("responsePayload")
    failure = answer if isinstance(answer, dict) else {}
    condition = str(content.get("requestContext", {}).get("condition", "failed"))
    reason = str(failure.get("errorMessage") or condition)
    return letter.explained(str(failure.get("errorType") or condition), reason, about)


def original_event(letter: Letter) -> dict[str, Any]:
    """The event to invoke the function with again.

    An event of ingest without run_id gets the failed request's id, which its batch derives from: invoking it again,
    even twice, resumes that run and makes no other.
    """
    content = letter.content
    event = content.get("requestPayload", content)
    if not isinstance(event, dict):
        return {}
    request_id = content.get("requestContext", {}).get("requestId") if "requestPayload" in content else None
    if letter.queue.name == "ingest" and not event.get("run_id"):
        return {**event, "run_id": request_id or letter.message_id}
    return event


def destination(letter: Letter, outputs: Mapping[str, str]) -> str:
    """URL of the queue that a message goes back to: the one it came from, else the one whose messages look like it."""
    choices = [outputs[name] for name in letter.queue.back_to]
    for url in choices:
        if letter.source and url.rsplit("/", 1)[-1] == letter.source:
            return url
    return choices[-1] if len(choices) > 1 and "edition_id" not in letter.content else choices[0]


def matches(letter: Letter, only: str | None) -> bool:
    """Whether a replay that asks for one reason takes it: the group's name, or words of the reason."""
    return only is None or letter.group == only or only.casefold() in letter.reason.casefold()


def grouped(letters: Iterable[Letter]) -> dict[tuple[str, str], list[Letter]]:
    """(queue, reason) → letters, in that order."""
    groups: dict[tuple[str, str], list[Letter]] = {}
    for letter in letters:
        groups.setdefault((letter.queue.name, letter.group), []).append(letter)
    return dict(sorted(groups.items()))


def advice(queue: Queue, group: str, stack: str) -> str:
    """What an operator does about letters of a reason."""
    replay = f'`vectora dlq replay --queue {queue.name} --only "{group}" --stack {stack}`'
    told = {
        DONE: f"nothing is missing; {replay} removes them",
        UNREADABLE: "nothing can repeat them: see who sent them",
        "throttled": f"the sweeper puts them back by itself, three times; then {replay}, and a higher quota",
        "config": f"deploy code that reads the release of that run, then {replay}",
    }
    return told.get(group) or f"read the log of {queue.function.removesuffix('FunctionName')}, repair, then {replay}"


def _keys(event: Mapping[str, Any]) -> str:
    records = event.get("Records")
    named = [str(one.get("s3", {}).get("object", {}).get("key", "")) for one in records] if records else []
    return ", ".join(name for name in named if name)


def _attribute(letter: Letter, name: str) -> Any:
    return (letter.attributes or {}).get(name, {}).get("StringValue")
