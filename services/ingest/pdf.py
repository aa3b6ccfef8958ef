"""The text of a PDF, within bounds of memory and time that hold for any file."""

import io
import logging
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pypdf
from pypdf.errors import PyPdfError

from services.ingest.dates import date_line

PAGES = 40
SECONDS = 8.0
"""Processor time for one file; a release of 40 pages takes about 2 s."""
TEXT_LIMIT = 200_000
_DATE_LINE = 60
_STREAM = 6_000_000
_BOUNDS: dict[str, Any] = {
    "zlib_maximum_output_length": _STREAM,
    "lzw_maximum_output_length": _STREAM,
    "run_length_maximum_output_length": _STREAM,
    "jbig2_maximum_output_length": _STREAM,
    "brotli_maximum_output_length": _STREAM,
    "array_based_stream_maximum_output_length": _STREAM,
    "stream_decoding_work_maximum_length": 4 * _STREAM,
    "stream_parsing_work_maximum_count": 500_000,
    "page_tree_maximum_entries": 5_000,
    "page_tree_maximum_page_entries": 50_000,
    "xform_maximum_invocations_per_extraction": 500,
    "jbig2dec_binary": None,
}

logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class UnreadablePageError(ValueError):
    """A page that holds no article; the message says what it is."""


def read_pdf(body: bytes) -> str:
    """The text of a PDF's first pages, lines joined to paragraphs that are apart by a blank line.

    Raises UnreadablePageError for a file that is broken, locked, without text, or too much work.
    """
    try:
        with pypdf.apply_configuration(**_BOUNDS):
            pages = list(_pages(body))
    except UnreadablePageError:
        raise
    except (
        PyPdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError, AssertionError,
        NotImplementedError, OSError, MemoryError,
    ) as error:  # fmt: skip
        raise UnreadablePageError(f"the PDF cannot be read ({type(error).__name__})") from error
    text = "\n\n".join(_joined(_without_running_heads(pages)))[:TEXT_LIMIT]
    if not text.strip():
        raise UnreadablePageError("the PDF holds no text (scanned images)")
    return text


def _pages(body: bytes) -> Iterator[str]:
    ends_at = time.thread_time() + SECONDS

    def in_time(*_: Any) -> None:
        if time.thread_time() > ends_at:
            raise UnreadablePageError(f"the PDF takes longer than {SECONDS:.0f} s to read")

    reader = pypdf.PdfReader(io.BytesIO(body), strict=False, root_object_recovery_limit=1000)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadablePageError("the PDF is locked by a password")
    size = 0
    for page in reader.pages[:PAGES]:
        in_time()
        text = page.extract_text(visitor_operand_before=in_time) or ""
        size += len(text)
        yield text
        if size > TEXT_LIMIT:
            return


def _without_running_heads(pages: list[str]) -> Iterator[list[str]]:
    """Each page's lines, without first and last lines that other pages have too, and without page numbers."""
    split = [[line.rstrip() for line in page.splitlines()] for page in pages]
    edges = Counter(_shape(line) for lines in split for line in {*lines[:3], *lines[-3:]} if line.strip())
    repeated = {shape for shape, count in edges.items() if len(pages) > 1 and count > max(1, len(pages) // 2)}
    for lines in split:
        yield [
            line
            for number, line in enumerate(lines)
            if not ((number < 3 or number >= len(lines) - 3) and (_shape(line) in repeated or _is_page_number(line)))
        ]


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", line.strip())


def _is_page_number(line: str) -> bool:
    return bool(
        re.fullmatch(r"\s*(?:page\s*)?\d{1,3}(?:\s*(?:/|of|sur|von|\(|\|)\s*\d{1,3}\)?)?\s*", line, re.IGNORECASE)
    )


def _joined(pages: Iterable[list[str]]) -> Iterator[str]:
    """Paragraphs of lines: a paragraph ends at an empty line, or at a line well short of the width."""
    lines = [line for page in pages for line in page]
    width = max((len(line) for line in lines), default=0)
    paragraph = ""
    for line in lines:
        text = line.strip()
        if not text:
            yield paragraph
            paragraph = ""
            continue
        if len(text) < _DATE_LINE and date_line(text):  # a dateline beneath the title belongs to no paragraph
            yield paragraph
            yield text
            paragraph = ""
            continue
        paragraph = _glue(paragraph, text)
        if len(text) < width * 0.6 and not text.endswith((",", ";", "-")):
            yield paragraph
            paragraph = ""
    yield paragraph


def _glue(paragraph: str, line: str) -> str:
    """Lines joined by a space; a word divided at the line's end becomes one again."""
    if re.search(r"[a-zà-ÿ]-$", paragraph) and re.match(r"[a-zà-ÿ]", line):
        return paragraph[:-1] + line
    return f"{paragraph} {line}".strip()
