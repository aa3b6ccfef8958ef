"""One invocation against S3, DynamoDB and SQS: every item ends exactly once, and one failure never blocks another."""

from dataclasses import replace

import pytest

from services.normalize.model import most_expensive
from services.normalize.prompt import RequestText, signature
from shared.config.tree import ConfigTree
from shared.errors import ConfigError
from shared.storage import keys
from shared.storage.batches import spent_on
from tests.integration.normalize.stack import Stack, record, stack
from tests.log_lines import logged
from tests.unit.bedrock.fakes import ScriptedBedrock, bedrock_error, text_answer, tool_answer
from tests.unit.normalize.trees import CHEAPER_ID, MODEL_ID, client, good_answer, raw_item, tree

GOOD = tool_answer(good_answer())
THROTTLE = bedrock_error("ThrottlingException", 429)
FENCE = text_answer('```json\n{"event_type": "partnership"}\n```')


def test_an_item_reaches_the_lake_and_completes_its_batch(aws: Stack) -> None:
    raw = raw_item()
    (message,) = aws.open_batch(raw)
    failures, _, _ = aws.invoke(ScriptedBedrock(GOOD), record(message))
    assert failures == []
    item = aws.lake_item(raw.item_id)
    assert item is not None
    assert (item.event_type, item.normalizer.kind) == ("partnership", "model")
    assert (item.normalizer.model_id, item.normalizer.region) == (MODEL_ID, "us-east-1")
    batch = aws.batches.get("acme_weekly", "edition-1")
    assert (batch.status, batch.done, batch.failed) == ("complete", 1, 0)
    assert aws.objects.get(keys.marker("acme_weekly", "edition-1", "edition")) is not None
    outcome = aws.outcome(raw.item_id)
    assert (outcome["status"], outcome["calls"], outcome["reused"]) == ("done", 1, False)
    assert outcome["cost_usd"] == item.usage.cost_usd > 0
    month = aws.stores.spend.month("acme_weekly", "2026-01")
    assert (month["spent"], month["committed"], month["calls"]) == (item.usage.cost_usd, item.usage.cost_usd, 1)


def test_two_clients_pay_once_for_one_article() -> None:
    with stack(tree(client("one"), client("two"))) as aws:
        raw, bedrock = raw_item(), ScriptedBedrock(GOOD)
        for number, name in enumerate(("one", "two")):
            (message,) = aws.open_batch(raw, client_id=name, batch_id=f"edition-{name}")
            assert aws.invoke(bedrock, record(message), owner=f"request-{number}")[0] == []
        assert len(bedrock.requests) == 1
        outcome = aws.outcome(raw.item_id, "edition-two", "two")
        assert (outcome["status"], outcome["reused"], outcome["calls"], outcome["cost_usd"]) == ("done", True, 0, 0)
        assert aws.batches.get("two", "edition-two").status == "complete"


def test_a_result_that_another_function_is_making_is_waited_for_and_then_reused(aws: Stack) -> None:
    raw, bedrock = raw_item(), ScriptedBedrock(GOOD)
    (message,) = aws.open_batch(raw)
    key = (raw.item_id, raw.content_hash, signature(aws.config, MODEL_ID))
    assert aws.stores.results.lease(*key, "somebody", 60) == "mine"
    assert aws.invoke(bedrock, record(message))[0] == ["m-1"]
    assert bedrock.requests == []
    assert aws.batches.get("acme_weekly", "edition-1").status == "open"
    aws.time.pause(61)
    assert aws.invoke(bedrock, record(message, 2))[0] == []
    assert len(bedrock.requests) == 1


def test_a_duplicate_message_counts_once_and_costs_nothing(aws: Stack) -> None:
    first, second = raw_item(), raw_item(url="https://example.org/other")
    one, two = aws.open_batch(first, second)
    bedrock = ScriptedBedrock(GOOD)
    aws.invoke(bedrock, record(one))
    aws.invoke(bedrock, record(one, message_id="m-2"))
    batch = aws.batches.get("acme_weekly", "edition-1")
    assert (batch.done, batch.status, len(bedrock.requests)) == (1, "open", 1)
    aws.invoke(bedrock, record(two))
    assert aws.batches.get("acme_weekly", "edition-1").status == "complete"


