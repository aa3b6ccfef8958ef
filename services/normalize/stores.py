"""Where normalize keeps things."""

from dataclasses import dataclass

from shared.storage.lake import Lake
from shared.storage.objects import Objects
from shared.storage.results import Results
from shared.storage.spend import Spend


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept."""

    raw: Objects
    lake: Lake
    results: Results
    spend: Spend
