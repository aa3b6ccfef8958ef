"""The raw mail, parsed back."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import compat32, default

import fast_mail_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.publisher.mail import Letter, compose

MOMENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = "00112233aabbccdd"
LETTER = Letter(
    client_id="acme_weekly",
    edition_id="ed-1",
    subject="Acme Weekly: Depotex® approuvé à Genève, 長効注射剤",
    text="Été: Depotex® 長効注射剤 مرحبا\n",
    html="<p>Été: Depotex® 長効注射剤 <span dir='rtl'>مرحبا</span></p>",
    language="fr",
    sender="news@example.org",
    sender_name="Veille “Acme” 長効",
    reply_to="desk@example.org",
)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"), max_size=400)


def parse(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def parts_of(raw: bytes) -> dict[str, str]:
    """Content by type, decoded through the legacy API, independently of the policy that wrote it."""
    mail: Message = message_from_bytes(raw, policy=compat32)
    found = {}
    for part in mail.walk():
        body = part.get_payload(decode=True)
        if isinstance(body, bytes):
            found[part.get_content_type()] = body.decode(str(part.get_content_charset("ascii")))
    return found


def test_headers_survive_the_round_trip() -> None:
    mail = parse(compose(LETTER, "ann@example.org", KEY, MOMENT))
    assert mail["Subject"] == LETTER.subject
    assert mail["From"].addresses[0].display_name == LETTER.sender_name
    assert mail["From"].addresses[0].addr_spec == "news@example.org"
    assert mail["To"] == "ann@example.org"
    assert mail["Reply-To"] == "desk@example.org"
    assert mail["Date"].datetime == MOMENT
    assert mail["X-Vectora-Edition"] == "ed-1"
    assert mail["MIME-Version"] == "1.0"
    assert not mail.defects


def test_text_comes_before_html_and_both_keep_accents_trademarks_cjk_and_rtl() -> None:
    raw = compose(LETTER, "ann@example.org", KEY, MOMENT)
    mail = parse(raw)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    found = parts_of(raw)
    assert found["text/plain"].replace("\r\n", "\n") == LETTER.text
    assert found["text/html"].strip() == LETTER.html


def test_mail_is_ascii_with_short_lines_and_crlf() -> None:
    long = replace(LETTER, html="<p>" + "é long line " * 900 + "</p>", text="x" * 5000)
    raw = compose(long, "ann@example.org", KEY, MOMENT)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_message_id_is_stable_per_edition_and_recipient() -> None:
    def identity(letter: Letter, key: str, moment: datetime) -> str:
        return str(parse(compose(letter, "ann@example.org", key, moment))["Message-ID"])

    first = identity(LETTER, KEY, MOMENT)
    assert first == identity(LETTER, KEY, MOMENT.replace(hour=17))
    assert first != identity(LETTER, "ffff2233aabbccdd", MOMENT)
    assert first != identity(replace(LETTER, edition_id="ed-2"), KEY, MOMENT)
    assert first.endswith("@example.org>")


@pytest.mark.parametrize("evil", ["News\r\nBcc: eve@example.org", "News\nX: y", "News\u2028Bcc: eve@example.org"])
def test_title_cannot_inject_a_header(evil: str) -> None:
    mail = parse(compose(replace(LETTER, subject=evil, sender_name=evil), "ann@example.org", KEY, MOMENT))
    assert mail["Bcc"] is None
    assert mail["X"] is None
    assert mail["Subject"].startswith("News ")


def test_no_reply_to_header_without_an_address() -> None:
    assert parse(compose(replace(LETTER, reply_to=""), "ann@example.org", KEY, MOMENT))["Reply-To"] is None


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT)
def test_any_text_survives_the_round_trip(text: str, html: str) -> None:
    raw = compose(replace(LETTER, text=text, html=html), "ann@example.org", KEY, MOMENT)
    found = parts_of(raw)
    assert raw.isascii()
    assert found["text/plain"].replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert found["text/html"].replace("\r\n", "\n").rstrip("\n") == html.rstrip("\n")


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=200))
def test_any_subject_survives_the_round_trip(subject: str) -> None:
    mail = parse(compose(replace(LETTER, subject=subject), "ann@example.org", KEY, MOMENT))
    assert "".join(str(mail["Subject"]).split()) == "".join(subject.split())


def test_second_parser_reads_the_same_mail_without_a_warning() -> None:
    mail = fast_mail_parser.parse_email(compose(LETTER, "ann@example.org", KEY, MOMENT))
    assert mail.subject == LETTER.subject
    assert [part.replace("\r\n", "\n") for part in mail.text_plain] == [LETTER.text]
    assert [part.strip() for part in mail.text_html] == [LETTER.html]
    assert mail.from_ is not None
    assert (mail.from_.display_name, mail.from_.address) == (LETTER.sender_name, LETTER.sender)
    assert [one.address for one in mail.to] == ["ann@example.org"]
    assert mail.headers["Message-ID"] == ["<ed-1.00112233aabbccdd@example.org>"]
    assert not mail.attachments
    assert not mail.warnings


LINK = "https://links.example.org/unsubscribe?t=" + "aZ09-_." * 30


def test_one_click_unsubscribe_is_in_the_headers_and_in_both_parts() -> None:
    raw = compose(LETTER, "ann@example.org", KEY, MOMENT, LINK)
    mail = parse(raw)
    assert mail["List-Unsubscribe"] == f"<{LINK}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert LINK in parts_of(raw)["text/plain"]
    assert LINK in parts_of(raw)["text/html"]
    assert not mail.defects


def test_second_parser_sees_the_same_headers_and_parts() -> None:
    raw = compose(LETTER, "ann@example.org", KEY, MOMENT, LINK)
    seen = fast_mail_parser.parse_email(raw)
    assert seen.headers["List-Unsubscribe"] == [f"<{LINK}>"]
    assert seen.headers["List-Unsubscribe-Post"] == ["List-Unsubscribe=One-Click"]
    assert seen.subject == LETTER.subject
    assert "مرحبا" in seen.text_plain[0]
    assert LINK in seen.text_html[0]


def test_unsubscribe_link_stands_inside_the_body_of_the_page() -> None:
    letter = replace(LETTER, html="<html><body><p>News</p></body></html>")
    html = parts_of(compose(letter, "ann@example.org", KEY, MOMENT, LINK))["text/html"]
    assert html.index("</p>") < html.index("aZ09") < html.index("</body>")


def test_lines_stay_below_what_smtp_takes_with_a_long_link() -> None:
    raw = compose(LETTER, "ann@example.org", KEY, MOMENT, LINK)
    assert max(map(len, raw.splitlines())) < 998
    assert raw.isascii()


def test_without_a_link_there_is_no_header_and_no_word_of_it() -> None:
    raw = compose(LETTER, "ann@example.org", KEY, MOMENT)
    assert b"nsubscribe" not in raw


def test_a_mail_names_the_run_that_led_to_it() -> None:
    assert parse(compose(LETTER, "ann@example.org", KEY, MOMENT))["X-Vectora-Correlation-Id"] == "ed-1"
    run = replace(LETTER, correlation_id="edition-0123")
    assert parse(compose(run, "ann@example.org", KEY, MOMENT))["X-Vectora-Correlation-Id"] == "edition-0123"
