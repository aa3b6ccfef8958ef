"""PDF releases as word processors and layout programs write them: pages, columns, running heads, divided words."""

# ruff: noqa: E501 (documents, one a line)

import textwrap
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.unit.ingest.gold import texts as t
from tests.unit.ingest.gold.pages import Gold

Placed = tuple[float, float, float, str]
"""A line: x and y in points from the lower left corner, font size, text."""
Show = Callable[[Placed], str]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def whole_lines(line: Placed) -> str:
    x, y, size, text = line
    return f"BT /F1 {size} Tf {x} {y} Td ({_escaped(text)}) Tj ET"


def single_words(line: Placed) -> str:
    """Each word placed by itself, as justified text is."""
    x, y, size, text = line
    shown, at = [], x
    for word in text.split():
        shown.append(f"BT /F1 {size} Tf 1 0 0 1 {at:.1f} {y} Tm ({_escaped(word)}) Tj ET")
        at += width(word, size) + size * 0.28
    return "\n".join(shown)


def kerned(line: Placed) -> str:
    """Letters apart by kerning, spaces as wide gaps without a space character."""
    x, y, size, text = line
    words = ["(" + ") -20 (".join(_escaped(letter) for letter in word) + ")" for word in text.split()]
    return f"BT /F1 {size} Tf {x} {y} Td [{' -278 '.join(words)}] TJ ET"


_NARROW, _WIDE = "iljtf.,;:!'|()[] ", "mwMWOQGCD%@"


def width(text: str, size: float) -> float:
    """About how wide Helvetica is, in points."""
    return sum(0.25 if c in _NARROW else 0.85 if c in _WIDE else 0.54 for c in text) * size


def document(pages: Sequence[Iterable[Placed]], show: Show = whole_lines, *, packed: bool = True) -> bytes:
    """A PDF file of these pages; `packed`: its content compressed."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for number, lines in enumerate(pages):
        content = "\n".join(show(line) for line in lines).encode("cp1252", "replace")
        content = zlib.compress(content) if packed else content
        filtered = "/Filter/FlateDecode" if packed else ""
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {5 + 2 * number} 0 R>>".encode()
        )
        objects.append(f"<<{filtered}/Length {len(content)}>>stream\n".encode() + content + b"\nendstream")
    out, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def flow(
    title: str, opening: Sequence[str], paragraphs: Sequence[str], *, columns: int = 1, lines: int = 40, gap: float = 10,
    hyphens: bool = False, head: str = "", foot: str = "",
) -> list[list[Placed]]:  # fmt: skip
    """Pages of a release: title and `opening` lines over the columns, then the paragraphs."""
    chars = 88 if columns == 1 else 40
    placed = [(60.0, 770.0, 16.0, title), *((60.0, 745.0 - 14 * n, 10.0, line) for n, line in enumerate(opening))]
    top = 720.0 - 14 * len(opening)
    pages: list[list[Placed]] = [placed]
    column, y, bottom = 0, top, top - 13 * lines
    for paragraph in paragraphs:
        for line in _wrapped(paragraph, chars, hyphens):
            if y < bottom:
                column, y = column + 1, top
            if column == columns:
                column, y, top = 0, 760.0, 760.0
                pages.append([])
            pages[-1].append((60.0 + 250 * column, y, 10.0, line))
            y -= 13
        y -= gap
    return [list(_framed(page, n, len(pages), head, foot)) for n, page in enumerate(pages, 1)]


def _wrapped(paragraph: str, chars: int, hyphens: bool) -> Iterator[str]:
    if not hyphens:
        yield from textwrap.wrap(paragraph, chars)
        return
    line = ""
    for word in paragraph.split():
        if len(line) + len(word) + 1 <= chars:
            line = f"{line} {word}".strip()
            continue
        room = chars - len(line) - 2
        if 3 <= room <= len(word) - 3 and word.isalpha():
            yield f"{line} {word[:room]}-"
            line = word[room:]
        else:
            yield line
            line = word
    yield line


def _framed(page: Iterable[Placed], number: int, total: int, head: str, foot: str) -> Iterator[Placed]:
    if head:
        yield (60.0, 815.0, 8.0, head)
    yield from page
    if foot:
        yield (60.0, 30.0, 8.0, foot.format(number=number, total=total))


def pdfs() -> list[Gold]:
    """All PDF releases."""
    trial = "Ostrava Therapeutics reports positive results"
    deal = "Nordvik and Brightwater sign licence agreement"
    supply = "Corvane expands its site in Galway"
    approval = "Harrow & Finch receives approval of Velmaris"
    fr, de, sv = "Premier patient inclus", "Lizenzvertrag für Japan", "Första patienten doserad"
    long = (*t.EN_TRIAL, *t.EN_DEAL, *t.EN_SUPPLY)
    made = {
        "one page": (trial, t.EN_TRIAL, "2025-12-01", document(flow(trial, ["December 1, 2025"], t.EN_TRIAL)), "UTC"),
        "three pages with heads and feet": (
            trial, long, "2025-12-02",
            document(flow(trial, ["Press release", "Basel, 2 December 2025"], long, lines=14, head="Ostrava Therapeutics AG",
                          foot="Page {number} of {total}")), "UTC",
        ),
        "two columns": (deal, t.EN_DEAL, "2025-12-03", document(flow(deal, ["Lund, 3 December 2025"], t.EN_DEAL, columns=2)), "UTC"),
        "two columns over pages": (
            supply, long, "2025-12-04",
            document(flow(supply, ["4 December 2025"], long, columns=2, lines=20, foot="{number}")), "UTC",
        ),
        "words divided at the end of lines": (
            supply, t.EN_SUPPLY, "2025-12-05", document(flow(supply, ["December 5, 2025"], t.EN_SUPPLY, hyphens=True)), "UTC",
        ),
        "justified, each word placed": (
            approval, t.EN_APPROVAL, "2025-12-06", document(flow(approval, ["Dec 6, 2025"], t.EN_APPROVAL), single_words), "UTC",
        ),
        "kerned letters without spaces": (
            approval, t.EN_APPROVAL, "2025-12-07", document(flow(approval, ["Dec 7, 2025"], t.EN_APPROVAL), kerned), "UTC",
        ),
        "French": (fr, t.FR_ESSAI, "2025-12-08", document(flow(fr, ["Montpellier, le 8 décembre 2025"], t.FR_ESSAI)), "Europe/Paris"),
        "German, not compressed": (
            de, t.DE_LIZENZ, "2025-12-09",
            document(flow(de, ["Martinsried, 9. Dezember 2025"], t.DE_LIZENZ), packed=False), "Europe/Berlin",
        ),
        "Swedish, paragraphs without gaps": (
            sv, t.SV_STUDIE, "2025-12-05", document(flow(sv, ["Uppsala 2025-12-05"], t.SV_STUDIE, gap=0)), "Europe/Stockholm",
        ),
        "undated": (deal, t.EN_DEAL, None, document(flow(deal, ["Press release"], t.EN_DEAL)), "UTC"),
        "only an event's date": (
            deal, (*t.EN_DEAL, "The closing is expected on January 15, 2026 at the latest."), None,
            document(flow(deal, ["Press release"], (*t.EN_DEAL, "The closing is expected on January 15, 2026 at the latest."))),
            "UTC",
        ),
    }  # fmt: skip
    return [
        Gold(
            f"PDF: {name}",
            body,
            title,
            tuple(text),
            day,
            "application/pdf",
            zone,
            "https://www.example.org/files/a.pdf",
        )
        for name, (title, text, day, body, zone) in made.items()
    ]
