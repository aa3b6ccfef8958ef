"""LinksFunction: the public URL behind the links in mails. A GET asks, a POST acts, anything unsigned is refused."""

import traceback
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import HTTP
from functools import cache
from typing import Any, Protocol, get_args
from urllib.parse import parse_qs

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from services.publisher import pages
from services.publisher.adapters import RETRIES, Clients, ReleasedClients, signer
from services.publisher.recipients import redact
from services.publisher.settings import PublisherSettings
from services.publisher.standing import StandingStore
from shared.approval import Announce, Drafts, approve, drop
from shared.clock import Clock, SystemClock
from shared.config.store import S3ConfigStore
from shared.contracts.edition import EditionMessage
from shared.errors import ConfigError, InputError, NotFoundError
from shared.observability import correlate, logger, metrics
from shared.signing import LinkRefusedError, Purpose, Signer
from shared.storage.editions import Editions
from shared.storage.objects import Objects, S3Objects
from shared.storage.recipients import Recipients
from shared.storage.table import Row, StateTable

_LONGEST = 4096


class Current(Protocol):
    """Which release of the configuration is in force."""

    def current(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a link acts through."""

    signer: Signer
    editions: Drafts
    objects: Objects
    clients: Clients
    releases: Current
    standings: StandingStore
    announce: Announce
    clock: Clock


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    status: int
    html: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a link is about, in its reader's words."""

    language: str
    name: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What of a request matters."""

    method: str
    path: str
    token: str
    content_type: str = ""
    body: str = ""


def serve(request: Request, desk: Desk) -> Page:
    """Answer one request. Every refusal is a page that says why; only a signed, living link ever acts."""
    purpose = next((one for one in get_args(Purpose) if request.path.strip("/") == one), None)
    if purpose is None:
        return Page(404, pages.refused("en", "There is nothing at this address."))
    if request.method not in ("GET", "HEAD", "POST"):
        return Page(405, pages.refused("en", "This address takes GET and POST."))
    try:
        facts = desk.signer.read(purpose, request.token[:_LONGEST], desk.clock.now())
    except LinkRefusedError as error:
        return Page(403, pages.refused("en", f"Refused: {error}."))
    return _answer(request, purpose, facts, desk)


def _answer(request: Request, purpose: Purpose, facts: Mapping[str, str], desk: Desk) -> Page:
    try:
        subject = _subject(facts, desk)
        if request.method != "POST":
            return Page(200, pages.question(subject.language, purpose, subject.name, subject.day))
        if not _confirms(request):
            return Page(400, pages.refused(subject.language, "The request does not confirm anything."))
        _ACTIONS[purpose](facts, desk)
    except (InputError, NotFoundError) as error:
        return Page(409, pages.refused("en", str(error)))
    metrics.add_metric(f"Links{purpose.capitalize()}", MetricUnit.Count, 1)
    logger.info("link used", extra={"purpose": purpose, **facts})
    return Page(200, pages.done(subject.language, purpose, subject.name, subject.day))


def _subject(facts: Mapping[str, str], desk: Desk) -> Subject:
    row: Row = desk.editions.get(facts["client"], facts["edition"]) if "edition" in facts else {}
    correlate(str(row.get("correlation_id", "")))
    release = row.get("config_release") or desk.releases.current()
    profile = desk.clients.client(release, facts["client"]).client_profile
    return Subject(profile.language, profile.name, row.get("edition_date", ""))


def _confirms(request: Request) -> bool:
    """Whether the form says List-Unsubscribe=One-Click, url-encoded or multipart (RFC 8058 allows both)."""
    if not request.content_type.startswith("multipart/form-data"):
        return "One-Click" in parse_qs(request.body).get("List-Unsubscribe", [])
    form = message_from_string(f"Content-Type: {request.content_type}\n\n{request.body}", policy=HTTP)
    return any(_field(part) == ("List-Unsubscribe", "One-Click") for part in form.walk() if not part.is_multipart())


def _field(part: EmailMessage) -> tuple[str, str]:
    name = part.get_param("name", "", header="content-disposition")
    return str(name), str(part.get_payload()).strip()


def _unsubscribe(facts: Mapping[str, str], desk: Desk) -> None:
    desk.standings.record(facts["client"], facts["recipient"], "unsubscribed", "by the link in a mail")


def _approve(facts: Mapping[str, str], desk: Desk) -> None:
    ids = (facts["client"], facts["edition"])
    approve(desk.editions, desk.objects, ids, facts["hash"], "the link in the review mail", desk.announce)


def _drop(facts: Mapping[str, str], desk: Desk) -> None:
    drop(desk.editions, (facts["client"], facts["edition"]), facts["hash"], "the link in the review mail")


_ACTIONS: dict[Purpose, Callable[[Mapping[str, str], Desk], None]] = {
    "unsubscribe": _unsubscribe,
    "approve": _approve,
    "drop": _drop,
}


def build(settings: PublisherSettings) -> Desk:
    """The real adapters. Raises ConfigError without a secret."""
    signs = signer(settings)
    if signs is None:
        raise ConfigError("LINK_SECRET_ARN is not set: deploy the stack's own template")
    s3, clock, sns = boto3.client("s3", config=RETRIES), SystemClock(), boto3.client("sns", config=RETRIES)
    table = StateTable(boto3.resource("dynamodb", config=RETRIES), settings.state_table)
    store = S3ConfigStore(s3, settings.config_bucket)

    def announce(message: EditionMessage) -> None:
        sns.publish(TopicArn=settings.newsletter_topic_arn, Message=message.model_dump_json())

    return Desk(
        signer=signs,
        editions=Editions(table, clock),
        objects=S3Objects(s3, settings.newsletters_bucket),
        clients=ReleasedClients(store),
        releases=store,
        standings=Recipients(table, clock),
        announce=announce,
        clock=clock,
    )


@cache
def _desk() -> Desk:
    return build(PublisherSettings.load())


def _request(event: Mapping[str, Any]) -> Request:
    """Of a Function URL's event (payload 2.0). Read without Powertools' data classes, a tenth of the cold import."""
    token = (event.get("queryStringParameters") or {}).get("t", "")
    kind = event.get("headers", {}).get("content-type", "")
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = b64decode(body).decode(errors="replace")
    return Request(_method(event), event.get("rawPath", ""), token, kind, body[:_LONGEST])


def _method(event: Mapping[str, Any]) -> str:
    return str(event["requestContext"]["http"]["method"])


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Entry point: a Function URL's request in (payload 2.0), a page out."""
    try:
        page = serve(_request(event), _desk())
    except Exception as error:  # noqa: BLE001 (a stranger's browser gets a page, the log gets the reason)
        metrics.add_metric("LinksFailed", MetricUnit.Count, 1)
        trace = redact("".join(traceback.format_exception(error)))
        logger.error("link failed", extra={"error": type(error).__name__, "trace": trace})
        page = Page(500, pages.refused("en", "Something failed on our side. Please try again later."))
    body = "" if _method(event) == "HEAD" else page.html
    return {"statusCode": page.status, "headers": pages.HEADERS, "body": body}
