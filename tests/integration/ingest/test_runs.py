"""Whole runs on emulated AWS: what is queued, remembered, resumed and refused."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from services.ingest.check import check
from services.ingest.fetch import FetchError, Page
from shared.clock import FixedClock
from shared.contracts.events import IngestEvent
from shared.contracts.items import DatedBy, NormalizedItem, Normalizer
from shared.errors import InputError, NotFoundError, RunFailedError
from shared.storage import keys
from shared.storage.batches import BatchStore
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects
from shared.storage.sources import SourceMemory
from tests.integration.ingest.conftest import World
from tests.unit.ingest.builders import FakeQueue, FakeWeb, client, page, rss, source, tree

FEED = "https://news.example.org/feed"
OTHER = "https://other.example.org/feed"
EVENT = {"client_id": "acme", "as_of": "2025-12-10", "period_days": 7}
ONE, TWO, OLD = (f"https://news.example.org/{name}" for name in ("one", "two", "old"))
DAY = "Tue, 09 Dec 2025 10:00:00 GMT"


def web(etag: str = "") -> FakeWeb:
    listing = rss(("One", ONE, DAY), ("Two", TWO, DAY), ("Old", OLD, "Sat, 09 Aug 2025 10:00:00 GMT"))
    return FakeWeb(
        {
            FEED: Page(FEED, 200, listing.encode(), "application/rss+xml", etag),
            ONE: page("One", "The first depot article, with enough words in it."),
            TWO: page("Two", "The second article, about something else entirely."),
        }
    )


def one_source(**rest: Any) -> Any:
    return tree([source("news", FEED, **rest)])


def run(world: World, fake: FakeWeb, event: dict[str, Any] | None = None, config: Any = None, **rest: Any) -> Any:
    ports = {"open_fetcher": lambda gateway, ends_at: fake, **rest.pop("ports", {})}
    return world.run(config or one_source(), {**EVENT, **(event or {})}, **rest, **ports)


def outcomes(world: World, body: dict[str, Any]) -> dict[str, str]:
    return {url: item.dispositions[-1].outcome for url, item in world.seen(body).items()}


def test_a_run_queues_references_after_manifest_and_state(world: World) -> None:
    body = run(world, web())

    assert {name: body[name] for name in ("items_seen", "items_ingested", "items_queued", "items_normalized")} == {
        "items_seen": 3, "items_ingested": 2, "items_queued": 2, "items_normalized": 0,
    }  # fmt: skip
    assert outcomes(world, body) == {ONE: "queued", TWO: "queued", OLD: "out_of_window"}
    messages = {message.item_id: message for message in world.messages()}
    raw = world.raw(body)
    assert {message.raw_key for message in messages.values()} == {
        keys.raw(item.item_id, item.content_hash) for item in raw.values()
    }
    assert raw[ONE].text == "The first depot article, with enough words in it."
    assert (raw[ONE].published, raw[ONE].published_at) == ("2025-12-09", "2025-12-09T10:00:00+00:00")
    batch = world.ports(one_source()).batches.get("acme", body["batch_id"])
    assert (batch.expected, batch.status) == (2, "open")
    assert batch.deadline == world.clock.now().timestamp() + world.settings.batch_seconds
    assert body["s3_output_path"].endswith("manifest.json")


def test_a_run_writes_its_manifest_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put, written = S3Objects.put, list[str]()

    def counting(objects: S3Objects, key: str, *rest: Any, **named: Any) -> None:
        written.append(key)
        put(objects, key, *rest, **named)

    monkeypatch.setattr(S3Objects, "put", counting)
    body = run(world, web())
    assert written.count(keys.manifest("acme", body["batch_id"])) == 1


def test_an_old_item_is_dropped_before_it_is_fetched(world: World) -> None:
    fake = web()
    run(world, fake)
    assert OLD not in fake.asked


def test_a_run_that_died_while_queueing_is_resumed_by_its_run_id_without_second_effect(world: World) -> None:
    dying = FakeQueue(dies_after=1)
    with pytest.raises(ConnectionError):
        run(world, web(), {"run_id": "monday"}, ports={"queue": dying})
    fake, queue = web(), FakeQueue()

    body = run(world, fake, {"run_id": "monday"}, ports={"queue": queue})
    again = run(world, fake, {"run_id": "monday"}, ports={"queue": queue}, request_id="r-9")

    assert not fake.asked
    sent = [message.item_id for message in (*dying.sent, *queue.sent)]
    assert sorted(sent) == sorted(item.item_id for item in world.manifest(body).items)
    assert {k: v for k, v in again.items() if k != "execution_time_seconds"} == {
        k: v for k, v in body.items() if k != "execution_time_seconds"
    }


def test_a_run_that_died_between_manifest_and_state_is_resumed(world: World) -> None:
    class Dying(BatchStore):
        def open(self, manifest: Any, deadline: int) -> Any:
            super().open(manifest, deadline)
            world.table.delete(keys.batch_meta(manifest.client_id, manifest.batch_id))
            raise ConnectionError("the function died")

    with pytest.raises(ConnectionError):
        run(world, web(), ports={"batches": Dying(world.table, world.objects, world.clock)})

    body = run(world, web())

    assert len(world.messages()) == body["items_queued"] == 2


def test_a_run_that_is_delivered_twice_queues_what_the_first_manifest_names(world: World) -> None:
    class Beaten(BatchStore):
        def open(self, manifest: Any, deadline: int) -> Any:
            """The other delivery, which found one item less, has just written its manifest."""
            super().open(manifest.model_copy(update={"items": manifest.items[:1]}), deadline)
            return super().open(manifest, deadline)

    body = run(world, web(), ports={"batches": Beaten(world.table, world.objects, world.clock)})

    sent = [message.item_id for message in world.messages()]
    assert sent == [item.item_id for item in world.manifest(body).items]
    assert len(sent) == body["items_queued"] == 1


def test_what_the_queue_refuses_fails_the_run_and_is_sent_by_the_next_one(world: World) -> None:
    lost = world.manifest(run(world, web(), request_id="look")).items[0].item_id
    world.messages()
    with pytest.raises(RunFailedError, match="refused 1 of 2"):
        run(world, web(), ports={"queue": FakeQueue(refuses={lost})})
    run(world, web())
    assert [message.item_id for message in world.messages()] == [lost]


def test_partial_failures_of_a_batch_of_messages_are_sent_again(world: World) -> None:
    real = world.sqs.send_message_batch
    answers: list[int] = []

    class Flaky:
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:
            if answers:
                return real(QueueUrl=QueueUrl, Entries=Entries)
            answers.append(len(Entries))
            real(QueueUrl=QueueUrl, Entries=Entries[1:])
            return {"Failed": [{"Id": Entries[0]["Id"]}]}

    from services.ingest.adapters import SqsQueue

    body = run(world, web(), ports={"queue": SqsQueue(Flaky(), world.settings.raw_queue_url)})
    ids = [message.item_id for message in world.messages()]
    assert sorted(ids) == sorted(item.item_id for item in world.manifest(body).items)


def test_a_304_means_the_stored_entries_for_every_client(world: World) -> None:
    news = source("news", FEED)
    config = tree([news], [client("acme", ["news"]), client("beta", ["news"])])
    fake = web('"v1"')
    run(world, fake, config=config)

    body = run(world, fake, {"client_id": "beta"}, config=config)

    assert [report.status for report in world.manifest(body).sources] == ["not_modified"]
    assert body["items_queued"] == 2
    assert fake.asked.count(ONE) == 1


def test_a_crash_after_polling_loses_nothing_for_the_next_client_although_the_feed_answers_304(world: World) -> None:
    config = tree([source("news", FEED)], [client("acme", ["news"]), client("beta", ["news"])])
    fake = web('"v1"')
    fake.pages[ONE] = fake.pages[TWO] = RuntimeError("boom")

    class Dying(SourceMemory):
        def save(self, source_key: str, health: Any) -> None:
            super().save(source_key, health)
            raise ConnectionError("the function died")

    with pytest.raises(ConnectionError):
        run(world, fake, config=config, ports={"sources": Dying(world.table, world.objects)})
    fake.pages |= {url: answer for url, answer in web().pages.items() if url != FEED}

    for client_id in ("acme", "beta"):
        body = run(world, fake, {"client_id": client_id}, config=config, request_id=f"after-{client_id}")
        assert world.manifest(body).sources[0].status == "not_modified"
        assert body["items_queued"] == 2


def test_rejected_articles_are_fetched_again_only_when_the_filter_changed(world: World) -> None:
    fake = web()
    strict = one_source(ingestion_profile="only_depot")
    first = run(world, fake, config=strict)
    assert outcomes(world, first) == {ONE: "queued", TWO: "filtered", OLD: "out_of_window"}
    asked = len(fake.asked)

    again = run(world, fake, config=strict, request_id="r-2")

    assert fake.asked[asked:] == [FEED]
    assert outcomes(world, again) == outcomes(world, first)
    asked = len(fake.asked)
    wider = tree([source("news", FEED, ingestion_profile="only_depot")], depot_words=["depot", "something else"])
    third = run(world, fake, config=wider, request_id="r-3")
    assert fake.asked[asked:] == [FEED, TWO]
    assert outcomes(world, third)[TWO] == "queued"


def test_two_filters_do_not_make_one_another_read_again_what_both_rejected(world: World) -> None:
    fake = web()
    config = one_source(ingestion_profile="only_depot")
    wider = tree([source("news", FEED, ingestion_profile="only_depot")], depot_words=["depot", "microsphere"])
    run(world, fake, config=config)
    run(world, fake, config=wider, request_id="r-2")
    asked = len(fake.asked)
    for number in range(2):
        run(world, fake, config=config, request_id=f"r-3{number}")
        run(world, fake, config=wider, request_id=f"r-4{number}")
    assert fake.asked[asked:] == [FEED] * 4


def test_what_was_rejected_without_its_article_is_judged_again_with_it(world: World) -> None:
    strict = one_source(ingestion_profile="only_depot")
    fake = FakeWeb({FEED: rss(("One", ONE, DAY, "A snippet.")), ONE: FetchError("answered 503", 503)})
    first = run(world, fake, config=strict)
    assert outcomes(world, first) == {ONE: "filtered"}
    assert "answered 503" in world.seen(first)[ONE].dispositions[-1].reason
    fake.pages[ONE] = page("One", "The depot article itself.")
    assert outcomes(world, run(world, fake, config=strict, request_id="r-2")) == {ONE: "queued"}


def test_what_was_undated_without_its_article_is_read_again_before_a_week_is_over(world: World) -> None:
    fake = FakeWeb({FEED: rss(("One", ONE, "", "A snippet.")), ONE: FetchError("answered 503", 503)})
    first = run(world, fake)
    assert outcomes(world, first) == {ONE: "undated"}
    assert "answered 503" in world.seen(first)[ONE].dispositions[-1].reason
    fake.pages[ONE] = page("One", "The article.", head="<meta property='article:published_time' content='2025-12-09'>")
    assert outcomes(world, run(world, fake, request_id="r-2")) == {ONE: "queued"}


def test_an_article_that_never_can_be_read_is_tried_three_times_and_then_left(world: World) -> None:
    strict = one_source(ingestion_profile="only_depot")
    fake = FakeWeb({FEED: rss(("One", ONE, DAY, "A snippet.")), ONE: FetchError("answered 403", 403)})
    for number in range(6):
        assert outcomes(world, run(world, fake, config=strict, request_id=f"r-{number}")) == {ONE: "filtered"}
    assert fake.asked.count(ONE) == 3


def test_force_refresh_reads_everything_again(world: World) -> None:
    fake = web('"v1"')
    run(world, fake)
    asked = len(fake.asked)
    run(world, fake, {"force_refresh": True}, request_id="r-2")
    assert set(fake.asked[asked:]) == {FEED, ONE, TWO}
    assert fake.conditions[asked] == ("", "")


def test_a_changed_listing_makes_the_article_read_again(world: World) -> None:
    fake = web()
    run(world, fake)
    fake.pages[FEED] = Page(FEED, 200, rss(("Updated: One", ONE, DAY)).encode())
    fake.pages[ONE] = page("Updated: One", "Another text altogether.")
    body = run(world, fake, request_id="r-2")
    assert world.raw(body)[ONE].text == "Another text altogether."


def test_an_exclusion_in_the_title_drops_before_fetching(world: World) -> None:
    fake = FakeWeb({FEED: rss(("Acme is hiring an engineer", ONE, DAY))})
    body = run(world, fake, config=one_source(ingestion_profile="no_hiring"))
    assert fake.asked == [FEED]
    (item,) = world.manifest(body).seen
    assert item.dispositions[-1].outcome == "filtered"
    assert "'hiring'" in item.dispositions[-1].reason


def test_a_test_item_in_a_real_feed_is_dropped_unless_a_gateway_stands_for_the_world(world: World) -> None:
    feed, test_item = "https://press.acme-pharma.com/feed", "https://www.example.com/a"
    served = FakeWeb(
        {feed: rss(("Acme gets approval", test_item, DAY)), test_item: page("Acme gets approval", "Acme.")}
    )
    config = tree([source("press", feed)])
    real = run(world, served, config=config)
    (seen,) = world.manifest(real).seen
    assert (seen.dispositions[-1].outcome, served.asked) == ("filtered", [feed])
    assert "reserved name" in seen.dispositions[-1].reason
    gateway = {"fetch_gateway": "http://127.0.0.1:1", "run_id": "gateway"}
    assert run(world, served, gateway, config=config)["items_queued"] == 1


def test_an_undatable_item_is_set_aside_and_not_read_again_at_once(world: World) -> None:
    fake = FakeWeb({FEED: rss(("One", ONE, "")), ONE: page("One", "No date anywhere in here.")})
    body = run(world, fake)
    assert outcomes(world, body) == {ONE: "undated"}
    assert world.manifest(body).seen[0].published is None
    run(world, fake, request_id="r-2")
    assert fake.asked.count(ONE) == 1
    later = FixedClock(world.clock.now() + timedelta(days=8))
    run(world, fake, request_id="r-3", ports={"clock": later})
    assert fake.asked.count(ONE) == 2


def test_an_article_that_cannot_be_read_falls_back_to_the_feeds_text_and_says_so(world: World) -> None:
    fake = FakeWeb({FEED: rss(("One", ONE, DAY, "What the feed says.")), ONE: FetchError("answered 403", 403)})
    body = run(world, fake)
    raw = world.raw(body)[ONE]
    assert (raw.text, raw.text_origin) == ("What the feed says.", "feed")
    assert any("403" in note for note in raw.notes)
    fake.pages[ONE] = page("One", "The article, which can be read now.")
    later = run(world, fake, request_id="r-2")
    assert world.raw(later)[ONE].text == "The article, which can be read now."


def test_one_item_for_an_article_that_two_sources_carry(world: World) -> None:
    config = tree([source("news", FEED), source("other", OTHER)])
    fake = web()
    fake.pages[OTHER] = rss(("One, retold", f"{ONE}?utm_source=x", DAY))
    body = run(world, fake, config=config)
    assert body["items_queued"] == 2
    assert world.raw(body)[ONE].sources == ("news", "other")
    assert [d.outcome for d in world.seen(body)[ONE].dispositions] == ["duplicate", "queued"]


def test_a_source_that_fails_is_reported_and_its_failures_are_counted(world: World) -> None:
    config = tree([source("news", FEED), source("other", OTHER)])
    for number in (1, 2):
        body = run(world, web(), config=config, request_id=f"r-{number}")
    assert body["sources_failed"] == {"other": "answered 404"}
    health = SourceMemory(world.table, world.objects)
    assert (health.health("other").failures, health.health("other").last_success) == (2, "")
    assert (health.health("news").failures, health.health("news").average) == (0, 3)


def test_a_listing_that_turned_over_is_a_gap(world: World) -> None:
    fake = web()
    assert not world.manifest(run(world, fake)).sources[0].gap
    fake.pages[FEED] = Page(FEED, 200, rss(("New", "https://news.example.org/new", DAY)).encode())
    assert world.manifest(run(world, fake, request_id="r-2")).sources[0].gap
    assert world.manifest(run(world, fake, request_id="r-3")).sources[0].gap  # still within this run's window


def test_no_source_reachable_fails_the_run_and_names_each(world: World) -> None:
    with pytest.raises(RunFailedError, match="news: answered 404"):
        run(world, FakeWeb())
    assert world.keys("batches/") == []


def test_an_empty_batch_completes_at_once(world: World) -> None:
    body = run(world, FakeWeb({FEED: rss(("Old", OLD, "Sat, 09 Aug 2025 10:00:00 GMT"))}))
    assert body["items_queued"] == 0
    assert keys.marker("acme", body["batch_id"], "edition") in world.keys("batches/")


def test_a_collect_batch_gets_its_own_marker_and_id(world: World) -> None:
    edition = run(world, web())
    fake = FakeWeb({FEED: rss(("Old", OLD, "Sat, 09 Aug 2025 10:00:00 GMT"))})
    collected = run(world, fake, {"kind": "collect"})
    assert collected["batch_id"] != edition["batch_id"]
    assert keys.marker("acme", collected["batch_id"], "collect") in world.keys("batches/")


def test_a_run_restricted_to_sources_never_becomes_the_edition(world: World) -> None:
    config = tree([source("news", FEED), source("other", OTHER)])
    body = run(world, web(), {"sources": ["news"]}, config=config)
    manifest = world.manifest(body)
    assert (manifest.restricted, manifest.kind, len(manifest.sources)) == (True, "collect", 1)


def test_a_dry_run_counts_and_leaves_no_trace(world: World) -> None:
    body = run(world, web(), {"dry_run": True})
    assert (body["items_ingested"], body["items_queued"]) == (2, 0)
    assert world.keys() == []
    assert world.messages() == []
    assert not list(world.table.query("SOURCE#news"))


def test_items_that_the_lake_has_with_the_same_content_are_counted(world: World) -> None:
    raw = world.raw(run(world, web()))[ONE]
    known = NormalizedItem(
        **raw.model_dump(include=set(NormalizedItem.model_fields) & set(type(raw).model_fields) - {"dated_by"}),
        dated_by=DatedBy(origin="feed", confidence="high"),
        raw_key="x",
        event_type="other",
        event_confidence=1,
        entities=(),
        summary=(),
        normalizer=Normalizer(kind="rules", model_id="", region="", signature="s"),
        normalized_at="2025-12-10T00:00:00+00:00",
    )
    Lake(world.table, world.objects).put(known)
    body = run(world, web(), request_id="r-2")
    assert (body["items_queued"], body["items_normalized"]) == (2, 1)


def test_wrong_events_say_what_is_known(world: World) -> None:
    with pytest.raises(NotFoundError, match=r"'nobody'.*known: acme"):
        run(world, web(), {"client_id": "nobody"})
    with pytest.raises(InputError, match="known: acme"):
        run(world, web(), {"client_id": ""})
    with pytest.raises(InputError, match=r"no source nothing; known: news"):
        run(world, web(), {"sources": ["nothing"]})
    with pytest.raises(InputError, match="as_of"):
        run(world, web(), {"as_of": "tomorrow"})


def test_the_test_event_checks_everything_and_leaves_no_trace(world: World) -> None:
    ports = world.ports(one_source(), open_fetcher=lambda gateway, ends_at: web())
    body = check(ports, IngestEvent(test=True), "r", float("inf")).body
    assert body["sources"]["news"] == {"status": "ok", "listed": 3, "dated": 3, "error": ""}
    assert body["sources_failed"] == {}
    assert set(body["checks"]) == {"configuration", "data bucket", "state table", "raw queue"}
    assert world.keys() == []
    assert world.messages() == []


def test_the_test_event_without_a_client_reports_sources_that_fail_and_fails_when_none_answers(world: World) -> None:
    everyone = [client("acme", ["news"]), client("beta", ["news", "other"])]
    config = tree([source("news", FEED), source("other", OTHER)], everyone)
    fake = web()
    answer = check(
        world.ports(config, open_fetcher=lambda gateway, ends_at: fake), IngestEvent(test=True), "r", float("inf")
    )
    assert (answer.statusCode, answer.body["clients"]) == (200, ["acme", "beta"])
    assert answer.body["sources_failed"] == {"other": "answered 404"}
    assert sorted(fake.asked) == sorted([FEED, OTHER])  # a source of two clients is tried once
    assert world.keys() == []
    silent = world.ports(config, open_fetcher=lambda gateway, ends_at: FakeWeb())
    with pytest.raises(RunFailedError, match="no source answers: news: answered 404; other: answered 404"):
        check(silent, IngestEvent(test=True), "r", float("inf"))


def test_the_test_event_fails_when_something_is_missing(world: World) -> None:
    ports = world.ports(one_source(), open_fetcher=lambda gateway, ends_at: FakeWeb())
    with pytest.raises(RunFailedError, match="no source answers: news: answered 404"):
        check(ports, IngestEvent(test=True, client_id="acme"), "r", float("inf"))
    world.sqs.delete_queue(QueueUrl=world.settings.raw_queue_url)
    with pytest.raises(RunFailedError, match="raw queue") as caught:
        check(ports, IngestEvent(test=True), "r", float("inf"))
    assert isinstance(caught.value.__cause__, ClientError)
