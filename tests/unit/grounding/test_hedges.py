"""What a source leaves open is not told as a fact; told as open, or beside what is settled, it passes."""

import pytest

from shared.grounding import Source, sentence_findings

TOLD_AS_FACT = [
    ("en", "If approved, Depora would be available in 2026.", "Depora is available in 2026."),
    ("en", "If approved, Depora would be the first monthly option.", "Depora is the first monthly option."),
    (
        "en",
        "Acme plans to submit an NDA for Depora to the FDA in the second half of 2026.",
        "Acme submitted an NDA for Depora to the FDA.",
    ),
    (
        "en",
        "Acme expects to submit the application for Depora in early 2026.",
        "Acme has submitted the application for Depora.",
    ),
    ("en", "Depora may be approved by the agency next year.", "Depora was approved by the agency."),
    ("en", "The merger could be completed in the second quarter.", "The merger was completed in the second quarter."),
    ("en", "Acme intends to launch Depora in Germany.", "Acme launched Depora in Germany."),
    ("en", "Acme will submit the dossier to the EMA.", "Acme has submitted the dossier to the EMA."),
    ("en", "FDA approval of Depora is expected in Q4 2026.", "Depora received FDA approval in Q4 2026."),
    ("en", "The approval of Depora by the FDA is pending.", "The approval of Depora by the FDA was granted."),
    ("en", "Acme is seeking approval of Depora in Europe.", "Acme has won approval of Depora in Europe."),
    ("en", "Depora could potentially reduce relapses in adults.", "Depora reduces relapses in adults."),
    ("fr", "Depora pourrait être approuvé par l'agence en 2026.", "Depora est approuvé par l'agence en 2026."),
    ("fr", "Acme prévoit de soumettre le dossier de Depora à la FDA.", "Acme a soumis le dossier de Depora à la FDA."),
    (
        "fr",
        "Si Depora est approuvé, le traitement serait disponible en France.",
        "Depora est approuvé et disponible en France.",
    ),
    ("de", "Depora könnte im Jahr 2026 zugelassen werden.", "Depora wurde im Jahr 2026 zugelassen."),
    (
        "de",
        "Acme plant, den Zulassungsantrag für Depora einzureichen.",
        "Acme hat den Zulassungsantrag für Depora eingereicht.",
    ),
    (
        "de",
        "Die Zulassung von Depora wird voraussichtlich 2026 erteilt.",
        "Die Zulassung von Depora wurde 2026 erteilt.",
    ),
    ("es", "Depora podría ser aprobado por la agencia en 2026.", "Depora fue aprobado por la agencia en 2026."),
    ("es", "Acme prevé presentar la solicitud de Depora a la EMA.", "Acme presentó la solicitud de Depora a la EMA."),
    (
        "en",
        "The proposed acquisition of Northwind by Acme is worth $2 billion.",
        "Acme has completed the acquisition of Northwind worth $2 billion.",
    ),
    ("en", "The planned launch of Depora is in Germany.", "Depora was launched in Germany."),
    ("it", "Depora potrebbe essere approvato in Italia nel 2026.", "Depora viene approvato in Italia nel 2026."),
]

