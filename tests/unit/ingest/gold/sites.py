"""Pages in the shapes of investor-relations platforms, wires and site builders, with what a reader would say they say."""

# ruff: noqa: E501 (documents, one a line)

import json
from collections.abc import Sequence

from tests.unit.ingest.gold import texts as t
from tests.unit.ingest.gold.pages import Gold, html, ld, meta, ps
from tests.unit.ingest.gold.pdfs import document, flow

_FORWARD = (
    "This release contains forward-looking statements. They are subject to risks and uncertainties that could cause "
    "results to differ from those expected, and the company is under no duty to revise them."
)


def _gold(name: str, title: str, paragraphs: Sequence[str], day: str | None, page: str, **rest: str) -> Gold:
    return Gold(name, page.encode(), title, tuple(paragraphs), day, **rest)


def investor_pages() -> list[Gold]:
    """Investor-relations platforms: stock tickers, tool lists, prints and alerts around the release."""
    title = "Ostrava Therapeutics Reports Positive Topline Results"
    text = (*t.EN_TRIAL, _FORWARD)
    ticker = (
        '<div class="module module-stock-header"><span class="stock-exchange">NASDAQ: OSTV</span><span class="price">$12.41</span>'
        '<span class="stock-date">December 10, 2025 4:00 PM</span></div>'
    )
    tools = (
        '<div class="module_links"><ul><li><a href="/rss">RSS</a></li><li><a href="/print">Print</a></li><li><a href="/alerts">Email Alerts</a>'
        '</li></ul></div><div class="module-quick-links"><h3>Quick Links</h3><ul><li>SEC Filings</li><li>Events & Presentations</li></ul></div>'
    )
    platform = (
        f'{ticker}<div class="layout layout--detail"><div class="module module-news-details"><div class="module_container"><h1 class="module_title">'
        f'{title}</h1><div class="module_date-time"><span class="module_date-text">12/09/2025</span></div><div class="module_body"><div '
        f'class="q4default"><p>BASEL, Switzerland, Dec. 09, 2025 (GLOBE NEWSWIRE) -- {text[0]}</p>{ps(text[1:])}</div></div></div></div>{tools}</div>'
    )
    node = (
        f'<div class="nir-widget nir-widget--news"><div class="nir-widget--list"><article class="node node--nir-news--full"><h2>{title}</h2>'
        f'<div class="nir-widget--field nir-widget--news--date-time">December 8, 2025 at 7:00 AM EST</div><div class="node__content">'
        f'<a class="pdf-file-link" href="/node/1/pdf">PDF Version</a>{ps(text)}</div></article></div></div>'
    )
    return [
        _gold("investor platform, numeric date and dateline", title, text, "2025-12-09", html(title, platform),
              timezone="America/New_York"),
        _gold("investor platform, date with a short zone", title, text, "2025-12-08", html(title, node),
              timezone="America/New_York"),
    ]  # fmt: skip


def more_wires() -> list[Gold]:
    title = "Nordvik and Brightwater Sign Licence Agreement"
    text = t.EN_DEAL
    quotes = "<table class='bwtable'><tr><td>Upfront</td><td>EUR 18 million</td></tr><tr><td>Milestones</td><td>EUR 240 million</td></tr></table>"
    with_table = (
        f'<main class="ui-kit"><div class="release-header"><h1>{title}</h1><div>Dec 5, 2025 7:00 AM Eastern Standard Time</div><div>Share</div></div>'
        f'<div class="release-body"><p>LUND, Sweden--(BUSINESS WIRE)--{text[0]}</p>{ps(text[1:])}{quotes}</div></main>'
        f'<section class="more-from"><h2>More News From Nordvik</h2><div><h3>Nordvik to Present in London</h3><p>LUND, Sweden--(BUSINESS WIRE)--'
        f"Nordvik will present at a conference on December 16, 2025.</p></div></section>"
    )
    old = (
        f'<table width="100%"><tr><td><font size="4"><b>{title}</b></font></td></tr><tr><td>Dec. 9, 2025 07:00 AM ET</td></tr><tr><td>'
        f"<pre>{chr(10) * 2}{(chr(10) * 2).join(text)}</pre></td></tr></table>"
    )
    return [
        _gold("wire with a table and more of the same company", title, (*text, "Upfront EUR 18 million Milestones EUR 240 million"),
              "2025-12-05", html(title, with_table), timezone="America/New_York"),
        _gold("preformatted text in a table", title, text, "2025-12-09", html(title, old), timezone="America/New_York"),
    ]  # fmt: skip


