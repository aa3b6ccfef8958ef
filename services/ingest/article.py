"""The article behind an entry: its main text from HTML or PDF, and the dates that its page states."""

import io
import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdf
import trafilatura
from pypdf.errors import PyPdfError

from services.ingest.dates import Clue
from services.ingest.markup import Element, decode, element_text, one_line, parse_page

PDF_PAGES = 40
TEXT_LIMIT = 100_000
_NOISE = (
    "//nav|//aside|//footer|//form|//script|//style|//noscript|//iframe|//svg|//template|//button|//dialog"
    "|//header[not(ancestor::article) and not(.//h1)]"
    "|//*[@role='navigation' or @role='banner' or @role='contentinfo' or @role='dialog' or @aria-hidden='true']"
)
_NOISE_NAME = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|onetrust|share|sharing|social|related|recommended|breadcrumbs?|newsletter"
    r"|subscribe|subscription|paywall|promo|advert\w*|comments?|popup|modal|sidebar|pagination|skip-link)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NOISE_LINE = re.compile(
    r"^\W*(?:read (?:more|the full (?:article|story))|download(?: (?:attachment|pdf|the pdf|file|press release))?"
    r"|share(?: this.*)?|print(?: this page)?|back(?: to .*)?|home|menu|search|(?:subscribe|sign up).*newsletter"
    r"|accept(?: all)?(?: cookies)?|(?:this|our) (?:web)?site uses cookies.*|we use cookies.*|follow us.*"
    r"|lire la suite)\W*$",
    re.IGNORECASE,
)
_BLOCKED_PAGE = re.compile(
    r"just a moment|attention required|access denied|are you (?:a )?(?:human|robot)|verify you are human"
    r"|enable javascript|checking your browser|captcha",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"(?:subscribe|sign in|log in|register|become a (?:member|subscriber))[^.]{0,60}"
    r"(?:to (?:continue|read|unlock|access|keep reading)|for full access)|subscribers? only"
    r"|premium (?:content|article)",
    re.IGNORECASE,
)
_META_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.issued", "citation_publication_date", "citation_online_date", "publish-date",
    "publish_date", "pubdate", "parsely-pub-date", "sailthru.date", "publication_date", "article.published",
)  # fmt: skip
_ARTICLE_TYPES = re.compile(r"article|posting|report|webpage|pressrelease", re.IGNORECASE)
_PUBLISHED_CLASS = re.compile(r"publish|entry-date|post-date|article-date|news-date|press-date|date", re.IGNORECASE)

logging.getLogger("pypdf").setLevel(logging.ERROR)
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


class UnreadablePageError(ValueError):
    """A page that holds no article; the message says what it is."""


@dataclass(frozen=True, slots=True)
class Article:
    """What a page holds: its text (paragraphs apart by blank lines) and the dates it states."""

    text: str
    clues: tuple[Clue, ...] = ()
    is_pdf: bool = False
    paywalled: bool = False


def read_article(body: bytes, content_type: str, title: str) -> Article:
    """The article in an answer, HTML or PDF by its own first bytes. Raises UnreadablePageError."""
    if body.lstrip()[:5] == b"%PDF-":
        return Article(without_title(read_pdf(body), title), is_pdf=True)
    if "pdf" in content_type.lower():
        raise UnreadablePageError("announced as PDF, but is none")
    return _read_html(decode(body, content_type), title)


def _read_html(markup: str, title: str) -> Article:
    tree = parse_page(markup)
    if tree is None:
        raise UnreadablePageError("the page is empty")
    data = list(_linked_data(tree))
    clues = (*_data_dates(data), *_meta_dates(tree), *_time_elements(tree))
    walled = any(_is_false(node.get("isAccessibleForFree")) for node in data)
    page_title = one_line(tree.findtext(".//title") or "")
    text = without_title(main_text(tree), title)
    if len(text) < 600 and _BLOCKED_PAGE.search(f"{page_title} {text[:300]}"):
        raise UnreadablePageError("the site answers machines with a challenge")
    walled = walled or (len(text) < 1500 and bool(_PAYWALL.search(text)))
    return Article(text, clues, paywalled=walled)


def main_text(tree: Element) -> str:
    """The main text of a page: navigation, forms and notices pruned, then trafilatura, else the article element."""
    _prune(tree)
    extracted = trafilatura.extract(
        tree, fast=True, include_comments=False, include_tables=True, include_formatting=False, output_format="txt"
    )
    own = _own_text(tree)
    text = "\n\n".join((extracted or "").splitlines())
    return clean(text if len(text) >= len(own) * 0.5 and text else own)[:TEXT_LIMIT]


def _prune(tree: Element) -> None:
    doomed = list(tree.xpath(_NOISE))
    doomed += [
        node
        for node in tree.iter()
        if isinstance(node.tag, str)
        and node.tag not in ("html", "body", "main", "article")
        and _NOISE_NAME.search(f"{node.get('class', '')} {node.get('id', '')}")
        and not node.xpath(".//h1|.//article")
    ]
    for node in doomed:
        if node.getparent() is not None:
            node.drop_tree()


def _own_text(tree: Element) -> str:
    regions = tree.xpath("//article") or tree.xpath("//main|//*[@role='main']") or tree.xpath("//body")
    return element_text(regions[0]) if len(regions) == 1 else ""