HONEST = [
    ("en", "If approved, Depora would be available in 2026.", "Depora could be available in 2026 if it is approved."),
    (
        "en",
        "If approved, Depora would be the first monthly option.",
        "Depora would be the first monthly option, if approved.",
    ),
    (
        "en",
        "Acme plans to submit an NDA for Depora to the FDA in the second half of 2026.",
        "Acme plans an NDA submission for Depora to the FDA in the second half of 2026.",
    ),
    (
        "en",
        "Acme plans to submit an NDA for Depora to the FDA in the second half of 2026.",
        "Acme will submit an NDA for Depora to the FDA in the second half of 2026.",
    ),
    (
        "en",
        "Acme expects to submit the application for Depora in early 2026.",
        "Submission of the application for Depora is expected in early 2026.",
    ),
    ("en", "Depora may be approved by the agency next year.", "The agency might approve Depora next year."),
    ("en", "Acme intends to launch Depora in Germany.", "Acme is to launch Depora in Germany."),
    ("en", "Acme will submit the dossier to the EMA.", "Acme is going to submit the dossier to the EMA."),
    ("en", "Northwind will pay 12 million euros upfront.", "Northwind pays 12 million euros upfront."),
    (
        "en",
        "The FDA accepted the NDA for Depora, which could become the first monthly option.",
        "The FDA accepted the NDA for Depora.",
    ),
    ("en", "The FDA approved Depora, and Acme expects to launch it in the spring.", "The FDA approved Depora."),
    (
        "en",
        "Acme submitted the NDA in May 2025 and plans to submit the MAA in 2026.",
        "Acme submitted the NDA in May 2025.",
    ),
    (
        "en",
        "The FDA has approved Depora for adults who may not tolerate tablets.",
        "The FDA has approved Depora for adults.",
    ),
    (
        "en",
        "Sales of Depora were higher than expected and reached $12 million.",
        "Sales of Depora reached $12 million.",
    ),
    (
        "en",
        "Acme today announced the approval of Depora, which may help patients with gout.",
        "Depora was approved, Acme announced.",
    ),
    (
        "en",
        "The study met its primary endpoint and the company expects to file for approval in 2026.",
        "The study met its primary endpoint.",
    ),
    (
        "en",
        "Acme signed an agreement under which it may receive up to $100 million in milestones.",
        "Acme signed an agreement with up to $100 million in milestones.",
    ),
    (
        "en",
        "Acme signed an agreement under which it may receive up to $100 million in milestones.",
        "Acme is eligible for up to $100 million in milestones.",
    ),
    (
        "en",
        "Acme is entitled to receive royalties if Depora is launched.",
        "Acme would receive royalties on a launch of Depora.",
    ),
    (
        "en",
        "Whether given monthly or every two months, Depora reduced relapses.",
        "Depora reduced relapses when given monthly or every two months.",
    ),
    ("fr", "L'agence a approuvé Depora, qui pourrait être lancé au printemps.", "L'agence a approuvé Depora."),
    ("fr", "Acme prévoit de soumettre le dossier de Depora à la FDA.", "Acme soumettra le dossier de Depora à la FDA."),
    (
        "de",
        "Die Behörde hat Depora zugelassen, das im Frühjahr auf den Markt kommen soll.",
        "Die Behörde hat Depora zugelassen.",
    ),
    ("es", "Acme prevé presentar la solicitud de Depora a la EMA.", "Acme presentará la solicitud de Depora a la EMA."),
    ("es", "La agencia aprobó Depora, que podría lanzarse en primavera.", "La agencia aprobó Depora."),
    ("en", "The board approved a proposed share split.", "The board approved a share split."),
    (
        "en",
        "Acme received approval for its planned phase 2 study of Depora.",
        "Acme received approval for a phase 2 study of Depora.",
    ),
    (
        "en",
        "The grant will support development of a depot vaccine.",
        "The grant supports development of a depot vaccine.",
    ),
    (
        "en",
        "Data will be presented at the congress in May 2026.",
        "Data are to be presented at the congress in May 2026.",
    ),
    ("en", "Acme will receive $5 million upfront and be eligible for milestones.", "Acme receives $5 million upfront."),
    (
        "en",
        "The NDA is under review, with a decision expected in Q4 2026.",
        "The NDA is under review; a decision is expected in Q4 2026.",
    ),
    (
        "en",
        "The FDA accepted for review the NDA for Depora; a decision is expected in Q4 2026.",
        "The FDA accepted the NDA for Depora for review.",
    ),
]


def kinds(language: str, evidence: str, sentence: str, *, cited: bool = True) -> set[str]:
    source = Source("News", evidence, language=language)
    return {finding.kind for finding in sentence_findings(source, sentence, evidence if cited else None)}


@pytest.mark.parametrize(("language", "evidence", "sentence"), TOLD_AS_FACT)
def test_what_is_left_open_and_told_as_a_fact_is_refused(language: str, evidence: str, sentence: str) -> None:
    assert "hedge" in kinds(language, evidence, sentence)
    assert "hedge" in kinds(language, evidence, sentence, cited=False)


@pytest.mark.parametrize(("language", "evidence", "sentence"), HONEST)
def test_an_honest_paraphrase_passes(language: str, evidence: str, sentence: str) -> None:
    assert kinds(language, evidence, sentence) == set()


def test_what_the_title_settles_is_no_longer_open() -> None:
    body = "Acme expects an approval of Depora by the FDA soon."
    sentence = "The approval of Depora by the FDA came."
    assert sentence_findings(Source("Depora", body), sentence, body)
    assert not sentence_findings(Source("The approval of Depora came", body), sentence, body)


def test_an_opening_noun_made_of_a_verb_of_the_source_is_no_name() -> None:
    source = Source("News", "Acme completed the merger with Northwind, which makes depots.")
    assert not sentence_findings(source, "Completion of the merger with Northwind makes Acme larger.")
    assert sentence_findings(source, "Complerion of the merger with Contoso makes Acme larger.")
