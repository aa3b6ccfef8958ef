"""What the product does under a configuration: decisions, scores, texts, calls, deliveries; never a setting itself."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from typing import Any, cast

from cli.schedules import Wiring
from cli.schedules import plan as plan_schedules
from services.engine.assignment import Assignment, for_request
from services.engine.editorial import Frame, deterministic, own_sections
from services.engine.facts import read_facts
from services.engine.headlines import read_headline
from services.engine.matching import plan_domains
from services.engine.prompt import build_prompt
from services.engine.render import Rendered, render
from services.engine.selection import Rules, Selection, select
from services.engine.stories import Judge, Story
from services.engine.wording import wording
from services.ingest import plan
from services.ingest.filtering import filters_for, link_titles
from services.ingest.listings import poll
from services.ingest.reading import raw_item, read
from services.ingest.sources.base import ReadingContext
from services.normalize import rules as by_rules
from services.normalize.entities import Job
from services.normalize.ground import ground, prepare
from services.normalize.item import Normalization
from services.normalize.model import Models
from services.normalize.prompt import RequestText, build_request
from services.normalize.stores import Stores
from services.publisher.operations import publish
from shared.bedrock.errors import ModelRefused
from shared.clock import FixedClock
from shared.config.client import ClientConfig
from shared.config.events import event_vocabulary
from shared.config.tree import ConfigTree
from shared.contracts.batch import RawMessage
from shared.contracts.edition import Edition
from shared.contracts.events import EngineEvent, IngestEvent
from shared.contracts.items import DatedBy, NormalizedItem, Normalizer, RawItem
from shared.grounding import Source, sentence_findings
from shared.ids import content_hash
from shared.storage.memory import MemoryObjects
from shared.storage.objects import put_model
from shared.storage.sources import Health
from shared.storage.spend import BudgetExceeded, Reservation
from tests.unit.config_effects.market import FEED, SITE
from tests.unit.ingest.builders import FakeWeb, page, rss
from tests.unit.publisher.fakes import World, message

WIRING = Wiring("clients", "arn:ingest", "arn:role", "arn:failures")
NOW = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)
LONG = "The lamp glows for weeks, the makers said in a note to their readers that evening."
TEXTS = (
    ("Regulator approves LONGLITE for winter use", f"Glimmerworks makes the slow lantern. {LONG}", "2026-03-05"),
    ("Glimmerworks signs licence with Bigbulb", f"It covers phosphorin and PH-77. {LONG}", "2026-03-06"),
    ("Lantern House Labs trial of the afterglow wick", f"A weekly glow at dusk. {LONG}", "2026-03-01"),
    ("Bigbulb shows a weekly glow", f"A slow lantern, an afterglow wick. sponsored glow. {LONG}", "2026-03-02"),
    ("Glimmerworks is hiring", f"It seeks a worker. {LONG}", "2026-03-04"),
    ("Glimmerworks torch", f"A torch by Glimmerworks with capital raise. {LONG}", "2026-03-03"),
    (
        "A lamp by Sparkle with SLW",
        f"SLW and Sparkle are new. Wicksol burns in a candle. Emberon too. {LONG}",
        "2026-03-04",
    ),
    ("sparkle of slw and wind, Longlite Plus", f"slw, wicksol, emberon; SLW too. {LONG}", "2026-03-03"),
    ("Bigbulb at dusk", f"Passerby saw Bigbulb. {LONG}", "2026-03-03"),
    ("Glimmerworks sees capital raise in licence", f"A capital raise. {LONG}", "2026-02-07"),
    ("Emberon and Wicksol without", f"Nothing else here. {LONG}", "2026-03-02"),
    ("Short", "slow lantern", "2026-03-02"),
    ("A slw at night with Bigbulb", f"Near a candle stood wicksol and emberon. {LONG}", "2026-03-02"),
    ("Bigbulb approves licence of wicksol", f"A candle burns. {LONG}", "2026-03-06"),
    ("Glimmerworks signs pact with Passerby", f"It covers phosphorin too. {LONG}", "2026-03-05"),
    ("Glimmerworks signs pact with Sparkle", f"It covers phosphorin as well. {LONG}", "2026-03-06"),
    ("Glimmerworks clears LONGLITE use for the quiet evening", f"A note. {LONG}", "2026-03-01"),
    ("Glimmerworks clears LONGLITE use for a quiet evening", f"Again a note. {LONG}", "2026-03-03"),
    ("Glimmerworks clears LONGLITE use on the quiet evening.", f"Yet a note. {LONG}", "2026-02-20"),
    ("LONGLITE by Glimmerworks clears the regulator in the evening", f"More. {LONG}", "2026-03-02"),
    ("Glimmerworks clears LONGLITE use for the quiet evening", f"Late note. {LONG}", "2026-02-10"),
    ("Glimmerworks shines on the old bay tonight", f"A capital raise. {LONG}", "2026-03-02"),
    ("Glimmerworks shone on an old bay tonight", f"The capital raise. {LONG}", "2026-03-03"),
    ("Glimmerworks signs pact on lamps for schools", f"A note. {LONG}", "2026-03-05"),
    ("Glimmerworks closes a pact about lamps at schools", f"A second note. {LONG}", "2026-03-06"),
)
VARIED = 8
"""So many texts are seen as every type of event."""
EVENTS = ("", "regulatory", "partnership", "clinical_update", "product_performance", "recruitment")


def observe(tree: ConfigTree, client_id: str = "nightly") -> dict[str, Any]:
    """Everything that is decided, counted, written, asked and sent for the client."""
    client = tree.client(client_id)
    return {
        "ingest": _ingest(tree, client),
        "normalize": _normalize(tree, client),
        "engine": _engine(tree, client),
        "schedules": plan_schedules([client], WIRING),
        "publisher": [_publisher(client, items, change) for items in (0, 2) for change in ({}, {"mode": "review"})],
    }


def _ingest(tree: ConfigTree, client: ClientConfig) -> list[Any]:
    sources = tree.sources_for(client)
    filters = filters_for(tree, client, sources)
    days = plan.period(IngestEvent(client_id=client.client_id), NOW, client.client_profile.timezone, *_default(client))
    is_link = link_titles(tree)
    seen: list[Any] = [asdict(days), is_link("Download lamp"), is_link("Fetch lamp")]
    for source in sources:
        chosen = filters[source.source_key]
        seen += [(chosen.by_text(title, text), chosen.by_title(title, text)) for title, text, _ in TEXTS]
        web = FakeWeb(_pages())
        context = ReadingContext(
            date(2026, 1, 1), date(2026, 3, 9), is_link, tree.extractors.extractors.get(source.source_key)
        )
        polled = poll(source, web, context, None, Health(), NOW, NOW)
        seen += [source.source_key, polled.entries, polled.report.source_name, web.asked[:]]
        for candidate in plan.candidates([(source, polled.entries)]):
            reading = read(candidate, web, NOW)
            seen.append(raw_item(candidate, source, reading, NOW) if reading.dated else reading.undated)
    return seen


def _default(client: ClientConfig) -> tuple[int, None]:
    return client.pipeline.default_period_days, None


def _pages() -> dict[str, Any]:
    def block(name: str, day: str) -> str:
        return (
            f'<div class="it"><h3>Heading {name}</h3><b class="t">Regulator speaks of {name} at length</b>'
            f'<a class="u" href="/{name}">full text of {name} here</a><a href="/other-{name}">another {name}</a>'
            f'<span class="d">{day}</span><time datetime="2026-01-15">x</time>'
            f'<i class="s">A summary of {name} that is long enough to count.</i>'
            f"<p>Another paragraph of {name}, long.</p></div>"
        )

    def listing(*blocks: str, after: str = "") -> str:
        return (
            f'<html><body><div id="main">{"".join(blocks)}</div>{block("outside", "01.03.2026")}{after}</body></html>'
        )

    following = '<a class="next" href="/news2">go</a>'
    return {
        SITE: listing(block("one", "05.03.2026"), block("two", "04.03.2026"), after=following),
        "https://glimmer.example.org/news2": listing(block("three", "03.03.2026")),
        "https://glimmer.example.org/one": page("one", LONG),
        FEED: rss(("Night one", "https://night.example.org/1", "2026-03-05 23:30", LONG)).encode(),
    }


def _raw(number: int, tree: ConfigTree) -> RawItem:
    title, text, day = TEXTS[number]
    own = next(source for source in tree.sources.values() if source.company_id)
    source = own if number == 5 else tree.sources["foreign_wire"]
    return RawItem(
        item_id=f"item{number}", content_hash=content_hash(title, text), url=f"https://night.example.org/{number}",
        title=title, text=text, text_origin="article", published=day,
        dated_by=DatedBy(origin="meta", confidence="high"), source_key=source.source_key, source_name=source.name,
        source_type=source.source_type, sources=(source.source_key,), language=source.default_language,
        company_id=source.company_id, fetched_at=NOW.isoformat(),
    )  # fmt: skip


def _items(tree: ConfigTree) -> list[NormalizedItem]:
    return [item for number in range(len(TEXTS)) for item in _variants(number, tree)]


def _variants(number: int, tree: ConfigTree) -> list[NormalizedItem]:
    """The item as the rules classify it, and as if it were of each event type."""
    raw = _raw(number, tree)
    answer = by_rules.normalize_text(
        tree, title=raw.title, text=raw.text, published=raw.published, language="en", company_id=raw.company_id
    )
    text = prepare(tree, title=raw.title, text=raw.text, language="en", published=raw.published)
    found = ground(tree, text, answer)
    common = raw.model_dump(exclude={"schema_version", "text", "text_origin", "fetched_at", "notes", "item_id", "url"})
    return [
        NormalizedItem(
            **common, item_id=f"{raw.item_id}{event}", url=f"{raw.url}/{event}", raw_key="k",
            event_type=event or found.event_type, event_confidence=found.confidence, entities=found.entities,
            summary=found.summary, figures=found.figures,
            normalizer=Normalizer(kind="rules", model_id="rules", region="", signature="s"),
            normalized_at=NOW.isoformat(),
        )
        for event in _events(number)
    ]  # fmt: skip


def _events(number: int) -> tuple[str, ...]:
    """The types that a text is seen as: the first ones as every type, the others as their own and as news."""
    return EVENTS if number < VARIED else ("", "product_performance")


class _Refusing:
    """A model that refuses every call."""

    model_id, region = "eu.test-model", "eu-west-3"

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, request: Any, deadline: float) -> Any:
        self.asked += 1
        raise ModelRefused("no access")


class _Purse:
    def reserve(self, client_id: str, amount: float, monthly_cap: float | None) -> Reservation:
        if monthly_cap is not None and amount > monthly_cap:
            raise BudgetExceeded("the budget is used up")
        self.amount = amount
        return Reservation(client_id, "2026-03", amount, "hold")

    def settle(self, reservation: Reservation, usage: Any) -> None:
        self.settled = usage

    amount = 0.0


class _Nothing:
    """No result and no lake: everything is made anew, and remembered as calls."""

    def __init__(self) -> None:
        self.stored: list[NormalizedItem] = []

    def put(self, item: NormalizedItem) -> str:
        self.stored.append(item)
        return "key"

    def ready(self, *_: Any) -> None:
        return None

    def lease(self, *_: Any) -> str:
        return "mine"

    def finish(self, *_: Any) -> None:
        return None

    release = finish


def _normalize(tree: ConfigTree, client: ClientConfig) -> list[Any]:
    answers = [item.model_dump(exclude={"normalizer"}) for item in _items(tree)]
    request = build_request(tree, RequestText("t", "2026-03-01", "x", "en"))
    free = client.model_copy(update={"budget": client.budget.model_copy(update={"monthly_usd": None})})
    told = sentence_findings(Source("A lamp", LONG), "The lamp glows with dimmerol.", None, event_vocabulary(tree))
    return [answers, request.system, str(request.schema), told, *(_by_flow(tree, one) for one in (client, free))]


def _by_flow(tree: ConfigTree, client: ClientConfig) -> Any:
    """What becomes of one item with a model that refuses: verdict, calls, reserved money, stored kinds."""
    own = replace(tree, clients={**tree.clients, client.client_id: client})
    bucket, purse, memory, model = MemoryObjects(), _Purse(), _Nothing(), _Refusing()
    raw = _raw(0, tree)
    put_model(bucket, "raw", raw)
    job = Job(
        RawMessage(
            client_id=client.client_id, batch_id="b", item_id=raw.item_id, content_hash=raw.content_hash, raw_key="raw",
            config_release="r", as_of=NOW.isoformat(), kind="edition",
        ), "m", "h", 1,
    )  # fmt: skip
    stores = Stores(bucket, cast(Any, memory), cast(Any, memory), cast(Any, purse))
    flow = Normalization(stores, lambda _: own, Models(cast(Any, model)), FixedClock(NOW), "me")
    verdict = flow.run(job, NOW.timestamp() + 100, last_chance=False)
    return str(verdict), model.asked, purse.amount, [item.normalizer.kind for item in memory.stored]


PAIRS = (
    ("Glimmerworks opens a workshop", "Glimmerworks opens a workshop", 10),
    ("Glimmerworks opens a lantern workshop in the hills", "Glimmerworks opens a lantern workshop in the hill", 10),
    ("Glimmerworks shows a new slow lantern to buyers", "Glimmerworks showed its new slow lantern to two buyers", 1),
    ("Glimmerworks signs licence with partner for lantern", "Licence for a lantern: partner found by Glimmerworks", 1),
    ("Glimmerworks signs licence with Hearthly for a lamp", "Licence of Emberford and Glimmerworks for a lamp", 1),
    ("Glimmerworks carefully lights the northern hills", "Glimmerworks cheerily lights the northern hills", 1),
    ("Regulator approves LONGLITE for winter", "Phosphorin wins a nod: regulator approves it for winter", 1),
)
"""Two headlines, and the days between them."""


def _same_stories(tree: ConfigTree) -> list[bool]:
    judge = Judge(tree.stories)
    return [judge.same(_headline(tree, a, 0), _headline(tree, b, days)) for a, b, days in PAIRS]


def _headline(tree: ConfigTree, title: str, days: int) -> Story:
    return read_headline(
        tree, item_id=title, title=title, hits=tree.subject_matcher.find(title),
        published=f"2026-03-{5 + days:02}", event_type="partnership", companies=(), products=(),
    )  # fmt: skip


def _engine(tree: ConfigTree, client: ClientConfig) -> list[Any]:
    assignment = for_request(EngineEvent(client_id=client.client_id), tree, None, FixedClock(NOW))
    facts = [read_facts(item, tree) for item in _items(tree)]
    rules = Rules(client, plan_domains(tree, client), tree.scoring, tree.event_types, assignment.day)
    selection = select(facts, rules, {}, tree)
    quiet, full = (
        Frame(client, assignment.day.isoformat(), assignment.window, sections)
        for sections in ((), own_sections(selection.sections, wording(client.client_profile.language)))
    )
    prompt = build_prompt(full)
    french = client.model_copy(update={"client_profile": client.client_profile.model_copy(update={"language": "fr"})})
    plain = [one for one in facts if one.item_id.removeprefix("item").isdigit()]
    news = [one for one in facts if one.item.event_type == "product_performance"]
    of_news = select(news, rules, {}, tree)
    alone = [select([one], rules, {}, tree).decisions for one in (*plain, *news)]
    return [
        _same_stories(tree),
        alone, select(plain, rules, {}, tree).decisions, of_news.decisions,
        assignment.prefix,
        assignment.window, assignment.ready_status, assignment.day, selection.decisions, full.sections,
        deterministic(full), deterministic(quiet), prompt.system, prompt.facts,
        _printed(client, selection, assignment), *(_printed(one, of_news, assignment) for one in (client, french)),
    ]  # fmt: skip


def _printed(client: ClientConfig, selection: Selection, assignment: Assignment) -> Rendered:
    """The edition in all its forms, written by the rules."""
    sections = own_sections(selection.sections, wording(client.client_profile.language))
    written = deterministic(Frame(client, assignment.day.isoformat(), assignment.window, sections))
    edition = Edition(
        client_id=client.client_id, edition_id="e", edition_date=assignment.day.isoformat(), status="draft",
        window=assignment.window, title=written.title, intro=written.intro, tldr=written.tldr, sections=sections,
        coverage="", language=client.client_profile.language, model="rules", cost_usd=0,
    )  # fmt: skip
    return render(edition, client.client_profile.name)


def _publisher(client: ClientConfig, items: int, change: dict[str, Any]) -> list[Any]:
    wishes = client.newsletter_delivery.model_dump() | change
    recipients = wishes.pop("recipients")
    world = World(recipients=recipients, items=items, delivery=wishes)
    decision = publish(message(items=items), world.parts, world.limits())
    return [decision, [(one.sender, one.address, _headers(one.raw)) for one in world.mailer.mailbox], world.notices()]


def _headers(raw: bytes) -> list[tuple[str, str]]:
    """A mail's headers; the boundary between its parts is random."""
    return [(name, value) for name, value in message_from_bytes(raw).items() if name != "Content-Type"]
