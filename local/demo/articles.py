"""The demo's articles, dated relative to a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import yaml

CORPORATE = "demo-corporate.example.org"
PRESS = "demo-press.example.org"
GRANTS = "demo-grants.example.org"
_FOLDERS = {CORPORATE: "news", PRESS: "story", GRANTS: "awards"}
_FILE = Path(__file__).with_name("articles.yaml")


@dataclass(frozen=True)
class Article:
    """One article. `published` is None where the page carries no date."""

    host: str
    slug: str
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    published: date | None
    dated: Literal["json_ld", "meta", "none"]
    pdf: bool

    @property
    def path(self) -> str:
        """Path of the article's own page or PDF."""
        return f"/{_FOLDERS[self.host]}/{self.slug}" + (".pdf" if self.pdf else "/")

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


def articles(day: date) -> tuple[Article, ...]:
    """All articles as they stand on `day`, the newest first; the undated ones last."""
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    hosts = {"corporate": CORPORATE, "press": PRESS, "grants": GRANTS}
    found = [_article(hosts[name], row, day) for name, rows in content.items() for row in rows]
    return tuple(sorted(found, key=lambda article: article.published or date.min, reverse=True))


def _article(host: str, row: dict[str, object], day: date) -> Article:
    days_ago, paragraphs = row["days_ago"], row["paragraphs"]
    if not isinstance(paragraphs, list):
        raise TypeError(f"{row['slug']}: paragraphs must be a list")
    return Article(
        host=host,
        slug=str(row["slug"]),
        title=str(row["title"]),
        lead=str(row.get("lead") or paragraphs[0]),
        paragraphs=tuple(map(str, paragraphs)),
        published=day - timedelta(days=days_ago) if isinstance(days_ago, int) else None,
        dated=_DATED[str(row.get("dated") or "json_ld")],
        pdf=row.get("format") == "pdf",
    )


_DATED: dict[str, Literal["json_ld", "meta", "none"]] = {"json_ld": "json_ld", "meta": "meta", "none": "none"}
