"""Pages in the shapes of real corporate and press sites, each with the text and the date that a reader would name."""

# ruff: noqa: E501 (documents, one a line)

import json
from collections.abc import Sequence
from typing import NamedTuple

from tests.unit.ingest.gold import texts as t

Paragraphs = Sequence[str]


class Gold(NamedTuple):
    """A document as served, and what it says. `day` is None when nothing on it dates it."""

    name: str
    body: bytes
    title: str
    paragraphs: tuple[str, ...]
    day: str | None
    content_type: str = "text/html; charset=utf-8"
    timezone: str = "UTC"
    url: str = "https://www.example.org/news/a-release"


_COOKIES = """<div id="onetrust-banner-sdk" class="cookie-consent" role="dialog"><h2>We value your privacy</h2>
<p>This website uses cookies to improve your experience, analyse traffic and show you content that may interest you.
You can accept all cookies or choose which ones you allow. Updated 3 January 2024.</p>
<button>Accept all cookies</button><button>Reject all</button></div>"""
_NAV = """<header class="site-header"><nav><ul><li><a href="/">Home</a></li><li><a href="/pipeline">Our pipeline</a></li>
<li><a href="/investors">Investors</a></li><li><a href="/news">News and events</a></li></ul></nav></header>"""
_FOOTER = """<footer><p>© 2019–2025 All rights reserved. Registered office: 12 Harbour Street.</p>
<ul><li><a href="/privacy">Privacy notice</a></li><li><a href="/terms">Terms of use</a></li></ul>
<p>Sign up for our newsletter and receive our press releases by e-mail.</p></footer>"""
_SHARE = """<div class="social-share"><span>Share this article</span><a href="https://x.com/share">X</a>
<a href="https://www.linkedin.com/share">LinkedIn</a><a href="mailto:?subject=x">Email</a></div>"""
_RELATED = """<aside class="related-news"><h3>Related news</h3><ul>
<li><time datetime="2025-11-02">2 November 2025</time><a href="/news/b">Half-year report published for the period</a>
<p>Sales grew by eleven per cent in the first half of the year, driven by the two products on the market.</p></li>
<li><time datetime="2025-10-14">14 October 2025</time><a href="/news/c">Chief executive to speak at investor day</a>
<p>The presentation will be webcast live and remain available for thirty days on the company's site.</p></li>
</ul></aside>"""
_CARDS = """<section class="more"><h2>More from the newsroom</h2><div class="cards">
<article class="card"><time datetime="2025-12-01">Dec 1, 2025</time><h3><a href="/d">A plant is opened in Ireland</a></h3></article>
<article class="card"><time datetime="2025-11-20">Nov 20, 2025</time><h3><a href="/e">New member of the board</a></h3></article>
</div></section>"""


def ps(paragraphs: Paragraphs) -> str:
    return "\n".join(f"<p>{p}</p>" for p in paragraphs)


def html(title: str, inner: str, head: str = "", lang: str = "en") -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title} | Company</title>{head}</head>'
        f"<body>{_COOKIES}{_NAV}{inner}{_FOOTER}</body></html>"
    )


def ld(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value, ensure_ascii=False)}</script>'


def meta(name: str, content: str, key: str = "property") -> str:
    return f'<meta {key}="{name}" content="{content}">'


def _gold(name: str, title: str, paragraphs: Paragraphs, day: str | None, page: str, **rest: str) -> Gold:
    encoding = rest.pop("encoding", "utf-8")
    return Gold(name, page.encode(encoding, "replace"), title, tuple(paragraphs), day, **rest)


def structured_data() -> list[Gold]:
    title = "Ostrava Therapeutics reports positive topline results"
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": "Company", "datePublished": "2016-02-01"},
            {
                "@type": "WebPage",
                "datePublished": "2025-12-01T08:00:00+00:00",
                "dateModified": "2025-12-10T08:00:00+00:00",
            },
            {"@type": "Article", "headline": title, "datePublished": "2025-12-02T06:00:00+00:00"},
            {"@type": "BreadcrumbList", "itemListElement": []},
        ],
    }
    news = [{"@type": ["NewsArticle", "Report"], "datePublished": "2025-12-03T23:30:00-05:00", "headline": title}]
    nested = {"@type": "WebPage", "mainEntity": {"@type": "NewsArticle", "datePublished": "2025-12-04"}}
    broken = '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2025-01-01",}</script>'
    inner = f"<main><article><h1>{title}</h1>{_SHARE}{ps(t.EN_TRIAL)}</article>{_RELATED}</main>"
    return [
        _gold("JSON-LD @graph of a WordPress site", title, t.EN_TRIAL, "2025-12-02", html(title, inner, ld(graph))),
        _gold("JSON-LD list, evening in New York", title, t.EN_TRIAL, "2025-12-03", html(title, inner, ld(news)),
              timezone="America/New_York"),
        _gold("JSON-LD in mainEntity", title, t.EN_TRIAL, "2025-12-04", html(title, inner, ld(nested))),
        _gold("broken JSON-LD beside a meta tag", title, t.EN_TRIAL, "2025-12-05",
              html(title, inner, broken + meta("article:published_time", "2025-12-05T09:00:00Z"))),
    ]  # fmt: skip


