"""What the prompt costs: overhead and tokens of each item, and dollars for one weekly run.

Usage: python -m bench.prompt REPORT [--config DIR] [--raw DIR] [--json FILE]

REPORT is a run's report.json; its queued items are what a run pays for. Texts come from --raw (a folder of raw items
as stored, any depth); without it an item counts with the longest text that the prompt admits, so that the figure is an
upper bound. Tokens are the bound by which calls are paced and reserved (shared.bedrock.converse: three UTF-8 bytes a
token, and what a forced tool adds), answers at their limit of tokens.
"""

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from services.normalize.model import cost_usd
from services.normalize.prompt import MAX_TEXT, MAX_TITLE, MAX_TOKENS, RequestText, build_request
from services.normalize.settings import DEFAULT_MODEL
from shared.bedrock.converse import TOOL_PROMPT_TOKENS
from shared.config.loader import DirectorySource, load_tree
from shared.config.tree import ConfigTree
from shared.contracts.items import RawItem

ROOT = Path(__file__).resolve().parents[2]
ESTIMATOR = f"three UTF-8 bytes a token, and {TOOL_PROMPT_TOKENS} for the forced tool: an upper bound"


@dataclass(frozen=True)
class Row:
    """One item's request. Tokens are estimates; `dollars` with an answer of `answer_tokens`."""

    item: int
    input_tokens: int
    article_tokens: int
    answer_tokens: int
    dollars: float


def rows(tree: ConfigTree, texts: Iterable[RequestText], answer_tokens: int) -> list[Row]:
    """A row for each text."""
    price = tree.price(DEFAULT_MODEL)
    bare = overhead(tree)
    found = []
    for number, text in enumerate(texts, 1):
        tokens = build_request(tree, text).estimated_tokens()
        dollars = round(cost_usd(price, tokens, answer_tokens), 5)
        found.append(Row(number, tokens, tokens - bare, answer_tokens, dollars))
    return found


def overhead(tree: ConfigTree) -> int:
    """Tokens of a request without an article."""
    return build_request(tree, RequestText("", "2025-01-01", "", "en")).estimated_tokens()


def queued(report: Path) -> list[tuple[str, str]]:
    """Item id and title of what the run normalized."""
    items = json.loads(report.read_text())["items"]
    stages = {item["item_id"]: {step["stage"] for step in item["dispositions"]} for item in items}
    return [(item["item_id"], item["title"]) for item in items if "normalize" in stages[item["item_id"]]]


def raw_items(folder: Path | None) -> dict[str, RawItem]:
    """Stored raw items by id."""
    paths = (path for path in folder.rglob("*.json") if not path.name.endswith(".meta.json")) if folder else ()
    items = (RawItem.model_validate_json(path.read_text()) for path in paths)
    return {item.item_id: item for item in items}


def request_texts(report: Path, folder: Path | None) -> list[RequestText]:
    stored = raw_items(folder)
    texts = []
    for item_id, title in queued(report):
        raw = stored.get(item_id)
        text = raw.text if raw else "x" * MAX_TEXT
        texts.append(RequestText(title[:MAX_TITLE], raw.published if raw else "2025-01-01", text, "en"))
    return texts


def table(measured: list[Row], bare: int) -> str:
    """Markdown."""
    lines = ["| item | input tokens | of them the article | answer, at most | dollars |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.item} | {row.input_tokens} | {row.article_tokens} | {row.answer_tokens} | {row.dollars:.4f} |"
        for row in measured
    ]
    total = sum(row.dollars for row in measured)
    return "\n".join([*lines, f"\nOverhead {bare} tokens a call; the run {total:.4f} dollars."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--config", type=Path, default=ROOT / "config")
    parser.add_argument("--raw", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    tree = load_tree(DirectorySource(arguments.config))
    measured = rows(tree, request_texts(arguments.report, arguments.raw), MAX_TOKENS)
    result = {
        "estimator": ESTIMATOR,
        "model": DEFAULT_MODEL,
        "overhead_tokens": overhead(tree),
        "run_dollars": round(sum(row.dollars for row in measured), 5),
        "items": [asdict(row) for row in measured],
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    print(table(measured, overhead(tree)))


if __name__ == "__main__":
    main()
