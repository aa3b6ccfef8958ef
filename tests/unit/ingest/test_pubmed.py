"""PubMed: its real answers (where the recorded material is at hand), its pace, its refusals."""

# ruff: noqa: E501 (documents, one a line)

import os
from datetime import date
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from services.ingest.fetch import Fetcher, FetchError, Limits
from services.ingest.gateway import Gateway
from services.ingest.listings import poll
from services.ingest.sources.base import ReadingContext, UnreadableError
from services.ingest.sources.pubmed import PubMed, pace
from shared.storage.sources import Entry, Health
from tests.unit.ingest.builders import NOW, FakeWeb, source

RECORDED = Path(os.environ.get("VECTORA_SHARED") or Path(__file__).resolve().parents[4] / "shared") / "pubmed"
SOURCE = source("pubmed", "https://pubmed.ncbi.nlm.nih.gov/", "pubmed", query="depot", max_items=300)
CONTEXT = ReadingContext(date(2025, 12, 1), date(2025, 12, 10), lambda _: False)
SEARCH = PubMed().start(SOURCE, CONTEXT)
FOUND = b"<eSearchResult><Count>2</Count><QueryKey>1</QueryKey><WebEnv>E</WebEnv></eSearchResult>"

EXPECTED = {
    "pubmed1.xml": [
        ("12091962", "The treatment of AIDS behind the walls of correctional facilities.", "1990-04-01", 0),
        ("9997", "Magnetic studies of Chromatium flavocytochrome C552. A mechanism for heme-flavin interaction.",
         "1976-09-28", 676),
    ],
    "pubmed2.xml": [
        ("11748933", "Is cryopreservation a homogeneous process? Ultrastructure and motility of untreated, prefreezing, "
         "and postthawed spermatozoa of Diplodus puntazzo (Cetti).", "2001-12-26", 1834),
        ("11700088", "Proton MRI of (13)C distribution by J and chemical shift editing.", "2001-11-09", 1167),
    ],
    "pubmed4.xml": [
        ("27797938", "Leucocyte telomere length, genetic variants at the TERT gene region and risk of pancreatic cancer.",
         "2016-10-21", 1711),
    ],
    "pubmed5.xml": [
        ("28775130", "Occupational pesticide exposure and subclinical hypothyroidism among male pesticide applicators.",
         "2017-08-03", 1888),
    ],
    "pubmed6.xml": [
        ("30108519", 'A "Blood Relationship" Between the Overlooked Minimum Lactate Equivalent and Maximal Lactate Steady '
         "State in Trained Runners. Back to the Old Days?", "2018-07-31", 2260),
    ],
    "pubmed7.xml": [
        ("29963580", "Development of a pulmonary imaging biomarker pipeline for phenotyping of chronic lung disease.",
         "2018-06-28", 1474),
    ],
}  # fmt: skip


def read(body: bytes) -> tuple[Entry, ...]:
    return PubMed().read(body, "text/xml", "https://eutils.ncbi.nlm.nih.gov/x?total=2", SOURCE, CONTEXT).entries


def test_a_date_that_is_no_number_dates_nothing_and_costs_no_other_article() -> None:
    article = (
        "<PubmedArticle><MedlineCitation><PMID>{0}</PMID><Article><ArticleTitle>T{0}</ArticleTitle><ArticleDate>"
        "<Year>2025</Year><Month>12</Month><Day>{1}</Day></ArticleDate></Article></MedlineCitation></PubmedArticle>"
    )
    body = f"<PubmedArticleSet>{article.format(1, '²')}{article.format(2, '09')}</PubmedArticleSet>"
    assert [(one.title, one.date) for one in read(body.encode())] == [("T1", ""), ("T2", "2025-12-09")]


def recorded(name: str) -> bytes:
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded answers at {RECORDED}; set VECTORA_SHARED to the folder that holds pubmed/")
    return (RECORDED / name).read_bytes()


