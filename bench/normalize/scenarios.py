"""What is measured: the shared pace and its alternatives, three batches at once, and a quota that falls."""

from dataclasses import dataclass, field

ITEMS = 104
LATENCY = 4.0
RPM = 60


@dataclass(frozen=True)
class Scenario:
    """`variables` are normalize's environment; {rpm} and {tpm} in them stand for the endpoint's quota.

    `falls_to`: the share of the quota that is left once half of the calls were answered.
    """

    name: str
    what: str
    variables: dict[str, str] = field(default_factory=dict)
    batches: int = 1
    falls_to: float = 1.0
    items_per_batch: int = ITEMS

    @property
    def items(self) -> int:
        return self.batches * self.items_per_batch


_PACED = {"BEDROCK_RETRY_MODE": "own", "BEDROCK_RPM": "{rpm}", "BEDROCK_TPM": "{tpm}"}
_UNPACED = {"BEDROCK_RPM": "0", "BEDROCK_TPM": "0"}

SCENARIOS = (
    Scenario("ours", "shared pace, own retries", _PACED),
    Scenario("ours-three-batches", "shared pace, three batches at once", _PACED, batches=3),
    Scenario("ours-falling-quota", "shared pace, quota falls to a third half-way", _PACED, falls_to=1 / 3),
    Scenario("no-pacing", "own retries alone", {"BEDROCK_RETRY_MODE": "own", **_UNPACED}),
    Scenario("botocore-standard", "botocore's standard mode", {"BEDROCK_RETRY_MODE": "standard", **_UNPACED}),
    Scenario("botocore-adaptive", "botocore's adaptive mode", {"BEDROCK_RETRY_MODE": "adaptive", **_UNPACED}),
)
