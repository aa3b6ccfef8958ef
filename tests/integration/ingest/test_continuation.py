"""A run that does not fit into one invocation is finished by others, as if it had been one."""

import itertools
from collections import Counter
from typing import Any

import pytest

from services.ingest import operations
from services.ingest.consider import Stores
from services.ingest.fetch import OutOfTimeError
from services.ingest.operations import Ingest
from services.ingest.progress import MOST, Progress
from shared import ids
from shared.contracts.events import IngestEvent
from shared.errors import RunFailedError
from shared.storage import keys
from shared.storage.lake import Lake
from shared.storage.objects import get_model
from shared.storage.sources import UrlMemory
from tests.integration.ingest.conftest import World
from tests.unit.ingest.builders import FakeWeb, page, rss, source, tree

DAY = "Tue, 09 Dec 2025 10:00:00 GMT"
EVENT = {"client_id": "acme", "as_of": "2025-12-10", "period_days": 7, "run_id": "monday"}


def many(sources: int, items: int) -> tuple[Any, FakeWeb]:
    """A configuration of so many sources, and a web with so many articles each."""
    pages: dict[str, Any] = {}
    listed = []
    for number in range(sources):
        url = f"https://s{number}.example.org"
        listed.append(source(f"s{number}", f"{url}/feed"))
        pages[f"{url}/feed"] = rss(*((f"Title {number} {n}", f"{url}/{n}", DAY) for n in range(items)))
        pages |= {f"{url}/{n}": page(f"Title {number} {n}", f"Article {n} of source {number}.") for n in range(items)}
    return tree(listed), FakeWeb(pages)


class Clockwork:
    """Monotonic time that passes by one second with every look at it."""

    def __init__(self) -> None:
        self._ticks = itertools.count()

    def monotonic(self) -> float:
        return float(next(self._ticks))


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    clockwork = Clockwork()
    monkeypatch.setattr(operations, "time", clockwork)


def chain(world: World, config: Any, web: FakeWeb, seconds: float, event: dict[str, Any] = EVENT) -> list[Any]:
    """Every invocation's answer, until the run is whole."""
    ingest = Ingest(world.ports(config, open_fetcher=lambda gateway, ends_at: web))
    answers = [ingest.run(IngestEvent.model_validate(event), "r-1", seconds)]
    while world.handed_over:
        answers.append(ingest.run(world.handed_over.pop(), "r-x", seconds))
    return answers


def test_a_run_of_200_sources_goes_on_in_further_invocations_and_ends_as_one_batch(world: World, ticking: None) -> None:
    config, web = many(200, 1)

    answers = chain(world, config, web, 300)

    assert [answer.statusCode for answer in answers[:-1]] == [202] * (len(answers) - 1)
    assert len(answers) > 2
    last = answers[-1]
    assert (last.statusCode, last.body["items_queued"], last.body["sources_processed"]) == (200, 200, 200)
    assert len({answer.body["batch_id"] for answer in answers}) == 1
    messages = [message.item_id for message in world.messages()]
    assert len(messages) == len(set(messages)) == 200
    assert sorted(web.asked) == sorted(web.pages)  # nothing was fetched twice


def test_nothing_is_queued_and_no_batch_exists_before_everything_is_read(world: World, ticking: None) -> None:
    config, web = many(40, 4)
    ingest = Ingest(world.ports(config, open_fetcher=lambda gateway, ends_at: web))

    answer = ingest.run(IngestEvent.model_validate(EVENT), "r-1", 200)

    assert (answer.statusCode, answer.body["continued"], answer.body["items_queued"]) == (202, True, 0)
    assert world.messages() == []
    assert keys.manifest("acme", answer.body["batch_id"]) not in world.keys("batches/")
    assert list(world.table.query("OPEN")) == []
    (following,) = world.handed_over
    assert (following.run_id, following.continuation) == ("monday", 1)


def test_a_continuation_that_died_is_repeated_from_where_the_one_before_it_ended(world: World, ticking: None) -> None:
    config, web = many(40, 4)
    ports = world.ports(config, open_fetcher=lambda gateway, ends_at: web)
    Ingest(ports).run(IngestEvent.model_validate(EVENT), "r-1", 200)
    following = world.handed_over.pop()

    class Dying(UrlMemory):
        def get(self, item_id: str) -> Any:
            raise ConnectionError("the function died")

    stores = Stores(Dying(world.table), world.objects, Lake(world.table, world.objects))
    with pytest.raises(ConnectionError):
        dying = world.ports(config, open_fetcher=lambda gateway, ends_at: web, stores=stores)
        Ingest(dying).run(following, "r-2", 200)

    answers = chain(world, config, web, 10_000, following.model_dump())
    assert answers[-1].body["items_queued"] == len(world.messages()) == 160


