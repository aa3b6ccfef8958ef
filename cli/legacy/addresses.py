"""Whether an address is one, and whether it belongs to the company that it stands beside."""

import re
from urllib.parse import urlsplit

from shared.reserved import is_reserved
from shared.text.fold import fold_key

_PLACEHOLDER_HOSTS = {"placeholder", "localhost", "todo", "tbd", "changeme"}
_SEARCH_ENGINES = {"google", "bing", "duckduckgo", "yahoo"}
_SECOND_LEVEL = {"co", "com", "net", "org", "or", "ac", "gov", "ne"}
_GENERIC = re.compile(
    r"pharmaceuticals?|pharma(?:solutions)?|pharm|pharms|therapeutics?|biopharma(?:ceuticals?)?|biopharm|biosciences?|"
    r"biotechnology|biotechnologies|biotech|bio|biologics|sciences?|holdings?|medical|medicine|medicines|medizin|"
    r"laboratorios|labs?|health|group|global|technologies|technology|solutions|international|company|corp|inc|ltd|co|"
    r"usa?|the|and|of|tx|rx|med",
)
_TRADES = {"therapeutics", "pharmaceuticals", "biosciences", "biologics", "technologies", "medical", "diagnostics"}
_LONGEST = 2048
_LEAST_PART = 3


def host_of(url: str) -> str:
    """The host of a URL without www, empty when there is none that a resolver would take."""
    try:
        return (urlsplit(url[:_LONGEST]).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def registrable(url: str) -> str:
    """The domain that somebody registered: two labels, or three below country codes such as co.uk."""
    labels = host_of(url).split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if country else labels[-2:])


def placeholder(url: str) -> str | None:
    """Why the address stands for none, or None when it is one."""
    host = host_of(url)
    if not host or "." not in host or host.split(".")[0] in _PLACEHOLDER_HOSTS:
        return "a placeholder, not an address"
    if is_reserved(url) or "example" in host.split(".")[-2:]:
        return "an example, not an address"
    if registrable(url).split(".")[0] in _SEARCH_ENGINES and urlsplit(url).path.startswith("/search"):
        return "a search, not an address"
    return None


def named_by(url: str, name: str) -> bool:
    """Whether the host of `url` can be read as `name`: a word of it, its beginning, or its initials.

    Generic words (pharma, therapeutics …) name nobody and are left out on both sides.
    """
    squeezed = re.sub(r"[^a-z0-9]", "", host_of(url).lower())
    words = re.findall(r"[a-z0-9]+", fold_key(name).replace("'", ""))
    telling = [word for word in words if not _GENERIC.fullmatch(word)] or words
    if any(len(word) >= _LEAST_PART and word in squeezed for word in telling):
        return True
    if "".join(words) in squeezed:
        return True
    label = re.sub(r"[^a-z0-9]", "", registrable(url).split(".")[0])
    return _abbreviates(label, "".join(words) + "company") or _begins(label, telling)


def other_trade(url: str, name: str) -> str | None:
    """The trade that the domain names after the company's own words and the name does not: another company's, perhaps.

    `https://www.north-therapeutics.com` beside "North Pharmaceuticals" gives "therapeutics".
    """
    words = re.findall(r"[a-z0-9]+", fold_key(name))
    label = re.sub(r"[^a-z0-9]", "", registrable(url).split(".")[0])
    own = "".join(word for word in words if not _GENERIC.fullmatch(word))
    rest = label.removeprefix(own)
    return rest if rest != label and rest in _TRADES and rest not in words else None


def _begins(label: str, words: list[str]) -> bool:
    """The label starts like a telling word, as "bolderbio" and "bolder"."""
    return any(len(word) > _LEAST_PART and label.startswith(word[: _LEAST_PART + 1]) for word in words)


def _abbreviates(label: str, name: str) -> bool:
    """The label, without generic words at its end, is made of letters of the name in their order, from its first."""
    short = re.sub(rf"(?:{_GENERIC.pattern})+\Z", "", label) or label
    if not short or short[0] != name[0] or len(short) > _LEAST_PART + 1:
        return False
    rest = iter(name)
    return all(letter in rest for letter in short)
