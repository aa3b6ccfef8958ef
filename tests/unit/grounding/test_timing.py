"""A day belongs to the event that the source ties it to."""

import pytest

from shared.grounding import Source, sentence_findings

SUBMITTED = "Acme submitted the application for Depora to the FDA on 9 December 2025."
SOLORA = "The FDA approved an earlier product, Solora, on 3 March 2024."
BOTH = "Acme signed the licence on 4 May 2025, and Northwind closed its offering on 6 June 2025."
JAPAN = "The approval of Depora in Japan was granted in August 2025."
TEXT = f"PARIS, 10 December 2025 – Acme is pleased. {SUBMITTED} The drug is a depot. {SOLORA} {BOTH} {JAPAN}"
SOURCE = Source("Acme news on Depora", TEXT, published="2025-12-11")


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (SUBMITTED, "The FDA approved Depora on 9 December 2025."),
        (SUBMITTED, "On 9 December 2025, the FDA approved Depora."),
        (JAPAN, "Depora was approved on 9 December 2025."),
        (SUBMITTED, "Acme submitted the application for Depora on 3 March 2024."),
        (BOTH, "Northwind closed its offering on 4 May 2025."),
        (SUBMITTED, "Acme submitted the application for Depora in August 2025."),
    ],
)
def test_a_day_of_another_event_is_refused(evidence: str, sentence: str) -> None:
    assert "date" in {finding.kind for finding in sentence_findings(SOURCE, sentence, evidence)}


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (SUBMITTED, "The application for Depora was submitted to the FDA on 9 December."),
        (SUBMITTED, "On 9 December 2025, Acme submitted the application for Depora."),
        (SUBMITTED, "On 10 December 2025 Acme announced the application for Depora."),
        (SUBMITTED, "Acme announced on December 11 that it had submitted the application for Depora."),
        (BOTH, "Acme signed the licence on May 4, 2025."),
        (BOTH, "Acme signed the licence on 4 May and Northwind closed its offering on 6 June 2025."),
        (SOLORA, "The FDA approved Solora on 3 March 2024."),
        (JAPAN, "Japan granted approval of Depora in August 2025."),
    ],
)
def test_a_day_of_its_own_event_passes(evidence: str, sentence: str) -> None:
    assert sentence_findings(SOURCE, sentence, evidence) == ()


@pytest.mark.parametrize(
    ("language", "text", "sentence", "grounded"),
    [
        ("fr", "Acme a soumis le dossier le 9 mars 2025. Depora a été approuvé le 4 mai 2025.",
         "Depora a été approuvé le 9 mars 2025.", False),
        ("fr", "Acme a soumis le dossier le 9 mars 2025. Depora a été approuvé le 4 mai 2025.",
         "Depora a été approuvé le 4 mai 2025.", True),
        ("de", "Depora wurde am 9. März 2025 eingereicht. Depora wurde am 4. Mai 2025 zugelassen.",
         "Depora wurde am 9. März 2025 zugelassen.", False),
        ("de", "Depora wurde am 9. März 2025 eingereicht. Depora wurde am 4. Mai 2025 zugelassen.",
         "Depora wurde am 4. Mai 2025 zugelassen.", True),
    ],
)  # fmt: skip
def test_in_other_languages(language: str, text: str, sentence: str, *, grounded: bool) -> None:
    source = Source("Depora", text, language=language, published="2025-06-01")
    kinds = {finding.kind for finding in sentence_findings(source, sentence)}
    assert ("date" not in kinds) is grounded
