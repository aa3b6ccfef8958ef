"""HTML, RSS and Atom of the demo's sources, with the quirks that real ones have."""

import json
from collections.abc import Iterable
from datetime import date, datetime, time
from html import escape

from local.demo.articles import Article

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>
<body><header><nav><a href="/">Home</a> <a href="/news/">News</a> <a href="/contact/">Contact</a></nav></header>
<main>{main}</main>
<footer><p>Subscribe to our newsletter. We use cookies. All rights reserved.</p></footer></body></html>
"""


def listing(articles: Iterable[Article]) -> bytes:
    """The corporate listing: entries with date and lead, attachments beside them."""
    entries = "".join(_entry(article) for article in articles)
    main = f"<h1>News</h1><div class='news-list'>{entries}</div><a class='more' href='/news/archive/'>Archive</a>"
    return _PAGE.format(title="News", head="", main=main).encode()


def article_page(article: Article) -> bytes:
    """An article's own page, dated as the article says."""
    body = "".join(f"<p>{escape(text)}</p>" for text in article.paragraphs)
    related = "<aside><h2>Related</h2><p><a href='/news/'>Read the presentation</a></p></aside>"
    main = f"<article><h1>{escape(article.title)}</h1>{body}</article>{related}"
    return _PAGE.format(title=escape(article.title), head=_head(article), main=main).encode()


def rss(articles: Iterable[Article]) -> bytes:
    """RSS whose titles are HTML anchors and whose dates are no RFC 822 dates."""
    items = "".join(_rss_item(number, article) for number, article in enumerate(articles))
    channel = (
        f"<title>Demo press</title><link>https://demo-press.example.org/</link><description>News</description>{items}"
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{channel}</channel></rss>'.encode()


def atom(articles: Iterable[Article]) -> bytes:
    """A well-behaved Atom feed."""
    entries = "".join(map(_atom_entry, articles))
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Grants</title>'
        f"<id>https://demo-grants.example.org/</id>{entries}</feed>"
    ).encode()


def _entry(article: Article) -> str:
    when = f"<span class='date'>{_long(article.published)}</span>" if article.published else ""
    attachment = f"<a href='{article.path}'>Download attachment</a>" if article.pdf else ""
    return (
        f"<article class='news-item'>{when}<h2><a href='{article.path}'>{escape(article.title)}</a></h2>"
        f"<p>{escape(article.lead)}</p>{attachment}</article>"
    )


def _head(article: Article) -> str:
    if article.published is None or article.dated == "none":
        return ""
    if article.dated == "meta":
        return f"<meta property='article:published_time' content='{article.published.isoformat()}T07:30:00+00:00'>"
    data = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": article.title}
    data["datePublished"] = f"{article.published.isoformat()}T07:30:00+00:00"
    return f"<script type='application/ld+json'>{json.dumps(data)}</script>"


def _rss_item(number: int, article: Article) -> str:
    anchor = f'<a href="{article.url}" hreflang="en">{escape(article.title)}</a>'
    moment = datetime.combine(article.published or date.min, time(10, 15 + number % 40))
    clock = moment.strftime("%I:%M%p").lstrip("0").lower()
    when = f"{moment.strftime('%b')} {moment.day}, {moment.year} {clock}"
    return (
        f"<item><title>{escape(anchor)}</title><link>{article.url}</link>"
        f'<guid isPermaLink="false">demo-{article.slug}</guid><pubDate>{when}</pubDate>'
        f"<description>{escape(article.lead)}</description></item>"
    )


def _atom_entry(article: Article) -> str:
    when = f"{(article.published or date.min).isoformat()}T09:00:00Z"
    return (
        f"<entry><title>{escape(article.title)}</title><link href='{article.url}'/><id>{article.url}</id>"
        f"<published>{when}</published><updated>{when}</updated><summary>{escape(article.lead)}</summary></entry>"
    )


def _long(day: date) -> str:
    return f"{day.day} {day.strftime('%B')} {day.year}"
