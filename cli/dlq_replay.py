"""Replays dead letters so that none is lost: sent first, deleted after; what is interrupted is simply run again.

A letter that was sent and not deleted is sent twice by the next replay. That has no second effect: an item's result and
its place in the batch are written under conditions, an edition is delivered once per recipient, and a run resumes.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from cli.dlq import DONE, UNREADABLE, Letter, Queue, matches
from shared.errors import VectoraError

HOLD = 120
"""Seconds for which letters that are being replayed, or that a filter leaves, are not seen by others."""
_LOOK_EVERY = 1.0
Moved = Callable[[int], None]
"""Told after each step how many letters have been handled so far."""


class Letters(Protocol):
    """cli.dlq_post.Post, as a replay needs it."""

    def receive(self, queue: Queue, hold: int, wait: int = 1) -> Iterable[list[Letter]]: ...
    def show_again(self, queue: Queue, letters: Iterable[Letter]) -> None: ...
    def send_back(self, letters: Sequence[Letter]) -> list[Letter]: ...
    def delete(self, letters: Iterable[Letter]) -> None: ...
    def fate(self, letter: Letter, since: str) -> str: ...


class Moves(Protocol):
    """cli.dlq_post.Mover."""

    def start(self, queue: Queue, rate: int) -> None: ...
    def progress(self, queue: Queue) -> tuple[str, int, str]: ...


@dataclass(frozen=True, slots=True)
class Time:
    """Monotonic seconds, the present and waiting; tests bring their own."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Replayed:
    """What a replay did. `removed` had been done already; `left` a filter, or a refusal by SQS or Lambda, kept,
    or nothing can repeat it."""

    since: str
    sent: list[Letter] = field(default_factory=list)
    removed: list[Letter] = field(default_factory=list)
    left: dict[str, Letter] = field(default_factory=dict)

    @property
    def handled(self) -> int:
        return len(self.sent) + len(self.removed)


def replay(queue: Queue, post: Letters, only: str | None, rate: float, moved: Moved, clock: Time) -> Replayed:
    """Send back every letter that `only` admits, at most `rate` a second (0: unbounded), each once.

    Letters that come to the queue while it runs, among them those that failed again, stay for another replay.
    """
    began = clock.now()
    done, first_ms = Replayed(began.isoformat()), int(began.timestamp() * 1000)
    try:
        for found in post.receive(queue, HOLD):
            at = clock.monotonic()
            if all(letter.message_id in done.left for letter in found):
                break
            chosen = [one for one in found if _taken(one, only) and one.sent_ms < first_ms]
            _handle(chosen, post, done)
            handled = {one.message_id for one in (*done.sent, *done.removed)}
            done.left |= {one.message_id: one for one in found if one.message_id not in handled}
            moved(done.handled)
            if rate and (pause := len(chosen) / rate - (clock.monotonic() - at)) > 0:
                clock.sleep(pause)
    finally:
        post.show_again(queue, done.left.values())
    return done


def _taken(letter: Letter, only: str | None) -> bool:
    """Nothing can repeat what nobody can read: it stays for whoever finds out who sent it."""
    return matches(letter, only) and letter.group != UNREADABLE


def _handle(chosen: Sequence[Letter], post: Letters, done: Replayed) -> None:
    over = [letter for letter in chosen if letter.group == DONE]
    taken = post.send_back([letter for letter in chosen if letter.group != DONE])
    done.sent += taken
    done.removed += over
    post.delete([*taken, *over])


def move_all(queue: Queue, mover: Moves, letters: Sequence[Letter], rate: int, moved: Moved, clock: Time) -> Replayed:
    """Have AWS move the whole queue; `letters` are those that were seen in it. An interrupted command leaves the task
    running, and the next one follows it. Raises VectoraError when the task failed."""
    done = Replayed(clock.now().isoformat())
    mover.start(queue, rate)
    while (progress := mover.progress(queue))[0] in ("RUNNING", "CANCELLING"):
        moved(progress[1])
        clock.sleep(_LOOK_EVERY)
    status, count, reason = progress
    if status != "COMPLETED":
        raise VectoraError(f"AWS moved {count} messages and then gave up ({status} {reason}); run the replay again")
    moved(count)
    done.sent = list(letters)
    return done


def fates(done: Replayed, post: Letters, patience: float, clock: Time) -> Counter[str]:
    """What became of each letter that was sent: done, failed, or waiting after `patience` seconds."""
    ends, known, open_ones = clock.monotonic() + patience, dict[str, str](), list(done.sent)
    while open_ones:
        for letter in open_ones:
            known[letter.message_id] = post.fate(letter, done.since)
        open_ones = [letter for letter in open_ones if known[letter.message_id] == "waiting"]
        if not open_ones or clock.monotonic() >= ends:
            break
        clock.sleep(_LOOK_EVERY)
    return Counter(known.values())