def test_a_run_without_time_for_anything_fails_and_says_what_to_do(world: World) -> None:
    config, web = many(2, 1)
    ingest = Ingest(world.ports(config, open_fetcher=lambda gateway, ends_at: web))
    with pytest.raises(RunFailedError, match="Timeout"):
        ingest.run(IngestEvent.model_validate(EVENT), "r-1", -1000)
    assert world.handed_over == []


def test_a_dry_run_that_is_too_long_tells_what_it_counted_and_goes_on_nowhere(world: World, ticking: None) -> None:
    config, web = many(40, 4)
    ingest = Ingest(world.ports(config, open_fetcher=lambda gateway, ends_at: web))

    answer = ingest.run(IngestEvent.model_validate({**EVENT, "dry_run": True}), "r-1", 200)

    assert (answer.statusCode, answer.body["continued"], answer.body["items_queued"]) == (202, True, 0)
    assert 0 < answer.body["items_ingested"] < 160
    assert (world.handed_over, world.messages(), world.keys("batches/")) == ([], [], [])


def test_the_last_invocation_of_a_chain_makes_the_batch_of_what_was_read_and_names_the_rest(
    world: World, ticking: None
) -> None:
    config, web = many(40, 4)
    (answer,) = chain(world, config, web, 200, {**EVENT, "continuation": MOST})
    assert answer.statusCode == 200
    outcomes = Counter(item.dispositions[-1].outcome for item in world.manifest(answer.body).seen)
    assert set(outcomes) == {"queued", "error"}
    assert outcomes.total() == 160
    assert outcomes["queued"] == answer.body["items_queued"] == len(world.messages())


class Interrupted(FakeWeb):
    """A web of which the run's end cuts off some addresses, so many times each."""

    def __init__(self, web: FakeWeb, cut: set[str], times: int = 1) -> None:
        super().__init__(web.pages)
        self.left = dict.fromkeys(cut, times)

    def get(self, url: str, limit: int, **conditions: Any) -> Any:
        if self.left.get(url, 0):
            self.left[url] -= 1
            raise OutOfTimeError("the run's time ended")
        return super().get(url, limit, **conditions)


def test_what_the_end_of_an_invocation_cut_off_is_read_by_the_next_one(world: World) -> None:
    config, web = many(3, 2)
    cut = {"https://s1.example.org/feed", "https://s2.example.org/1"}
    answers = chain(world, config, Interrupted(web, cut), 300)
    assert [answer.statusCode for answer in answers] == [202, 202, 200]
    last = answers[-1].body
    assert (last["sources_failed"], last["items_queued"]) == ({}, 6)
    manifest = world.manifest(last)
    assert {item.dispositions[-1].outcome for item in manifest.seen} == {"queued"}
    assert not any("not read" in item.dispositions[-1].reason for item in manifest.seen)


def test_a_source_that_no_invocation_has_time_for_is_given_up_alone(world: World) -> None:
    config, web = many(2, 1)
    endless = Interrupted(web, {"https://s1.example.org/feed"}, 1000)
    answers = chain(world, config, endless, 300)
    last = answers[-1]
    assert (last.statusCode, last.body["items_queued"], len(world.messages())) == (200, 1, 1)
    assert "all the time" in last.body["sources_failed"]["s1"]
    assert world.ports(config).sources.health("s1").failures == 1


def test_an_article_that_no_invocation_has_time_for_is_given_up_alone_and_read_by_the_next_run(world: World) -> None:
    config, web = many(2, 2)
    stuck = "https://s1.example.org/1"
    answers = chain(world, config, Interrupted(web, {stuck}, 1000), 300)
    assert answers[-1].statusCode == 200
    by_url = {item.url: item.dispositions[-1] for item in world.manifest(answers[-1].body).seen}
    assert by_url[stuck].outcome == "error"
    assert "next run" in by_url[stuck].reason
    assert [one.outcome for url, one in by_url.items() if url != stuck] == ["queued"] * 3
    chain(world, config, web, 300, {**EVENT, "run_id": "tuesday"})
    assert ids.item_id(stuck) in {message.item_id for message in world.messages()}


def test_the_sources_are_counted_for_whoever_follows_the_run(world: World, ticking: None) -> None:
    config, web = many(40, 4)
    Ingest(world.ports(config, open_fetcher=lambda gateway, ends_at: web)).run(
        IngestEvent.model_validate(EVENT), "r-1", 200
    )
    (key,) = (key for key in world.keys("batches/") if key.endswith("progress.json"))
    kept = get_model(world.objects, key, Progress)
    assert (kept.sources_in_all, len(kept.sources)) == (40, 40)
    assert 0 < len(kept.decided) < kept.articles_in_all == 160


def test_the_chain_is_shorter_than_what_lambda_takes_for_a_loop() -> None:
    assert MOST + 1 < 16
