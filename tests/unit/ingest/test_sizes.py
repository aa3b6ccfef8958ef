"""How much is read at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.ingest.bounds import TAGS
from services.ingest.fetch import FetchError, OutOfTimeError, Page
from services.ingest.sizes import MEDIUM, SMALL, Scale, fetched, weight
from tests.unit.ingest.builders import FakeWeb

NEVER = float("inf")
PAGE = "https://www.example.org/page"


class Most:
    """The most that was there at any time."""

    def __init__(self) -> None:
        self._now, self.most, self._lock = 0, 0, threading.Lock()

    def change(self, amount: int) -> None:
        with self._lock:
            self._now += amount
            self.most = max(self.most, self._now)


@pytest.mark.parametrize(("each", "together"), [(1, 10), (4, 8), (5, 10), (6, 6), (100, 100)])
def test_no_more_is_held_than_there_is_room_for_but_at_least_one(each: int, together: int) -> None:
    scale, seen = Scale(10), Most()

    def read(_: int) -> None:
        with scale.hold(each, NEVER):
            seen.change(each)
            time.sleep(0.005)
            seen.change(-each)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(read, range(48)))
    assert 0 < seen.most <= together


def test_a_heavy_document_is_not_overtaken_for_ever() -> None:
    scale, order = Scale(10), list[str]()

    def read(name: str, weighs: int) -> None:
        with scale.hold(weighs, NEVER):
            order.append(name)

    with ThreadPoolExecutor(2) as pool, scale.hold(5, NEVER):
        for number, (name, weighs) in enumerate((("heavy", 10), ("light", 1))):
            pool.submit(read, name, weighs)
            while scale.waiting <= number:
                time.sleep(0.001)
        assert order == []
    assert order == ["heavy", "light"]


def test_whose_turn_does_not_come_before_the_run_ends_leaves_its_place() -> None:
    scale = Scale(10)
    with scale.hold(10, NEVER), pytest.raises(OutOfTimeError), scale.hold(1, time.monotonic() + 0.05):
        raise AssertionError("there was no room")
    with scale.hold(10, NEVER):
        pass


def test_markup_weighs_by_its_elements_and_a_pdf_by_what_it_may_hide() -> None:
    assert weight(b"<p>" * 1000) == 1000 + 3000 // 25
    assert weight(b"a" * 1000) == 40
    assert weight(b"\n%PDF-1.7 small") == TAGS // 2


class Sized(FakeWeb):
    """Pages of a size; a limit that is too low is an error that tells the size as far as it was read."""

    def __init__(self, size: int, *, declared: bool) -> None:
        super().__init__()
        self.size, self.declared, self.limits = size, declared, list[int]()

    def get(self, url: str, limit: int, **_: Any) -> Page:
        self.limits.append(limit)
        if self.size > limit:
            raise FetchError("larger", size=self.size if self.declared else limit + 1)
        return Page(url, 200, b"x" * self.size)


@pytest.mark.parametrize(
    ("size", "declared", "limits"),
    [
        (900, True, [SMALL]),
        (SMALL + 1, True, [SMALL, MEDIUM]),
        (MEDIUM + 1, True, [SMALL, 8_000_000]),
        (MEDIUM + 1, False, [SMALL, MEDIUM, 8_000_000]),
    ],
)
def test_a_page_is_asked_for_again_when_there_is_room_for_its_size(
    size: int, declared: bool, limits: list[int]
) -> None:
    web = Sized(size, declared=declared)
    with fetched(web, PAGE, 8_000_000) as page:
        assert len(page.body) == size
    assert web.limits == limits


def test_a_page_beyond_its_limit_is_refused() -> None:
    with pytest.raises(FetchError, match="larger"), fetched(Sized(8_000_001, declared=True), PAGE, 8_000_000):
        raise AssertionError("it was read")


def test_an_error_while_reading_gives_the_room_back() -> None:
    for _ in range(10):
        with pytest.raises(ValueError, match="odd"), fetched(Sized(MEDIUM, declared=True), PAGE, 8_000_000):
            raise ValueError("odd")