def test_a_throttled_item_comes_back_alone_and_the_others_are_done(aws: Stack) -> None:
    items = [raw_item(url=f"https://example.org/{n}") for n in range(2)]
    messages = aws.open_batch(*items)
    bedrock = ScriptedBedrock(*[THROTTLE] * 4)
    failures, _, counts = aws.invoke(bedrock, record(messages[0]))
    assert failures == ["m-1"]
    assert (counts.calls, counts.throttles, counts.retries, counts.final_failures) == (4, 4, 3, 1)
    assert aws.invoke(ScriptedBedrock(GOOD), record(messages[1], message_id="m-2"))[0] == []
    assert aws.invoke(ScriptedBedrock(GOOD), record(messages[0], 2))[0] == []
    batch = aws.batches.get("acme_weekly", "edition-1")
    assert (batch.status, batch.done) == ("complete", 2)


def test_a_lease_is_given_up_when_its_call_failed(aws: Stack) -> None:
    (message,) = aws.open_batch(raw_item())
    aws.invoke(ScriptedBedrock(bedrock_error("ServiceUnavailableException", 503)), record(message))
    assert aws.invoke(ScriptedBedrock(GOOD), record(message, 2), owner="another")[0] == []


def test_on_its_last_receive_an_item_is_failed_with_its_reason_and_goes_to_the_dead_letter_queue(aws: Stack) -> None:
    raw = raw_item()
    (message,) = aws.open_batch(raw)
    failures, _, _ = aws.invoke(ScriptedBedrock(THROTTLE), record(message, 5))
    assert failures == ["m-1"]
    outcome = aws.outcome(raw.item_id)
    assert (outcome["status"], outcome["cause"]) == ("failed", "throttled")
    assert "throttled 4 attempts" in outcome["reason"]


def test_access_denied_fails_the_item_at_once_without_another_delivery(aws: Stack) -> None:
    raw = raw_item()
    (message,) = aws.open_batch(raw)
    bedrock = ScriptedBedrock(bedrock_error("AccessDeniedException", 403))
    failures, invocation, _ = aws.invoke(bedrock, record(message))
    assert (failures, len(bedrock.requests), invocation.tally.failed) == ([], 1, 1)
    assert aws.outcome(raw.item_id)["reason"].startswith("refused: ")
    assert aws.lake_item(raw.item_id) is None


def test_a_whole_run_of_failing_calls_is_a_failed_batch_and_not_a_success(aws: Stack) -> None:
    items = [raw_item(url=f"https://example.org/{n}") for n in range(6)]
    messages = aws.open_batch(*items)
    records = [record(message, message_id=f"m-{n}") for n, message in enumerate(messages)]
    aws.invoke(ScriptedBedrock(bedrock_error("ValidationException")), *records)
    batch = aws.batches.get("acme_weekly", "edition-1")
    assert (batch.status, batch.done, batch.failed) == ("complete", 0, 6)


def test_answers_in_markdown_fences_are_failures_and_never_other(aws: Stack) -> None:
    items = [raw_item(url=f"https://example.org/{n}") for n in range(8)]
    messages = aws.open_batch(*items)
    records = [record(message, message_id=f"m-{n}") for n, message in enumerate(messages)]
    _, invocation, _ = aws.invoke(ScriptedBedrock(FENCE), *records)
    assert (invocation.tally.done, invocation.tally.failed) == (0, 8)
    assert [aws.lake_item(item.item_id) for item in items] == [None] * 8
    assert aws.outcome(items[0].item_id)["refused"]["answers"] == 2


def test_a_client_s_choice_of_rules_answers_when_the_model_does_not() -> None:
    config = tree(client(pipeline={"on_model_failure": "rules"}))
    with stack(config) as aws:
        raw = raw_item()
        (message,) = aws.open_batch(raw)
        assert aws.invoke(ScriptedBedrock(FENCE), record(message))[0] == []
        item = aws.lake_item(raw.item_id)
        assert item is not None
        assert (item.normalizer.kind, item.normalizer.model_id, item.normalizer.region) == ("rules", "rules", "")
        assert "by rules" in aws.outcome(raw.item_id)["reason"]
        assert aws.outcome(raw.item_id)["calls"] == 2, "what the failed calls cost is still on the bill"


def test_an_answer_by_rules_never_satisfies_a_request_for_the_model() -> None:
    with stack(tree(client("one", pipeline={"normalizer": "rules"}), client("two"))) as aws:
        raw, bedrock = raw_item(), ScriptedBedrock(GOOD)
        (message,) = aws.open_batch(raw, client_id="one", batch_id="edition-one")
        aws.invoke(bedrock, record(message))
        by_rules = aws.lake_item(raw.item_id)
        assert by_rules is not None
        assert (by_rules.normalizer.kind, bedrock.requests) == ("rules", [])
        (message,) = aws.open_batch(raw, client_id="two", batch_id="edition-two")
        aws.invoke(bedrock, record(message))
        by_model = aws.lake_item(raw.item_id)
        assert by_model is not None
        assert (by_model.normalizer.kind, len(bedrock.requests)) == ("model", 1)