def test_an_error_that_quotes_a_whole_answer_is_kept_short() -> None:
    unknown = f"<PhraseNotFound>{'x' * 1000}</PhraseNotFound>" * 1000
    web = FakeWeb({SEARCH: f"<eSearchResult><Count>0</Count><ErrorList>{unknown}</ErrorList></eSearchResult>"})
    polled = poll(SOURCE, web, CONTEXT, None, Health(), NOW, NOW)
    assert polled.report.status == "failed"
    assert len(polled.health.last_error) == len(polled.report.error) == 500


@pytest.mark.parametrize("name", EXPECTED)
def test_recorded_articles_have_their_titles_days_and_abstracts(name: str) -> None:
    entries = read(recorded(name))
    assert [(e.url.rstrip("/").rsplit("/", 1)[1], e.title, e.date) for e in entries] == [e[:3] for e in EXPECTED[name]]
    for entry, (*_, length) in zip(entries, EXPECTED[name], strict=True):
        assert abs(len(entry.body) - length) <= 80  # labels and paragraphs are added, blanks are tidied
        assert entry.date_origin == "pubmed"
        assert "<" not in entry.title


def test_a_structured_abstract_keeps_its_sections_as_paragraphs() -> None:
    (entry,) = read(recorded("pubmed5.xml"))
    assert [part.split(":")[0] for part in entry.body.split("\n\n")] == [
        "OBJECTIVES",
        "METHODS",
        "RESULTS",
        "CONCLUSIONS",
    ]


@pytest.mark.parametrize("name", ["esearch1.xml", "esearch3.xml"])
def test_a_search_that_kept_no_history_is_no_answer_to_ours(name: str) -> None:
    with pytest.raises(UnreadableError, match="history"):
        read(recorded(name))


def test_an_issue_that_is_dated_ahead_does_not_date_its_articles() -> None:
    article = (
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><Journal><JournalIssue><PubDate>"
        b"<Year>2026</Year><Month>Mar</Month><Day>1</Day></PubDate></JournalIssue></Journal><ArticleTitle>T</ArticleTitle>"
        b"</Article></MedlineCitation><PubmedData><History><PubMedPubDate PubStatus='pubmed'><Year>2025</Year>"
        b"<Month>12</Month><Day>9</Day></PubMedPubDate></History></PubmedData></PubmedArticle></PubmedArticleSet>"
    )
    assert read(article)[0].date == "2025-12-09"


def test_a_query_that_pubmed_does_not_understand_is_a_problem_and_no_empty_week() -> None:
    body = (
        b"<eSearchResult><Count>0</Count><ErrorList><PhraseNotFound>depto</PhraseNotFound></ErrorList></eSearchResult>"
    )
    web = FakeWeb({SEARCH: body})
    polled = poll(SOURCE, web, CONTEXT, None, Health(), NOW, NOW)
    assert polled.report.status == "failed"
    assert "'depto'" in polled.report.error


@pytest.mark.parametrize(
    "answer",
    [
        FetchError("answered 429", 429, 30),
        b'{"error":"API rate limit exceeded","api-key":"1.2.3.4","count":"4","limit":"3"}',
        b"<?xml version='1.0'?><eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>",
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation>",
    ],
    ids=["429", "limit in words", "history gone", "cut off"],
)
@pytest.mark.parametrize("step", ["esearch", "efetch"])
def test_a_refused_or_malformed_answer_fails_the_source_alone(step: str, answer: bytes | FetchError) -> None:
    found = PubMed().read(FOUND, "", SEARCH, SOURCE, CONTEXT).next_url
    web = FakeWeb({SEARCH: answer} if step == "esearch" else {SEARCH: FOUND, found: answer})
    polled = poll(SOURCE, web, CONTEXT, None, Health(), NOW, NOW)
    assert (polled.report.status, polled.entries) == ("failed", ())
    assert polled.snapshot is None


