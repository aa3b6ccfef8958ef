"""What the functions are invoked with and what they answer (specification: Ingest, Engine)."""

from typing import Any, Literal

from pydantic import Field

from shared.contracts.base import Contract

Kind = Literal["edition", "collect"]


class IngestEvent(Contract):
    """Event of ingest. `sources` and `dry_run` restrict the run, which then never becomes the client's edition.

    `as_of` is an ISO date or datetime; `run_id` makes repetitions the same batch. `fetch_gateway` (local stack only)
    is the origin under which `https://HOST/PATH` is fetched as `GATEWAY/HOST/PATH`. `review` holds the edition as a
    draft and `deliver` sends it, whatever the client's mode. `test` checks everything and costs nothing.
    `continuation`: how many invocations of this run there were before; set by the function itself.
    """

    client_id: str = ""
    kind: Kind = "edition"
    period_days: int | None = Field(default=None, ge=1, le=3660)
    from_date: str | None = None
    to_date: str | None = None
    sources: tuple[str, ...] | None = None
    force_refresh: bool = False
    dry_run: bool = False
    as_of: str | None = None
    run_id: str | None = None
    fetch_gateway: str | None = None
    delivery: Literal["client", "send", "review"] = "client"
    test: bool = False
    continuation: int = Field(default=0, ge=0)


class EngineEvent(Contract):
    """Direct event of engine; the S3 event of a COMPLETE.json is the other way to start it.

    `batch_id` names the run that collected the window's items, where the edition is to tell what that run reached.
    """

    client_id: str
    period_days: int | None = Field(default=None, ge=1, le=3660)
    from_date: str | None = None
    to_date: str | None = None
    target_date: str | None = None
    force_regenerate: bool = False
    as_of: str | None = None
    batch_id: str | None = None
    delivery: Literal["client", "send", "review"] = "client"


class Answer(Contract):
    """What a directly invoked function answers."""

    statusCode: int
    body: dict[str, Any]
