"""Closed word classes that grounding needs: numbers, units, months, function words. No domain vocabulary.

Languages: English always, and French, German, Spanish and Italian where an item is in one of them.
"""

from typing import Final


def _words(text: str) -> list[str]:
    return text.split()


DECIMAL_COMMA: Final = frozenset({"fr", "de", "es", "it", "pt", "nl", "sv", "da", "fi", "no", "pl"})
"""Languages that write decimals with a comma (CLDR)."""

_EN_UNITS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"

NUMBER_WORDS: Final[dict[str, dict[str, int]]] = {
    "en": {
        **{word: n for n, word in enumerate(_words(_EN_UNITS), 2)},
        **{"eighteen": 18, "nineteen": 19},
        **{word: n * 10 for n, word in enumerate(_words(_EN_TENS), 2)},
    },
    "fr": {word: n for n, word in enumerate(_words("deux trois quatre cinq six sept huit neuf dix onze douze"), 2)},
    "de": {word: n for n, word in enumerate(_words("zwei drei vier funf sechs sieben acht neun zehn elf zwolf"), 2)},
    "es": {word: n for n, word in enumerate(_words("dos tres cuatro cinco seis siete ocho nueve diez once doce"), 2)},
    "it": {
        word: n for n, word in enumerate(_words("due tre quattro cinque sei sette otto nove dieci undici dodici"), 2)
    },
}
"""Folded spellings. "One" is left out: it is a pronoun as often as a number."""

SCALES: Final[dict[str, int]] = {
    **dict.fromkeys(["hundred"], 10**2),
    **dict.fromkeys(["thousand", "k", "tsd", "mille", "mil", "mila", "tausend"], 10**3),
    **dict.fromkeys(["million", "millions", "m", "mn", "mio", "mln", "millionen", "millones", "milioni"], 10**6),
    **dict.fromkeys(["billion", "billions", "b", "bn"], 10**9),
    **dict.fromkeys(["mrd", "milliard", "milliards", "milliarden", "miliardi"], 10**9),
    **dict.fromkeys(["trillion", "trillions", "tn"], 10**12),
}

CURRENCIES: Final[dict[str, str]] = {
    **dict.fromkeys(["$", "us$", "usd", "dollar", "dollars"], "$"),
    **dict.fromkeys(["€", "eur", "euro", "euros"], "€"),
    **dict.fromkeys(["£", "gbp", "pound", "pounds"], "£"),
    **dict.fromkeys(["¥", "jpy", "yen"], "¥"),
    **dict.fromkeys(["cny", "rmb", "yuan"], "cny"),
    **dict.fromkeys(["₩", "krw", "won"], "krw"),
    **dict.fromkeys(["₹", "inr", "rupees"], "inr"),
    **dict.fromkeys(["sek", "msek", "tsek", "kronor"], "sek"),
    **{code: code for code in ("chf", "dkk", "nok", "aud", "cad", "hkd", "sgd")},
}

UNITS: Final[dict[str, str]] = {
    **dict.fromkeys(["%", "percent", "per cent", "pct", "pour cent", "prozent", "por ciento", "per cento"], "%"),
    **dict.fromkeys(["hour", "hours", "heures", "stunden", "horas", "ore"], "hour"),
    **dict.fromkeys(["day", "days", "jour", "jours", "tag", "tage", "tagen", "dia", "dias", "giorni"], "day"),
    **dict.fromkeys(["week", "weeks", "semaine", "semaines", "woche", "wochen", "semanas", "settimane"], "week"),
    **dict.fromkeys(["month", "months", "mois", "monat", "monate", "monaten", "mes", "meses", "mesi"], "month"),
    **dict.fromkeys(["year", "years", "an", "ans", "annees", "jahr", "jahre", "jahren", "anos", "anni"], "year"),
    **dict.fromkeys(
        ["patients", "patient", "participants", "subjects", "patienten", "pacientes", "pazienti"], "patient"
    ),
    **{unit: unit for unit in ("mg", "g", "kg", "ml", "l", "mm", "cm")},
    **dict.fromkeys(["mcg", "µg", "μg", "ug"], "mcg"),
}

MONTHS: Final[dict[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier januar enero gennaio",
            "february feb fevrier februar febrero febbraio",
            "march mar mars marz marzo",
            "april apr avril abril aprile",
            "may mai mayo maggio",
            "june jun juin juni junio giugno",
            "july jul juillet juli julio luglio",
            "august aug aout agosto",
            "september sep sept septembre septiembre settembre",
            "october oct octobre oktober octubre ottobre",
            "november nov novembre noviembre",
            "december dec decembre dezember diciembre dicembre",
        ),
        1,
    )
    for name in names.split()
}

