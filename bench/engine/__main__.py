"""Match, score, group, select and render, without S3: python -m bench.engine [--help]

Each size runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import math
import os
import platform
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.engine.corpus import DAY, WINDOW_DAYS, items, market
from bench.matcher.run import machine
from services.engine.building import uncollected
from services.engine.editorial import Frame, apply_texts, deterministic, own_sections
from services.engine.facts import read_facts
from services.engine.matching import plan_domains
from services.engine.render import render
from services.engine.report import Findings, build_report
from services.engine.report_page import report_page
from services.engine.selection import Rules, Selection, select
from services.engine.wording import wording
from shared.contracts.batch import Window
from shared.contracts.edition import Edition, Report
from shared.contracts.items import NormalizedItem, Usage
from shared.storage.objects import dump

RESULTS = Path(__file__).parent / "results"
CLIENT = "lai_weekly"
WINDOW = Window.model_validate({"from": "2026-03-02", "to": DAY.isoformat()})


def run(many: int, terms: int, seed: int) -> dict[str, Any]:
    """Seconds by stage, and megabytes before and at the peak, for one size."""
    rng = random.Random(seed)
    shop = market(terms, rng)
    found = items(shop, many, rng)
    seconds: dict[str, float] = {}
    begun, cpu = time.perf_counter(), time.process_time()

    def lap(name: str) -> None:
        nonlocal begun
        seconds[name] = round(time.perf_counter() - begun, 3)
        begun = time.perf_counter()

    tree, before = shop.tree, _megabytes()
    tree.subject_matcher, tree.story_matcher  # noqa: B018 (compiled once a warm function)
    lap("compile the matchers")
    compiled = time.process_time() - cpu
    facts = [read_facts(item, tree) for item in found]
    lap("read")
    client = tree.client(CLIENT)
    rules = Rules(client, plan_domains(tree, client), tree.scoring, tree.event_types, DAY)
    selection = select(facts, rules, {}, tree)
    lap("match, score, group, select")
    frame = Frame(client, DAY.isoformat(), WINDOW, own_sections(selection.sections, wording("en")))
    forms = render(_edition(frame), "Bench")
    lap("render")
    report = _report(tree.release, found, selection, rules.floor)
    body, page = dump(report), report_page(report)
    lap("report")
    outcomes = [decision.outcome for decision in selection.decisions.values()]
    return {
        "items": many,
        "terms": sum(1 for _ in tree.entries()),
        "seconds": seconds,
        "seconds_in_all": round(sum(seconds.values()), 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "cpu_seconds_after_compiling": round(time.process_time() - cpu - compiled, 3),
        "megabytes_before": before,
        "megabytes_peak": _megabytes(),
        "outcomes": {name: outcomes.count(name) for name in sorted(set(outcomes))},
        "bytes": {"html": len(forms.html.encode()), "report.json": len(body), "report.html": len(page.encode())},
    }


def _edition(frame: Frame) -> Edition:
    editorial = deterministic(frame)
    return Edition(
        client_id=CLIENT,
        edition_id="ed-bench",
        edition_date=frame.day,
        status="draft",
        window=WINDOW,
        title=editorial.title,
        intro=editorial.intro,
        tldr=editorial.tldr,
        sections=apply_texts(frame.sections, editorial),
        coverage="Coverage.",
        model="rules",
        cost_usd=0,
    )


def _report(release: str, found: Sequence[NormalizedItem], selection: Selection, floor: float) -> Report:
    return build_report(
        Findings(
            client_id=CLIENT,
            edition_id="ed-bench",
            status="draft",
            window=WINDOW,
            as_of=f"{DAY}T06:00:00+00:00",
            config_release=release,
            manifest=None,
            batch_items={},
            analysed=found,
            selection=selection,
            sources=(),
            usage=Usage(),
            refused_texts=0,
            notes=(),
            timings={},
            floor=floor,
        )
    )


def _megabytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if platform.system() == "Darwin" else 1024))


def growth(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """From each size to the next: CPU seconds against what n log n allows; at most 1 is no worse. A busy machine
    stretches wall-clock times, so these are not compared."""
    found = []
    for small, large in pairwise(runs):
        sizes = small["items"], large["items"]
        allowed = sizes[1] * math.log(sizes[1]) / (sizes[0] * math.log(sizes[0]))
        took = large["cpu_seconds_after_compiling"] / small["cpu_seconds_after_compiling"]
        found.append(
            {"from": sizes[0], "to": sizes[1], "times": round(took, 2), "of_n_log_n": round(took / allowed, 2)}
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--terms", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=20260309)
    parser.add_argument("--one", type=int, help="measure this size here, and print it as JSON")
    asked = parser.parse_args()
    if asked.one:
        with uncollected():
            print(json.dumps(run(asked.one, asked.terms, asked.seed)))
        return
    runs = [_apart(size, asked.terms, asked.seed) for size in asked.items]
    report = {
        "machine": machine(),
        "load_before": os.getloadavg()[0],
        "measured_at": datetime.now(UTC).isoformat(),
        "window_days": WINDOW_DAYS,
        "runs": runs,
        "growth": growth(runs),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def _apart(size: int, terms: int, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.engine", "--one", str(size), "--terms", str(terms), "--seed", str(seed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    main()
