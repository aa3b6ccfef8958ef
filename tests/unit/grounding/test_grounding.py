"""Grounding: what stands in the source passes, what does not is refused."""

import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.grounding import Source, Vocabulary, figure_findings, sentence_findings, split_sentences

TITLE = "Acme Bio and Northwind sign €12.5 million licence for ZENOLAR (brivastatin)"
TEXT = """PARIS, 9 December 2025 – Acme Bio (Euronext: ACM) today announced that Northwind Pharmaceuticals will pay \
12.5 million euros upfront and up to $1,100,000 in milestones.

In the Phase III study, 1 250 patients received once-monthly NW-'749; 34% improved over six months. The U.S. Food and \
Drug Administration decision is expected in Q4 2026. Revenue rose 10-12% to SEK 1.7 billion."""
SOURCE = Source(TITLE, TEXT, published="2025-12-09")
PAY = "Northwind Pharmaceuticals will pay 12.5 million euros upfront"
MILESTONES = "up to $1,100,000 in milestones"
STUDY = "In the Phase III study, 1 250 patients received once-monthly NW-'749; 34% improved over six months."
FDA = "The U.S. Food and Drug Administration decision is expected in Q4 2026."
REVENUE = "Revenue rose 10-12% to SEK 1.7 billion."

GROUNDED = [
    ("Northwind pays Acme Bio €12.5 million upfront.", PAY),
    ("Northwind will pay EUR 12,500,000 upfront to Acme Bio.", PAY),
    ("Northwind will pay up to $1.1 million in milestones.", MILESTONES),
    ("In the Phase 3 study, 34 percent of 1,250 patients improved over 6 months.", STUDY),
    ("Patients received NW-'749 every month.", STUDY),
    ("An FDA decision is expected in the fourth quarter of 2026.", FDA),
    ("Acme Bio announced the licence on December 9, 2025.", "PARIS, 9 December 2025 – Acme Bio"),
    ("Revenue rose 10% to 12%, to 1.7 billion SEK.", REVENUE),
]


@pytest.mark.parametrize(("sentence", "evidence"), GROUNDED)
def test_a_paraphrase_in_other_number_and_date_formats_passes(sentence: str, evidence: str) -> None:
    assert sentence_findings(SOURCE, sentence, evidence) == ()


@pytest.mark.parametrize(
    ("sentence", "evidence", "kind"),
    [
        ("Northwind pays Acme Bio €12.6 million upfront.", PAY, "number"),
        ("Northwind pays Acme Bio $12.5 million upfront.", PAY, "number"),
        ("Northwind pays Acme Bio €12.5 billion upfront.", PAY, "number"),
        ("Pfizer pays Acme Bio €12.5 million upfront.", PAY, "name"),
        ("Northwind will pay up to $1.1 million.", FDA, "number"),
        ("In the Phase 2 study, 34% of patients improved.", STUDY, "number"),
        ("In the Phase 3 study, 34% improved over six weeks.", STUDY, "number"),
        ("In the Phase 3 study, 34 patients improved.", STUDY, "number"),
        ("Patients received NW-'749 every week.", STUDY, "frequency"),
        ("Patients received NW-'750 once a month.", STUDY, "name"),
        ("An FDA decision is expected in the third quarter of 2026.", FDA, "number"),
        ("An FDA decision is expected in Q4 2027.", FDA, "number"),
        ("Acme Bio announced the licence on December 8, 2025.", "PARIS, 9 December 2025", "date"),
        ("Acme Bio announced the licence in November.", "PARIS, 9 December 2025", "date"),
        ("Northwind will not pay 12.5 million euros upfront.", PAY, "negation"),
        ("Northwind will pay 12.5 million euros upfront.", "Northwind will pay everything at once", "evidence"),
        ("Acme Bio paiera des redevances et Northwind est dans le coup.", PAY, "language"),
    ],
)
def test_an_invention_is_refused(sentence: str, evidence: str, kind: str) -> None:
    assert kind in {finding.kind for finding in sentence_findings(SOURCE, sentence, evidence)}


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        ("The FDA has not approved Depora for adults.", "The FDA has approved Depora for adults."),
        ("The trial didn't meet its primary endpoint.", "The trial met its primary endpoint."),
        ("L'essai n'a pas atteint son critère principal.", "L'essai a atteint son critère principal."),
        ("Die Studie erreichte den Endpunkt nicht.", "Die Studie erreichte den Endpunkt."),
    ],
)
def test_a_denial_told_without_its_denial_is_refused(evidence: str, sentence: str) -> None:
    assert "negation" in {one.kind for one in sentence_findings(Source("News", evidence), sentence, evidence)}
    assert not sentence_findings(Source("News", evidence), evidence, evidence)


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        ("The trial met its endpoint, with no new safety signals.", "The trial met its endpoint."),
        ("The FDA approved Depora without any restriction.", "The FDA approved Depora."),
        ("The deal not only covers Europe but also Asia.", "The deal covers Europe and Asia."),
    ],
)
def test_what_is_denied_beside_a_statement_does_not_refuse_the_statement(evidence: str, sentence: str) -> None:
    assert not sentence_findings(Source("News", evidence), sentence, evidence)


