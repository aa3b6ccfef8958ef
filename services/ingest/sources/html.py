"""HTML listings: a generic parser, and declarative extractors (html_extractors.yaml) where a site needs one."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from urllib.parse import urlsplit

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.etree import XPathError

from services.ingest.dates import find, parse
from services.ingest.markup import Element, decode, element_text, one_line, parse_page
from services.ingest.sources.base import Listing, ReadingContext, UnreadableError, absolute
from shared.config.rules import Selectors, Source
from shared.storage.sources import Entry

_FRAME = frozenset({"nav", "header", "footer", "aside", "form", "menu"})
_FRAME_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|footer|sidebar|cookies?|share|social|pagination|pager|tags?"
    r"|widget|language|lang)(?:$|[\s_-])",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"(?:^|\.)(?:facebook|twitter|x|linkedin|instagram|youtube|pinterest|t)\.(?:com|co)$", re.IGNORECASE
)
_DATE_CLASS = re.compile(r"date|time|publish|posted|updated", re.IGNORECASE)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_TITLE_CLASS = re.compile(r"title|headline|heading", re.IGNORECASE)
_GENERIC = re.compile(
    r"^\W*(?:read (?:more|article|the full|on)|more(?: info\w*)?|learn more|continue reading|view(?: (?:more|all|pdf))?"
    r"|details|open|pdf|lire (?:la suite|plus)|en savoir plus|click here|see (?:more|all)|\d+)\W*$",
    re.IGNORECASE,
)
_NEXT_NAMES = re.compile(r"(?:^|[\s_-])(?:next|older|previous|nav-previous|pag\w*|pager\w*)(?:$|[\s_-])", re.IGNORECASE)
_NEXT_WORDS = re.compile(
    r"^\W*(?:next(?: page)?|older(?: (?:posts|entries|news))?|suivant\w*|weiter|nächste\w*|nästa|다음)?\W*$",
    re.IGNORECASE,
)
_SHORT_BLOCK = 4000
_MOST_LINKS = 3000
_MOST_BLOCKS = 5000


class HtmlListing:
    """Reads listing pages."""

    version = "html-3"
    conditional = True

    def start(self, source: Source, context: ReadingContext) -> str:  # noqa: ARG002 (the interface's)
        return source.url

    def read(self, body: bytes, content_type: str, url: str, source: Source, context: ReadingContext) -> Listing:
        """The listing's entries and its next page. Raises UnreadableError when no entry is found."""
        tree = parse_page(decode(body, content_type))
        if tree is None:
            raise UnreadableError("the page is empty")
        base = absolute(url, str(next(iter(tree.xpath("//base/@href")), ""))) or url
        selectors = context.extractor.selectors if context.extractor else Selectors()
        blocks = list(islice(_selected_blocks(tree, selectors), _MOST_BLOCKS)) if selectors.item else []
        found = [entry for block in blocks if (entry := _read_block(block, base, selectors, source, context))]
        if not any(entry.url and entry.title for entry in found):  # the selectors are not this page's
            found = _generic(tree, base, source, context) or found
        if not found:
            raise UnreadableError("no article found in the listing; write an extractor for it in html_extractors.yaml")
        return Listing(tuple(_merged(found))[: source.max_items], _next_page(tree, base, selectors))


def _select(element: Element, selector: str) -> list[Element]:
    """Elements that a CSS selector finds. Raises UnreadableError when the selector is wrong."""
    try:
        return list(CSSSelector(selector, translator="html")(element))
    except (SelectorError, ValueError, XPathError) as error:
        raise UnreadableError(f"selector {selector!r} is wrong: {error}") from error


def _selected_blocks(tree: Element, selectors: Selectors) -> Iterator[Element]:
    """Innermost matches only: a selector that also matches the list around the items must not glue them."""
    containers = _select(tree, selectors.container) if selectors.container else [tree]
    items = [item for container in containers for item in _select(container, selectors.item)]
    known = set(items)
    outer = {ancestor for item in items for ancestor in item.iterancestors() if ancestor in known}
    yield from dict.fromkeys(item for item in items if item not in outer)


def _read_block(
    block: Element, base: str, selectors: Selectors, source: Source, context: ReadingContext
) -> Entry | None:
    """One item of a listing. Parts without a selector are found as the generic parser finds them.

    What a selector calls an item is one even if it has no title, or, when it is dated, no link.
    """
    anchors = _links(_select(block, selectors.url) if selectors.url else _anchors(block), base)
    chosen = _select(block, selectors.title) if selectors.title else []
    title, link = _title_and_link(block, chosen, anchors, context)
    date = _block_date(block, selectors, context, source.timezone, title)
    if not (selectors.item and (link or (title and date))) and not (title and link):
        return None
    return Entry(
        url=link,
        title=title,
        summary=_summary(block, selectors, title),
        date=date,
        date_origin="listing",
        attachments=tuple(dict.fromkeys(u for a, u in anchors if u != link and context.is_link(_label(a)))),
    )


