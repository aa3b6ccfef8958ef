"""--output holds a whole run or what it held before."""

import errno
from pathlib import Path

import pytest

from cli.errors import message
from cli.output import Output
from shared.errors import InputError

FILES = {"newsletter.md": b"# one", "report.json": b"{}"}


def listing(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_files_and_mails_are_put_in_place_and_nothing_else_stays(tmp_path):
    with Output(tmp_path / "out") as output:
        output.publish(FILES, {"a.eml": b"mail"})
    assert listing(tmp_path) == ["out/mail/a.eml", "out/newsletter.md", "out/report.json"]


def test_mails_of_an_earlier_edition_give_way_and_other_files_stay(tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "old.eml").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine")
    with Output(tmp_path) as output:
        output.publish(FILES, {"new.eml": b"new"})
    assert listing(tmp_path) == ["mail/new.eml", "newsletter.md", "notes.txt", "report.json"]


def test_a_failed_run_leaves_the_folder_as_it_was(tmp_path):
    with pytest.raises(RuntimeError), Output(tmp_path / "out"):
        raise RuntimeError("the run failed")
    assert not (tmp_path / "out").exists()


def test_a_disk_that_fills_up_leaves_nothing_half_written_and_says_so(tmp_path, monkeypatch):
    (tmp_path / "newsletter.md").write_bytes(b"last week")
    write = Path.write_bytes

    def full(path, data):
        if path.name == "report.json":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError) as caught, Output(tmp_path) as output:
        output.publish(FILES, {"a.eml": b"mail"})
    assert message(caught.value).startswith("disk full")
    assert listing(tmp_path) == ["newsletter.md"]
    assert (tmp_path / "newsletter.md").read_bytes() == b"last week"


def test_a_full_disk_is_found_before_the_run_starts(tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError), Output(tmp_path / "out"):
        pytest.fail("the run started")
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_folder_s_place_is_bad_usage(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="is a file"), Output(tmp_path / "out"):
        pytest.fail("the run started")
