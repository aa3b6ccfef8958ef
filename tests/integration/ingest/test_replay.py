"""Real sources as they stood on two days: every listed article is read and dated right, whatever happens to others."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.config.tree import ConfigTree
from tests.integration.ingest.conftest import ReplayServer, World
from tests.unit.ingest.builders import source, tree

Start = Callable[[str], ReplayServer]

_LISTINGS = {
    "medincell": ("https://www.medincell.com/news/", "html", "Europe/Paris"),
    "delsitech": ("https://www.delsitech.com/news/", "html", "Europe/Helsinki"),
    "nanexa": ("https://nanexa.com/pressreleases/", "html", "Europe/Stockholm"),
    "camurus": ("https://www.camurus.com/media/press-releases/", "html", "Europe/Stockholm"),
    "fiercebiotech": ("https://www.fiercebiotech.com/rss/xml", "rss", "America/New_York"),
    "fiercepharma": ("https://www.fiercepharma.com/rss/xml", "rss", "America/New_York"),
    "endpoints": ("https://endpoints.news/feed/", "rss", "America/New_York"),
}
_HOSTS = {
    "medincell": "www.medincell.com",
    "delsitech": "www.delsitech.com",
    "nanexa": "nanexa.com",
    "fiercebiotech": "www.fiercebiotech.com",
    "fiercepharma": "www.fiercepharma.com",
    "endpoints": "endpoints.news",
}
_LINKS = {"Download attachment", "Read the presentation"}
_EXTRACTORS = {
    "medincell": {
        "selectors": {
            "item": "article.masonry-blog-item",
            "title": "h3.masonry-title",
            "url": "a[href]",
            "date": "span.meta-date",
        },
        "date_format": "%B %d, %Y",
    },
    "nanexa": {
        "selectors": {"item": "div.mfn-item", "title": "a.mfn-title", "url": "a.mfn-title", "date": "div.mfn-date"}
    },
}


def _tree(**extractors: Any) -> ConfigTree:
    sources = [source(key, url, mode, timezone=zone) for key, (url, mode, zone) in _LISTINGS.items()]
    return tree(sources, extractors=extractors)


def _event(server: ReplayServer, day: str, **rest: Any) -> dict[str, Any]:
    after = f"2025-12-{int(day[-2:]) + 1:02d}"
    return {"client_id": "acme", "as_of": after, "period_days": 400, "fetch_gateway": server.origin, **rest}


def _key(item: dict[str, Any]) -> str:
    return str(item["source_key"]).rsplit("__", 1)[1].split("_")[0]


def _expected_text(item: dict[str, Any]) -> str:
    return str(item["listing_text"] or item["deck"] or item["title"])


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text).split()


def _wrong(item: dict[str, Any], seen: Any, raw: Any) -> list[str]:
    """What differs between an article as it should be read, and as it was."""
    if seen is None:
        return ["not listed"]
    problems = [] if seen.title == item["title"] else [f"title {seen.title!r}"]
    outcome = seen.dispositions[-1].outcome
    wanted = "link_only" if item["title"] in _LINKS else "queued" if item["published"] else "undated"
    if outcome != wanted:
        return [*problems, f"{outcome} ({seen.dispositions[-1].reason}), not {wanted}"]
    if raw is None:
        return problems
    if raw.published != item["published"]:
        problems.append(f"dated {raw.published} by {raw.dated_by.origin}, not {item['published']}")
    got, gold = _words(raw.text), _words(_expected_text(item))
    extra = set(got) - set(gold) - set(_words(f"{item['title']} {item['published']}"))
    if set(gold) - set(got) or extra:
        problems.append(f"text {raw.text!r}, not {_expected_text(item)!r}")
    return problems


def _table(rows: list[tuple[dict[str, Any], list[str]]]) -> str:
    return "\n".join(f"{_key(item):14} {item['title'][:70]:70} {'; '.join(problems)}" for item, problems in rows)


@pytest.mark.parametrize("day", ["2025-12-08", "2025-12-09"])
@pytest.mark.parametrize("extractors", [{}, _EXTRACTORS], ids=["generic", "extractors"])
def test_every_listed_article_has_its_title_date_and_text_or_is_set_aside(
    world: World, replay: Start, day: str, extractors: dict[str, Any]
) -> None:
    server = replay(day)

    body = world.run(_tree(**extractors), _event(server, day))

    seen, raw = world.seen(body), world.raw(body)
    listed = server.listed(day)
    checked = [(item, _wrong(item, seen.get(item["url"]), raw.get(item["url"]))) for item in listed]
    assert not _table([row for row in checked if row[1]])
    assert set(seen) == {item["url"] for item in listed}
    assert len(world.messages()) == body["items_queued"] == len(raw) > 50


def test_a_source_that_is_down_is_reported_and_the_others_go_on(world: World, replay: Start) -> None:
    server = replay("2025-12-09")

    body = world.run(_tree(), _event(server, "2025-12-09"))

    assert body["sources_failed"] == {"camurus": "answered 404"}
    reports = {report.source_key: report for report in world.manifest(body).sources}
    assert reports["camurus"].status == "failed"
    assert reports["nanexa"].listed == 5


@pytest.mark.parametrize("kind", ["500", "429", "timeout", "slow", "truncated", "huge", "redirect-loop", "not-utf8"])
@pytest.mark.parametrize("key", ["medincell", "fiercepharma"])
def test_a_fault_of_one_source_leaves_the_items_of_the_others_intact(
    world: World, replay: Start, kind: str, key: str
) -> None:
    server = replay("2025-12-09")
    server.replay.faults[_HOSTS[key]] = kind
    if kind in ("timeout", "slow"):
        world.late = _HOSTS[key]

    body = world.run(_tree(), _event(server, "2025-12-09"))

    seen, raw = world.seen(body), world.raw(body)
    others = [item for item in server.listed("2025-12-09") if _key(item) != key]
    wrong = [(i, p) for i in others if (p := _wrong(i, seen.get(i["url"]), raw.get(i["url"])))]
    assert not _table(wrong)
    own = [item for item in server.listed("2025-12-09") if _key(item) == key]
    kept = [item for item in own if item["url"] in raw]
    assert all(raw[item["url"]].published == item["published"] for item in kept)
    assert all(seen[item["url"]].title == item["title"] for item in kept)
    if kind == "not-utf8":
        assert len(kept) == len([item for item in own if item["published"]])
    elif kind != "truncated":
        assert key in body["sources_failed"]


def test_the_second_day_fetches_only_what_is_new(world: World, replay: Start) -> None:
    server = replay("2025-12-08")
    world.run(_tree(), _event(server, "2025-12-08"), "r-1")
    server.replay.day = "2025-12-09"

    body = world.run(_tree(), _event(server, "2025-12-09"), "r-2")

    reports = {report.source_key: report for report in world.manifest(body).sources}
    assert reports["nanexa"].status == "not_modified"
    assert reports["nanexa"].listed == 5
    assert reports["endpoints"].gap
    assert not reports["fiercepharma"].gap
    raw = world.raw(body)
    old = [i for i in server.listed("2025-12-09") if "2025-12-08" in i["days"] and i["published"]]
    assert old
    assert all(item["url"] in raw for item in old)
