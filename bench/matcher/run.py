"""The matcher beside other ways to find many terms, in one run: python -m bench.matcher.run [--help]"""

import argparse
import json
import platform
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.matcher.corpus import labelled, texts, vocabulary
from shared.config.loader import DirectorySource, load_tree
from shared.config.tree import ConfigTree
from shared.text.matcher import Entry, Matcher

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
Search = Callable[[str], Sequence[Any]]
_MISSING = "what is compared with is not installed: .venv/bin/uv pip install -p .venv/bin/python --group bench"
SLOW_SAMPLE = 60
"""Texts that the one big regular expression gets: all of them would take an hour."""


def contenders(entries: Sequence[Entry]) -> dict[str, Search]:
    """Name → search. Each gets the original text and returns what it found."""
    spellings = sorted({entry.term.term for entry in entries}, key=lambda s: (-len(s), s))
    return {
        "vectora matcher": Matcher.compile(entries).find,
        "bare pyahocorasick": _bare(entries),
        "pyahocorasick with the places of its hits": _placed(entries),
        "flashtext": _flashtext(spellings),
        "one big regular expression": _regex(spellings),
    }


def _automaton(words: Iterable[tuple[str, Any]]) -> Any:
    try:
        from ahocorasick import Automaton
    except ImportError:
        sys.exit(_MISSING)
    automaton = Automaton()
    for word, value in words:
        automaton.add_word(word, value)
    automaton.make_automaton()
    return automaton


def _bare(entries: Sequence[Entry]) -> Search:
    """The automaton alone: every occurrence, inside words too; no accents, no hyphens, no conflicts settled."""
    automaton = _automaton((entry.term.term.lower(), entry.id) for entry in entries)
    return lambda text: list(automaton.iter(text.lower()))


def _placed(entries: Sequence[Entry]) -> Search:
    """The same with what any use of it must make of a hit: where it begins and ends, and what it is."""
    spelled = ((entry.term.term.lower(), entry.id) for entry in entries)
    automaton = _automaton((spelling, (len(spelling), name)) for spelling, name in spelled)
    return lambda text: [(last + 1 - size, last + 1, name) for last, (size, name) in automaton.iter(text.lower())]


def _flashtext(spellings: Sequence[str]) -> Search:
    try:
        from flashtext import KeywordProcessor  # type: ignore[import-untyped]
    except ImportError:
        sys.exit(_MISSING)
    processor = KeywordProcessor(case_sensitive=False)
    processor.add_keywords_from_list(list(spellings))
    return lambda text: processor.extract_keywords(text, span_info=True)


def _regex(spellings: Sequence[str]) -> Search:
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, spellings))})(?!\w)", re.IGNORECASE)
    return pattern.findall


def measure(search: Search, sample: Sequence[str]) -> float:
    """Seconds of processor time for the sample: other work on the machine is not counted."""
    begun = time.process_time()
    for text in sample:
        search(text)
    return time.process_time() - begun


def compare(entries: Sequence[Entry], sample: Sequence[str], rounds: int) -> dict[str, Any]:
    """Median texts a second of each contender; within a round they run one after the other."""
    searches = contenders(entries)
    subsets = {name: sample[:SLOW_SAMPLE] if "regular" in name else sample for name in searches}
    speeds: dict[str, list[float]] = {name: [] for name in searches}
    for _ in range(rounds):
        for name, search in searches.items():
            speeds[name].append(len(subsets[name]) / measure(search, subsets[name]))
    bare = speeds["bare pyahocorasick"]
    return {
        name: {
            "texts_per_second": statistics.median(found),
            "rounds": [round(one, 1) for one in found],
            "to_bare": round(statistics.median(a / b for a, b in zip(found, bare, strict=True)), 3),
            "texts": len(subsets[name]),
            "hits": sum(len(searches[name](text)) for text in subsets[name]),
        }
        for name, found in speeds.items()
    }


def run(tree: ConfigTree, entries: Sequence[Entry], sample: Sequence[str], rounds: int) -> dict[str, Any]:
    """One sample: what it is like, and every contender on it."""
    found, full = compare(entries, sample, rounds), tree.matcher.find
    characters = sum(map(len, sample))
    return {
        "hits_per_1000_characters": round(1000 * found["vectora matcher"]["hits"] / characters, 1),
        "characters": characters // len(sample),
        "not_ascii": round(sum(not text.isascii() for text in sample) / len(sample), 2),
        "contenders": found,
        "own configuration, regular expressions included": {
            "texts_per_second": len(sample) / statistics.median(measure(full, sample) for _ in range(3)),
        },
    }


def compile_seconds(tree: ConfigTree) -> dict[str, float]:
    """Processor time that the product's own matcher takes to compile, in a process that has compiled none before."""
    begun = time.process_time()
    terms = len(list(tree.entries()))
    _ = tree.matcher
    return {"terms": terms, "seconds": round(time.process_time() - begun, 3)}


def machine() -> dict[str, str]:
    cpu = next(
        (line.split(":")[1].strip() for line in _cpuinfo().splitlines() if line.startswith("model name")),
        platform.processor(),
    )
    modules = {"ahocorasick-rs": "ahocorasick_rs", "pyahocorasick": "ahocorasick", "flashtext": "flashtext"}
    libraries = {name: version(name) for name, module in modules.items() if find_spec(module)}
    return {"cpu": cpu, "python": platform.python_version(), "system": platform.system(), **libraries}


def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--terms", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--density", type=float, nargs="+", default=[1.0, 5.0, 15.0], help="terms per 1,000 characters")
    parser.add_argument("--seed", type=int, default=20260101)
    asked = parser.parse_args()
    tree = load_tree(DirectorySource(ROOT / "config"))
    compiled = compile_seconds(tree)
    entries = vocabulary(tree, asked.terms, random.Random(asked.seed))
    samples = {"labelled items of the niche": labelled(ROOT / "eval", asked.texts)}
    for density in asked.density:
        rng = random.Random(asked.seed)
        samples[f"made, about {density:g} terms per 1,000 characters"] = texts(entries, asked.texts, density, rng)
    runs = [{"texts": name, **run(tree, entries, sample, asked.rounds)} for name, sample in samples.items()]
    report = {
        "machine": machine(),
        "measured_at": datetime.now(UTC).isoformat(),
        **vars(asked),
        "compile": compiled,
        "runs": runs,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
