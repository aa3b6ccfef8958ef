"""A draft under review, in memory."""

from dataclasses import dataclass, field
from typing import Any

from cli.review.desk import Desk, Stores
from cli.review.server import Review
from services.engine.editorial import Frame
from services.engine.tracing import traces
from shared.config.client import ClientConfig
from shared.contracts.batch import Disposition, Window
from shared.contracts.edition import Edition, EditionItem, EditionMessage, ItemReport, Report, Section
from shared.contracts.items import NormalizedItem
from shared.errors import ConflictError
from shared.ids import content_hash
from shared.storage.labels import Label
from shared.storage.memory import MemoryObjects
from shared.storage.objects import dump, put_model
from tests.unit.engine.samples import TREE
from tests.unit.publisher.fakes import FakeEditions

CLIENT, EDITION = "acme_weekly", "ed-0123456789abcdef"
PREFIX = f"{CLIENT}/2026/03/02/{EDITION}"
WINDOW = Window.model_validate({"from": "2026-02-23", "to": "2026-03-02"})


def item(name: str, event_type: str = "regulatory", score: float = 9.0) -> EditionItem:
    return EditionItem(
        item_id=name,
        title=f"Title {name}",
        summary=f"Summary of {name}.",
        url=f"https://news.example.org/{name}",
        source_key="press",
        source_name="Press",
        published="2026-02-27",
        event_type=event_type,
        companies=("Acme",),
        score=score,
        evidence=(f"Evidence of {name}.",),
        reason="tech by rule core (strong)",
    )


def client() -> ClientConfig:
    return ClientConfig.model_validate(
        {
            "client_profile": {"client_id": CLIENT, "name": "Acme Weekly"},
            "watch_domains": [{"id": "core", "type": "technology"}],
            "source_config": {},
            "newsletter_layout": {
                "sections": [
                    {"id": "regulatory", "title": "Regulatory"},
                    {"id": "deals", "title": "Deals"},
                    {"id": "other", "title": "Other"},
                ]
            },
            "newsletter_delivery": {"from_address": "news@example.org", "recipients": ["ann@example.org"]},
        }
    )


def edition() -> Edition:
    """As the engine writes it, with its traces."""
    plain = Edition(
        client_id=CLIENT,
        edition_id=EDITION,
        edition_date="2026-03-02",
        status="draft",
        window=WINDOW,
        title="Acme Weekly, 2 March 2026",
        intro="The model's words about a, b and c.",
        tldr=("Line a", "Line b"),
        sections=(
            Section(id="regulatory", title="Regulatory", mixed=True, items=(item("a"), item("b"))),
            Section(id="deals", title="Deals", mixed=True, items=(item("c", "partnership"),)),
        ),
        coverage="3 printed.",
        model="a-model",
        cost_usd=0.1,
    )
    frame = Frame(client(), plain.edition_date, plain.window, plain.sections)
    return plain.model_copy(update={"traces": traces(frame, plain.title, plain.intro, plain.tldr)})


def reported(name: str, outcome: str, score: float | None) -> ItemReport:
    return ItemReport(
        item_id=name,
        url=f"https://news.example.org/{name}",
        title=f"Title {name}",
        published="2026-02-27",
        source_key="press",
        event_type="regulatory",
        score=score,
        contributions={"event: regulatory": score} if score else {},
        dispositions=(Disposition(stage="engine", outcome=outcome, reason=f"because {outcome}"),),
    )


def report() -> Report:
    rows = [reported(name, "selected", 9.0) for name in "abc"]
    rows += [reported("near1", "below_floor", 3.0), reported("near2", "section_full", 5.0)]
    rows += [reported("far", "not_matched", None), reported("twin", "story_duplicate", 8.0)]
    return Report(
        client_id=CLIENT,
        edition_id=EDITION,
        status="draft",
        window=WINDOW,
        as_of="2026-03-02T08:00:00+00:00",
        config_release="r1",
        counts={"engine": {"analyzed": 7}},
        items=tuple(rows),
    )