def builders() -> list[Gold]:
    """Applications that keep their article in a script, block themes, and portals of the press."""
    title = "Silika Delivery awarded grant for one-year implant"
    text = t.EN_GRANT
    blocks = [{"type": "paragraph", "content": paragraph} for paragraph in text]
    props = {
        "props": {
            "pageProps": {"article": {"title": title, "publishedAt": "2025-11-13T00:00:00.000Z", "blocks": blocks}}
        }
    }
    data = f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(props)}</script>'
    rendered = (
        f'<div id="__next"><main><h1>{title}</h1><time dateTime="2025-11-13T00:00:00.000Z">13 Nov 2025</time><div class="prose">{ps(text)}'
        f'</div><div class="grid"><h2>Keep reading</h2><a href="/a"><h3>Our year in pictures</h3><time dateTime="2025-12-01">1 Dec 2025</time></a>'
        f'<a href="/b"><h3>Meet the team in Turku</h3><time dateTime="2025-11-28">28 Nov 2025</time></a></div></main></div>{data}'
    )
    theme = (
        f'<div class="wp-site-blocks"><main class="wp-block-group"><h1 class="wp-block-post-title">{title}</h1><div class="wp-block-post-date">'
        f'<time datetime="2025-11-14T08:00:00+02:00">November 14, 2025</time></div><div class="entry-content wp-block-post-content">{ps(text)}'
        f'<div class="jp-relatedposts"><h3>Related</h3><p>Second funding round closed. September 2, 2025. In "News"</p></div></div>'
        f'<div class="wp-block-query"><h2>More posts</h2><ul class="wp-block-post-template"><li><h3><a href="/q">We are moving</a></h3><div '
        f'class="wp-block-post-date"><time datetime="2025-12-03">December 3, 2025</time></div></li></ul></div></main></div>'
    )
    portal = (
        f'<main><article class="article"><p class="kicker">Drug delivery</p><h1>{title}</h1><p class="byline">By <a href="/w">W. Riter</a> '
        f'Nov 15, 2025 9:30am</p><ul class="topics"><li>grants</li><li>implants</li></ul><figure><img src="i.jpg"><figcaption>The laboratory in '
        f'Turku. (Silika Delivery)</figcaption></figure><div class="body">{ps(text[:2])}<div class="ad-slot">Advertisement</div>'
        f'<div class="newsletter-signup"><h4>Get the daily news</h4><p>Sign up and receive our headlines every morning.</p></div>{ps(text[2:])}'
        f'</div></article><aside class="most-read"><h2>Most read</h2><ol><li>Ten deals that shaped the year</li></ol></aside></main>'
    )
    return [
        _gold("application with its data in a script", title, text, "2025-11-13", html(title, rendered), timezone="America/New_York"),
        _gold("block theme with two lists of related posts", title, text, "2025-11-14", html(title, theme), timezone="Europe/Helsinki"),
        _gold("trade press with byline, picture and sign-up", title, (*text, "The laboratory in Turku. (Silika Delivery)"), "2025-11-15",
              html(title, portal), timezone="America/New_York"),
    ]  # fmt: skip