def meta_tags() -> list[Gold]:
    title = "Nordvik and Brightwater sign licence agreement"
    inner = f"<div id='content'><h1>{title}</h1><div class='body'>{ps(t.EN_DEAL)}</div>{_SHARE}</div>{_CARDS}"
    heads = {
        "og": (meta("article:published_time", "2025-11-18T07:30:00+01:00") + meta("article:modified_time", "2025-12-09"), "2025-11-18"),
        "Dublin Core": (meta("DC.date.issued", "2025-11-19", "name") + meta("last-modified", "2025-12-01", "name"), "2025-11-19"),
        "itemprop": (meta("datePublished", "2025-11-20", "itemprop"), "2025-11-20"),
        "Parsely": (meta("parsely-pub-date", "2025-11-21T12:00:00Z", "name"), "2025-11-21"),
        "modified only": (meta("article:modified_time", "2025-12-09T07:30:00+01:00"), None),
    }  # fmt: skip
    return [
        _gold(f"meta tags: {name}", title, t.EN_DEAL, day, html(title, inner, head))
        for name, (head, day) in heads.items()
    ]


def wordpress() -> list[Gold]:
    title = "Silika Delivery awarded grant for one-year implant"
    published = '<time class="entry-date published" datetime="2025-10-07T09:12:44+02:00">7 October 2025</time>'
    updated = '<time class="updated" datetime="2025-12-08T10:00:00+02:00">8 December 2025</time>'
    classic = (
        f'<div id="primary"><main class="site-main"><article class="post type-post hentry category-news"><header class="entry-header">'
        f'<h1 class="entry-title">{title}</h1><div class="entry-meta">Posted on {published}{updated} by admin</div></header>'
        f'<div class="entry-content">{ps(t.EN_GRANT)}{_SHARE}</div><footer class="entry-footer">Posted in News | Tagged grant</footer>'
        f'</article><nav class="post-navigation"><a rel="prev" href="/x">Previous: Interim report for the third quarter</a></nav></main></div>'
        f'<aside id="secondary" class="widget-area"><section class="widget"><h2>Recent posts</h2><ul><li><a href="/y">Silika at the partnering '
        f"conference in Vienna</a></li></ul></section></aside>"
    )
    elementor = (
        f'<div class="elementor"><section class="elementor-section"><div class="elementor-widget-theme-post-title"><h1>{title}</h1></div>'
        f'<ul class="elementor-post-info"><li itemprop="datePublished"><span class="elementor-post-info__item--type-date">October 8, 2025'
        f'</span></li></ul><div class="elementor-widget-theme-post-content"><div class="elementor-widget-container">{ps(t.EN_GRANT)}</div></div>'
        f'</section><section class="related-posts"><h2>You might also like</h2><p>Our new laboratory opened its doors to visitors in spring.</p></section></div>'
    )
    divi = (
        f'<div id="et-main-area"><div id="main-content"><div class="entry-content"><div class="et_pb_module et_pb_post_title"><h1>{title}</h1>'
        f'<p class="et_pb_title_meta_container"><span class="published">Oct 9, 2025</span> | News</p></div>'
        f'<div class="et_pb_text_inner">{ps(t.EN_GRANT)}</div></div></div></div>'
    )
    return [
        _gold("WordPress, classic theme", title, t.EN_GRANT, "2025-10-07", html(title, classic)),
        _gold("WordPress, page builder", title, t.EN_GRANT, "2025-10-08", html(title, elementor)),
        _gold("WordPress, another builder", title, t.EN_GRANT, "2025-10-09", html(title, divi)),
    ]


