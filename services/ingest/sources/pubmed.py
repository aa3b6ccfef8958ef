"""PubMed through E-utilities: esearch finds, efetch reads (NCBI's documentation: "A General Introduction to the
E-utilities"). Both answers are XML; the history server carries the result from one to the other."""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlencode, urlsplit

from lxml import etree

from services.ingest.markup import one_line
from services.ingest.sources.base import Listing, ReadingContext, UnreadableError
from shared.config.rules import Source
from shared.storage.sources import Entry

_BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
_ARTICLE = "https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
_TOOL = "VectoraInbox"
_HOST = urlsplit(_BASE).hostname
PAGE = 100
"""Articles an answer; 100 are about 2 MB."""
_PACE, _PACE_WITH_KEY = 0.34, 0.11
"""Seconds between requests: NCBI allows 3 a second, 10 with a key ("A General Introduction to the E-utilities")."""
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


def pace(url: str) -> float | None:
    """Seconds between two requests to the E-utilities; None for an address that is not theirs."""
    parts = urlsplit(url)
    if parts.hostname != _HOST:
        return None
    return _PACE_WITH_KEY if "api_key=" in parts.query else _PACE


class PubMed:
    """Reads esearch and efetch answers; `Source.query` is the search term."""

    version = "pubmed-3"
    conditional = False

    def start(self, source: Source, context: ReadingContext) -> str:
        """The search: by the day on which a record entered PubMed, because issues are dated ahead and in parts."""
        return _address(
            "esearch.fcgi",
            context,
            term=source.query,
            usehistory="y",
            retmax="0",
            datetype="edat",
            mindate=context.since.strftime("%Y/%m/%d"),
            maxdate=context.until.strftime("%Y/%m/%d"),
        )

    def read(self, body: bytes, content_type: str, url: str, source: Source, context: ReadingContext) -> Listing:  # noqa: ARG002
        """Entries of an efetch answer, or the address of the first efetch. Raises UnreadableError for anything else."""
        root = _parse(body)
        if root.tag == "eSearchResult":
            return _found(root, source, context)
        if root.tag != "PubmedArticleSet":
            raise UnreadableError(f"not a PubMed answer: {_error(root) or root.tag}")
        entries = tuple(
            _entry(node) if node.tag == "PubmedArticle" else _chapter(node) for node in root if _is_record(node)
        )
        return Listing(entries, next_url=_next(url, source.max_items))


def _address(tool: str, context: ReadingContext, **query: str) -> str:
    key = {"api_key": context.api_key} if context.api_key else {}
    return f"{_BASE}/{tool}?{urlencode({'db': 'pubmed', 'tool': _TOOL, **query, **key})}"


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError(f"malformed PubMed answer: {str(error)[:120]}") from error


def _error(root: etree._Element) -> str:
    return one_line(" ".join(node.text or "" for node in root.iter("ERROR", "OutputMessage")))[:200]


def _found(root: etree._Element, source: Source, context: ReadingContext) -> Listing:
    count, web_env, query_key = (root.findtext(name) for name in ("Count", "WebEnv", "QueryKey"))
    if count is None or not count.isdecimal():
        raise UnreadableError(f"PubMed refused the search: {_error(root) or 'no count'}")
    unknown = ", ".join(repr(node.text) for node in root.iter("PhraseNotFound", "FieldNotFound"))
    if int(count) == 0:
        return Listing(problem=f"PubMed knows no {unknown}; correct the source's query" if unknown else "")
    if not web_env or not query_key:
        raise UnreadableError("PubMed kept no history of the search")
    total = min(int(count), source.max_items)
    return Listing(
        next_url=_address(
            "efetch.fcgi",
            context,
            WebEnv=web_env,
            query_key=query_key,
            rettype="xml",
            retmode="xml",
            retstart="0",
            retmax=str(min(PAGE, total)),
            total=str(total),
        )
    )


def _next(url: str, most: int) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    start, total = int(query.get("retstart", 0)) + int(query.get("retmax", PAGE)), int(query.get("total", 0))
    if start >= min(total, most):
        return ""
    query |= {"retstart": str(start), "retmax": str(min(PAGE, total - start))}
    return f"{url.split('?', 1)[0]}?{urlencode(query)}"


def _is_record(node: etree._Element) -> bool:
    return node.tag in ("PubmedArticle", "PubmedBookArticle")


def _chapter(book: etree._Element) -> Entry:
    """A book, or a chapter of one, as an entry."""
    title = _text(book.find("BookDocument/ArticleTitle")) or _text(book.find("BookDocument/Book/BookTitle"))
    entered = "PubmedBookData/History/PubMedPubDate[@PubStatus='pubmed']"
    return Entry(
        url=_page(book.findtext("BookDocument/PMID")),
        title=title,
        body=_abstract(book.findall("BookDocument/Abstract/AbstractText")),
        date=_day(book.find("BookDocument/ContributionDate")) or _day(book.find(entered)),
        date_origin="pubmed",
    )


def _page(pmid: str | None) -> str:
    return _ARTICLE.format(pmid=pmid) if pmid else ""


def _entry(article: etree._Element) -> Entry:
    pmid = article.findtext("MedlineCitation/PMID")
    title = _text(article.find("MedlineCitation/Article/ArticleTitle")) or _text(
        article.find("MedlineCitation/Article/VernacularTitle")
    )
    return Entry(
        url=_page(pmid),
        title=title,
        body=_abstract(article.findall("MedlineCitation/Article/Abstract/AbstractText")),
        date=_date(article),
        date_origin="pubmed",
    )


def _text(node: etree._Element | None) -> str:
    """All text of an element, inline markup (<i>, <sup>…) dissolved."""
    return "" if node is None else one_line("".join(str(piece) for piece in node.itertext()))


def _abstract(nodes: Iterable[etree._Element]) -> str:
    parts = []
    for node in nodes:
        label, text = node.get("Label", ""), _text(node)
        parts += [f"{label}: {text}" if label and label != "UNLABELLED" else text] if text else []
    return "\n\n".join(parts)


def _date(article: etree._Element) -> str:
    """The day of electronic publication, else a complete issue date, else the day it entered PubMed.

    Issues are often dated ahead: an issue date after the record's own entry is no publication date.
    """
    history = "PubmedData/History/PubMedPubDate[@PubStatus='{}']"
    entered = _day(article.find(history.format("pubmed"))) or _day(article.find(history.format("entrez")))
    issue = _day(article.find("MedlineCitation/Article/Journal/JournalIssue/PubDate"))
    online = _day(article.find("MedlineCitation/Article/ArticleDate"))
    return online or (min(issue, entered) if issue and entered else issue or entered)


def _day(node: etree._Element | None) -> str:
    """A complete date as YYYY-MM-DD; a partial one (month or day missing) is no date."""
    if node is None:
        return ""
    year, month, day = (node.findtext(name) or "" for name in ("Year", "Month", "Day"))
    number = _MONTHS.get(month[:3].lower()) or (int(month) if month.isdecimal() else 0)
    return f"{int(year):04d}-{number:02d}-{int(day):02d}" if year.isdecimal() and day.isdecimal() and number else ""