def _anchors(block: Element) -> list[Element]:
    own = [block] if block.tag == "a" else []
    return own + list(block.iter("a"))


def _links(elements: Iterable[Element], base: str) -> list[tuple[Element, str]]:
    """Anchors that lead somewhere, with their addresses; a selected element may contain its anchor."""
    found = []
    for element in elements:
        anchor = element if element.tag == "a" else next(element.iter("a"), None)
        href = (anchor.get("href") or "").strip() if anchor is not None else ""
        url = absolute(base, href) if href and not href.startswith("#") else ""
        if url and not _SOCIAL.search(urlsplit(url).hostname or "") and url.split("#")[0] != base.split("#")[0]:
            found.append((anchor, url))
    return found


def _label(element: Element) -> str:
    return one_line(element.text_content() or element.get("title", "") or element.get("aria-label", ""))


def _title_and_link(
    block: Element, chosen: list[Element], anchors: list[tuple[Element, str]], context: ReadingContext
) -> tuple[str, str]:
    """The title (selected, a heading, something called title, or the longest link text) and where it leads."""
    for element in (*chosen, *_titled(block)):
        text = _label(element)
        if text and not _GENERIC.match(text) and not (context.is_link(text) and len(anchors) > 1):
            return text, _link_of(element, anchors) if anchors else ""
    spoken = [(text, url) for a, url in anchors if (text := _label(a)) and not _GENERIC.match(text)]
    releases = [pair for pair in spoken if not context.is_link(pair[0])]
    return max(releases or spoken, key=lambda pair: len(pair[0]), default=("", anchors[0][1] if anchors else ""))


def _titled(block: Element) -> Iterator[Element]:
    yield from (node for node in block.iter(*_HEADINGS))
    yield from (
        node for node in block.iter() if isinstance(node.tag, str) and _TITLE_CLASS.search(node.get("class", ""))
    )


def _link_of(element: Element, anchors: list[tuple[Element, str]]) -> str:
    """The anchor within or around a title, else the block's first."""
    around = {element, *element.iterancestors(), *element.iterdescendants()}
    return next((url for anchor, url in anchors if anchor in around), anchors[0][1])


def _summary(block: Element, selectors: Selectors, title: str) -> str:
    nodes = _select(block, selectors.description) if selectors.description else list(block.iter("p"))
    texts = (element_text(node) for node in nodes[:8])
    return "\n\n".join(dict.fromkeys(t for t in texts if t and t != title and len(t) > 30 and not _GENERIC.match(t)))


def _block_date(block: Element, selectors: Selectors, context: ReadingContext, timezone: str, title: str) -> str:
    """The date's own wording: selected, a time element, something called date, or text outside the title."""
    form = context.extractor.date_format if context.extractor else ""
    for element in _select(block, selectors.date) if selectors.date else ():
        text = element.get("datetime") or element.get("content") or _label(element)
        if moment := parse(text, timezone, form) or find(_without(_label(element), title), timezone):
            return text if not form else (moment.at.isoformat() if moment.at else moment.day.isoformat())
    return next((text for text in _date_texts(block, title) if parse(text, timezone)), "")


def _date_texts(block: Element, title: str) -> Iterator[str]:
    for node in block.iter("time"):
        yield node.get("datetime") or _label(node)
        yield _label(node)
    for node in block.iter():
        if isinstance(node.tag, str) and _DATE_CLASS.search(f"{node.get('class', '')} {node.get('itemprop', '')}"):
            yield node.get("content") or _without(_label(node), title)
    if block.tag == "dd":
        yield from (_label(term) for term in block.xpath("preceding-sibling::dt[1]"))
    if len(text := element_text(block)) < _SHORT_BLOCK:
        yield from (line for line in text.splitlines() if line and not (title and title in line) and len(line) < 60)
        yield from (text for text in map(_leaf, block.iter()) if 5 < len(text) < 60 and text != title)


def _leaf(node: Element) -> str:
    """The text of an element that holds no other, or nothing."""
    return _label(node) if isinstance(node.tag, str) and not len(node) else ""


def _without(text: str, title: str) -> str:
    return text.replace(title, " ") if title else text


def _generic(tree: Element, base: str, source: Source, context: ReadingContext) -> list[Entry]:
    """Blocks around each article link, of the shapes that repeat with a date, or else whatever reads like a title."""
    links = _links(islice(tree.iter("a"), _MOST_LINKS), base)
    inner = [pair for pair in links if not _framed(pair[0])]
    read = _read_around(tree, inner, base, source, context)
    if not any(entry.date for _, entry in read):  # some sites put everything into one form, or into "widgets"
        wider = [pair for pair in links if not _framed(pair[0], surely=True)]
        all_in_it = _read_around(tree, wider, base, source, context)
        read = all_in_it if any(entry.date for _, entry in all_in_it) else read
    if not any(entry.date for _, entry in read):  # titles that are no links, each above a "Read more"
        beneath = _read_around(tree, inner, base, source, context, is_release=_points_on)
        read = beneath if any(entry.date for _, entry in beneath) else read
    dated = {shape for shape, entry in read if entry.date}
    return [entry for shape, entry in read if shape in dated] or [entry for _, entry in read if len(entry.title) > 24]


