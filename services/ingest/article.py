"""The article behind an entry: its main text from HTML or PDF, and the dates that its page states."""

import logging
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import trafilatura

from services.ingest.dates import Clue, date_line
from services.ingest.markup import Element, decode, element_text, one_line, parse_page
from services.ingest.page_dates import linked_data, own_title, stated
from services.ingest.pdf import UnreadablePageError, read_pdf

TEXT_LIMIT = 100_000
_TITLE = 300
_NOISE = (
    "//nav|//aside|//footer|//script|//style|//noscript|//iframe|//svg|//template|//button|//dialog"
    "|//form[not(.//h1 or .//main or .//article or .//nav or .//footer)]"  # some sites put the whole page into a form
    "|//header[not(ancestor::article) and not(.//h1)]"
    "|//*[@role='navigation' or @role='banner' or @role='contentinfo' or @role='dialog' or @aria-hidden='true']"
)
_NOISE_NAME = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|onetrust|share|sharing|social|related|recommended|breadcrumbs?|newsletter"
    r"|subscribe|subscription|paywall|promo|advert\w*|comments?|popup|modal|sidebar|pagination|skip-link)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"(?:^|(?<=[\s_-]))(?:with|without|has|no)[_-]+[a-z]+", re.IGNORECASE)
"""A name that tells what an element has beside itself ("with-sidebar"), not what it is."""
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
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Article:
    """What a page holds: its text (paragraphs apart by blank lines), the dates it states, and what it calls itself,
    where the listing gave no title."""

    text: str
    clues: tuple[Clue, ...] = ()
    is_pdf: bool = False
    paywalled: bool = False
    title: str = ""


def read_article(body: bytes, content_type: str, title: str, latest: date) -> Article:
    """The article in an answer, HTML or PDF by its own first bytes; published on the day `latest` at the latest.

    Raises UnreadablePageError.
    """
    if body.lstrip()[:5] == b"%PDF-":
        text = clean(read_pdf(body))[:TEXT_LIMIT]
        title = title or _opening(text)
        return Article(without_title(text, title), is_pdf=True, title=title)
    if "pdf" in content_type.lower():
        raise UnreadablePageError("announced as PDF, but is none")
    return _read_html(decode(body, content_type), title, latest)


def _read_html(markup: str, title: str, latest: date) -> Article:
    tree = parse_page(markup)
    if tree is None:
        raise UnreadablePageError("the page is empty")
    data = list(linked_data(tree))
    title = title or own_title(tree, data)
    clues = stated(tree, data, title, latest)
    walled = any(_is_false(node.get("isAccessibleForFree")) for node in data)
    page_title = one_line(tree.findtext(".//title") or "")
    text = without_title(main_text(tree), title)
    if len(text) < 600 and _BLOCKED_PAGE.search(f"{page_title} {text[:300]}"):
        raise UnreadablePageError("the site answers machines with a challenge")
    walled = walled or (len(text) < 1500 and bool(_PAYWALL.search(text)))
    return Article(text, clues, paywalled=walled, title=title)


def _opening(text: str) -> str:
    """The first paragraph of a release, if it is as short as a title."""
    first = text.split("\n\n", 1)[0]
    return first if len(first) <= _TITLE and not date_line(first) else ""


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
        and _NOISE_NAME.search(_MODIFIER.sub("", f"{node.get('class', '')} {node.get('id', '')}"))
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
        line = _without_rules(one_line(block))
        if line and not _NOISE_LINE.match(line) and (not kept or kept[-1] != line):
            kept.append(line)
    return "\n\n".join(kept)


def _without_rules(line: str) -> str:
    """A table's row without its drawn lines and empty cells."""
    if not line.startswith("|"):
        return line
    cells = (cell.strip() for cell in line.split("|"))
    return " | ".join(cell for cell in cells if cell.strip("-: "))


def without_title(text: str, title: str) -> str:
    """Text that does not begin with its own title, unless the title is all there is."""
    blocks = text.split("\n\n")
    wanted = one_line(title).casefold()
    while len(blocks) > 1 and blocks[0].casefold() == wanted:
        blocks.pop(0)
    return "\n\n".join(blocks)


def _is_false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.lower().endswith("false"))
