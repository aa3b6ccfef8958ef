"""Sample pages of the second vertical's sources, of our own wording, and what the edition is to make of each."""

from dataclasses import dataclass

from tests.unit.ingest.builders import page, rss

ROOMS = {
    "alnylam": "https://investors.alnylam.com/press-releases",
    "arrowhead": "https://ir.arrowheadpharma.com/press-releases",
    "silence": "https://silence-therapeutics.com/investors/press-releases/",
}
PRESS = "https://www.fiercebiotech.com/rss/xml"
SILENT = ("https://www.fiercepharma.com/rss/xml", "https://endpoints.news/feed/")


@dataclass(frozen=True, slots=True)
class Sample:
    """One article: where it is listed, and the section that prints it (empty: it is not printed)."""

    source: str
    title: str
    text: str
    section: str
    day: str = "2025-12-08"

    @property
    def url(self) -> str:
        site = PRESS if self.source == "press" else ROOMS[self.source]
        return f"https://{site.split('/')[2]}/sample/{self.title.lower().replace(' ', '-')[:40]}"


SAMPLES = (
    Sample(
        "alnylam",
        "European Commission approves AMVUTTRA for a further form of amyloidosis",
        "Alnylam Pharmaceuticals said that the European Commission approved AMVUTTRA (vutrisiran) for adults with "
        "cardiomyopathy. The RNAi therapeutic is injected under the skin once every three months.",
        "regulatory_updates",
    ),
    Sample(
        "arrowhead",
        "Arrowhead signs licence agreement for liver programme",
        "Arrowhead Pharmaceuticals signed an exclusive licence agreement with a partner in Japan. It receives an "
        "upfront payment of $40 million for the siRNA programme.",
        "partnerships_deals",
    ),
    Sample(
        "silence",
        "First patient dosed in phase 2 study of divesiran",
        "Silence Therapeutics has dosed the first patient in a phase 2 study of its siRNA in polycythaemia vera. "
        "The study enrols 40 patients.",
        "clinical_updates",
    ),
    Sample(
        "press",
        "Novartis reports phase 3 data of inclisiran in younger patients",
        "Novartis reported that the siRNA inclisiran lowered cholesterol in a phase 3 trial of 300 patients.",
        "clinical_updates",
    ),
    Sample(
        "press",
        "Gene editing company raises funds for a plant",
        "The company develops CRISPR medicines and raised money for manufacturing.",
        "",
    ),
    Sample(
        "press",
        "Teva files for approval of a monthly olanzapine injection",
        "Teva submitted a new drug application for a long-acting injectable to the FDA.",
        "",
    ),
    Sample("alnylam", "Alnylam to present at the winter healthcare conference", "Management will take part.", ""),
    Sample(
        "arrowhead", "Arrowhead Pharmaceuticals names a new chief financial officer", "She joins from another firm.", ""
    ),
    Sample(
        "silence",
        "Silence Therapeutics reports third quarter financial results",
        "Cash and cash equivalents amounted to $100 million.",
        "",
    ),
)


def web_pages() -> dict[str, str]:
    """Address → body of every page that the client's sources list, and of the listings."""
    pages = {one.url: page(one.title, one.text, head=_dated(one.day)) for one in SAMPLES}
    pages |= {url: _room(name, url) for name, url in ROOMS.items()}
    listed = (
        (one.title, one.url, "Mon, 08 Dec 2025 10:00:00 GMT", one.text) for one in SAMPLES if one.source == "press"
    )
    return pages | {PRESS: rss(*listed)}


def _dated(day: str) -> str:
    return f'<meta property="article:published_time" content="{day}T08:00:00Z">'


def _room(name: str, url: str) -> str:
    rows = "".join(
        f'<div class="release"><time datetime="{one.day}">{one.day}</time>'
        f'<h3><a href="{one.url}">{one.title}</a></h3></div>'
        for one in SAMPLES
        if one.source == name
    )
    return f'<!doctype html><html><head><base href="{url}"></head><body><main>{rows}</main></body></html>'
