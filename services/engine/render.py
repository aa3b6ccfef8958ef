"""The edition as Markdown, text and HTML. Every item text is plain and escaped for the format that it enters."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.engine.text import MAX_TITLE, markdown, plain, repeats
from services.engine.wording import wording
from shared.contracts.edition import Edition, EditionItem
from shared.grounding.sentences import split_sentences

if TYPE_CHECKING:
    import css_inline
    from jinja2 import Environment

MAX_HTML_BYTES = 101_000  # Gmail clips a message's HTML beyond 102 kB; the mail adds the reader's own link
_LONG_TEXT = 2500  # characters of an introduction or a coverage line in a page that is too large
_BRIEF_LINES = 6  # of MAX_TITLE characters each
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Rendered:
    """The three printed forms."""

    markdown: str
    text: str
    html: str


def render(edition: Edition, name: str) -> Rendered:
    """All three; `name` is the client's own name for its newsletter."""
    return Rendered(
        markdown=_fill("newsletter.md.j2", edition, name),
        text=_fill("newsletter.txt.j2", edition, name),
        html=render_html(edition, name),
    )


def render_html(edition: Edition, name: str) -> str:
    """HTML with its style inlined, below MAX_HTML_BYTES: where it would be larger, fewer links to other reports, then
    first sentences in place of summaries, then titles with one other report, then the best items alone and how many
    more there are. Markdown, text and JSON always have all."""
    for shown, others in ((_whole, None), (_whole, 5), (_first_sentence, 5), (_nothing, 1)):
        page = _page(edition, name, shown, others)
        if _fits(page):
            return page
    return _best_alone(edition, name)


def _best_alone(edition: Edition, name: str) -> str:
    """Titles of as many of the best items as fit, below texts of bounded length."""
    bounded = edition.model_copy(
        update={
            "title": plain(edition.title, MAX_TITLE),
            "intro": plain(edition.intro, _LONG_TEXT),
            "tldr": tuple(plain(line, MAX_TITLE) for line in edition.tldr[:_BRIEF_LINES]),
            "coverage": plain(edition.coverage, _LONG_TEXT),
        }
    )
    ranked = sorted((item for section in edition.sections for item in section.items), key=_best_first)

    def page(kept: int) -> str:
        return _page(_with_only(bounded, ranked[:kept]), name, _nothing, 1, len(ranked) - kept)

    # The page grows with the items kept: the first number that is too many, less one.
    return page(max(bisect_left(range(len(ranked) + 1), x=True, key=lambda kept: not _fits(page(kept))) - 1, 0))


def _best_first(item: EditionItem) -> tuple[float, str]:
    return (-item.score, item.item_id)


def _with_only(edition: Edition, kept: list[EditionItem]) -> Edition:
    """The edition with these items alone, where they stand."""
    ids = {item.item_id for item in kept}
    sections = (
        section.model_copy(update={"items": tuple(item for item in section.items if item.item_id in ids)})
        for section in edition.sections
    )
    return edition.model_copy(update={"sections": tuple(section for section in sections if section.items)})


def _page(
    edition: Edition, name: str, shown: Callable[[EditionItem], str], others: int | None, omitted: int = 0
) -> str:
    return _inliner().inline(_fill("newsletter.html.j2", edition, name, shown, others, omitted))


def _fits(page: str) -> bool:
    return len(page.encode()) < MAX_HTML_BYTES


def _whole(item: EditionItem) -> str:
    """The summary, unless all it says is the title."""
    return "" if repeats(item.summary, item.title) else item.summary


def _first_sentence(item: EditionItem) -> str:
    return next(iter(split_sentences(_whole(item))), "")


def _nothing(item: EditionItem) -> str:  # noqa: ARG001
    return ""


def _fill(
    template: str,
    edition: Edition,
    name: str,
    shown: Callable[[EditionItem], str] = _whole,
    others: int | None = None,
    omitted: int = 0,
) -> str:
    words = wording(edition.language)
    brand = "" if edition.title.startswith(name) else f"{name} · {words.day(edition.edition_date)}"
    filled = _environment().get_template(template)
    return filled.render(edition=edition, brand=brand, words=words, shown=shown, others=others, omitted=omitted)


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = markdown
    return environment


@lru_cache(maxsize=1)
def _inliner() -> "css_inline.CSSInliner":
    """Style rules go into the elements; those under @media stay in the head, where mail clients look for them."""
    import css_inline

    return css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
