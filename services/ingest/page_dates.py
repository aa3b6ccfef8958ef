"""The dates that a page states about itself: linked data, meta tags, time elements, and a line beside the title."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from services.ingest.dates import Clue, date_line, find_all
from services.ingest.markup import Element, one_line, plain_title

_META_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.issued", "citation_publication_date", "citation_online_date", "publish-date",
    "publish_date", "pubdate", "parsely-pub-date", "sailthru.date", "publication_date", "article.published",
)  # fmt: skip
_ARTICLE_TYPES = re.compile(r"article|posting|report|webpage|pressrelease", re.IGNORECASE)
_PUBLISHED_CLASS = re.compile(r"publish|entry-date|post-date|article-date|news-date|press-date|date", re.IGNORECASE)
_LINKED_DATA_BYTES = 500_000
_METAS = 300
_TIMES = 100

_HEADINGS = ("h1", "h2", "h3", "th", "td")
_APART = frozenset({"nav", "aside", "footer", "form", "dialog", "script", "style", "noscript", "template"})
_ELSEWHERE = re.compile(
    r"(?:^|[\s_-])(?:stock\w*|ticker|quotes?|share-?price|calendar|countdown|today|current-?date|masthead|top-?bar|clock)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_BESIDE = 25
"""Elements before and after the title among which its date stands."""
_LINE = 100
_OTHER_DATE = re.compile(
    r"updat|modif|mis à jour|aktualis|uppdat|geändert|수정|edited|expir|until|since|deadline|register|webcast"
    r"|©|copyright",
    re.IGNORECASE,
)


def linked_data(tree: Element) -> Iterator[dict[str, Any]]:
    """Every JSON-LD object of a page, those inside @graph and lists too."""
    for script in islice(tree.iter("script"), 200):
        text = script.text or ""
        if script.get("type", "").lower() != "application/ld+json" or len(text) > _LINKED_DATA_BYTES:
            continue
        try:
            yield from _objects(json.loads(text, strict=False), 0)
        except (ValueError, RecursionError):
            continue  # a page's broken data is as good as none


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 6:
        return
    if isinstance(value, list):
        for inner in value[:200]:
            yield from _objects(inner, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _objects(value.get(name), depth + 1)


def own_title(tree: Element, data: Iterable[dict[str, Any]]) -> str:
    """What a page calls its article: its only heading of the first rank, else the headline that it states to others,
    else its window's title; empty when it says nothing."""
    headings = [one_line(node.text_content()) for node in islice(tree.iter("h1"), 2)]
    stated_as = (node.get("headline") for node in data if _ARTICLE_TYPES.search(str(node.get("@type", ""))))
    shared_as = tree.xpath("//meta[@property='og:title' or @name='twitter:title']/@content")[:2]
    window = [tree.findtext(".//title") or ""]
    candidates = (*(headings if len(headings) == 1 else ()), *stated_as, *shared_as, *window)
    return next((plain for one in candidates if isinstance(one, str) and (plain := plain_title(one))), "")


def stated(tree: Element, data: Iterable[dict[str, Any]], title: str, latest: date) -> tuple[Clue, ...]:
    """Everything on a page that dates it; `data` is its linked data, `title` the article's, `latest` the last day on
    which it can have been published."""
    return (*_data_dates(data), *_meta_dates(tree), *_time_elements(tree), *_beside_title(tree, title, latest))


def _data_dates(data: Iterable[dict[str, Any]]) -> Iterator[Clue]:
    """datePublished of the page's own article, articles before anything else."""
    said = ((str(node.get("@type", "")), node.get("datePublished")) for node in data)
    dated = [(kind, value) for kind, value in said if isinstance(value, str) and _ARTICLE_TYPES.search(kind)]
    for _, value in sorted(dated, key=lambda pair: "webpage" in pair[0].lower()):
        yield Clue("json_ld", value)


def _meta_dates(tree: Element) -> Iterator[Clue]:
    found: dict[str, str] = {}
    for meta in islice(tree.iter("meta"), _METAS):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        found.setdefault(name, meta.get("content") or "")
    yield from (Clue("meta", found[name]) for name in _META_DATES if found.get(name))


