"""What the engine says in its own words, in each language of a client."""

from dataclasses import dataclass
from datetime import date, timedelta

from shared.contracts.base import Language
from shared.contracts.batch import Window


@dataclass(frozen=True, slots=True)
class Wording:
    """One language. Patterns are str.format patterns; `many` picks singular or plural by a number."""

    language: Language
    months: tuple[str, ...]
    day_pattern: str
    title: str
    intro: str
    intro_nobody: str
    intro_companies: str
    announced: str
    published_by: str
    quiet_intro: str
    items: tuple[str, str]
    more: str
    in_brief: str
    also_reported: str
    previously: str
    late: str
    omitted: str
    coverage: str
    coverage_seen: str
    coverage_failed: str
    coverage_partial: str
    coverage_gap: str
    coverage_poll: str
    coverage_silent: str
    days: tuple[str, str]
    coverage_none: str
    source_types: dict[str, tuple[str, str]]
    other_sources: tuple[str, str]
    conjunction: str
    footer: str

    def day(self, day: str) -> str:
        """YYYY-MM-DD in words."""
        moment = date.fromisoformat(day)
        number = "1er" if self.language == "fr" and moment.day == 1 else str(moment.day)
        return self.day_pattern.format(day=number, month=self.months[moment.month - 1], year=moment.year)

    def span(self, window: Window) -> str:
        """The window's first and last day in words."""
        last = (date.fromisoformat(window.end) - timedelta(days=1)).isoformat()
        return self.day(last) if last <= window.start else f"{self.day(window.start)} – {self.day(last)}"

    def many(self, number: int, forms: tuple[str, str]) -> str:
        """A number with its noun; French takes the singular for zero."""
        singular = number == 1 or (number == 0 and self.language == "fr")
        return f"{number} {forms[0] if singular else forms[1]}"

    def decimal(self, number: float) -> str:
        """A number without needless zeros, with the language's decimal sign."""
        text = f"{number:g}"
        return text.replace(".", ",") if self.language == "fr" else text

    def listing(self, parts: list[str]) -> str:
        """`a, b and c`."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.conjunction} {parts[-1]}"


_EN = Wording(
    language="en",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    day_pattern="{day} {month} {year}",
    title="{name} – {day}",
    intro="{lead} leads this issue of {items}, {span}: {kinds}.",
    intro_nobody="{items}, {span}: {kinds}.",
    intro_companies="Also in the news: {names}.",
    announced="Announced by {name} on {day}.",
    published_by="Published by {name} on {day}.",
    quiet_intro="A quiet period: nothing newsworthy appeared in what we watch, {span}.",
    items=("item", "items"),
    more="{number} more",
    in_brief="In brief",
    also_reported="Also reported by",
    previously="Previously",
    late="found late",
    omitted="This page leaves out {items} for lack of room: the mail's text part and newsletter.md have all.",
    coverage="Coverage: {sources}, {span}.",
    coverage_seen="{seen} seen, {printed} printed.",
    coverage_failed="Not reached: {names}.",
    coverage_partial="Read in part: {names}.",
    coverage_gap="Possible gaps: {names}.",
    coverage_poll="poll every {hours} h",
    coverage_silent="Silent for longer than usual: {names}.",
    days=("day", "days"),
    coverage_none="no source",
    source_types={
        "press_corporate": ("company site", "company sites"),
        "press_sector": ("press source", "press sources"),
        "press_generic": ("general news source", "general news sources"),
        "pubmed": ("literature search", "literature searches"),
        "regulator": ("regulator", "regulators"),
    },
    other_sources=("other source", "other sources"),
    conjunction="and",
    footer="Every item is taken from the linked source; its date is the source's own.",
)
_FR = Wording(
    language="fr",
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    day_pattern="{day} {month} {year}",
    title="{name} – {day}",
    intro="{lead} ouvre ce numéro de {items}, {span}\u00a0: {kinds}.",
    intro_nobody="{items}, {span}\u00a0: {kinds}.",
    intro_companies="Aussi dans l'actualité\u00a0: {names}.",
    announced="Annonce de {name}, le {day}.",
    published_by="Publié par {name}, le {day}.",
    quiet_intro="Période calme\u00a0: rien de notable dans ce que nous suivons, {span}.",
    items=("information", "informations"),
    more="{number} autres",
    in_brief="En bref",
    also_reported="Aussi rapporté par",
    previously="Précédemment",
    late="trouvé tardivement",
    omitted="Faute de place, cette page omet {items}\u00a0; la version texte de ce courriel et newsletter.md ont tout.",
    coverage="Couverture\u00a0: {sources}, {span}.",
    coverage_seen="{seen} vues, {printed} retenues.",
    coverage_failed="Non joignables\u00a0: {names}.",
    coverage_partial="Lues en partie\u00a0: {names}.",
    coverage_gap="Lacunes possibles\u00a0: {names}.",
    coverage_poll="à relever toutes les {hours}\u00a0h",
    coverage_silent="Silencieuses plus longtemps que d'habitude\u00a0: {names}.",
    days=("jour", "jours"),
    coverage_none="aucune source",
    source_types={
        "press_corporate": ("site de société", "sites de sociétés"),
        "press_sector": ("source de presse", "sources de presse"),
        "press_generic": ("source généraliste", "sources généralistes"),
        "pubmed": ("recherche bibliographique", "recherches bibliographiques"),
        "regulator": ("autorité réglementaire", "autorités réglementaires"),
    },
    other_sources=("autre source", "autres sources"),
    conjunction="et",
    footer="Chaque information provient de la source liée\u00a0; sa date est celle de la source.",
)
_ALL = {wording.language: wording for wording in (_EN, _FR)}


def wording(language: Language) -> Wording:
    """The wording of a client's language (the configuration admits no other)."""
    return _ALL[language]
