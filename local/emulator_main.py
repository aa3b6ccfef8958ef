"""The emulator's process: ministack, whose SES also keeps each mail that it accepts as it was handed over.

By itself it keeps sender, recipients, subject and bodies alone. Runs on the emulator's own Python, so it imports
nothing of this project. Arguments: the folder for the mails, MessageId.eml each, and the program's name.
"""

import sys
from base64 import b64decode
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any


class Keeper:
    """Stands before the list of accepted mails: with each that is added, the message that was read last is kept."""

    def __init__(self, ses: Any, folder: Path) -> None:
        self._parse, self._accepted, self._folder, self._raw = ses._parse_raw_mime, ses._sent_emails_list, folder, ""

    def parse(self, raw: str) -> Any:
        self._raw = raw
        return self._parse(raw)

    def accepted(self) -> "Keeper":
        return self

    def append(self, record: dict[str, Any]) -> None:
        (self._folder / f"{record['MessageId']}.eml").write_bytes(b64decode(self._raw))
        self._accepted().append(record)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._accepted())


def main(folder: Path) -> None:
    ses: Any = import_module("ministack.services.ses_v2")
    keeper = Keeper(ses, folder)
    ses._parse_raw_mime, ses._sent_emails_list = keeper.parse, keeper.accepted
    del sys.argv[1:]
    import_module("ministack.app").main()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