def clean(text: str) -> str:
    """Text without the lines that belong to the page and not to the article, each paragraph once in a row."""
    kept: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        line = one_line(block)
        if line and not _NOISE_LINE.match(line) and (not kept or kept[-1] != line):
            kept.append(line)
    return "\n\n".join(kept)


def without_title(text: str, title: str) -> str:
    """Text that does not begin with its own title, unless the title is all there is."""
    blocks = text.split("\n\n")
    wanted = one_line(title).casefold()
    while len(blocks) > 1 and blocks[0].casefold() == wanted:
        blocks.pop(0)
    return "\n\n".join(blocks)


def _linked_data(tree: Element) -> Iterator[dict[str, Any]]:
    """Every JSON-LD object of a page, those inside @graph and lists too."""
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            yield from _objects(json.loads(script.text or "", strict=False), 0)
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


def _data_dates(data: Iterable[dict[str, Any]]) -> Iterator[Clue]:
    """datePublished of the page's own article, articles before anything else."""
    stated = ((str(node.get("@type", "")), node.get("datePublished")) for node in data)
    dated = [(kind, value) for kind, value in stated if isinstance(value, str) and _ARTICLE_TYPES.search(kind)]
    for _, value in sorted(dated, key=lambda pair: "webpage" in pair[0].lower()):
        yield Clue("json_ld", value)


def _is_false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.lower().endswith("false"))


def _meta_dates(tree: Element) -> Iterator[Clue]:
    found: dict[str, str] = {}
    for meta in tree.xpath("//meta[@content]"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        found.setdefault(name, meta.get("content") or "")
    yield from (Clue("meta", found[name]) for name in _META_DATES if found.get(name))


def _time_elements(tree: Element) -> Iterator[Clue]:
    """The time element that says it is the publication's, else the only date among the article's own."""
    regions = tree.xpath("//article[not(ancestor::article)]") or tree.xpath("//main") or [tree]
    if len(regions) > 1:
        return
    nodes = [node for node in regions[0].iter("time") if not _inside_other_article(node, regions[0])]
    said = [node for node in nodes if _says_published(node)]
    texts = list(dict.fromkeys(node.get("datetime") or one_line(node.text_content()) for node in said or nodes))
    marked = regions[0].xpath(".//*[@itemprop='datePublished']")
    texts = [node.get("content") or node.get("datetime") or one_line(node.text_content()) for node in marked] or texts
    if texts and (said or marked or len(texts) == 1):
        yield Clue("time_element", texts[0])


def _inside_other_article(node: Element, region: Element) -> bool:
    return any(
        a.tag in ("article", "aside", "nav", "footer", "li")
        for a in node.iterancestors()
        if a in set(region.iterdescendants())
    )


def _says_published(node: Element) -> bool:
    names = " ".join(f"{n.get('class', '')} {n.get('itemprop', '')}" for n in (node, node.getparent()) if n is not None)
    return node.get("pubdate") is not None or bool(_PUBLISHED_CLASS.search(names))


def read_pdf(body: bytes) -> str:
    """The text of a PDF's first pages, lines joined to paragraphs. Raises UnreadablePageError."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadablePageError("the PDF is locked by a password")
        pages = [page.extract_text() or "" for page in reader.pages[:PDF_PAGES]]
    except (
        PyPdfError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
    ) as error:
        if isinstance(error, UnreadablePageError):
            raise
        raise UnreadablePageError(f"the PDF cannot be read ({type(error).__name__})") from error
    text = clean("\n\n".join(_joined(_without_running_heads(pages))))[:TEXT_LIMIT]
    if not text:
        raise UnreadablePageError("the PDF holds no text (scanned images)")
    return text


def _without_running_heads(pages: list[str]) -> Iterator[list[str]]:
    """Each page's lines, without first and last lines that other pages have too, and without page numbers."""
    split = [[line.rstrip() for line in page.splitlines()] for page in pages]
    edges = Counter(_shape(line) for lines in split for line in {*lines[:3], *lines[-3:]} if line.strip())
    repeated = {shape for shape, count in edges.items() if len(pages) > 1 and count > max(1, len(pages) // 2)}
    for lines in split:
        yield [
            line
            for number, line in enumerate(lines)
            if not ((number < 3 or number >= len(lines) - 3) and (_shape(line) in repeated or _is_page_number(line)))
        ]


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", line.strip())


def _is_page_number(line: str) -> bool:
    return bool(
        re.fullmatch(r"\s*(?:page\s*)?\d{1,3}(?:\s*(?:/|of|sur|von|\(|\|)\s*\d{1,3}\)?)?\s*", line, re.IGNORECASE)
    )


def _joined(pages: Iterable[list[str]]) -> Iterator[str]:
    """Paragraphs of lines: a paragraph ends at an empty line, or at a line well short of the width."""
    lines = [line for page in pages for line in page]
    width = max((len(line) for line in lines), default=0)
    paragraph = ""
    for line in lines:
        text = line.strip()
        if not text:
            yield paragraph
            paragraph = ""
            continue
        paragraph = _glue(paragraph, text)
        if len(text) < width * 0.6 and not text.endswith((",", ";", "-")):
            yield paragraph
            paragraph = ""
    yield paragraph


def _glue(paragraph: str, line: str) -> str:
    """Lines joined by a space; a word divided at the line's end becomes one again."""
    if re.search(r"[a-zà-ÿ]-$", paragraph) and re.match(r"[a-zà-ÿ]", line):
        return paragraph[:-1] + line
    return f"{paragraph} {line}".strip()