FREQUENCIES: Final[dict[str, str]] = {
    **dict.fromkeys(["daily", "quotidien", "quotidienne", "taglich", "diario", "diaria"], "day"),
    **dict.fromkeys(["weekly", "hebdomadaire", "wochentlich", "semanal", "settimanale"], "week"),
    **dict.fromkeys(["biweekly", "fortnightly"], "2 week"),
    **dict.fromkeys(["monthly", "mensuel", "mensuelle", "monatlich", "mensual", "mensile"], "month"),
    **dict.fromkeys(["bimonthly"], "2 month"),
    **dict.fromkeys(["quarterly", "trimestriel", "trimestrielle", "vierteljahrlich"], "quarter"),
    **dict.fromkeys(["yearly", "annually", "annuel", "annuelle", "jahrlich", "anual"], "year"),
}

FUNCTION_WORDS: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": """a an the this that these those it its they their he she we our his her there here both each all some
            many most several other another such not on at for with within without by from to of as after before under
            over between among during since until upon through if once when while where which who what how although
            however also and but or so yet then now is are was were be been being has have had will would may might
            can could should must into out than only them us you your i my any every""",
        "fr": """le la les l un une des du de d dans ce cet cette ces il elle ils selon apres avant pour par sur avec
            est sont a ete etre au aux que qui se sa son ses ne pas plus et ou leur nous vous""",
        "de": """der die das ein eine einer einem einen im am nach vor mit fur bei zum zur es sie ist sind war wurde
            wird werden und oder zu den dem des von auf hat haben nicht auch als durch""",
        "es": """el la los las un una unos segun despues antes con para es fue son ha sido se su sus y o que al del
            de en por como mas no lo""",
        "it": """il lo la gli i un una uno nel nella secondo dopo prima per e era stato sono della dello delle dei che
            con di da al alla si non come""",
    }.items()
}
"""The commonest words of each language, folded: they carry no content, and show which language a text is in."""

OPENERS: Final = frozenset().union(*FUNCTION_WORDS.values()) | frozenset(
    _words(
        """one no in meanwhile moreover addition today earlier later previously currently separately overall more about
    approximately nearly around company companies partner partners data results result approval study studies trial
    trials treatment patients regulators agency agreement deal filing application financial terms shares management
    researchers investigators following according based together"""
    )
)
"""Words that may open a sentence with a capital without being a name."""

STOP_WORDS: Final = frozenset().union(*FUNCTION_WORDS.values()) | frozenset(
    _words(
        """in one no do does did up down too very just own same me him few s t re via per following according
    first second third fourth quarter half"""
    )
)
"""Words that carry no content; periods are facts of their own."""

REPORTING: Final = frozenset(
    _words(
        """announce announces announced announcing report reports reported reporting say says said saying state states
    stated disclose discloses disclosed describe describes described note notes noted confirm confirms confirmed
    publish publishes published unveil unveils unveiled reveal reveals revealed news update
    annonce annoncent annonce annonces gibt bekannt anuncia anuncian annuncia"""
    )
)
"""Verbs of telling: they add no fact, so they neither support a sentence nor count against it."""

NEGATIONS: Final = frozenset(
    _words(
        """not no never none neither nor without cannot fail fails failed failure miss misses missed reject rejects
        rejected decline declines declined unable lack lacks lacked lacking refuse refuses refused deny denies denied
        terminate terminates terminated
    ne pas sans jamais aucun nicht kein keine ohne nie no sin nunca ningun non senza
    inte ej ingen inget inga utan ikke niet geen nooit"""
    )
)
"""Words that turn a statement round."""

HEDGES: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": """if unless may might could would should potentially possibly perhaps plans plan planning expects expect
            expecting intends intend intending hopes hope hoping anticipates anticipate seeks seek seeking likely""",
        "fr": """si pourrait pourraient devrait devraient serait seraient aurait auraient permettrait prévoit prévoient
            envisage envisagent espère espèrent souhaite souhaitent potentiellement éventuellement""",
        "de": """falls sofern könnte könnten dürfte dürften würde würden plant planen voraussichtlich beabsichtigt
            beabsichtigen soll sollen sollte hofft hoffen erwartet erwarten möglicherweise potenziell will wollen
            vorbehaltlich strebt streben""",
        "es": """si podría podrían debería deberían sería serían tendría tendrían prevé prevén planea planean espera
            esperan pretende pretenden posiblemente potencialmente""",
        "it": """se potrebbe potrebbero dovrebbe dovrebbero sarebbe sarebbero prevede prevedono intende intendono spera
            sperano""",
    }.items()
}
"""Words that leave open whether what follows them happens. Accents count: German `konnte` is no `könnte`."""

AWAITED: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "expected anticipated planned pending intended proposed potential possible scheduled prospective",
        "fr": """prévu prévue prévus prévues attendu attendue attendus attendues envisagé envisagée potentiel
            potentielle""",
        "de": "geplant geplante geplanten erwartet erwartete erwarteten ausstehend mögliche möglichen",
        "es": """previsto prevista previstos previstas esperado esperada pendiente pendientes posible potencial
            propuesta""",
        "it": "previsto prevista previsti previste atteso attesa possibile potenziale proposta",
    }.items()
}
"""As `HEDGES`, for what stands before them, or right behind them as a noun."""

FUTURE: Final = frozenset({"will", "shall"})
"""What follows them has not happened yet; telling it in the present is common and no claim that it has."""

UNSETTLED: Final = frozenset(
    _words(
        """will shall whether eligible entitled upcoming target targets targeted aim aims aimed goal slated due awaits
        awaiting awaited subject upon requests requested asks doit doivent visant wird werden"""
    )
)
"""Further words by which a sentence shows that what it tells is not settled."""

PERFECT: Final = frozenset({"has", "have", "had", "was", "were", "been", "having"})
"""Auxiliaries of what has happened."""

TO_BE: Final = frozenset({"be", "been", "etre", "sein", "werden", "ser", "estar", "essere"})
"""Folded auxiliaries before the verb that tells what happens."""

DONE_FORMS: Final[dict[str, str]] = {
    "en": r"[a-z]{3,}ed|won|began|begun|sold|bought|paid|met|given|held",
    "fr": r"[^\W\d_]{3,}ée?s?|soumise?s?|obtenue?s?|reçue?s?|conclue?s?",
    "de": r"(?:[^\W\d_]{2,})?ge[^\W\d_]{3,}(?:t|en)|erhalten|erteilt|begonnen|verkauft",
    "es": r"[^\W\d_]{3,}(?:ado|ada|ido|ida)s?|[^\W\d_]{3,}(?:ó|aron|ieron)",
    "it": r"[^\W\d_]{3,}(?:ato|ata|ito|ita|uto|uta)",
}
"""Forms of verbs that tell what happened, as patterns over lower case with accents."""

UNTIMED: Final = frozenset(
    _words("based expected scheduled planned dated ended extended related united called named led")
)
"""Forms of that kind that do not tell what happened on a day."""

AGENTS: Final = frozenset({"by", "par", "von", "vom", "durch", "por", "da", "dalla", "af", "av", "door"})
"""What stands before the one who did it."""

CONTRARIES: Final[tuple[tuple[frozenset[str], frozenset[str]], ...]] = tuple(
    (frozenset(_words(one)), frozenset(_words(other)))
    for one, other in (
        (
            """increase increases increased increasing increasingly rise rises rose risen rising grow grows grew grown
            growing growth higher augmente augmentent augmentation hausse steigt stiegen stieg gestiegen zunahme
            wachstum aumenta aumentaron aumento crecio aumentato""",
            """decrease decreases decreased decreasing fall falls fell fallen falling decline declines declined
            declining drop drops dropped reduce reduces reduced reducing reduction lower lowered shrink shrank baisse
            baissent diminue diminution recul sinkt sank gesunken gefallen ruckgang abnahme disminuye disminuyo
            disminucion cayo reduccion diminuito calo""",
        ),
        (
            "profit profits benefice gewinn gewinne beneficio utile",
            "loss losses perte pertes verlust verluste perdidas",
        ),
        ("superior superiority superieur uberlegen", "inferior inferieur unterlegen"),
        ("favourable favorable positive gunstig", "unfavourable unfavorable negative ungunstig"),
        ("significant significantly", "nonsignificant insignificant"),
        ("able", "unable"),
        (
            "adult adults adulte adultes erwachsene erwachsenen adultos adulti",
            """child children paediatric pediatric adolescent adolescents enfant enfants kinder kindern jugendliche
            ninos bambini""",
        ),
        (
            """accepted accepts approved approves granted grants cleared clears accepte approuve accorde genehmigt
            zugelassen aprobo acepto""",
            """rejected rejects refused refuses refuse rejette rejete abgelehnt lehnt rechazo rechazado withdrew
            withdrawn""",
        ),
        (
            "initiated initiates started starts begins began resumes resumed continues continued",
            """terminated terminates discontinued discontinues halted halts suspended suspends stopped stops paused
            pauses""",
        ),
        ("accelerated accelerates", "delayed delays postponed postpones"),
        ("most", "least"),
    )
)
"""Folded words of which the ones say the contrary of the others."""

DEGREES: Final[tuple[frozenset[str], ...]] = tuple(
    frozenset(_words(kin))
    for kin in (
        """first premier premiere premiers premieres erste ersten erster erstes erstmals primer primera primero primo
        prima""",
        "largest biggest greatest",
        "best meilleur meilleure beste bester besten mejor migliore",
        "fastest quickest",
        "breakthrough breakthroughs groundbreaking revolutionary revolutionise revolutionize unprecedented landmark",
        "successful successfully success succes erfolg erfolgreich exito exitoso successo",
        "unique uniquely einzigartig unico unica",
        "leader leaders fuhrend fuhrende lider",
        "half halved halves halving halfte moitie mitad meta",
        "double doubled doubles doubling doubla double verdoppelt verdoppelte duplico raddoppiato",
        "triple tripled triples tripling tripla verdreifacht triplico triplicato",
        "dozen dozens douzaine douzaines dutzend dutzende docena docenas dozzina",
        "hundred hundreds centaine centaines hunderte centenares centinaia",
    )
)
"""Folded words of rank, praise and multiples, those of one meaning together: a text may use none that its source does
not."""
