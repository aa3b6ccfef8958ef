"""SES with faults, in front of the emulator's own; and editions put straight into a deployed stack."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import yaml

from local import emulator
from local.http_server import LoopbackServer
from shared.clock import SystemClock
from shared.config.store import S3ConfigStore
from shared.contracts.batch import Window
from shared.contracts.delivery import DeliveryReport
from shared.contracts.edition import Edition, EditionItem, EditionMessage, EditionStatus, Section
from shared.ids import content_hash
from shared.storage.editions import Editions
from shared.storage.objects import S3Objects, dump, get_model, put_model
from shared.storage.table import StateTable
from tests.e2e.support import CONFIG, Machine

Fault = tuple[int, str, str]
"""HTTP status, error code and message of SES."""
THROTTLED: Fault = (429, "TooManyRequestsException", "Maximum sending rate exceeded.")
REFUSED: Fault = (400, "MessageRejected", "Address is not accepted.")
SUSPENDED: Fault = (400, "AccountSuspendedException", "Sending is suspended.")


@dataclass
class PostOffice:
    """Forwards to the emulator's SES. `judge` gives the fault that a mail to an address meets; `after` is called when
    the emulator has taken it and before the publisher hears of it."""

    endpoint: str
    judge: Callable[[str], Fault | None] = lambda address: None
    after: Callable[[str], None] = lambda address: None
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        office = self

        class Handler(BaseHTTPRequestHandler):
            """One call of SES v2."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                address = json.loads(body)["Destination"]["ToAddresses"][0]
                office.asked.append(address)
                if fault := office.judge(address):
                    status, code, text = fault
                    self._answer(status, json.dumps({"message": text}).encode(), {"x-amzn-ErrorType": code})
                    return
                status, answer = office.forward(self.path, dict(self.headers), body)
                office.after(address)
                self._answer(status, answer, {})

            def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Type": "application/json"}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.server = LoopbackServer(0, Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def forward(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(self.endpoint)
        assert parts.hostname
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def heal(self) -> None:
        self.judge, self.after = (lambda address: None), (lambda address: None)


class Bench:
    """A deployed publisher, its mailbox, and editions made for it."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.stack = machine, machine.stack()
        self.table = StateTable(machine.resource("dynamodb"), self.stack.outputs["StateTableName"])
        self.editions = Editions(self.table, SystemClock())
        self.newsletters = S3Objects(self.stack.client("s3"), self.stack.outputs["NewslettersBucketName"])
        self.config = S3ConfigStore(self.stack.client("s3"), self.stack.outputs["ConfigBucketName"])

    def function(self, name: str, variables: dict[str, str]) -> None:
        """Set environment variables of a function."""
        functions = self.stack.client("lambda")
        known = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": known | variables})

    def client(self, client_id: str, recipients: Sequence[str], **delivery: Any) -> None:
        """Add a client with these recipients to the configuration in force."""
        files = self.config.files(self.config.current())
        raw = yaml.safe_load((CONFIG / "clients" / "demo.yaml").read_text())
        raw["client_profile"]["client_id"] = client_id
        raw["newsletter_delivery"] |= {"recipients": list(recipients), **delivery}
        files[f"clients/{client_id}.yaml"] = yaml.safe_dump(raw).encode()
        self.config.push(files)

    def draft(self, client_id: str, name: str, items: Sequence[str], status: EditionStatus = "draft") -> EditionMessage:
        """An edition as the engine leaves it, and the message that announces it. `name` is its id and title."""
        edition = _edition(client_id, name, items)
        prefix = f"{client_id}/2026/03/02/{name}"
        put_model(self.newsletters, f"{prefix}/newsletter.json", edition)
        self.newsletters.put(f"{prefix}/newsletter.txt", f"{name}: Té, Depotex® 長効\n".encode(), "text/plain")
        self.newsletters.put(f"{prefix}/newsletter.html", f"<body><p>{name}</p></body>".encode(), "text/html")
        facts: dict[str, Any] = {
            "content_hash": content_hash(dump(edition).decode()),
            "prefix": prefix,
            "items": len(items),
            "item_ids": list(items),
            "edition_date": "2026-03-02",
            "as_of": "2026-03-02T08:00:00+00:00",
            "config_release": self.config.current(),
            "delivery": "client",
        }
        assert self.editions.begin(client_id, name, "engine", 60)
        self.editions.move(client_id, name, status, ["building"], **facts)
        return EditionMessage(client_id=client_id, edition_id=name, status=status, **_message_facts(facts))

    def announce(self, message: EditionMessage, times: int = 1) -> None:
        for _ in range(times):
            self.stack.client("sns").publish(
                TopicArn=self.stack.outputs["NewsletterTopicArn"], Message=message.model_dump_json()
            )

    def mails(self, name: str) -> list[dict[str, Any]]:
        """Mails of the edition with this title, as the emulator's SES took them."""
        return [mail for mail in self.all_mails() if name in mail["Subject"]]

    def all_mails(self) -> list[dict[str, Any]]:
        return emulator.sent_mail(self.stack.layout)

    @contextmanager
    def visibility(self, seconds: int) -> Iterator[None]:
        """What a dead invocation held comes back after `seconds` instead of the queue's own twelve minutes."""
        sqs, url = self.stack.client("sqs"), self.stack.outputs["PublisherQueueUrl"]
        usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
        try:
            yield
        finally:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)

    def waiting(self) -> int:
        """Messages of the publisher's queue, in sight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.stack.client("sqs").get_queue_attributes(
            QueueUrl=self.stack.outputs["PublisherQueueUrl"], AttributeNames=names
        )
        return sum(int(answer["Attributes"][name]) for name in names)

    def addresses(self, name: str) -> list[str]:
        return [address for mail in self.mails(name) for address in mail["To"]]

    def report(self, client_id: str, name: str) -> DeliveryReport:
        return get_model(self.newsletters, f"{client_id}/2026/03/02/{name}/delivery.json", DeliveryReport)

    def status(self, client_id: str, name: str) -> str:
        return str(self.editions.get(client_id, name)["status"])

    def until(self, happened: Callable[[], bool], seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.2)

    def until_sent(self, client_id: str, name: str, seconds: float = 240) -> None:
        self.until(lambda: self.status(client_id, name) == "sent", seconds)


def _message_facts(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "item_ids"}


def _edition(client_id: str, name: str, items: Sequence[str]) -> Edition:
    rows = tuple(
        EditionItem(
            item_id=item_id,
            title=f"News {item_id}",
            summary="What happened.",
            url=f"https://news.example.org/{item_id}",
            source_key="press",
            source_name="Press",
            published="2026-02-27",
            event_type="regulatory",
            score=9.0,
        )
        for item_id in items
    )
    return Edition(
        client_id=client_id,
        edition_id=name,
        edition_date="2026-03-02",
        status="draft",
        window=Window.model_validate({"from": "2026-02-23", "to": "2026-03-02"}),
        title=f"Weekly {name}",
        intro="What there is.",
        sections=(Section(id="regulatory_updates", title="Regulatory", items=rows),),
        coverage="1 source.",
        model="rules",
        cost_usd=0.0,
    )
