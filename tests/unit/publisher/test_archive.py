"""Index page and feed of sent editions."""

from typing import Any
from xml.etree import ElementTree as Tree

import feedparser

from services.publisher.archive import Archive, feed, index_page, sent_editions
from shared.storage.memory import MemoryObjects
from tests.unit.publisher.fakes import CLIENT, FakeEditions


def row(number: int, **changes: Any) -> dict[str, Any]:
    day = f"2026-03-{number:02d}"
    values = {
        "client_id": CLIENT,
        "edition_id": f"ed-{number}",
        "status": "sent",
        "edition_date": day,
        "sent_at": f"{day}T09:00:00+00:00",
        "title": f"Issue {number} <b>® 長効</b> & co",
        "intro": "Intro\x0b here",
        "prefix": f"{CLIENT}/{day.replace('-', '/')}/ed-{number}",
        "items": 1,
    }
    return values | changes


def test_only_sent_editions_that_went_to_somebody_newest_first() -> None:
    rows = [row(1), row(3), row(2), row(4, status="draft"), row(5, status="superseded"), row(6, skipped=True)]
    assert [one.edition_id for one in sent_editions(CLIENT, rows)] == ["ed-3", "ed-2", "ed-1"]


def test_feed_is_read_by_a_feed_reader() -> None:
    made = feparse(feed(CLIENT, "Acme Weekly", "en", sent_editions(CLIENT, [row(1), row(2)])))
    assert not made.bozo
    assert made.feed.title == "Acme Weekly"
    assert made.feed.updated == "2026-03-02T09:00:00+00:00"
    assert [entry.link for entry in made.entries] == [
        "2026/03/02/ed-2/newsletter.html",
        "2026/03/01/ed-1/newsletter.html",
    ]
    assert {link.rel: link.href for link in made.feed.links} == {"self": "feed.xml", "alternate": "index.html"}
    assert "Issue 2 <b>® 長効</b> & co" in (made.entries[0].title, made.entries[0].title_detail.value)
    assert made.entries[0].id.startswith("urn:uuid:")
    assert len({made.feed.id, *(entry.id for entry in made.entries)}) == 3


def feparse(body: bytes) -> Any:
    return feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)


def test_feed_is_well_formed_and_ids_never_change() -> None:
    first = feed(CLIENT, "Acme", "en", sent_editions(CLIENT, [row(1)]))
    second = feed(CLIENT, "Acme renamed", "en", sent_editions(CLIENT, [row(1, title="New title"), row(2)]))
    names = {"a": "http://www.w3.org/2005/Atom"}
    (old,) = Tree.fromstring(first).findall("a:entry/a:id", names)
    assert old.text in [found.text for found in Tree.fromstring(second).findall("a:entry/a:id", names)]


def test_index_escapes_titles_and_links_relatively() -> None:
    page = index_page("Acme <script>", "fr", sent_editions(CLIENT, [row(1)])).decode()
    assert "<script>" not in page
    assert "Issue 1 &lt;b&gt;® 長効&lt;/b&gt; &amp; co" in page
    assert 'href="2026/03/01/ed-1/newsletter.html"' in page
    assert '<html lang="fr">' in page


def test_refresh_is_idempotent() -> None:
    editions, objects = FakeEditions(), MemoryObjects()
    editions.rows = {(CLIENT, "ed-1"): row(1)}
    Archive(objects, editions).refresh(CLIENT, "Acme", "en")
    before = dict(objects.files)
    Archive(objects, editions).refresh(CLIENT, "Acme", "en")
    assert objects.files == before
    assert set(before) == {f"{CLIENT}/index.html", f"{CLIENT}/feed.xml"}


def test_edition_sent_while_the_archive_was_written_is_not_lost() -> None:
    editions = FakeEditions()
    editions.rows = {(CLIENT, "ed-1"): row(1)}

    class Racing(MemoryObjects):
        def put(self, key: str, body: bytes, content_type: str = "", *, once: bool = False) -> None:
            super().put(key, body, content_type, once=once)
            editions.rows[CLIENT, "ed-2"] = row(2)

    objects = Racing()
    Archive(objects, editions).refresh(CLIENT, "Acme", "en")
    assert b"ed-2" in objects.files[f"{CLIENT}/index.html"]
    assert b"ed-2" in objects.files[f"{CLIENT}/feed.xml"]