class RevisableEditions(FakeEditions):
    """Editions with the drafts' own conditional write."""

    def revise(self, client_id: str, edition_id: str, base: str, digest: str, **facts: Any) -> dict[str, Any]:
        row = self.rows[client_id, edition_id]
        if row["status"] != "draft" or row["content_hash"] != base:
            raise ConflictError("not that draft")
        row.update({"content_hash": digest, **facts})
        return dict(row)


class FakeLabels:
    """Labels in a dictionary."""

    def __init__(self) -> None:
        self.said: dict[str, Label] = {}

    def put(self, client_id: str, labels: list[Label]) -> None:
        self.said |= {label.item_id: label for label in labels}

    def remove(self, client_id: str, item_id: str) -> None:
        self.said.pop(item_id, None)

    def all(self, client_id: str) -> dict[str, Label]:
        return dict(self.said)


class OwnClientTree:
    """The engine tests' vocabulary, with this client."""

    def client(self, client_id: str) -> ClientConfig:
        return client()

    def __getattr__(self, name: str) -> Any:
        return getattr(TREE, name)


class FakeConfig:
    def load(self, release: str) -> Any:
        return OwnClientTree()


class FakeLake:
    """Normalized items of the near misses."""

    def get(self, item_id: str) -> dict[str, Any] | None:
        return {"item_id": item_id} if item_id.startswith("near") else None

    def load(self, rows: list[dict[str, Any]]) -> list[NormalizedItem]:
        return [normalized(row["item_id"]) for row in rows]


def normalized(item_id: str) -> NormalizedItem:
    return NormalizedItem.model_validate(
        {
            "item_id": item_id,
            "content_hash": "h",
            "url": f"https://news.example.org/{item_id}",
            "title": f"Title {item_id}",
            "published": "2026-02-27",
            "dated_by": {"origin": "feed", "confidence": "high"},
            "source_key": "press",
            "source_name": "Press",
            "source_type": "press_sector",
            "sources": ["press"],
            "raw_key": "raw/x/y.json",
            "event_type": "regulatory",
            "event_confidence": 0.9,
            "entities": [],
            "summary": [{"text": "What happened.", "evidence": "What happened."}],
            "normalizer": {"kind": "rules", "model_id": "rules", "region": "", "signature": "s"},
            "normalized_at": "2026-02-27T00:00:00+00:00",
        }
    )


@dataclass
class Room:
    """A review of one draft."""

    editions: RevisableEditions = field(default_factory=RevisableEditions)
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    labels: FakeLabels = field(default_factory=FakeLabels)
    told: list[EditionMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        first = edition()
        put_model(self.objects, f"{PREFIX}/newsletter.json", first)
        put_model(self.objects, f"{PREFIX}/report.json", report())
        self.objects.put(f"{PREFIX}/newsletter.html", b"<p>draft</p><script>alert(1)</script>")
        self.row = {
            "client_id": CLIENT,
            "edition_id": EDITION,
            "status": "draft",
            "content_hash": content_hash(dump(first).decode()),
            "config_release": "r1",
            "prefix": PREFIX,
            "edition_date": "2026-03-02",
            "as_of": "2026-03-02T08:00:00+00:00",
            "delivery": "client",
            "items": 3,
            "item_ids": ["a", "b", "c"],
            "window_from": WINDOW.start,
            "window_to": WINDOW.end,
            "started_at": "2026-03-02T08:00:00+00:00",
        }
        self.editions.rows[CLIENT, EDITION] = self.row
        self.stores = Stores(self.editions, self.objects, FakeLake(), self.labels, FakeConfig(), self.told.append)  # type: ignore[arg-type]
        self.desk = Desk(self.stores, CLIENT, EDITION)
        self.review = Review(self.desk, self.labels)
        self.review.port = 4000

    def edition(self) -> Edition:
        return Edition.model_validate_json(self.objects.files[f"{PREFIX}/newsletter.json"])

    def printed(self) -> dict[str, list[str]]:
        return {section.id: [one.item_id for one in section.items] for section in self.edition().sections}