def _read_around(
    tree: Element,
    links: list[tuple[Element, str]],
    base: str,
    source: Source,
    context: ReadingContext,
    is_release: Callable[[Element, ReadingContext], bool] | None = None,
) -> list[tuple[tuple[str, str, str], Entry]]:
    """The shape and the entry of each block around article links, as they stand on the page."""
    releases = [(anchor, url) for anchor, url in links if (is_release or _is_release)(anchor, context)]
    pointers = [(anchor, url) for anchor, url in links if context.is_link(_label(anchor))]
    within = _articles_within(releases)
    blocks = dict.fromkeys(_block_of(anchor, url, within) for anchor, url in releases)
    lone = [a for a, _ in pointers if not any(node in blocks for node in (a, *a.iterancestors()))]
    blocks |= dict.fromkeys(_block_of(anchor, "", within) for anchor in lone)
    return [
        (_shape(block), entry)
        for block in _in_order(tree, blocks)
        if (entry := _read_block(block, base, Selectors(), source, context))
    ]


def _is_release(anchor: Element, context: ReadingContext) -> bool:
    label = _label(anchor)
    return bool(label) and not _GENERIC.match(label) and not context.is_link(label)


def _points_on(anchor: Element, context: ReadingContext) -> bool:  # noqa: ARG001 (as _is_release)
    """Whether a link says no more than that there is more (a number is a page of the listing)."""
    label = _label(anchor)
    return bool(_GENERIC.match(label)) and not label.strip().isdecimal()


def _framed(anchor: Element, *, surely: bool = False) -> bool:
    """Whether a link belongs to the page's frame; `surely`: by elements that can be nothing else, not by names."""
    tags = _FRAME - {"form"} if surely else _FRAME
    return any(
        isinstance(node.tag, str)
        and (
            node.tag in tags
            or node.get("role") == "navigation"
            or (not surely and _FRAME_NAMES.search(node.get("class", "")))
        )
        and node.tag not in ("html", "body", "article", "main")
        for node in anchor.iterancestors()
    )


def _in_order(tree: Element, blocks: Iterable[Element]) -> list[Element]:
    """Blocks as they stand on the page."""
    place = {node: number for number, node in enumerate(tree.iter())}
    return sorted(blocks, key=place.__getitem__)


def _articles_within(releases: Iterable[tuple[Element, str]]) -> dict[Element, set[str]]:
    """Element → addresses of the articles linked inside of it (two of them stand for all)."""
    within: dict[Element, set[str]] = {}
    for anchor, url in releases:
        for node in (anchor, *anchor.iterancestors()):
            urls = within.setdefault(node, set())
            if len(urls) > 1 and node is not anchor:
                break  # whatever is around it holds two as well
            urls.add(url)
    return within


def _block_of(anchor: Element, url: str, within: dict[Element, set[str]]) -> Element:
    """The largest element around a link that holds no other article."""
    block = anchor
    for node in anchor.iterancestors():
        if node.tag in ("body", "main", "html") or within.get(node, set()) - {url}:
            break
        block = node
    return block


def _shape(block: Element) -> tuple[str, str, str]:
    parent = block.getparent()
    classes = " ".join(sorted(name for name in block.get("class", "").split() if not re.search(r"\d", name)))
    return block.tag, classes, parent.tag if parent is not None else ""


def _merged(entries: Iterable[Entry]) -> Iterator[Entry]:
    """One entry an address; the first one's title, and a date from whichever has it."""
    merged: dict[str, Entry] = {}
    for entry in entries:
        key = entry.url or f"{entry.title} {entry.date}"
        known = merged.get(key)
        more = {"title": known.title or entry.title, "date": known.date or entry.date} if known else {}
        merged[key] = known.model_copy(update=more) if known else entry
    yield from merged.values()


def _next_page(tree: Element, base: str, selectors: Selectors) -> str:
    nodes = _select(tree, selectors.next_page) if selectors.next_page else _next_links(tree)
    return next((url for node in nodes if (url := absolute(base, node.get("href") or ""))), "")


def _next_links(tree: Element) -> Iterator[Element]:
    """Links to the older entries: marked as such, or by class and wording within a pager."""
    yield from tree.xpath("//*[@rel='next'][@href]")
    for node in islice(tree.iter("a"), _MOST_LINKS):
        around = node.getparent()
        names = f"{node.get('class', '')} {around.get('class', '') if around is not None else ''}"
        if _NEXT_NAMES.search(names) and _NEXT_WORDS.match(_label(node) or node.get("aria-label", "")):
            yield node
