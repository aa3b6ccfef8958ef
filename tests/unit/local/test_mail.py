import socket
from pathlib import Path
from typing import Any

import pytest

from local import emulator
from local.errors import LocalStackError
from local.layout import HOST, PROJECT, Layout
from local.mail import as_files, file_name


def record(*to: str, **changes: Any) -> dict[str, Any]:
    base = {"MessageId": "1", "Source": "n@example.org", "To": list(to), "CC": [], "BCC": [], "Subject": "Weekly – é"}
    return base | {"BodyText": "text", "BodyHtml": "<p>html</p>", "Timestamp": 1.0} | changes


@pytest.mark.parametrize(
    "address", ["../../etc/passwd@example.org", "a/b@example.org", "..", "x" * 300 + "@example.org"]
)
def test_no_address_escapes_the_folder(address: str) -> None:
    name = file_name(address)

    assert "/" not in name
    assert not name.startswith(".")
    assert len(name) < 120


def keep(folder: Path, *ids: str, head: str = "") -> Path:
    for one in ids:
        (folder / f"{one}.eml").write_bytes(f"{head}Message-ID: <mine@example.org>\r\nX-A: b\r\n\r\ntext".encode())
    return folder


def test_each_recipient_has_a_file_and_a_second_mail_does_not_replace_the_first(tmp_path: Path) -> None:
    records = [record("a@example.org", "b@example.org"), record("a@example.org", MessageId="2")]

    files = as_files(records, keep(tmp_path, "1", "2"))

    assert sorted(files) == ["a@example.org-2.eml", "a@example.org.eml", "b@example.org.eml"]


def test_a_mail_is_the_message_that_was_handed_over_under_the_id_that_ses_gave_it(tmp_path: Path) -> None:
    head = "List-Unsubscribe: <https://links.example.org/u>\r\n"

    (content,) = as_files([record("a@example.org")], keep(tmp_path, "1", head=head)).values()

    assert content == f"{head}Message-ID: <1>\r\nX-A: b\r\n\r\ntext".encode()


def test_an_emulator_that_does_not_tell_its_mails_is_an_error_and_not_an_empty_mailbox(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind((HOST, 0))
        nobody = Layout(PROJECT, tmp_path, deaf.getsockname()[1], 1)
        with pytest.raises(LocalStackError, match="does not tell which mails"):
            emulator.sent_mail(nobody)
