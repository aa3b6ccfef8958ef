"""What the newsletter's HTML uses, against what mail clients support (caniemail.com's data, an extract of it)."""

import json
import re
from pathlib import Path

import pytest

from services.engine.render import render
from shared.contracts.edition import AlsoReported
from tests.unit.engine.test_render import Page, make_edition, printed_item

DATA = json.loads((Path(__file__).parent / "caniemail.json").read_text(encoding="utf-8"))["features"]
PROPERTIES = {
    "background-color": "css-background-color",
    "border-bottom": "css-border",
    "border-left": "css-border",
    "border-top": "css-border",
    "border-radius": "css-border-radius",
    "color": "css-font",
    "font-family": "css-font",
    "font-size": "css-font-size",
    "font-weight": "css-font-weight",
    "height": "css-height",
    "letter-spacing": "css-letter-spacing",
    "line-height": "css-line-height",
    "margin": "css-margin",
    "max-width": "css-max-width",
    "padding": "css-padding",
    "text-decoration": "css-text-decoration",
    "-webkit-text-size-adjust": None,  # a browser's hint, which nobody else reads
}
TAGS = {
    **dict.fromkeys(("html", "head", "meta", "title", "body"), "html-body"),
    **dict.fromkeys(("h1", "h2", "h3"), "html-h1-h6"),
    **dict.fromkeys(("ul", "li"), "html-lists"),
    **dict.fromkeys(("article", "section", "header", "main", "footer", "time"), "html-semantics"),
    "style": "html-style",
    "div": "html-div",
    "p": "html-p",
    "span": "html-div",
    "a": "html-div",
}
DECORATION = {"css-border-radius", "css-height"}
"""Lost without harm: corners, and the coloured band above the card."""
LATE = AlsoReported(source_name="Other", url="https://o.example.org/")
ITEM = printed_item().model_copy(update={"late": True, "also_reported_by": (LATE,), "previously": LATE})
HTML = render(make_edition(ITEM, ITEM, tldr=["One line."]), "Nightly Glow").html
INLINE = re.findall(r'style="([^"]*)"', HTML)


def declared(styles: str) -> set[str]:
    return {part.partition(":")[0].strip() for part in styles.split(";") if ":" in part}


@pytest.mark.parametrize("name", sorted(set().union(*map(declared, INLINE))))
def test_every_inlined_property_works_everywhere_or_only_decorates(name: str):
    feature = PROPERTIES[name]
    if feature is not None and feature not in DECORATION:
        assert "n" not in DATA[feature].values(), DATA[feature]


@pytest.mark.parametrize("tag", sorted({tag for tag, _ in Page(HTML).tags}))
def test_every_element_is_known(tag: str):
    assert TAGS[tag] in DATA


def test_nothing_hangs_on_elements_that_some_clients_take_away():
    lost = [tag for tag, feature in TAGS.items() if feature == "html-semantics"]
    assert "n" in DATA["html-semantics"].values()
    for tag, attributes in Page(HTML).tags:
        assert not (tag in lost and "style" in attributes), tag


def test_clients_without_dark_mode_or_media_rules_see_the_light_page_inlined():
    assert "n" in DATA["css-at-media"].values()
    body = HTML.partition("<body")[2]
    assert "#1c2733" in body or "#33424f" in body
    assert "<link" not in HTML
    assert "@import" not in HTML


def test_outlook_gets_its_width_from_a_table():
    assert DATA["css-max-width"]["outlook windows"] != "y"
    assert re.search(r"<!--\[if mso\]><table[^>]*width=\"640\"", HTML)