def test_a_budget_that_is_used_up_stops_or_answers_by_rules() -> None:
    for choice, status in (("stop", "failed"), ("rules", "done")):
        with stack(tree(client(budget={"monthly_usd": 0.001, "on_exceeded": choice}))) as aws:
            raw, bedrock = raw_item(), ScriptedBedrock(GOOD)
            (message,) = aws.open_batch(raw)
            assert aws.invoke(bedrock, record(message))[0] == []
            assert bedrock.requests == []
            outcome = aws.outcome(raw.item_id)
            assert outcome["status"] == status
            assert "budget" in outcome["reason"]


def test_a_poison_message_and_one_of_an_unknown_batch_fail_alone(aws: Stack) -> None:
    (message,) = aws.open_batch(raw_item())
    stranger = message.model_copy(update={"batch_id": "edition-unknown"})
    failures, _, _ = aws.invoke(
        ScriptedBedrock(GOOD),
        record("not json", message_id="poison"),
        record('{"client_id": "x"}', message_id="poison-2"),
        record(stranger, message_id="stranger"),
        record(message, message_id="good"),
    )
    assert sorted(failures) == ["poison", "poison-2", "stranger"]
    assert aws.batches.get("acme_weekly", "edition-1").status == "complete"


def test_an_item_whose_raw_text_is_gone_fails_with_its_reason(aws: Stack) -> None:
    raw = raw_item()
    (message,) = aws.open_batch(raw)
    lost = message.model_copy(update={"raw_key": "raw/none.json"})
    assert aws.invoke(ScriptedBedrock(GOOD), record(lost))[0] == []
    assert "no object raw/none.json" in aws.outcome(raw.item_id)["reason"]


def test_a_changed_date_moves_a_reused_item_without_a_call(aws: Stack) -> None:
    raw = raw_item()
    (message,) = aws.open_batch(raw)
    bedrock = ScriptedBedrock(GOOD)
    aws.invoke(bedrock, record(message))
    (message,) = aws.open_batch(raw.model_copy(update={"published": "2025-12-08"}), batch_id="edition-2")
    aws.invoke(bedrock, record(message))
    assert len(bedrock.requests) == 1
    assert [row["item_id"] for row in aws.stores.lake.published_in("2025-12-08", "2025-12-09")] == [raw.item_id]
    assert aws.stores.lake.published_in("2025-12-09", "2025-12-10") == []


def test_going_back_to_an_earlier_model_makes_its_result_anew(aws: Stack) -> None:
    raw, other = raw_item(), "eu.maker.model-1"
    bedrock = ScriptedBedrock(GOOD, GOOD, GOOD)
    for turn, model_id in enumerate((MODEL_ID, other, MODEL_ID, MODEL_ID)):
        (message,) = aws.open_batch(raw, batch_id=f"edition-{turn}")
        aws.invoke(bedrock, record(message), model_id=model_id, owner=f"request-{turn}")
        item = aws.lake_item(raw.item_id)
        assert item is not None
        assert item.normalizer.model_id == model_id
        assert aws.outcome(raw.item_id, f"edition-{turn}")["status"] == "done"
    assert len(bedrock.requests) == 3


def test_the_cheaper_model_is_asked_first_and_the_main_one_repeats(aws: Stack) -> None:
    raw, bedrock = raw_item(), ScriptedBedrock(FENCE, GOOD)
    (message,) = aws.open_batch(raw)
    aws.invoke(bedrock, record(message), first_id=CHEAPER_ID)
    assert [request["modelId"] for request in bedrock.requests] == [CHEAPER_ID, MODEL_ID]
    item, outcome = aws.lake_item(raw.item_id), aws.outcome(raw.item_id)
    assert item is not None
    assert item.normalizer.model_id == MODEL_ID, "the one whose answer it is"
    paid = (1000 * 1 + 300 * 5 + 1000 * 3 + 300 * 15) / 1_000_000
    assert item.usage.cost_usd == outcome["cost_usd"] == pytest.approx(paid)
    month = aws.stores.spend.month("acme_weekly", "2026-01")
    assert (month["calls"], month["spent"], month["committed"]) == (2, pytest.approx(paid), pytest.approx(paid))


