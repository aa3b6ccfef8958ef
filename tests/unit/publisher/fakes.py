"""Hand-written fakes of the publisher's surroundings, and the editions that the tests deliver."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.publisher.adapters import Parcel
from services.publisher.operations import Parts
from services.publisher.sending import Limits
from services.publisher.urls import Links
from shared.clock import FixedClock
from shared.config.client import ClientConfig
from shared.contracts.batch import Window
from shared.contracts.delivery import DeliveryNotice, RecipientStatus
from shared.contracts.edition import Edition, EditionItem, EditionMessage, EditionStatus, Section
from shared.errors import ConflictError, NotFoundError
from shared.ids import content_hash
from shared.signing import Signer
from shared.storage.memory import MemoryObjects
from shared.storage.objects import dump, put_model
from shared.storage.recipients import Standing

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLIENT = "acme_weekly"
EDITION = "ed-0123456789abcdef"
PREFIX = f"{CLIENT}/2026/03/02/{EDITION}"


class Crash(BaseException):
    """The function is killed: nothing catches it."""


class FakeEditions:
    """Editions in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.printed: dict[str, dict[str, Any]] = {}
        self.reserved: dict[str, str] = {}

    def get(self, client_id: str, edition_id: str) -> dict[str, Any]:
        if (client_id, edition_id) not in self.rows:
            raise NotFoundError(f"no edition {edition_id}")
        return dict(self.rows[client_id, edition_id])

    def history(self, client_id: str) -> list[dict[str, Any]]:
        return [dict(row) for (client, _), row in self.rows.items() if client == client_id]

    def move(
        self,
        client_id: str,
        edition_id: str,
        to: EditionStatus,
        allowed: Sequence[EditionStatus],
        unchanged: str | None = None,
        **facts: Any,
    ) -> dict[str, Any]:
        row = self.rows[client_id, edition_id]
        if row["status"] not in allowed or unchanged not in (None, row["content_hash"]):
            raise ConflictError(f"{row['status']} is not one of {allowed}")
        row.update({"status": to, f"{to}_at": NOW.isoformat(), **facts})
        return dict(row)

    def update(self, client_id: str, edition_id: str, facts: Mapping[str, Any]) -> None:
        self.rows[client_id, edition_id].update(facts)

    def mark_printed(self, client_id: str, edition_id: str, items: Sequence[Mapping[str, Any]]) -> None:
        self.printed |= {item["item_id"]: dict(item) for item in items}

    def taken(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> dict[str, str]:
        found = {item_id: self.reserved[item_id] for item_id in item_ids if item_id in self.reserved}
        return {item_id: owner for item_id, owner in found.items() if owner != edition_id}

    def reserve(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> dict[str, str]:
        conflicts = self.taken(client_id, edition_id, item_ids)
        if not conflicts:
            self.reserved |= dict.fromkeys(item_ids, edition_id)
        return conflicts

    def free(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> None:
        for item_id in item_ids:
            self.reserved.pop(item_id, None)


class FakeLedger:
    """Deliveries in dictionaries. `before_settle` may raise, as a crash between sending and recording would.

    `rows` are the records of the edition itself, `others` those of drafts and of mails sent again, by ledger.
    """

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.others: dict[str, dict[str, dict[str, Any]]] = {}
        self.owners: dict[str, str] = {}
        self.before_settle: Callable[[str, str], None] = lambda key, status: None

    @property
    def owner(self) -> str | None:
        return self.owners.get(EDITION)

    def _of(self, edition_id: str) -> dict[str, dict[str, Any]]:
        return self.rows if edition_id == EDITION else self.others.setdefault(edition_id, {})

    def claim(self, edition_id: str, owner: str, seconds: int) -> bool:
        if self.owners.get(edition_id) not in (None, owner):
            return False
        self.owners[edition_id] = owner
        return True

    def release(self, edition_id: str, owner: str) -> None:
        if self.owners.get(edition_id) == owner:
            del self.owners[edition_id]

    def states(self, edition_id: str) -> dict[str, dict[str, Any]]:
        return {key: dict(row) for key, row in self._of(edition_id).items()}

    def intend(self, edition_id: str, key: str, owner: str) -> bool:
        rows = self._of(edition_id)
        if rows.get(key, {}).get("status") not in (None, "retry"):
            return False
        rows[key] = {"status": "intent", "at": NOW.isoformat()}
        return True

    def settle(self, edition_id: str, key: str, status: RecipientStatus, **facts: str) -> None:
        self.before_settle(key, status)
        row = self._of(edition_id).setdefault(key, {})
        if status == "unknown" and row["status"] != "intent":
            return
        row.update({"status": status, "at": NOW.isoformat(), **facts})

    def learn(self, ledger: str, key: str, feedback: str, reason: str, message_id: str, *, took: bool) -> bool:
        row = self._of(ledger).get(key)
        if row is None:
            return False
        row["feedback"] = feedback
        doubt = row["status"] in ("unknown", "intent")
        if doubt:
            row.update({"status": "sent" if took else "failed", "message_id": message_id, "reason": reason})
        return doubt


class FakeStandings:
    """Recipients' states in a dictionary."""

    def __init__(self) -> None:
        self.known: dict[str, Standing] = {}

    def standings(self, client_id: str) -> dict[str, Standing]:
        return dict(self.known)

    def record(self, client_id: str, key: str, standing: Standing, reason: str) -> bool:
        if self.known.get(key) == standing:
            return False
        self.known[key] = standing
        return True


class FakeSuppression:
    """The account's list, by address."""

    def __init__(self) -> None:
        self.listed: dict[str, Standing] = {}

    def reason(self, address: str) -> Standing | None:
        return self.listed.get(address)


class FakeMailer:
    """A mailbox. `trouble` maps an address to the errors that its next attempts meet, in order."""

    def __init__(self) -> None:
        self.mailbox: list[Parcel] = []
        self.attempts: list[str] = []
        self.trouble: dict[str, list[Exception]] = {}

    def send(self, parcel: Parcel) -> str:
        self.attempts.append(parcel.address)
        if self.trouble.get(parcel.address):
            raise self.trouble[parcel.address].pop(0)
        self.mailbox.append(parcel)
        return f"mid-{len(self.mailbox)}"

    def addresses(self) -> list[str]:
        return [parcel.address for parcel in self.mailbox]


class FakeNotifier:
    """Notices in a list."""

    def __init__(self) -> None:
        self.notices: list[DeliveryNotice] = []

    def publish(self, notice: DeliveryNotice) -> None:
        self.notices.append(notice)


class FakeClients:
    """One client for every release."""

    def __init__(self, config: ClientConfig) -> None:
        self.config = config

    def client(self, release: str, client_id: str) -> ClientConfig:
        return self.config


def client_config(recipients: Sequence[str], **delivery: Any) -> ClientConfig:
    """A client; `delivery` overrides its newsletter_delivery."""
    wishes = {"mode": "auto", "recipients": list(recipients), "from_address": "news@example.org", **delivery}
    return ClientConfig.model_validate(
        {
            "client_profile": {"client_id": CLIENT, "name": "Acme Weekly"},
            "watch_domains": [{"id": "core", "type": "technology"}],
            "source_config": {},
            "newsletter_layout": {"sections": [{"id": "news", "title": "News"}]},
            "newsletter_delivery": wishes,
        }
    )


def item(number: int) -> EditionItem:
    return EditionItem(
        item_id=f"item{number}",
        title=f"Título {number}: Depotex® 長効",
        summary="A summary.",
        headline=f"Source title {number}",
        url=f"https://news.example.org/{number}",
        source_key="press",
        source_name="Press",
        published="2026-02-27",
        event_type="regulatory",
        companies=("Acme",),
        score=9.0,
    )


def edition(items: int = 2) -> Edition:
    section = Section(id="news", title="News", items=tuple(item(number) for number in range(items))) if items else None
    return Edition(
        client_id=CLIENT,
        edition_id=EDITION,
        edition_date="2026-03-02",
        status="draft",
        window=Window.model_validate({"from": "2026-02-23", "to": "2026-03-02"}),
        title="Acme Weekly, 2 March 2026",
        intro="Two items.",
        sections=(section,) if section else (),
        coverage="1 source.",
        model="rules",
        cost_usd=0.0,
    )


def digest_of(items: int = 2) -> str:
    """The content hash of `edition(items)`, as the engine records it."""
    return content_hash(dump(edition(items)).decode())


def message(**changes: Any) -> EditionMessage:
    values: dict[str, Any] = {
        "client_id": CLIENT,
        "edition_id": EDITION,
        "prefix": PREFIX,
        "status": "draft",
        "edition_date": "2026-03-02",
        "as_of": "2026-03-02T08:00:00+00:00",
        "config_release": "r1",
        "content_hash": digest_of(changes.get("items", 2)),
        "items": 2,
    }
    return EditionMessage(**(values | changes))


@dataclass
class World:
    """A publisher among fakes, with one draft of `edition(items)` waiting."""

    recipients: Sequence[str] = ("ann@example.org",)
    items: int = 2
    delivery: Mapping[str, Any] = field(default_factory=dict)
    seconds_left: Callable[[], float] = lambda: 600.0

    def __post_init__(self) -> None:
        self.editions, self.ledger, self.mailer = FakeEditions(), FakeLedger(), FakeMailer()
        self.notifier, self.objects, self.pauses = FakeNotifier(), MemoryObjects(), list[float]()
        self.standings, self.suppression, self.signer = FakeStandings(), FakeSuppression(), Signer("k" * 64)
        self.row = {
            "client_id": CLIENT,
            "edition_id": EDITION,
            "status": "draft",
            "content_hash": digest_of(self.items),
            "config_release": "r1",
            "prefix": PREFIX,
            "edition_date": "2026-03-02",
            "item_ids": [f"item{number}" for number in range(self.items)],
            "as_of": "2026-03-02T08:00:00+00:00",
            "delivery": "client",
            "items": self.items,
            "started_at": NOW.isoformat(),
        }
        self.editions.rows[CLIENT, EDITION] = self.row
        put_model(self.objects, f"{PREFIX}/newsletter.json", edition(self.items))
        self.objects.put(f"{PREFIX}/newsletter.txt", "Té: Depotex® 長効注射\n".encode(), "text/plain")
        self.objects.put(f"{PREFIX}/newsletter.html", "<p>Té: Depotex® 長効注射</p>".encode(), "text/html")

    @property
    def parts(self) -> Parts:
        return Parts(
            editions=self.editions,
            clients=FakeClients(client_config(self.recipients, **self.delivery)),
            objects=self.objects,
            ledger=self.ledger,
            mailer=self.mailer,
            notifier=self.notifier,
            standings=self.standings,
            suppression=self.suppression,
            links=Links("https://links.example.org/", self.signer, FixedClock(NOW)),
            clock=FixedClock(NOW),
            pause=self.pauses.append,
            rate=2.0,
        )

    def limits(self, owner: str = "run-1") -> Limits:
        return Limits(owner, self.seconds_left, 630)

    def statuses(self) -> list[str]:
        return sorted(row["status"] for row in self.ledger.rows.values())

    def notices(self) -> list[str]:
        return [notice.status for notice in self.notifier.notices]

    def digest(self) -> str:
        """Changes when anything stored changes."""
        stored = repr((sorted(self.objects.files.items()), sorted(self.ledger.rows.items()), self.row))
        return hashlib.sha256(stored.encode()).hexdigest()