def test_a_capital_raise_that_nobody_made_is_refused() -> None:
    notice = Source("Acme Bio appoints Jo Berg, Chief Strategy Officer, to advance US capital growth", "")
    for claim in ("Acme Bio announces a successful capital raise.", "Acme Bio completes a successful funding round."):
        assert sentence_findings(notice, claim)


def test_a_claim_of_another_kind_of_event_is_refused_when_the_caller_knows_the_kinds() -> None:
    def kinds(*wording: str) -> Callable[[str], frozenset[str]]:
        return lambda text: frozenset({"financing"} if any(one in text for one in wording) else set())

    vocabulary = Vocabulary(announced=kinds("capital raise"), told=kinds("capital raise", "new shares"))
    claim = "Acme Bio appoints Jo Berg as Chief Strategy Officer after its capital raise."
    notice = "Acme Bio appoints Jo Berg as Chief Strategy Officer to advance US capital growth"
    told = f"{notice}. The raise of capital in new shares was closed."
    assert [finding.kind for finding in sentence_findings(Source(notice, ""), claim, None, vocabulary)] == ["claim"]
    assert sentence_findings(Source(told, ""), claim, None, vocabulary) == ()


def test_an_invented_number_word_is_refused() -> None:
    source = Source("Study of a three-month depot", "The depot lasts three months in all patients.")
    assert sentence_findings(source, "The depot lasts 3 months.", "The depot lasts three months") == ()
    assert sentence_findings(source, "The depot lasts four months.", "The depot lasts three months")


@pytest.mark.parametrize(
    ("language", "written", "claimed", "grounded"),
    [
        ("en", "1,250 patients", "1250 patients", True),
        ("en", "1,000 patients", "1 patients", False),
        ("de", "1.250 Patienten", "1,250 patients", True),
        ("de", "1,25 Millionen Patienten", "1.25 million patients", True),
        ("fr", "1 250 patients", "1,250 patients", True),
        ("en", "10 million patients", "10,000,000 patients", True),
        ("en", "10 million patients", "10,000 patients", False),
        ("en", "0.125 mg", "125 mg", False),
    ],
)
def test_number_formats(language: str, written: str, claimed: str, grounded: bool) -> None:
    source = Source("Results", f"The study had {written}.", language=language)
    numbers = [f for f in sentence_findings(source, f"The study had {claimed}.") if f.kind == "number"]
    assert (numbers == []) is grounded


@pytest.mark.parametrize(
    ("name", "wording"),
    [
        ("zenolar", "ZENOLAR"),
        ("Northwind Pharmaceutical", "Northwind Pharmaceuticals"),
        ("acme-bio", "Acme Bio"),
        ("brivastatins", "brivastatin"),
        ("NW-'749", "NW-'749"),
    ],
)
def test_names_are_found_in_other_case_inflection_and_hyphenation(name: str, wording: str) -> None:
    mention = SOURCE.find(name)
    assert mention is not None
    assert mention.text == wording
    assert SOURCE.full[mention.start : mention.end] == wording