def _time_elements(tree: Element) -> Iterator[Clue]:
    """The time element that says it is the publication's, else the only date among the article's own."""
    regions = tree.xpath("//article[not(ancestor::article)]") or tree.xpath("//main") or [tree]
    if len(regions) > 1:
        return
    region = regions[0]
    nodes = [node for node in islice(region.iter("time"), _TIMES) if not _within(node, region)]
    said = [node for node in nodes if _says_published(node)]
    texts = list(dict.fromkeys(node.get("datetime") or one_line(node.text_content()) for node in said or nodes))
    marked = region.xpath(".//*[@itemprop='datePublished']")[:_TIMES]
    texts = [node.get("content") or node.get("datetime") or one_line(node.text_content()) for node in marked] or texts
    if texts and (said or marked or len(texts) == 1):
        yield Clue("time_element", texts[0])


def _within(node: Element, region: Element) -> bool:
    """Whether something between the region and a node is about another article."""
    for ancestor in node.iterancestors():
        if ancestor is region:
            return False
        if ancestor.tag in ("article", "aside", "nav", "footer", "li"):
            return True
    return False


def _says_published(node: Element) -> bool:
    names = " ".join(f"{n.get('class', '')} {n.get('itemprop', '')}" for n in (node, node.getparent()) if n is not None)
    return node.get("pubdate") is not None or bool(_PUBLISHED_CLASS.search(names))


def _beside_title(tree: Element, title: str, latest: date) -> Iterator[Clue]:
    """The date of a line near the title that holds little else; none if such lines disagree. What lies after `latest`
    is an event to come."""
    heading = _heading(tree, title)
    if heading is None:
        return
    named = {moment.day for moment in find_all(one_line(title))}
    lines = [line for line in _lines_around(heading) if not _OTHER_DATE.search(line)]
    dated = [(line, m) for line in lines if (m := date_line(line)) and m.day not in named and m.day <= latest]
    if len({moment.day for _, moment in dated}) == 1:
        yield Clue("text", max((line for line, _ in dated), key=len))


def _heading(tree: Element, title: str) -> Element | None:
    """The element that shows the title, else the page's only first-level heading."""
    wanted = one_line(title).casefold()
    for name in _HEADINGS:
        for node in islice(tree.iter(name), 50):
            if wanted and wanted == one_line(node.text_content()[:1000]).casefold():
                return node
    first = list(islice(tree.iter("h1"), 2))
    return first[0] if len(first) == 1 else None


def _lines_around(heading: Element) -> Iterator[str]:
    """Short texts of the elements shortly before and after the heading, in no particular order."""
    own = {heading, *heading.iterancestors()}
    for axis in ("preceding", "following"):
        for node in heading.xpath(f"{axis}::*[position() <= {_BESIDE}]"):
            if isinstance(node.tag, str) and not _apart(node, own) and (text := _own_line(node)):
                yield text


def _apart(node: Element, own: set[Element]) -> bool:
    """Whether an element belongs to the page's frame, or to an article without this heading."""
    around = [a for a in (node, *node.iterancestors()) if a not in own]
    return any(a.tag in _APART or a.tag == "article" or _is_elsewhere(a) for a in around)


def _is_elsewhere(node: Element) -> bool:
    """Whether an element is about something else than the article: the day itself, a share's price, another article
    (a heading that is a link), or the top of all pages."""
    if _ELSEWHERE.search(f"{node.get('class', '')} {node.get('id', '')}"):
        return True
    if node.tag == "header" and next(node.iterancestors("article"), None) is None:
        return True
    heading = next(node.iter("h2", "h3", "h4", "h5"), None)
    return heading is not None and any(
        link.get("href") for link in (*islice(heading.iter("a"), 1), *heading.iterancestors("a"))
    )


def _own_line(node: Element) -> str:
    """An element's text if it is a short line, else an empty string."""
    text = one_line("".join(islice(node.itertext(), 12)))
    return text if text and len(text) <= _LINE else ""