def dates() -> list[Gold]:
    fr, de = "Occitanie Biologics : premier patient inclus", "Rheinwerk schließt Lizenzvertrag für Japan"
    short_fr = f'<main><h1>{fr}</h1><div class="infos">9 déc. 2025 | Communiqué de presse</div><div class="texte">{ps(t.FR_ESSAI)}</div></main>'
    dots = (
        f'<main><div class="news-detail"><div class="news-detail__top">09.12.2025 | Pressemitteilung</div><h1>{de}</h1>{ps(t.DE_LIZENZ)}'
        f'<div class="news-detail__dates"><h3>Termine</h3><p>12.03.2026 Geschäftsbericht</p><p>14.05.2026 Hauptversammlung</p></div></div></main>'
    )
    title = "Corvane reports on the year ended June 30, 2025 and calls a meeting for January 14, 2026"
    text = (
        "Galway – Corvane publishes its report on the year ended June 30, 2025, and calls its shareholders to a meeting on "
        "January 14, 2026.",
        *t.EN_SUPPLY[1:],
    )
    several = (
        f'<div class="cols"><div class="left"><h3>Calendar</h3><p>January 14, 2026<br>Annual meeting</p><p>December 1, 2025<br>Report</p></div>'
        f'<div class="right"><p class="news-item-date">December 4, 2025</p><h1>{title}</h1>{ps(text)}</div></div>'
    )
    column = (
        f'<div class="cols"><div class="left"><h3>Financial calendar</h3><div><span>December 1, 2025</span><span>Interim report</span></div><div>'
        f'<span>January 14, 2026</span><span>Annual meeting</span></div></div><div class="right"><h1>{title}</h1><div><span>December 4, 2025</span>'
        f"</div>{ps(text)}</div></div>"
    )
    masthead = (
        f'<div class="masthead"><a href="/">The Courier</a><div>Wednesday, December 10, 2025</div></div><div class="story"><h1>{title}</h1>'
        f'<div class="credit"><span>A. Writer</span> <span>December 4, 2025</span></div>{ps(text)}</div>'
    )
    data = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": title, "datePublished": "2025-12-04T00:00:00+00:00",
            "dateModified": "2025-12-06T10:00:00+00:00"}  # fmt: skip
    stamped = f"<main><h1>{title}</h1>{ps(text)}</main>"
    return [
        _gold("French, month cut short", fr, t.FR_ESSAI, "2025-12-09", html(fr, short_fr, lang="fr"), timezone="Europe/Paris"),
        _gold("German, dots, with dates to come", de, t.DE_LIZENZ, "2025-12-09", html(de, dots, lang="de"), timezone="Europe/Berlin"),
        _gold("several dates in title and calendar", title, text, "2025-12-04", html(title, several)),
        _gold("a calendar of dates gone by and to come", title, text, "2025-12-04", html(title, column)),
        _gold("the day itself in the masthead", title, text, "2025-12-04", html(title, masthead)),
        _gold("a bare date as midnight, source in the west", title, text, "2025-12-04", html(title, stamped, ld(data)),
              timezone="America/Los_Angeles"),
        _gold("midnight in a meta tag, source in the west", title, text, "2025-12-05",
              html(title, stamped, meta("article:published_time", "2025-12-05T00:00:00Z")), timezone="America/New_York"),
    ]  # fmt: skip


def releases_in_pdf() -> list[Gold]:
    title = "Ostrava Therapeutics reports positive results"
    text = (*t.EN_TRIAL, *t.EN_GRANT, _FORWARD)
    wide = document(
        flow(title, ["PRESS RELEASE", "Regulated information", "Basel, Switzerland – 9 December 2025 – 07:00 CET"], text, lines=16,
             hyphens=True, head="Ostrava Therapeutics AG  |  Press release  |  9 December 2025", foot="www.example.org    {number}/{total}")
    )  # fmt: skip
    return [
        Gold("PDF: divided words, heads and feet over pages", wide, title, text, "2025-12-09", "application/pdf", "Europe/Zurich",
             "https://www.example.org/files/b.pdf"),
    ]  # fmt: skip


def sites() -> list[Gold]:
    """All of them."""
    return [gold for made in (investor_pages, more_wires, builders, dates, releases_in_pdf) for gold in made()]
