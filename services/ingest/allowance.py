"""How much time several requests may take together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """Seconds that some requests may take together, redirects, robots.txt and pauses included: one source must not take
    the time of the others. Waiting for others' requests to the same host does not count."""

    seconds: float
    spent: float = 0.0

    @property
    def left(self) -> float:
        return self.seconds - self.spent

    @contextmanager
    def spending(self, now: Callable[[], float]) -> Iterator[None]:
        """The time of a with block, by a monotonic clock, counts."""
        begun = now()
        try:
            yield
        finally:
            self.spent += now() - begun

    def exceeded(self, needed: float = 0.0) -> str:
        """That it is used up, or would be by a wait of `needed` seconds; empty while it is not."""
        if self.left > needed:
            return ""
        return f"took longer than {self.seconds:.0f} s, redirects and robots.txt included"
