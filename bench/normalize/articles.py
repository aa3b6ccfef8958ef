"""Press releases of invented companies, as long as real ones, whose facts the endpoint's rules find in the text."""

from collections.abc import Sequence

from shared import ids
from shared.config.tree import ConfigTree
from shared.contracts.items import DatedBy, RawItem

_SENTENCES = (
    "{company} today announced results of its study of {molecule} in {patients} patients.",
    "The primary endpoint was met after {weeks} weeks of treatment, with a response in {share}% of the patients.",
    "The depot formulation was given by subcutaneous injection once every {months} months.",
    "Adverse events led {few} patients to leave the study, and none of them was serious.",
    "The company will meet the agency in the third quarter to discuss a second study of {second} patients.",
    "The study ran at {sites} sites in {countries} countries and enrolled its first patient {years} years ago.",
    "A partner will pay {company} {million} million dollars when the second study begins.",
    "The extended-release injectable keeps its active substance stable for {stable} months at room temperature.",
)
_BOILERPLATE = (
    "This statement speaks as of its date, and the company has no duty to revise it in the light of later events. "
    "Results of clinical studies are uncertain, and what was seen in one study may not be seen in the next one."
)


def articles(tree: ConfigTree, count: int, name: str) -> list[RawItem]:
    """`count` different items; those of another `name` are different again."""
    companies = sorted(company.name for company in tree.companies.values())
    molecules = sorted(molecule.name for molecule in tree.molecules.values())
    return [_article(companies[n % len(companies)], molecules[n % len(molecules)], n, name) for n in range(count)]


def _article(company: str, molecule: str, n: int, name: str) -> RawItem:
    numbers = {
        "patients": 200 + n,
        "weeks": 12 + n % 40,
        "share": 40 + n % 50,
        "months": 1 + n % 6,
        "few": 2 + n % 9,
        "second": 500 + n,
        "sites": 20 + n,
        "countries": 3 + n % 12,
        "years": 2 + n % 5,
        "million": 10 + n,
        "stable": 6 + n % 30,
    }
    title = f"{company} announces results of study {n} of {molecule} extended-release injectable"
    paragraphs: Sequence[str] = [
        *(sentence.format(company=company, molecule=molecule, **numbers) for sentence in _SENTENCES),
        *[_BOILERPLATE] * (4 + n % 5),
        f"Reference {name}-{n}.",
    ]
    text = "\n\n".join(paragraphs)
    url = f"https://example.org/{name}/{n}"
    return RawItem(
        item_id=ids.item_id(url),
        content_hash=ids.content_hash(title, text),
        url=url,
        title=title,
        text=text,
        text_origin="article",
        published="2025-12-09",
        dated_by=DatedBy(origin="feed", confidence="high"),
        source_key="bench",
        source_name="Bench",
        source_type="press_corporate",
        sources=("bench",),
        fetched_at="2025-12-10T08:00:00+00:00",
    )
