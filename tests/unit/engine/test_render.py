"""What readers get: no raw keys, no empty heading, no markup from items, small enough for mail clients."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services.engine.editorial import own_item
from services.engine.render import MAX_HTML_BYTES, render
from services.engine.selection import Candidate, Chosen
from services.engine.wording import wording
from shared.contracts.edition import AlsoReported, Edition, EditionItem, Section
from tests.unit.engine.hostile import VECTORS
from tests.unit.engine.samples import FILES, facts, make_item, make_tree


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def printed_item(title="Agency approves LONGLITE", summary="It was approved.", **rest) -> EditionItem:
    chosen = Chosen(Candidate(facts(make_item(title, sentences=[summary], **rest)), (), {}, 12.0), "by rule")
    return own_item(chosen, wording("en"))


def make_edition(*items: EditionItem, **rest) -> Edition:
    values = {
        "client_id": "nightly",
        "edition_id": "ed-1",
        "edition_date": "2026-03-09",
        "status": "draft",
        "window": {"from": "2026-03-02", "to": "2026-03-09"},
        "title": "Nightly Glow – 9 March 2026",
        "intro": "One item.",
        "sections": [Section(id="rulings", title="Rulings", items=items)] if items else [],
        "coverage": "Coverage: 2 sources.",
        "model": "rules",
        "cost_usd": 0,
    }
    return Edition.model_validate({**values, **rest})


def test_a_quiet_edition_has_title_intro_coverage_and_no_heading():
    rendered = render(make_edition(intro="A quiet period."), "Nightly Glow")
    assert "## " not in rendered.markdown
    assert "<h2" not in rendered.html
    for form in (rendered.markdown, rendered.text, rendered.html):
        assert "A quiet period." in form
        assert "Coverage: 2 sources." in form


def test_raw_keys_and_scores_are_not_printed():
    rendered = render(make_edition(printed_item()), "Nightly Glow")
    for form in (rendered.markdown, rendered.text, rendered.html):
        assert "night_post" not in form
        assert "The Night Post" in form
        assert "12.0" not in form
        assert "regulatory" not in form


def test_every_form_has_the_whole_title_the_link_and_the_date():
    title = "Agency approves LONGLITE for " + "adults who live with winter gloom and " * 5 + "their families"
    item = printed_item(title)
    rendered = render(make_edition(item), "Nightly Glow")
    assert title in rendered.markdown
    assert title in " ".join(rendered.text.split())
    assert title in "".join(Page(rendered.html).words)
    for form in (rendered.markdown, rendered.text, rendered.html):
        assert item.url in form
        assert "5 March 2026" in form


def test_other_reports_and_the_earlier_item_are_linked():
    item = printed_item().model_copy(
        update={
            "also_reported_by": (AlsoReported(source_name="Foreign Wire", url="https://foreign.example.org/1"),),
            "previously": AlsoReported(source_name="LONGLITE filed", url="https://night.example.org/0"),
            "late": True,
        }
    )
    rendered = render(make_edition(item), "Nightly Glow")
    for form in (rendered.markdown, rendered.text, rendered.html):
        for words in ("Foreign Wire", "https://foreign.example.org/1", "LONGLITE filed", "found late"):
            assert words in form


def test_the_kind_of_an_item_is_printed_where_its_section_does_not_say_it():
    item = printed_item()
    assert item.kind == "Regulatory"
    edition = make_edition(item)
    mixed = edition.model_copy(update={"sections": (edition.sections[0].model_copy(update={"mixed": True}),)})
    alone, among_others = render(edition, "N"), render(mixed, "N")
    for form in ("markdown", "text", "html"):
        assert "Regulatory" not in getattr(alone, form)
        assert "Regulatory" in getattr(among_others, form)


@pytest.mark.parametrize(("language", "said"), [("en", "Regulatory"), ("fr", "Réglementaire")])
def test_kinds_are_printed_in_the_newsletter_s_language(language, said):
    events = FILES["canonical/events/event_types.yaml"]
    named = events.replace("{label: Regulatory,", "{label: Regulatory, translations: {fr: Réglementaire},")
    tree = make_tree(event_types=named)
    approval, deal = (
        Chosen(Candidate(facts(make_item(event_type=name), tree=tree), (), {}, 12.0), "by rule")
        for name in ("regulatory", "partnership")
    )
    assert own_item(approval, wording(language)).kind == said
    assert own_item(deal, wording(language)).kind == "Deal"


def test_french_editions_are_french():
    rendered = render(make_edition(printed_item(published="2026-03-01"), language="fr"), "Nightly Glow")
    assert 'lang="fr"' in rendered.html
    assert "1er mars 2026" in rendered.markdown


def test_the_page_has_landmarks_styles_and_nothing_from_elsewhere():
    page = Page(render(make_edition(printed_item()), "Nightly Glow").html)
    names = {tag for tag, _ in page.tags}
    assert {"header", "main", "footer", "h1", "h2", "h3", "article"} <= names
    assert page.all("html")[0]["lang"] == "en"
    assert not names & {"script", "img", "link", "iframe", "form"}
    assert "padding" in (page.all("h1")[0].get("style") or "")
    labelled = {section["aria-labelledby"] for section in page.all("section")}
    assert labelled <= {attributes.get("id") for _, attributes in page.tags}
    assert len(labelled) == len(page.all("section"))


def test_dark_mode_and_phones_keep_their_rules():
    html = render(make_edition(printed_item()), "Nightly Glow").html
    assert "prefers-color-scheme: dark" in html
    assert "max-width: 480px" in html


def test_a_long_edition_stays_below_what_gmail_clips():
    items = [
        printed_item(f"Agency approves LONGLITE, case {n}", "Glow. " * 110, published="2026-03-05") for n in range(100)
    ]
    html = render(make_edition(*items), "Nightly Glow").html
    assert len(html.encode()) < MAX_HTML_BYTES
    assert html.count("<article") == 100


def test_stories_that_everybody_reports_stay_below_it_too_and_keep_their_texts():
    reports = tuple(
        AlsoReported(source_name=f"Wire {n}", url=f"https://wire{n}.example.org/{'p' * 80}") for n in range(60)
    )
    item = printed_item(summary="It glows at night.").model_copy(update={"also_reported_by": reports})
    rendered = render(make_edition(*[item] * 15), "Nightly Glow")
    assert len(rendered.html.encode()) < MAX_HTML_BYTES
    assert rendered.html.count("It glows at night.") == 15
    assert "Wire 0" in rendered.html
    assert "Wire 59" in rendered.markdown


LONG_ADDRESS = "https://wire.example.org/" + "p" * 900


@pytest.mark.parametrize(("language", "said"), [("en", "leaves out {n} items"), ("fr", "omet {n} informations")])
def test_two_hundred_items_with_long_addresses_are_bounded_and_the_page_says_how_many_it_leaves_out(language, said):
    other = AlsoReported(source_name="Foreign Wire", url=f"{LONG_ADDRESS}/other")
    items = [
        printed_item(f"Case {n} of LONGLITE", published="2026-03-05").model_copy(
            update={"item_id": f"i{n}", "url": f"{LONG_ADDRESS}{n}", "score": float(n), "also_reported_by": (other,)}
        )
        for n in range(200)
    ]
    rendered = render(make_edition(*items, language=language), "Nightly Glow")
    page = Page(rendered.html)
    shown = len(page.all("article"))
    assert len(rendered.html.encode()) < MAX_HTML_BYTES
    assert 30 < shown < 200
    assert said.format(n=200 - shown) in "".join(page.words)
    assert "Case 199 of" in rendered.html  # the best score
    assert "Case 0 of" not in rendered.html
    for form in (rendered.markdown, rendered.text):
        assert all(f"Case {n} of LONGLITE" in form for n in range(200))


LONG_TEXTS = st.builds(
    lambda part, times: part * times, st.sampled_from(["glow ", "&<'\"> ", "光る ", "x"]), st.integers(0, 3000)
)
PLAIN_ITEM = printed_item()
EDITION_ITEMS = st.builds(
    lambda number, score, text, slug, others: PLAIN_ITEM.model_copy(
        update={
            "item_id": f"i{number}",
            "title": f"Case {number}: {text}"[:300],
            "summary": text[:1400],
            "url": f"https://night.example.org/{number}?" + ("a&" * slug),
            "score": float(score),
            "also_reported_by": (AlsoReported(source_name=text[:120] or "Wire", url=LONG_ADDRESS),) * others,
        }
    ),
    st.integers(0, 10**6),
    st.integers(0, 30),
    LONG_TEXTS,
    st.integers(0, 980),
    st.integers(0, 40),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(EDITION_ITEMS, max_size=12, unique_by=lambda one: one.item_id), st.integers(1, 16), LONG_TEXTS)
def test_no_edition_is_clipped_or_loses_an_item_from_its_other_forms(items, times, text):
    printed = [
        item.model_copy(update={"item_id": f"{item.item_id}-{n}", "url": f"{item.url}&n={n}"})
        for item in items
        for n in range(times)
    ]
    edition = make_edition(*printed, intro=text, coverage=text, tldr=[text] * 9)
    rendered = render(edition, "Nightly Glow")
    assert len(rendered.html.encode()) < MAX_HTML_BYTES
    shown = {link["href"] for link in Page(rendered.html).all("a")} & {item.url for item in printed}
    left_out = re.search(r"leaves out (\d+) item", rendered.html)
    assert len(shown) + (int(left_out[1]) if left_out else 0) == len(printed)
    assert shown or not printed
    for form in (rendered.markdown, rendered.text, edition.model_dump_json()):
        assert all(item.url in form for item in printed)


PLAIN_TAGS = {tag for tag, _ in Page(render(make_edition(printed_item()), "N").html).tags} | {"ul", "li", "p", "a"}
MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def harmless(edition: Edition) -> None:
    rendered = render(edition, "Nightly Glow")
    for html in (rendered.html, MARKDOWN.render(rendered.markdown)):
        page = Page(html)
        assert {tag for tag, _ in page.tags} <= PLAIN_TAGS | {"hr", "em", "h1", "h2", "h3"}
        for _, attributes in page.tags:
            assert not any(name.startswith("on") for name in attributes)
        assert all(re.match(r"https?://", link["href"] or "") for link in page.all("a"))


@pytest.mark.parametrize("text", VECTORS)
def test_hostile_item_text_never_becomes_markup(text: str):
    item = printed_item(text, text, source_name=text)
    assert not any(ord(char) in range(0x202A, 0x202F) for char in item.title)
    harmless(make_edition(item, tldr=[item.title], intro=item.title, coverage=item.source_name))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_item_text_ever_becomes_markup(title: str, summary: str):
    harmless(make_edition(printed_item(title or "x", summary or "x")))


def contrast(first: str, second: str) -> float:
    """WCAG 2.1's contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


LIGHT = [
    ("#1c2733", "#ffffff"),
    ("#55636f", "#ffffff"),
    ("#0b4a57", "#eef6f7"),
    ("#7a4a00", "#ffffff"),
    ("#33424f", "#ffffff"),
    ("#4a5a68", "#eef1f4"),
]
DARK = [
    ("#d3dde5", "#19232b"),
    ("#e3e9ee", "#19232b"),
    ("#a9b8c4", "#19232b"),
    ("#8fdceb", "#1f2f38"),
    ("#f0c27a", "#19232b"),
    ("#a9b8c4", "#10171d"),
]


@pytest.mark.parametrize(("text", "ground"), [*LIGHT, *DARK])
def test_text_stands_out_from_its_ground(text: str, ground: str):
    html = render(make_edition(printed_item().model_copy(update={"late": True}), tldr=["x"]), "N").html
    assert text in html
    assert ground in html
    assert contrast(text, ground) >= 4.5  # WCAG 2.1, level AA