@pytest.mark.parametrize("others", [1, 0], ids=["batch open", "batch ended"])
def test_what_a_delivery_has_paid_counts_although_the_item_came_back(aws: Stack, others: int) -> None:
    raw, question = raw_item(), (1000 * 1 + 300 * 5) / 1_000_000
    message, *_ = aws.open_batch(raw, *[raw_item(url="https://example.org/other")] * others)
    throttled = ScriptedBedrock(FENCE, THROTTLE)
    failures, first, _ = aws.invoke(throttled, record(message), first_id=CHEAPER_ID)
    assert failures == ["m-1"]
    assert first.tally.cost_usd == pytest.approx(question), "the metrics count it"
    assert aws.outcome(raw.item_id)["status"] == "queued"
    aws.invoke(ScriptedBedrock(FENCE, THROTTLE), record(message, 5), first_id=CHEAPER_ID)
    assert aws.outcome(raw.item_id)["status"] == "failed", "its last receive"
    _, last, _ = aws.invoke(ScriptedBedrock(GOOD), record(message), first_id=CHEAPER_ID)
    row = aws.outcome(raw.item_id)
    assert (row["status"], row["cost_usd"], last.tally.cost_usd) == ("done", *[pytest.approx(question)] * 2)
    assert (spent_on(row, "calls"), spent_on(row, "cost_usd")) == (3, pytest.approx(3 * question))
    month = aws.stores.spend.month("acme_weekly", "2026-01")
    assert (month["calls"], month["spent"]) == (3, pytest.approx(3 * question)), "batch and month agree"


def test_an_answer_of_the_cheaper_model_says_so_and_is_no_result_of_another_setting(aws: Stack) -> None:
    raw, bedrock = raw_item(), ScriptedBedrock(GOOD)
    made = []
    for turn, first in enumerate((CHEAPER_ID, CHEAPER_ID, "", CHEAPER_ID)):
        (message,) = aws.open_batch(raw, batch_id=f"edition-{turn}")
        aws.invoke(bedrock, record(message), first_id=first, owner=f"request-{turn}")
        item = aws.lake_item(raw.item_id)
        assert item is not None
        made.append((item.normalizer.model_id, item.normalizer.signature))
    assert [model for model, _ in made] == [CHEAPER_ID, CHEAPER_ID, MODEL_ID, CHEAPER_ID]
    assert made[0][1] == made[1][1] == made[3][1] == signature(aws.config, CHEAPER_ID, MODEL_ID)
    assert made[2][1] == signature(aws.config, MODEL_ID)
    assert len(bedrock.requests) == 3, "the second one was reused"
    assert aws.outcome(raw.item_id, "edition-0")["reason"] == "normalized by the cheaper model"


@pytest.mark.parametrize("priced", [MODEL_ID, CHEAPER_ID])
def test_without_the_price_of_either_model_nothing_is_asked_and_the_item_says_why(priced: str) -> None:
    known = tree()
    bare = priced.removeprefix("us.")
    with stack(replace(known, prices={bare: known.prices[bare]})) as aws:
        raw, bedrock = raw_item(), ScriptedBedrock(GOOD)
        (message,) = aws.open_batch(raw)
        aws.invoke(bedrock, record(message), first_id=CHEAPER_ID)
        assert bedrock.requests == []
        assert aws.outcome(raw.item_id)["reason"].startswith("price: no price for model")


def test_a_budget_between_one_question_and_its_repetition_by_the_main_model_pays_for_nothing() -> None:
    raw = raw_item()
    item = RequestText(raw.title, raw.published, raw.text, raw.language)
    most = most_expensive(tree(), (CHEAPER_ID, MODEL_ID), item).cost_usd
    for cap, calls in ((most * 0.99, 0), (most * 1.01, 1)):
        with stack(tree(client("one", budget={"monthly_usd": cap, "on_exceeded": "stop"}))) as aws:
            bedrock = ScriptedBedrock(GOOD)
            (message,) = aws.open_batch(raw, client_id="one")
            aws.invoke(bedrock, record(message), first_id=CHEAPER_ID)
            assert len(bedrock.requests) == calls


def test_no_access_to_the_cheaper_model_fails_at_once_and_is_not_hidden_by_the_main_one(aws: Stack) -> None:
    raw, bedrock = raw_item(), ScriptedBedrock(bedrock_error("AccessDeniedException", 403), GOOD)
    (message,) = aws.open_batch(raw)
    assert aws.invoke(bedrock, record(message), first_id=CHEAPER_ID)[0] == []
    assert [request["modelId"] for request in bedrock.requests] == [CHEAPER_ID]
    assert CHEAPER_ID in aws.outcome(raw.item_id)["reason"]


