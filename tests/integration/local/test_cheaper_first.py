"""A cheaper model first, against the model endpoint over HTTP: its own log says who was asked, in which order."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from bench.normalize.articles import articles
from cli.eval_command import NormalizerName, normalizes
from local.model_endpoint.answers import Answers
from local.model_endpoint.calls import CallLog
from local.model_endpoint.endpoint import Endpoint
from local.model_endpoint.server import Server
from local.model_endpoint.settings import Settings
from services.normalize.ground import prepare
from services.normalize.model import Answered, Bill, Models, NothingGrounded, normalize
from services.normalize.prompt import RequestText
from shared.bedrock.client import bedrock_client
from shared.bedrock.converse import Model
from shared.clock import SystemClock
from shared.config.loader import DirectorySource, load_tree
from tests.ports import free_port

CONFIG = Path(__file__).resolve().parents[3] / "config"
TREE = load_tree(DirectorySource(CONFIG))
MAIN = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
CHEAPER = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SECONDS = 120


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    endpoint = Endpoint(Settings(config_dir=str(CONFIG)), Answers(), CallLog(None))
    server = Server(port := free_port(), endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", f"http://127.0.0.1:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield endpoint
    server.shutdown()
    thread.join()
    server.server_close()


def ask(raw: Any) -> tuple[Answered | None, Bill]:
    """One item through both models; None where neither answer was any good."""
    client, clock, bill = bedrock_client("us-east-1", read_timeout=SECONDS, connections=1), SystemClock(), Bill()
    models = Models(*(Model(client, "us-east-1", one, clock) for one in (MAIN, CHEAPER)))
    text = prepare(TREE, title=raw.title, text=raw.text, language=raw.language, published=raw.published)
    item = RequestText(raw.title, raw.published, raw.text, raw.language)
    try:
        return normalize(TREE, models, item, text, bill, clock.now().timestamp() + SECONDS), bill
    except NothingGrounded:
        return None, bill


def test_the_endpoint_counts_the_cheaper_model_s_calls_and_the_main_one_s_repetitions(served: Endpoint) -> None:
    served.configure({"malformed": 0.5, "seed": 7})
    made = [ask(raw) for raw in articles(TREE, 12, "cheaper")]
    calls = served.log.recent()
    questions = [call["outcome"] for call in calls if call["model"] == CHEAPER]
    repetitions = [call["outcome"] for call in calls if call["model"] == MAIN]
    assert len(questions) == 12, "the first question is always the cheaper model's"
    assert len(repetitions) == questions.count("malformed") > 0
    by_cheaper = [answered for answered, _ in made if answered and answered.model.model_id == CHEAPER]
    by_main = [answered for answered, _ in made if answered and answered.model.model_id == MAIN]
    assert (len(by_cheaper), len(by_main)) == (questions.count("ok"), repetitions.count("ok"))
    assert by_main, "one malformed answer was mended by the main model"
    asked = {CHEAPER: TREE.price(CHEAPER), MAIN: TREE.price(MAIN)}
    paid = sum(
        (asked[call["model"]].input_per_million * call["input_tokens"] / 1e6)
        + (asked[call["model"]].output_per_million * call["output_tokens"] / 1e6)
        for call in calls
    )
    assert sum(bill.usage.cost_usd for _, bill in made) == pytest.approx(paid), "each call at its own model's price"


def test_a_good_answer_of_the_cheaper_model_asks_nobody_else(served: Endpoint) -> None:
    answered, bill = ask(articles(TREE, 1, "good")[0])
    assert answered is not None
    assert [call["model"] for call in served.log.recent()] == [CHEAPER]
    assert bill.usage.calls == 1


def test_an_evaluation_asks_as_production_does(served: Endpoint) -> None:
    served.configure({"fence": 1.0})
    raw = articles(TREE, 1, "evaluated")[0]
    text = prepare(TREE, title=raw.title, text=raw.text, language=raw.language, published=raw.published)
    answer = normalizes(TREE, NormalizerName.model, (MAIN, CHEAPER), "us-east-1", "")(cast(Any, raw), text)
    assert [call["model"] for call in served.log.recent()] == [CHEAPER, MAIN]
    assert answer.grounded is None
    assert (answer.usage.calls, answer.refused.answers) == (2, 2)
