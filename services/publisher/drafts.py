"""The owner's review mail: the draft, with one link that approves it and one that drops it (pure)."""

from dataclasses import replace
from html import escape

from services.publisher.mail import Letter
from shared.contracts.edition import Edition

_WORDS = {
    "en": {
        "subject": "Draft for review: {title}",
        "lead": "This draft has {items} items and waits for your decision. Nothing has been sent to the readers yet.",
        "approve": "Approve and send",
        "drop": "Drop this draft",
        "after": "Each link asks you to confirm, and is valid for seven days and for this very version only.",
    },
    "fr": {
        "subject": "Brouillon à relire : {title}",
        "lead": "Ce brouillon compte {items} articles et attend votre décision. Rien n'a encore été envoyé.",
        "approve": "Approuver et envoyer",
        "drop": "Abandonner ce brouillon",
        "after": "Chaque lien demande confirmation, et ne vaut que sept jours et pour cette version précise.",
    },
}
_BUTTON = (
    "display:inline-block;margin:4px 8px 4px 0;padding:10px 16px;border-radius:6px;text-decoration:none;"
    "font:600 15px sans-serif;"
)


def review_letter(letter: Letter, edition: Edition, approve: str, drop: str) -> Letter:
    """The edition's letter, headed by what its reviewer can do; `approve` and `drop` are signed links."""
    words = _WORDS[edition.language]
    lead = words["lead"].format(items=sum(len(section.items) for section in edition.sections))
    text = f"{lead}\n\n{words['approve']}: {approve}\n\n{words['drop']}: {drop}\n\n{words['after']}\n\n{'-' * 40}\n\n"
    block = (
        '<div style="max-width:640px;margin:0 auto;padding:16px;font:15px sans-serif">'
        f"<p>{escape(lead)}</p><p>"
        f'<a href="{escape(approve)}" style="{_BUTTON}background:#0b5394;color:#ffffff">{escape(words["approve"])}</a>'
        f'<a href="{escape(drop)}" style="{_BUTTON}background:#eeeeee;color:#8a1c1c">{escape(words["drop"])}</a></p>'
        f"<p>{escape(words['after'])}</p><hr></div>"
    )
    return replace(
        letter,
        subject=words["subject"].format(title=letter.subject),
        text=text + letter.text,
        html=_after_body_tag(letter.html, block),
    )


def _after_body_tag(html: str, block: str) -> str:
    start = html.find("<body")
    end = html.find(">", start) + 1 if start >= 0 else 0
    return f"{html[:end]}{block}{html[end:]}"