def test_an_item_that_is_made_anew_keeps_every_source_that_carried_it(aws: Stack) -> None:
    raw, bedrock = raw_item(), ScriptedBedrock(GOOD, GOOD)
    (message,) = aws.open_batch(raw)
    aws.invoke(bedrock, record(message))
    (message,) = aws.open_batch(raw.model_copy(update={"sources": ("wire",)}), batch_id="edition-2")
    aws.invoke(bedrock, record(message), model_id="eu.maker.model-1")
    item, row = aws.lake_item(raw.item_id), aws.stores.lake.get(raw.item_id)
    assert item is not None
    assert row is not None
    assert list(item.sources) == row["sources"] == ["acme_news", "wire"]


def test_an_answer_by_rules_that_gives_way_to_the_models_still_adds_its_source() -> None:
    with stack(tree(client("one"), client("two", pipeline={"normalizer": "rules"}))) as aws:
        raw = raw_item()
        (message,) = aws.open_batch(raw, client_id="one", batch_id="edition-one")
        aws.invoke(ScriptedBedrock(GOOD), record(message))
        (message,) = aws.open_batch(
            raw.model_copy(update={"sources": ("wire",)}), client_id="two", batch_id="edition-two"
        )
        aws.invoke(ScriptedBedrock(), record(message))
        item = aws.lake_item(raw.item_id)
        assert item is not None
        assert (item.normalizer.kind, item.sources) == ("model", ("acme_news", "wire"))


def test_a_release_that_this_code_cannot_read_leaves_the_message_for_later(aws: Stack) -> None:
    raw, bedrock = raw_item(), ScriptedBedrock(GOOD)
    (message,) = aws.open_batch(raw)

    def unreadable(release: str) -> ConfigTree:
        raise ConfigError(f"{release}: an unknown key")

    readable, aws.load = aws.load, unreadable  # type: ignore[method-assign]
    assert aws.invoke(bedrock, record(message))[0] == ["m-1"]
    assert aws.batches.get("acme_weekly", "edition-1").failed == 0
    aws.load = readable  # type: ignore[method-assign]
    assert aws.invoke(bedrock, record(message, receives=2))[0] == []
    assert aws.outcome(raw.item_id)["status"] == "done"


def test_a_model_without_a_price_fails_the_item_with_a_cause_of_its_own() -> None:
    with stack(replace(tree(), prices={})) as aws:
        raw, bedrock = raw_item(), ScriptedBedrock(GOOD)
        (message,) = aws.open_batch(raw)
        assert aws.invoke(bedrock, record(message))[0] == [], "the batch pins its release: no later delivery can help"
        outcome = aws.outcome(raw.item_id)
        assert (outcome["cause"], bedrock.requests) == ("price", [])
        assert "model_prices.yaml" in outcome["reason"]


def test_a_defect_in_one_item_does_not_lose_the_others(aws: Stack) -> None:
    items = [raw_item(url=f"https://example.org/{n}") for n in range(2)]
    messages = aws.open_batch(*items)
    aws.objects.put(messages[0].raw_key, b"{broken")
    failures, _, _ = aws.invoke(ScriptedBedrock(GOOD), record(messages[0]), record(messages[1], message_id="m-2"))
    assert failures == ["m-1"]
    assert aws.outcome(items[1].item_id)["status"] == "done"


def test_every_log_line_of_an_item_carries_its_batch_and_the_batch_tells_its_end_once() -> None:
    with stack(tree(client("one"), client("two"))) as aws:
        messages = {
            name: aws.open_batch(
                raw_item(url=f"https://example.org/{name}"), client_id=name, batch_id=f"edition-{name}"
            )
            for name in ("one", "two")
        }
        records = [record(found, message_id=name) for name, (found,) in messages.items()]
        with logged() as lines:
            aws.invoke(ScriptedBedrock(THROTTLE, *[GOOD] * 2), *records)
            aws.invoke(ScriptedBedrock(), records[0])
    assert {line["correlation_id"] for line in lines} <= {"edition-one", "edition-two", "edition-one edition-two"}
    ends = [line for line in lines if line.get("stage") == "batch"]
    assert sorted(line["correlation_id"] for line in ends) == ["edition-one", "edition-two"]
    assert all((line["batch_id"], line["done"]) == (line["correlation_id"], 1) for line in ends)
    assert any("throttled" in line["message"].lower() or "retry" in line["message"].lower() for line in lines)