def drupal_and_others() -> list[Gold]:
    title = "Corvane expands its site in Galway"
    drupal = (
        f'<main role="main"><div class="region region-content"><article role="article" class="node node--type-press-release">'
        f'<h1 class="page-title"><span class="field field--name-title">{title}</span></h1><div class="field field--name-field-date field__item">'
        f'<time datetime="2025-09-16T12:00:00Z" class="datetime">Tuesday, September 16, 2025</time></div>'
        f'<div class="field field--name-body field__item">{ps(t.EN_SUPPLY)}</div></article></div></main>{_RELATED}'
    )
    tables = (
        f'<table width="760"><tr><td width="160"><a href="/a">Products</a><br><a href="/b">Careers</a></td><td><h2>{title}</h2>'
        f"<p><b>September 17, 2025</b></p>{ps(t.EN_SUPPLY)}</td></tr></table>"
    )
    sidebar_first = (
        f'<div class="layout"><div class="sidebar">{_RELATED}</div><div class="main-column"><h1>{title}</h1>'
        f'<div class="news-date">18.09.2025</div>{ps(t.EN_SUPPLY)}{_SHARE}</div></div>'
    )
    react = (
        f'<div id="root"><div class="css-1x2y"><div class="css-9z"><h1 class="css-t">{title}</h1><div class="css-m">'
        f'<span>19 Sep 2025</span><span>4 min read</span></div><div class="css-b">'
        + "".join(f'<div class="css-p">{p}</div>' for p in t.EN_SUPPLY)
        + "</div></div></div></div>"
    )
    breaks = (
        f'<div class="article-body"><h1>{title}</h1><div class="article-date">September 20, 2025</div><div class="text">'
        + "<br><br>".join(t.EN_SUPPLY)
        + "</div></div>"
    )
    undated = f"<main><article><h1>{title}</h1>{ps(t.EN_SUPPLY)}</article></main>{_RELATED}"
    return [
        _gold("Drupal press release", title, t.EN_SUPPLY, "2025-09-16", html(title, drupal)),
        _gold("layout by tables", title, t.EN_SUPPLY, "2025-09-17", html(title, tables)),
        _gold("sidebar before the release", title, t.EN_SUPPLY, "2025-09-18", html(title, sidebar_first)),
        _gold("single-page application, rendered", title, t.EN_SUPPLY, "2025-09-19", html(title, react)),
        _gold("paragraphs by line breaks", title, t.EN_SUPPLY, "2025-09-20", html(title, breaks)),
        _gold("no date but those of related news", title, t.EN_SUPPLY, None, html(title, undated)),
        _gold("day in the address only", title, t.EN_SUPPLY, "2025-09-21", html(title, undated),
              url="https://www.example.org/2025/09/21/corvane-expands/"),
    ]  # fmt: skip


def wrapped() -> list[Gold]:
    title = "Corvane opens a second line in Galway"
    whole = html(
        title, f"<h1>{title}</h1><div class='module-date'>September 23, 2025</div><div>{ps(t.EN_SUPPLY)}</div>"
    )
    in_form = whole.replace("<body>", "<body><form id='aspnetForm' method='post'>").replace("</body>", "</form></body>")
    field = '<form><label>E-mail</label><input name="mail"><p>Our newsletter tells you more every month.</p></form>'
    beside = (
        f'<div class="hero"><h1>{title}</h1><p>September 24, 2025</p></div><div class="row has-sidebar no-comments">'
        f'<div class="col">{ps(t.EN_SUPPLY)}{field}</div><div class="sidebar">{_RELATED}</div></div>'
    )
    return [
        _gold("a page within one form", title, t.EN_SUPPLY, "2025-09-23", in_form),
        _gold("named after what stands beside it", title, t.EN_SUPPLY, "2025-09-24", html(title, beside)),
    ]


