"""Sources that answer slowly, one article each, behind a fetch gateway; and an ingest that has little time."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import yaml

from local.stack import Stack
from tests.e2e.support import CONFIG, config_copy

CLIENT = "slow"
SECONDS = 2.0
"""What an answer takes."""
WINDOW = 24
"""Seconds that ingest has for its work in one invocation; in the second half of them it begins nothing. Eight sources
with an article each take two threads longer than that half; a machine that stands still for seconds leaves the other
half for what was begun."""
_ARTICLE = (
    "<!doctype html><html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>Lyon, 9 December 2025. "
    "Example Company {n} reports that its once-monthly long-acting injectable has entered study number {n} in adults "
    "with schizophrenia, with an extended-release depot that is given under the skin.</p></article></body></html>"
)
_FEED = '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
_ITEM = (
    "<item><title>{title}</title><link>https://{host}/release{name}</link>"
    "<pubDate>Tue, 09 Dec 2025 {hour:02}:00:00 GMT</pubDate></item>"
)


@dataclass
class Web:
    """The gateway: its origin, and how often each address was asked for. `hanging` hosts never answer, `broken` ones
    with an error; an answer takes `seconds`; each feed has so many `items`, others whenever `turn` changes."""

    hanging: frozenset[str]
    broken: frozenset[str] = frozenset()
    seconds: float = SECONDS
    items: int = 1
    turn: str = ""
    origin: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    over: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def answer(self, path: str) -> tuple[int, str, bytes]:
        with self.lock:
            self.asked[path] += 1
        _, host, *rest = path.split("/")
        if host in self.hanging:
            self.over.wait(600)
        if host in self.broken:
            return 500, "text/plain", b""
        if not host.startswith("s") or rest == ["robots.txt"]:
            return 404, "text/plain", b""
        time.sleep(self.seconds)
        n = host.split(".")[0].lstrip("stuck")
        title = f"Company {n} begins study number {n} of its long-acting injectable"
        if rest == ["feed"]:
            names = [self.turn + (str(number) if number else "") for number in range(self.items)]
            items = (_ITEM.format(title=f"{title} {x}", host=host, name=x, hour=2 * i) for i, x in enumerate(names))
            return 200, "application/rss+xml", _FEED.format(items="".join(items)).encode()
        return 200, "text/html; charset=utf-8", _ARTICLE.format(title=title, n=n).encode()


@contextmanager
def slow_web(hanging: frozenset[str] = frozenset(), **settings: Any) -> Iterator[Web]:
    """Serves until the block ends. `settings` are the web's."""
    web = Web(hanging, **settings)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = web.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # whoever asked may have given up
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.origin = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield web
    finally:
        web.over.set()
        server.shutdown()
        server.server_close()


def slow_config(folder: Path, sources: int, prefix: str = "s") -> Path:
    """The configuration with a client of so many slow sources, on hosts s0, s1, …"""
    config = config_copy(folder, {})
    catalog = config / "canonical" / "sources" / "source_catalog.yaml"
    entries = [
        {
            "source_key": f"press_corporate__{prefix}{n}",
            "name": f"Example Company {n}",
            "url": f"https://{prefix}{n}.example.org/feed",
            "homepage_url": f"https://{prefix}{n}.example.org/",
            "ingestion_mode": "rss",
            "source_type": "press_corporate",
            "timezone": "UTC",
            "ingestion_profile": "corporate_pure_player_broad",
        }
        for n in range(sources)
    ]
    listed = yaml.safe_load(catalog.read_text())
    listed["sources"] += entries
    catalog.write_text(yaml.safe_dump(listed, sort_keys=False, allow_unicode=True))
    client = yaml.safe_load((CONFIG / "clients" / "demo.yaml").read_text())
    client["client_profile"] |= {"client_id": CLIENT, "name": "Slow"}
    client["source_config"] = {"sources_extra_enabled": [entry["source_key"] for entry in entries]}
    (config / "clients" / f"{CLIENT}.yaml").write_text(yaml.safe_dump(client, sort_keys=False, allow_unicode=True))
    return config


def short_of_time(stack: Stack) -> None:
    """Give ingest two threads, and WINDOW seconds of its time for its work."""
    functions, name = stack.client("lambda"), stack.outputs["IngestFunctionName"]
    known = functions.get_function_configuration(FunctionName=name)
    changes = {
        "TIME_RESERVE_SECONDS": str(known["Timeout"] - WINDOW),
        "INGEST_WORKERS": "2",
        "INGEST_POLL_WORKERS": "2",
    }
    variables = known["Environment"]["Variables"] | changes
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
