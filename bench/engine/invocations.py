"""Whole invocations of the deployed engine on the local stack: python -m bench.engine.invocations CLIENT [--help]

The stack must be up and the client collected (`vectora run CLIENT`). Editions made here are drafts; nothing is mailed.
"""

import argparse
import json
import os
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.engine.__main__ import RESULTS
from bench.matcher.run import machine
from cli.stacks import Deployed, StackName, connect

AIMS = {"cold": 10.0, "model": 30.0, "cached": 1.0, "megabytes": 400}
"""The specification's: seconds from request to answer, and memory."""


class Engine:
    """The deployed function."""

    def __init__(self, stack: Deployed, client_id: str) -> None:
        self._lambda = stack.client("lambda")
        self._name = stack.outputs["EngineFunctionName"]
        self._client_id = client_id
        self._to = date.today()
        self._days = 30

    def forget(self) -> None:
        """Make the next invocation a cold one: a changed variable starts a new environment."""
        variables = self._lambda.get_function_configuration(FunctionName=self._name)["Environment"]["Variables"]
        variables["BENCH"] = str(time.time_ns())
        self._lambda.update_function_configuration(FunctionName=self._name, Environment={"Variables": variables})

    def invoke(self, *, new: bool = True, force: bool = False) -> dict[str, Any]:
        """One request. `new` asks for a window that no edition has; `force` goes past the cache."""
        self._days += new
        event = {
            "client_id": self._client_id,
            "from_date": (self._to - timedelta(days=self._days)).isoformat(),
            "to_date": self._to.isoformat(),
            "delivery": "review",
            "force_regenerate": force,
        }
        begun = time.perf_counter()
        answer = self._lambda.invoke(FunctionName=self._name, Payload=json.dumps(event).encode())
        seconds = time.perf_counter() - begun
        body = json.loads(answer["Payload"].read())["body"]
        return {
            "seconds": round(seconds, 3),
            "inside": body["execution_time_seconds"],
            "cache_hit": body["cache_hit"],
            "items": body["items_analyzed"],
        }


def peak_megabytes(name: str) -> int | None:
    """Peak resident memory of the function's process on this machine, or None where the system does not tell."""
    peaks = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            status = (folder / "status").read_text()
        except OSError:
            continue
        if f"AWS_LAMBDA_FUNCTION_NAME={name}\0".encode() in command and "VmHWM" in status:
            peaks.append(int(status.split("VmHWM:")[1].split()[0]) // 1024)
    return max(peaks, default=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    stack = connect(StackName.local)
    engine = Engine(stack, asked.client)
    rows: dict[str, list[dict[str, Any]]] = {"cold": [], "model": [], "cached": [], "repeated": []}
    for _ in range(asked.rounds):
        engine.forget()
        rows["cold"].append(engine.invoke(force=True))
        rows["model"].append(engine.invoke(force=True))
        engine.invoke()
        rows["cached"].append(engine.invoke())
        rows["repeated"].append(engine.invoke(new=False))
    report = {
        "machine": machine(),
        "load_before": os.getloadavg()[0],
        "measured_at": datetime.now(UTC).isoformat(),
        "aims": AIMS,
        "median_seconds": {kind: statistics.median(one["seconds"] for one in found) for kind, found in rows.items()},
        "worst_seconds": {kind: max(one["seconds"] for one in found) for kind, found in rows.items()},
        "megabytes_peak": peak_megabytes(stack.outputs["EngineFunctionName"]),
        "invocations": rows,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "invocations.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps({key: value for key, value in report.items() if key != "invocations"}, indent=1))


if __name__ == "__main__":
    main()