@pytest.mark.parametrize("name", ["Acme Biotech", "zeno", "win", "Contoso", "", "™", "-"])
def test_names_that_do_not_stand_as_words_are_not_found(name: str) -> None:
    assert SOURCE.find(name) is None


def test_possessives_are_not_part_of_a_name() -> None:
    mention = Source("Acme’s partner files", "").find("Acme")
    assert mention is not None
    assert mention.text == "Acme"


def test_evidence_is_found_through_white_space_and_typography_and_kept_in_the_source_s_wording() -> None:
    assert SOURCE.quote("once-monthly  NW-’749;\n34%  improved") == "once-monthly NW-'749; 34% improved"
    assert SOURCE.supporting("34% improved") == STUDY
    assert SOURCE.quote("35% improved") is None
    assert SOURCE.quote("orthwind") is None


def test_figures_need_a_number_that_stands_in_their_evidence() -> None:
    assert figure_findings(SOURCE, "34 %", STUDY) == ()
    assert figure_findings(SOURCE, "€12.5 million", STUDY) == ()  # the title has it
    assert figure_findings(SOURCE, "35%", STUDY)
    assert figure_findings(SOURCE, "$1.1 million", STUDY)
    assert figure_findings(SOURCE, "many", STUDY)


def test_sentences_end_where_readers_see_an_end() -> None:
    text = "Acme Inc. paid 1.5 million (approx. $2m). It's done! The U.S. unit, e.g. Boston, grew.\n\nNext"
    assert split_sentences(text) == [
        "Acme Inc. paid 1.5 million (approx. $2m).",
        "It's done!",
        "The U.S. unit, e.g. Boston, grew.",
        "Next",
    ]


NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@given(case=st.sampled_from(GROUNDED), index=st.integers(0, 9), value=st.integers(2, 99_999))
def test_any_corrupted_number_is_refused(case: tuple[str, str], index: int, value: int) -> None:
    sentence, evidence = case
    numbers = list(NUMBER.finditer(sentence.replace("'749", "")))
    assume(numbers and str(value) not in re.findall(r"\d+", f"{TITLE} {TEXT} 3 6 10 12500000 1250 1 1.1"))
    chosen = list(NUMBER.finditer(sentence))[index % len(list(NUMBER.finditer(sentence)))]
    corrupted = f"{sentence[: chosen.start()]}{value}{sentence[chosen.end() :]}"
    assert sentence_findings(SOURCE, corrupted, evidence)


@given(case=st.sampled_from(GROUNDED), name=st.from_regex(r"[A-Z][a-z]{3,9}", fullmatch=True))
def test_any_corrupted_name_is_refused(case: tuple[str, str], name: str) -> None:
    sentence, evidence = case
    assume(name.lower().rstrip("s") not in {word.lower().rstrip("s") for word in re.findall(r"\w+", SOURCE.full)})
    known = [word for word in ("Northwind", "Acme", "NW-'749", "FDA") if word in sentence]
    assume(known)
    corrupted = sentence.replace(known[0], name)
    found = {finding.kind for finding in sentence_findings(SOURCE, corrupted, evidence)}
    assert "name" in found or corrupted.startswith(name)


@given(
    st.lists(st.sampled_from([part for part in split_sentences(TEXT) if len(part.split()) > 4]), min_size=1, max_size=3)
)
def test_nothing_that_the_source_says_itself_is_refused(sentences: list[str]) -> None:
    for sentence in sentences:
        assert sentence_findings(SOURCE, sentence, sentence) == ()


@given(st.text(max_size=300), st.text(max_size=120))
def test_any_text_is_checked_without_an_error(text: str, claim: str) -> None:
    source = Source(claim, text)
    assert isinstance(sentence_findings(source, claim, text), tuple)
    assert isinstance(figure_findings(source, claim, text), tuple)
    source.find(claim)
