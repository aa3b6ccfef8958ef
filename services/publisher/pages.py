"""The pages behind a mail's links: what is about to happen, one button, and what happened (pure)."""

from dataclasses import dataclass
from xml.etree import ElementTree as Tree  # builds only, parses nothing

from shared.signing import Purpose

_STYLE = (
    ":root{color-scheme:light dark}body{font:1.05rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;"
    "padding:0 1rem}button{font:inherit;padding:.7rem 1.2rem;border-radius:.4rem;border:1px solid #0b5394;"
    "background:#0b5394;color:#fff;cursor:pointer}button:focus-visible{outline:3px solid #e69138;outline-offset:2px}"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}


@dataclass(frozen=True, slots=True)
class Words:
    """One purpose in one language; `{name}` is the newsletter, `{day}` the edition's date."""

    question: str
    button: str
    done: str


WORDS: dict[str, dict[Purpose, Words]] = {
    "en": {
        "unsubscribe": Words(
            "Stop receiving {name}?", "Unsubscribe", "You will not receive {name} any more. Nothing else is needed."
        ),
        "approve": Words(
            "Approve {name} of {day} and send it to its readers?",
            "Approve and send",
            "{name} of {day} is approved and is being sent.",
        ),
        "drop": Words(
            "Drop {name} of {day}? It will not be sent.", "Drop this draft", "{name} of {day} will not be sent."
        ),
    },
    "fr": {
        "unsubscribe": Words(
            "Ne plus recevoir {name} ?", "Se désabonner", "Vous ne recevrez plus {name}. Rien d'autre n'est nécessaire."
        ),
        "approve": Words(
            "Approuver {name} du {day} et l'envoyer aux lecteurs ?",
            "Approuver et envoyer",
            "{name} du {day} est approuvé ; l'envoi est en cours.",
        ),
        "drop": Words(
            "Abandonner {name} du {day} ? Il ne sera pas envoyé.",
            "Abandonner ce brouillon",
            "{name} du {day} ne sera pas envoyé.",
        ),
    },
}
_REFUSED = {"en": "This cannot be done", "fr": "Opération impossible"}


def question(language: str, purpose: Purpose, name: str, day: str) -> str:
    """A page with one button, which posts to the page's own address. Looking at it changes nothing."""
    words = WORDS[language][purpose]
    page, main = _page(language, words.question.format(name=name, day=day))
    form = Tree.SubElement(main, "form", method="post")
    # the field that RFC 8058 asks of a mail client's own POST
    Tree.SubElement(form, "input", type="hidden", name="List-Unsubscribe", value="One-Click")
    Tree.SubElement(form, "button", type="submit").text = words.button
    return _html(page)


def done(language: str, purpose: Purpose, name: str, day: str) -> str:
    page, _ = _page(language, WORDS[language][purpose].done.format(name=name, day=day))
    return _html(page)


def refused(language: str, reason: str) -> str:
    page, main = _page(language, _REFUSED[language])
    Tree.SubElement(main, "p").text = reason
    return _html(page)


def _page(language: str, heading: str) -> tuple[Tree.Element, Tree.Element]:
    page = Tree.Element("html", lang=language)
    head = Tree.SubElement(page, "head")
    Tree.SubElement(head, "meta", charset="utf-8")
    Tree.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    Tree.SubElement(head, "title").text = heading
    Tree.SubElement(head, "style").text = _STYLE
    main = Tree.SubElement(Tree.SubElement(page, "body"), "main")
    Tree.SubElement(main, "h1").text = heading
    return page, main


def _html(page: Tree.Element) -> str:
    return "<!doctype html>\n" + str(Tree.tostring(page, encoding="unicode", method="html"))
