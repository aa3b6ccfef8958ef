"""`python -m bench.ingest [--output FILE]`: parse path against feedparser and bare lxml; 200 sources at once; memory.

All side by side in one run: contenders take turns, and the median of the rounds counts.
"""

import argparse
import io
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import feedparser
from lxml import etree

from bench.ingest.feeds import collection
from bench.ingest.sources import latencies
from services.ingest.dates import parse
from services.ingest.fetch import Fetcher, Limits
from services.ingest.gateway import Gateway
from services.ingest.listings import Polled, poll
from services.ingest.plan import candidates
from services.ingest.sources.base import ReadingContext
from services.ingest.sources.rss import Feed
from shared.config.rules import Source
from shared.storage.sources import Health

ROUNDS = 5
FEEDS = 200
SOURCES = 200
POLL_WORKERS = 64
NOW = datetime(2025, 12, 10, 9, tzinfo=UTC)
CONTEXT = ReadingContext(date(2025, 12, 1), date(2025, 12, 10), lambda _: False)


def _source(number: int) -> Source:
    return Source.model_validate(
        {
            "source_key": f"s{number}",
            "name": f"Source {number}",
            "url": f"https://s{number}.example.org/feed",
            "ingestion_mode": "rss",
            "source_type": "press",
            "ingestion_profile": "any",
        }
    )


def whole_path(bodies: list[bytes]) -> set[str]:
    """What ingest does: decode, bound, read, plain text, dates, one candidate an address."""
    listed = []
    for number, body in enumerate(bodies):
        source = _source(number)
        entries = Feed().read(body, "application/rss+xml", source.url, source, CONTEXT).entries
        assert all(parse(entry.date) for entry in entries)
        listed.append((source, entries))
    return {candidate.entry.url for candidate in candidates(listed)}


def feedparser_defaults(bodies: list[bytes]) -> set[str]:
    """feedparser as its documentation shows it."""
    return {entry.link for body in bodies for entry in feedparser.parse(io.BytesIO(body)).entries}


def bare_lxml(bodies: list[bytes]) -> set[str]:
    """Nothing but XML and the text of each entry's children: the floor."""
    found = set()
    for body in bodies:
        for entry in etree.fromstring(body).iter("item", "{http://www.w3.org/2005/Atom}entry"):
            texts = {node.tag: node.text for node in entry}
            found.add(texts.get("link") or entry.find("{http://www.w3.org/2005/Atom}link").get("href"))
    return found


def _rates(bodies: list[bytes]) -> tuple[dict[str, float], int]:
    """Items a second (processor time) of each, and how many entries ours lost against feedparser."""
    contenders: dict[str, Callable[[list[bytes]], set[str]]] = {
        "ingest, whole path": whole_path, "feedparser, defaults": feedparser_defaults, "lxml, bare": bare_lxml,
    }  # fmt: skip
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    found: dict[str, set[str]] = {}
    for _ in range(ROUNDS):
        for name, read in contenders.items():
            begun = time.process_time()
            found[name] = read(bodies)
            taken[name].append(time.process_time() - begun)
    lost = len(found["feedparser, defaults"] - found["ingest, whole path"])
    return {name: len(found[name]) / statistics.median(times) for name, times in taken.items()}, lost


def _poll(number: int, web: Fetcher) -> Polled:
    return poll(_source(number), web, CONTEXT, None, Health(), NOW, NOW)


def _together(port: int) -> tuple[float, float, int]:
    """Seconds of all sources at once, seconds of the slowest alone, entries read."""
    gateway = Gateway(f"http://127.0.0.1:{port}")
    slowest = max(range(SOURCES), key=latencies(SOURCES).__getitem__)
    begun = time.monotonic()
    _poll(slowest, Fetcher("Bench/1.0", gateway, Limits()))
    alone = time.monotonic() - begun
    web = Fetcher("Bench/1.0", gateway, Limits())
    begun = time.monotonic()
    with ThreadPoolExecutor(POLL_WORKERS) as pool:
        polled = list(pool.map(lambda number: _poll(number, web), range(SOURCES)))
    return time.monotonic() - begun, alone, sum(len(one.entries) for one in polled)


def measure() -> dict[str, object]:
    """All figures."""
    rates, lost = _rates(collection(FEEDS))
    command = [sys.executable, "-m", "bench.ingest.sources", str(SOURCES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        rounds = []
        try:
            port = int(server.stdout.readline())
            rounds = [_together(port) for _ in range(3)]
        finally:
            server.terminate()
    together, alone = (statistics.median(one[n] for one in rounds) for n in (0, 1))
    return {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "items_per_second": {name: round(rate) for name, rate in rates.items()},
        "times_feedparser": round(rates["ingest, whole path"] / rates["feedparser, defaults"], 2),
        "entries_lost": lost,
        "sources": SOURCES,
        "entries_read": rounds[0][2],
        "seconds_all_sources": round(together, 2),
        "seconds_slowest_alone": round(alone, 2),
        "times_slowest": round(together / alone, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """Print the figures as JSON; write them to --output as well."""
    arguments = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    arguments.add_argument("--output", type=Path)
    output = arguments.parse_args().output
    text = json.dumps(measure(), indent=1)
    print(text)
    if output:
        output.write_text(text + "\n")


if __name__ == "__main__":
    main()
