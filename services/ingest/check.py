"""The event {"test": true}: checks everything that a run needs, queues nothing, writes nothing, costs nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from services.ingest.operations import Ingest, Ports
from shared.contracts.events import Answer, IngestEvent
from shared.errors import RunFailedError

Found = dict[str, dict[str, Any]]
"""Source key → {status, listed, dated, error}."""


def check(ports: Ports, event: IngestEvent, request_id: str, ends_at: float) -> Answer:
    """What was checked, each with its result: configuration, buckets, table, queue, and every source of the client
    (of all clients, if the event names none). A source that does not answer is reported; anything else raises.

    Raises RunFailedError naming what failed, also when no source at all answers.
    """
    tree = ports.config.load(ports.config.current())
    checks = {"configuration": f"release {tree.release}"}
    checks |= _reachable(
        {
            "data bucket": lambda: ports.stores.objects.get("batches/none"),
            "state table": lambda: ports.sources.health("checks"),
            "raw queue": ports.queue.check,
        }
    )
    clients = [event.client_id] if event.client_id else sorted(tree.clients)
    sources: Found = {}
    for client_id in clients:
        sources |= _sources(ports, event.model_copy(update={"client_id": client_id}), request_id, ends_at, sources)
    failed = {key: source["error"] for key, source in sources.items() if source["status"] == "failed"}
    if len(failed) == len(sources):
        raise RunFailedError(f"no source answers: {'; '.join(f'{key}: {error}' for key, error in failed.items())}")
    body = {"test": True, "clients": clients, "checks": checks, "sources": sources, "sources_failed": failed}
    return Answer(statusCode=200, body=body)


def _reachable(checks: dict[str, Callable[[], object]]) -> dict[str, str]:
    for name, probe in checks.items():
        try:
            probe()
        except Exception as error:
            raise RunFailedError(f"{name} cannot be used: {error}") from error
    return dict.fromkeys(checks, "reachable")


def _sources(ports: Ports, event: IngestEvent, request_id: str, ends_at: float, known: Mapping[str, object]) -> Found:
    """The client's sources that are not `known` yet, each tried once."""
    ingest = Ingest(ports)
    run = ingest.prepare(event, request_id)
    fresh = [source for source in run.sources if source.source_key not in known]
    late: dict[str, object] = {"status": "failed", "listed": 0, "dated": 0, "error": "no answer before the time ended"}
    answered: Found = {
        one.source.source_key: {
            "status": one.report.status,
            "listed": one.report.listed,
            "dated": sum(bool(entry.date) for entry in one.entries),
            "error": one.report.error,
        }
        for one in ingest.poll_all(run, ports.open_fetcher(run.gateway, ends_at), fresh)
    }
    return {source.source_key: answered.get(source.source_key, late) for source in fresh}
