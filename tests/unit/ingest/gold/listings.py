"""Listing pages as investor platforms, site builders and wires make them, with the entries that a reader would name."""

# ruff: noqa: E501 (documents, one a line)

from typing import NamedTuple

BASE = "https://www.example.org/news/"
_TITLES = (
    "Ostrava doses the first patient in its study",
    "Ostrava and Nordvik sign a licence agreement",
    "Grant for a one-year implant",
)
_PATHS = ("/news/first-patient", "/news/licence", "/news/grant")
_FRAME = (
    "<header><nav><ul><li><a href='/'>Home</a></li><li><a href='/about'>About the company and its people</a></li><li><a href='/investors'>"
    "Information for our investors</a></li></ul></nav></header>"
)
_FOOT = "<footer><a href='/privacy'>How we treat personal data on this website</a> © 2025</footer>"


class GoldListing(NamedTuple):
    """A listing as served: its entries as (path, title, day), and the path of its next page."""

    name: str
    body: str
    entries: tuple[tuple[str, str, str], ...]
    next_path: str = ""
    timezone: str = "UTC"


def _page(inner: str) -> str:
    return f"<!doctype html><html><body>{_FRAME}{inner}{_FOOT}</body></html>"


def _rows(form: str, written: tuple[str, ...]) -> str:
    return "".join(form.format(path=p, title=t, date=d) for p, t, d in zip(_PATHS, _TITLES, written, strict=True))


def _listing(
    name: str,
    form: str,
    written: tuple[str, ...],
    around: str,
    days: tuple[str, ...],
    next_path: str = "",
    timezone: str = "UTC",
) -> GoldListing:
    entries = tuple(zip(_PATHS, _TITLES, days, strict=True))
    return GoldListing(name, _page(around.format(rows=_rows(form, written))), entries, next_path, timezone)


_DAYS = ("2025-12-09", "2025-12-08", "2025-11-27")
_US = ("Dec 9, 2025 7:00 AM EST", "Dec 8, 2025 4:05 PM EST", "Nov 27, 2025 8:00 AM EST")
_EN = ("December 9, 2025", "December 8, 2025", "November 27, 2025")
_DE = ("09.12.2025", "08.12.2025", "27.11.2025")
_FR = ("9 déc. 2025", "8 déc. 2025", "27 nov. 2025")
_ISO = ("2025-12-09T00:00:00Z", "2025-12-08T00:00:00Z", "2025-11-27T00:00:00Z")

LISTINGS = (
    _listing(
        "a table with a column of dates and one of files",
        "<tr><td class='c1'>{date}</td><td><a href='{path}'>{title}</a></td><td><a href='{path}.pdf'>Download PDF</a></td></tr>",
        _EN,
        "<main><table><thead><tr><th>Date</th><th>Title</th><th>File</th></tr></thead><tbody>{rows}</tbody></table></main>",
        _DAYS,
    ),
    _listing(
        "an investor platform with years to choose from",
        "<div class='module_item'><div class='module_date-time'><span class='module_date-text'>{date}</span></div><div class='module_headline'>"
        "<a class='module_headline-link' href='{path}'>{title}</a></div><div class='module_links'><a href='{path}/pdf'>View PDF</a></div></div>",
        _US,
        "<div class='module-news'><select><option>2025</option><option>2024</option></select><div class='module_container'>{rows}</div></div>",
        _DAYS,
        timezone="America/New_York",
    ),
    _listing(
        "cards that are links as a whole",
        "<a class='card' href='{path}'><img src='x.jpg'><div class='card__meta'><span>Press release</span><span>{date}</span></div><h3>{title}</h3>"
        "<p>What it is about, in a sentence or two that invite to read on.</p></a>",
        _FR,
        "<section class='cards'>{rows}</section><ul class='pagination'><li class='page-item next'><a href='/news/page/2'>Suivant</a></li></ul>",
        _DAYS,
        "/news/page/2",
        "Europe/Paris",
    ),
    _listing(
        "a list of definitions",
        "<dt>{date}</dt><dd><a href='{path}'>{title}</a></dd>",
        _DE,
        "<main><h1>Pressemitteilungen</h1><dl>{rows}</dl></main>",
        _DAYS,
        timezone="Europe/Berlin",
    ),
    _listing(
        "block theme with time elements at midnight UTC, source in the west",
        "<li class='wp-block-post'><h2 class='wp-block-post-title'><a href='{path}'>{title}</a></h2><div class='wp-block-post-date'><time "
        "datetime='{date}'>some day</time></div></li>",
        _ISO,
        "<main><ul class='wp-block-post-template'>{rows}</ul><nav class='wp-block-query-pagination'><a class='wp-block-query-pagination-next' "
        "href='/news/?query-page=2'>Next Page</a></nav></main>",
        _DAYS,
        "/news/?query-page=2",
        "America/Los_Angeles",
    ),
    _listing(
        "lines of date, dash and link",
        "<p><strong>{date}</strong> – <a href='{path}'>{title}</a></p>",
        _EN,
        "<div class='content'><h1>News</h1>{rows}</div>",
        _DAYS,
    ),
    _listing(
        "an accordion of years with a search form",
        "<li><div class='row'><div class='col-2'>{date}</div><div class='col-10'><h4>{title}</h4><a class='btn' href='{path}'>Read more</a></div></div></li>",
        _DE,
        "<main><form><input name='q'><button>Search</button></form><div class='accordion'><h2>2025</h2><ul>{rows}</ul></div></main>",
        _DAYS,
    ),
)
