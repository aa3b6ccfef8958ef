"""`python -m bench.normalize [--scale N] [--only NAME ...]`: all scenarios in one run, results as JSON and a table."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.normalize.measure import conditions, load, measure, tokens
from bench.normalize.rig import rig
from bench.normalize.scenarios import ITEMS, SCENARIOS
from bench.prompt.__main__ import ESTIMATOR
from local.model_endpoint.wire import TOOL_PROMPT_TOKENS

RESULTS = Path(__file__).parent / "results"
PRICE_PER_MILLION = {"input": 3.0, "output": 15.0}
"""Sonnet 4.5's list prices in US dollars."""


def main() -> None:
    """Measure, print, and write results/{name}.json."""
    arguments = _arguments()
    home = Path(os.environ.get("VECTORA_LOCAL_DIR") or tempfile.mkdtemp(prefix="vectora-bench-"))
    chosen = [one for one in SCENARIOS if not arguments.only or one.name in arguments.only]
    with rig(home) as built:
        used = tokens(built.tree, built.items(ITEMS, "estimate"))
        given = conditions(used, arguments.scale)
        report: dict[str, Any] = {
            "when": time.strftime("%Y-%m-%d"),
            "machine": machine(),
            "conditions": asdict(given) | {"items": ITEMS, "workers": 4, "concurrency": 2, "scale": arguments.scale},
            "tokens_per_call": {name: round(value) for name, value in asdict(used).items()}
            | {"estimator": f"four characters a token and {TOOL_PROMPT_TOKENS} for the tool; overhead: {ESTIMATOR}"},
            "dollars_per_100_items": round(dollars(used.input, used.output) * 100, 4),
            "scenarios": [],
        }
        for scenario in chosen:
            result = measure(built, scenario, given, used, arguments.limit)
            report["scenarios"].append(result)
            print(json.dumps(result), flush=True)
            write(report, arguments.name)
    print(table(report))


def dollars(input_tokens: float, output_tokens: float) -> float:
    """What so many tokens cost at list price."""
    return (input_tokens * PRICE_PER_MILLION["input"] + output_tokens * PRICE_PER_MILLION["output"]) / 1_000_000


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "load_at_start": load(),
    }


def write(report: dict[str, Any], name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")


def table(report: dict[str, Any]) -> str:
    """The scenarios as a Markdown table."""
    lines = [
        "| scenario | items | done | failed or unfinished | seconds (first call after) | of the quota's minimum "
        "| calls | throttled | load |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report["scenarios"]:
        lost = row["failed"] + row["unfinished"]
        lines.append(
            f"| {row['what']} | {row['items']} | {row['done']} | {lost} "
            f"| {row['wall_seconds']} ({row['first_call_after']}) | {row['wall_over_least']} | {row['calls']} "
            f"| {row['throttled_share']:.1%} | {row['load'][0]} to {row['load'][1]} |"
        )
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.normalize", description=sys.modules[__name__].__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="how many times faster than the stated conditions")
    parser.add_argument("--only", nargs="*", default=[], help="names of scenarios")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a scenario is given up")
    parser.add_argument("--name", default="latest", help="name of the result's file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