def test_a_search_that_finds_others_than_the_one_before_has_no_gap() -> None:
    found = PubMed().read(FOUND, "", SEARCH, SOURCE, CONTEXT).next_url
    web = FakeWeb({SEARCH: FOUND, found: recorded("pubmed1.xml")})
    first = poll(SOURCE, web, CONTEXT, None, Health(), NOW, NOW)
    web.pages[found] = recorded("pubmed2.xml")
    second = poll(SOURCE, web, CONTEXT, first.snapshot, first.health, NOW, NOW)
    assert first.entries
    assert second.entries
    assert not {entry.url for entry in first.entries} & {entry.url for entry in second.entries}
    assert not second.report.gap


def test_what_was_read_before_a_refusal_counts() -> None:
    many = FOUND.replace(b"<Count>2</Count>", b"<Count>150</Count>")
    first = PubMed().read(many, "", SEARCH, SOURCE, CONTEXT).next_url
    web = FakeWeb({SEARCH: many, first: recorded("pubmed1.xml")})
    polled = poll(SOURCE, web, CONTEXT, None, Health(), NOW, NOW)
    assert (polled.report.status, polled.report.error) == ("partial", "older pages: answered 404")
    assert len(polled.entries) == 2


def test_chapters_of_books_and_records_without_a_title_are_listed_too() -> None:
    body = (
        b"<PubmedArticleSet><PubmedBookArticle><BookDocument><PMID>7</PMID><Book><BookTitle>A book</BookTitle></Book>"
        b"<ArticleTitle>Depot injections</ArticleTitle><Abstract><AbstractText>What they are.</AbstractText></Abstract>"
        b"</BookDocument><PubmedBookData><History><PubMedPubDate PubStatus='pubmed'><Year>2025</Year><Month>12</Month>"
        b"<Day>9</Day></PubMedPubDate></History></PubmedBookData></PubmedBookArticle>"
        b"<PubmedArticle><MedlineCitation><PMID>8</PMID><Article><Abstract><AbstractText>It has none.</AbstractText>"
        b"</Abstract></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )
    book, untitled = read(body)
    assert (book.url, book.title, book.body, book.date) == (
        "https://pubmed.ncbi.nlm.nih.gov/7/", "Depot injections", "What they are.", "2025-12-09",
    )  # fmt: skip
    assert (untitled.url, untitled.title, untitled.body) == ("https://pubmed.ncbi.nlm.nih.gov/8/", "", "It has none.")


def test_the_interface_is_asked_at_the_pace_that_it_allows() -> None:
    assert pace("https://pubmed.ncbi.nlm.nih.gov/1/") is None
    assert 1 / 3 <= (pace(SEARCH) or 0) < 0.4
    assert 0.1 <= (pace(f"{SEARCH}&api_key=k") or 0) < 0.15


def test_requests_to_the_interface_start_that_far_apart_and_skip_its_robots_txt(httpserver: HTTPServer) -> None:
    server = httpserver
    server.expect_request("/eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi").respond_with_data(FOUND)
    waits: list[float] = []
    web = Fetcher(
        "T/1",
        Gateway(server.url_for("").rstrip("/")),
        Limits(),
        pace=pace,
        pause=waits.append,
        monotonic=lambda: 0.0,
    )
    for _ in range(3):
        web.get(SEARCH, 10_000)
    assert [round(wait, 2) for wait in waits] == [0.0, 0.34, 0.68]
    assert {request.path for request, _ in server.log} == {"/eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi"}


def test_the_key_is_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def request(self, *args: object, **kwargs: object) -> None:
            raise OSError("cannot reach /esearch.fcgi?api_key=secret&db=pubmed")

    web = Fetcher("T/1", Gateway(), Limits(), pace=pace, pool=Broken())  # type: ignore[arg-type]
    with pytest.raises(FetchError) as caught:
        web.get(f"{SEARCH}&api_key=secret", 10)
    assert "secret" not in str(caught.value)