def wires() -> list[Gold]:
    title = "Harrow & Finch Receives Approval of Velmaris®"
    plain = t.EN_APPROVAL
    cision = (
        f'<div class="mfn-wrapper"><article class="release"><header><h1>{title}</h1></header><div class="release-meta"><span class="release-date">'
        f'Mon, Dec 08, 2025 08:00 CET</span></div><div class="mfn-body"><div class="mfn-preamble"><p><strong>{plain[0]}</strong></p></div>'
        f'{ps(plain[1:])}</div><div class="mfn-footer mfn-attachment"><h4>Attachments</h4><a href="/f.pdf">Press release (PDF)</a></div></article></div>'
    )
    globe = (
        f'<main><div itemscope itemtype="https://schema.org/NewsArticle"><h1 class="article-headline" itemprop="headline">{title}</h1>'
        f'<p class="article-sub-headline"></p><div class="article-source"><span class="article-published"><time datetime="2025-12-09T12:30:00Z">'
        f'December 09, 2025 07:30 ET</time></span> | <span>Source: <a href="/o">Harrow &amp; Finch</a></span></div>'
        f'<div class="main-body-container article-body" itemprop="articleBody"><p>BOSTON, Dec.  09, 2025  (GLOBE NEWSWIRE) -- {plain[0]}</p>'
        f"{ps(plain[1:])}</div></div></main>"
    )
    business = (
        f'<main><section class="bw-release"><h1 class="bw-title">{title}</h1><div class="bw-release-timestamp"><time itemprop="dateModified" '
        f'datetime="2025-12-07T13:00:00Z">Dec 07, 2025 8:00 AM Eastern Standard Time</time></div><div class="bw-release-story" itemprop="articleBody">'
        f'<p>BOSTON--(<span>BUSINESS WIRE</span>)--{plain[0]}</p>{ps(plain[1:])}</div><div class="bw-release-contact"><h3>Contacts</h3>'
        f"<p>Media: press@example.org</p></div></section></main>"
    )
    pr = (
        f'<main><article class="news-release"><header><h1>{title}</h1></header><p class="mb-no">Dec 06, 2025, 07:00 ET</p><section class="release-body">'
        f'<p><span class="legendSpanClass">BASEL, Switzerland</span>, <span>Dec. 6, 2025</span> /PRNewswire/ -- {plain[0]}</p>{ps(plain[1:])}'
        f"<p>SOURCE Harrow &amp; Finch</p></section></article></main>"
    )
    return [
        _gold("Nordic wire block", title, plain, "2025-12-08", html(title, cision), timezone="Europe/Stockholm"),
        _gold("wire with schema markup", title, plain, "2025-12-09", html(title, globe), timezone="America/New_York"),
        _gold(
            "wire with a timestamp block",
            title,
            plain,
            "2025-12-07",
            html(title, business),
            timezone="America/New_York",
        ),
        _gold("wire with a dateline", title, plain, "2025-12-06", html(title, pr), timezone="America/New_York"),
    ]


def languages() -> list[Gold]:
    fr = "Occitanie Biologics : premier patient inclus dans l’étude de phase 2"
    de = "Rheinwerk schließt Lizenzvertrag für Japan"
    sv = "Mälardalen Pharma doserar första patienten"
    ko = "한빛바이오, 1개월 지속형 주사제 임상 1상 승인"
    fr_page = f'<main><article><h1>{fr}</h1><p class="date-publication">Publié le 1er décembre 2025 à 17h45</p>{ps(t.FR_ESSAI)}</article></main>{_RELATED}'
    fr_line = (
        f'<div class="contenu"><h1>{fr}</h1><p>Montpellier, le 2 décembre 2025 – 18h00 CET</p>{ps(t.FR_ESSAI)}</div>'
    )
    de_page = f'<main><h1>{de}</h1><div class="meta-zeile">Martinsried, 03. Dezember 2025</div><div class="inhalt">{ps(t.DE_LIZENZ)}</div></main>{_SHARE}'
    de_dots = (
        f'<main><article><span class="datum date">04.12.2025</span><h1>{de}</h1>{ps(t.DE_LIZENZ)}</article></main>'
    )
    sv_page = f'<main><article><h1>{sv}</h1><div class="publish-date">Publicerad: 5 december 2025 08:30</div>{ps(t.SV_STUDIE)}</article></main>'
    sv_iso = f'<div class="pressrelease"><h1>{sv}</h1><div class="info"><span>2025-12-06</span><span>Regulatorisk</span></div><div class="brodtext">{ps(t.SV_STUDIE)}</div></div>'
    board = (
        f'<div class="board_view"><table><thead><tr><th colspan="4">{ko}</th></tr></thead><tbody><tr><td>작성자</td><td>관리자</td><td>작성일</td>'
        f'<td>2025.12.07</td></tr><tr><td colspan="4"><div class="view_cont">{ps(t.KO_NEWS)}</div></td></tr></tbody></table>'
        f'<div class="btn_area"><a href="/list">목록</a></div></div>'
    )
    hangul = f'<div class="news_view"><h1>{ko}</h1><p class="date">등록일 2025년 12월 8일</p><div class="txt">{ps(t.KO_NEWS)}</div></div>'
    return [
        _gold("French, ordinal and time", fr, t.FR_ESSAI, "2025-12-01", html(fr, fr_page, lang="fr"), timezone="Europe/Paris"),
        _gold("French dateline, windows-1252", fr, t.FR_ESSAI, "2025-12-02",
              html(fr, fr_line, lang="fr").replace("utf-8", "windows-1252"), encoding="windows-1252",
              content_type="text/html", timezone="Europe/Paris"),
        _gold("German dateline", de, t.DE_LIZENZ, "2025-12-03", html(de, de_page, lang="de"), timezone="Europe/Berlin"),
        _gold("German, dots", de, t.DE_LIZENZ, "2025-12-04", html(de, de_dots, lang="de"), timezone="Europe/Berlin"),
        _gold("Swedish, with its label", sv, t.SV_STUDIE, "2025-12-05", html(sv, sv_page, lang="sv"), timezone="Europe/Stockholm"),
        _gold("Swedish, ISO", sv, t.SV_STUDIE, "2025-12-06", html(sv, sv_iso, lang="sv"), timezone="Europe/Stockholm"),
        _gold("Korean board table", ko, t.KO_NEWS, "2025-12-07", html(ko, board, lang="ko"), timezone="Asia/Seoul"),
        _gold("Korean, written out, EUC-KR", ko, t.KO_NEWS, "2025-12-08",
              html(ko, hangul, lang="ko").replace("utf-8", "euc-kr"), encoding="euc-kr", content_type="text/html",
              timezone="Asia/Seoul"),
    ]  # fmt: skip


