"""A plain text PDF, written by hand: the demo needs a release that is a PDF of several pages, and no library for it."""

import textwrap
from collections.abc import Iterable, Sequence

_WIDTH, _LINES, _LEADING, _SIZE = 84, 22, 20, 11


def pdf(title: str, paragraphs: Iterable[str]) -> bytes:
    """A4 pages of Helvetica, `_LINES` lines each. Characters outside Latin-1 are replaced."""
    lines = [*textwrap.wrap(title, 60), ""]
    for paragraph in paragraphs:
        lines += [*textwrap.wrap(paragraph, _WIDTH), ""]
    pages = [lines[start : start + _LINES] for start in range(0, len(lines), _LINES)]
    return _file(pages)


def _file(pages: Sequence[Sequence[str]]) -> bytes:
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        objects += [_page(5 + 2 * number), _stream(lines)]
    return _assemble(objects)


def _page(content: int) -> bytes:
    return (
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
        f"/Resources << /Font << /F1 3 0 R >> >> /Contents {content} 0 R >>"
    ).encode()


def _stream(lines: Sequence[str]) -> bytes:
    shown = "\n".join(f"({_escaped(line)}) Tj T*" for line in lines)
    text = f"BT /F1 {_SIZE} Tf {_LEADING} TL 60 780 Td\n{shown}\nET".encode("latin-1", "replace")
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _assemble(objects: Sequence[bytes]) -> bytes:
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n%s" % (len(objects) + 1, table, trailer)
