"""What an operator does about a trouble: whole commands of `vectora`, that can be copied as they stand."""

from collections.abc import Mapping
from dataclasses import dataclass

_MENDS: Mapping[str, str] = {
    "throttled": "for good: a higher Bedrock quota",
    "config": "deploy code that reads the release of that run",
    "refused": "model id, region or permission is wrong: {doctor}",
    "budget": "raise budget.monthly_usd of the client, {push}",
    "price": "price the model in canonical/models/model_prices.yaml, {push}",
    "answer": "the model's answers did not hold twice: on_model_failure: rules of the client lets rules answer, {push}",
    "input": "what was queued is not in the data bucket any more",
}
"""Cause → how it is mended, where that does not need a look at the message first."""
_KEPT = ("throttled", "unavailable", "taken", "config", "internal", "deadline")
"""Causes whose message waits in the dead-letter queue. With every other cause the item failed for good, and its
message is gone: only a new run brings the item again."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands for one stack."""

    stack: str

    def line(self, words: str) -> str:
        return f"`vectora {words} --stack {self.stack}`"

    def unsent(self, client_id: str, edition_id: str, status: str) -> str:
        """About an edition that is not sent."""
        match status:
            case "draft":
                return self.line(f"review {client_id} {edition_id}")
            case "building":
                look = self.line("dlq show --queue engine")
                return f"the sweeper starts its engine again; where that keeps failing: {look}"
            case _:
                return (
                    f"{self.line('dlq show --queue publisher')}, mend, then {self.line('dlq replay --queue publisher')}"
                )

    def unreached(self, client_id: str, edition_id: str) -> str:
        """About recipients of a sent edition."""
        look = self.line(f"edition show {client_id} {edition_id} --recipients")
        return f"{look} names them; mend, then {self.line(f'edition resend {client_id} {edition_id} --to ADDRESS')}"

    def letters(self, queue: str) -> str:
        """About messages in a dead-letter or failure queue."""
        return f"{self.line(f'dlq list --queue {queue}')}, mend, then {self.line(f'dlq replay --queue {queue}')}"

    def lost(self, client_id: str, causes: Mapping[str, int], days: int, *, anew: bool) -> str:
        """About items that failed, by cause: first those whose messages wait, the most frequent first. `days`: how far
        a run must look back to find them; `anew`: they were made anew (`vectora redo`), or a chosen source's."""
        ordered = sorted(causes, key=lambda cause: (-causes[cause], cause))
        told = [self._kept(cause) for cause in ordered if cause in _KEPT]
        if gone := [cause for cause in ordered if cause not in _KEPT]:
            mends = [self._mend(cause) for cause in gone if cause in _MENDS] or ["mend what its log says"]
            again = self.line(f"run {client_id} --kind collect --period-days {days}")
            if anew:
                again = f"what asked for them: {self.line(f'redo {client_id}')} or {again}"
            told.append(f"{'; '.join(mends)}; their messages are gone, so then {again}")
        return "; ".join(told)

    def _kept(self, cause: str) -> str:
        replay = self.line(f"dlq replay --queue raw --only {cause}")
        if cause in _MENDS:
            return f"{replay}; {self._mend(cause)}" if cause == "throttled" else f"{self._mend(cause)}, then {replay}"
        return f"{self.line(f'dlq show --queue raw --only {cause}')}, mend, then {replay}"

    def _mend(self, cause: str) -> str:
        return _MENDS[cause].format(doctor=self.line("doctor"), push=self.line("config push"))