def traps() -> list[Gold]:
    half = "Corvane publishes results for the half-year ended September 30, 2025"
    event = "Nordvik to report on 11 February 2026"
    ambiguous = "Silika signs supply agreement"
    relative = "Velmaris available from today"
    intro = "Galway – The company publishes its results for the six months ended September 30, 2025, in line with expectations."
    half_page = f'<main><article><h1>{half}</h1><div class="release-date">December 9, 2025</div>{ps((intro, *t.EN_SUPPLY[1:]))}</article></main>'
    half_bare = f"<main><article><h1>{half}</h1>{ps((intro, *t.EN_SUPPLY[1:]))}</article></main>"
    event_page = (
        f"<main><article><h1>{event}</h1><p>Lund, 10 December 2025 – 08:00.</p>{ps(t.EN_DEAL)}</article></main>"
    )
    swapped = f'<main><article><h1>{ambiguous}</h1><div class="date">04/05/2025</div>{ps(t.EN_GRANT)}</article></main>'
    american = f'<main><article><h1>{ambiguous}</h1><div class="date">04/25/2025</div>{ps(t.EN_GRANT)}</article></main>'
    ago = f"<main><article><h1>{relative}</h1><time>3 hours ago</time>{ps(t.EN_APPROVAL)}</article></main>"
    future = f"<main><article><h1>{relative}</h1>{ps(t.EN_APPROVAL)}</article></main>"
    two = (
        f'<main><article><h1>{ambiguous}</h1><div class="byline">By <a href="/author">A. Writer</a> <time datetime="2025-04-28T10:00:00Z" '
        f'class="published">Apr 28, 2025</time> <span class="updated">Updated <time datetime="2025-05-02T10:00:00Z">May 2, 2025</time></span></div>'
        f'{ps(t.EN_GRANT)}<div class="comments"><h3>2 comments</h3><time datetime="2025-05-06">May 6</time><p>Great news for everyone involved!</p></div>'
        f"</article></main>"
    )
    return [
        _gold("another date in the title", half, (intro, *t.EN_SUPPLY[1:]), "2025-12-09", html(half, half_page)),
        _gold("no date but that in the title", half, (intro, *t.EN_SUPPLY[1:]), None, html(half, half_bare)),
        _gold("a future event in the title", event, t.EN_DEAL, "2025-12-10", html(event, event_page)),
        _gold("day and month that could be swapped", ambiguous, t.EN_GRANT, None, html(ambiguous, swapped)),
        _gold("month first, beyond doubt", ambiguous, t.EN_GRANT, "2025-04-25", html(ambiguous, american)),
        _gold("a relative time", relative, t.EN_APPROVAL, None, html(relative, ago)),
        _gold("a future date in the meta tags", relative, t.EN_APPROVAL, None,
              html(relative, future, meta("article:published_time", "2031-01-01T00:00:00Z"))),
        _gold("published and updated", ambiguous, t.EN_GRANT, "2025-04-28", html(ambiguous, two)),
    ]  # fmt: skip


def pages() -> list[Gold]:
    """All pages."""
    made = (structured_data, meta_tags, wordpress, drupal_and_others, wrapped, wires, languages, traps)
    return [gold for make in made for gold in make()]
