"""The template's own alarm expressions over recorded datapoints: firing and not firing."""

import json
from typing import Any, get_args

import pytest

from services.publisher.delivery import Action
from tests.unit.infra.alarms import Series, fires
from tests.unit.infra.template import load, parameters, resolve

TEMPLATE = load()
VALUES = parameters(TEMPLATE, Env="prod")
RESOURCES = {
    name: one["Properties"] for name, one in TEMPLATE["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"
}
ALARMS: dict[str, dict[str, Any]] = {name: resolve(properties, VALUES) for name, properties in RESOURCES.items()}
FUNCTIONS = ("Ingest", "Normalize", "Engine", "Publisher", "Links", "Sweeper")

CASES: list[Any] = [
    *((f"{one}ErrorsAlarm", {"errors": [1], "invocations": [19]}, True) for one in FUNCTIONS),
    *((f"{one}ErrorsAlarm", {"errors": [1], "invocations": [20]}, False) for one in FUNCTIONS),
    ("EngineErrorsAlarm", {"errors": [1], "invocations": [1]}, True),
    ("EngineErrorsAlarm", {}, False),
    ("EngineErrorsAlarm", {"errors": [0], "invocations": [0]}, False),
    ("DurationAlarm", {"ingest": [12_000], "normalize": [240_001]}, True),
    ("DurationAlarm", {"ingest": [12_000], "normalize": [240_000], "engine": [9_000]}, False),
    ("DurationAlarm", {}, False),
    ("ThrottlingAlarm", {"throttles": [0, 11, 12], "calls": [100, 100, 100]}, True),
    ("ThrottlingAlarm", {"throttles": [40, 10, 10], "calls": [100, 100, 100]}, False),
    ("ThrottlingAlarm", {"throttles": [0, 0, 0], "calls": [0, 0, 0]}, False),
    ("NewsletterThrottlingAlarm", {"throttles": [2], "calls": [12]}, True),
    ("NewsletterThrottlingAlarm", {"throttles": [3], "calls": [3]}, True),
    ("NewsletterThrottlingAlarm", {"throttles": [1], "calls": [10]}, False),
    ("NewsletterThrottlingAlarm", {"throttles": [0], "calls": [0]}, False),
    ("NewsletterThrottlingAlarm", {}, False),
    ("RetryRateAlarm", {"retries": [21, 30, 0], "calls": [100, 100, 100]}, True),
    ("RetryRateAlarm", {"retries": [20, 30, 0], "calls": [100, 100, 100]}, False),
    ("FinalFailuresAlarm", {"failures": [5], "calls": [110], "retries": [20]}, True),
    ("FinalFailuresAlarm", {"failures": [5], "calls": [120], "retries": [20]}, False),
    ("DeadLettersAlarm", {"engine": [1, 1, 1]}, True),
    ("DeadLettersAlarm", {"raw": [7, 3, 0], "publisher": [0, 0, 0]}, False),
    ("OldestMessageAlarm", {"publisher": [3601]}, True),
    ("OldestMessageAlarm", {"raw": [3600], "publisher": [10]}, False),
    ("EditionOverdueAlarm", {"EditionsOverdue": [1, 1]}, True),
    ("EditionOverdueAlarm", {}, True),
    ("EditionOverdueAlarm", {"EditionsOverdue": [1, 0]}, False),
    ("BudgetAlarm", {"BudgetUsedPercent": [80]}, True),
    ("BudgetAlarm", {"BudgetUsedPercent": [79.9]}, False),
    ("BudgetAlarm", {}, False),
    ("BatchDeadlineAlarm", {"BatchesPastDeadline": [1]}, True),
    ("BatchDeadlineAlarm", {"BatchesPastDeadline": [0]}, False),
    ("SourcesAlarm", {"silent": [1, 0], "failing": [0, 2]}, True),
    ("SourcesAlarm", {"silent": [0, 1], "failing": [0, 0]}, False),
]


@pytest.mark.parametrize(("name", "recorded", "expected"), CASES)
def test_an_alarm_fires_on_its_cause_and_not_otherwise(name: str, recorded: dict[str, Series], expected: bool) -> None:
    assert fires(ALARMS[name], recorded) is expected


def test_each_alarm_is_tried_both_ways() -> None:
    tried = {(name, expected) for name, _, expected in CASES}
    assert tried == {(name, expected) for name in ALARMS for expected in (True, False)}


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_tells_the_operators_when_it_starts_and_when_it_ends(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == ALARMS[name]["OKActions"] == ["NotificationTopic"]
    assert ALARMS[name]["AlarmName"].startswith("vectora-inbox-")
    assert ALARMS[name]["AlarmName"].endswith("-prod")


def test_every_error_alarm_watches_one_function_and_none_is_forgotten() -> None:
    functions = {n for n, one in TEMPLATE["Resources"].items() if one["Type"] == "AWS::Serverless::Function"}
    watched = {
        dimension["Value"]
        for name, alarm in ALARMS.items()
        if name.endswith("ErrorsAlarm")
        for metric in alarm["Metrics"]
        if "MetricStat" in metric
        for dimension in metric["MetricStat"]["Metric"]["Dimensions"]
    }
    assert watched == functions == {f"{one}Function" for one in FUNCTIONS}


def test_every_dead_letter_and_failure_queue_is_watched() -> None:
    queues = {n for n, one in TEMPLATE["Resources"].items() if one["Type"] == "AWS::SQS::Queue"}
    ends = {name for name in queues if "DeadLetter" in name or "Failure" in name}
    metrics = [one["MetricStat"]["Metric"] for one in ALARMS["DeadLettersAlarm"]["Metrics"] if "MetricStat" in one]
    assert {one["Dimensions"][0]["Value"] for one in metrics} == {f"{name}.QueueName" for name in ends}


def test_no_alarm_uses_more_metrics_than_cloudwatch_allows() -> None:
    assert all(len(alarm.get("Metrics", ())) <= 10 for alarm in ALARMS.values())


def test_own_metrics_are_asked_for_with_the_dimensions_that_they_carry() -> None:
    own = [
        metric["MetricStat"]["Metric"]
        for alarm in ALARMS.values()
        for metric in alarm.get("Metrics", [{"MetricStat": {"Metric": alarm}}])
        if "MetricStat" in metric and metric["MetricStat"]["Metric"]["Namespace"] == "VectoraInbox"
    ]
    assert len(own) >= 10
    for metric in own:
        assert [one["Name"] for one in metric["Dimensions"]] == ["service", "environment"]
        assert [one["Value"] for one in metric["Dimensions"]] == ["vectora-inbox", "prod"]


def test_the_newsletter_alarm_waits_for_the_grace_and_exists_in_prod_only() -> None:
    assert TEMPLATE["Resources"]["EditionOverdueAlarm"]["Condition"] == "IsProd"


def dashboard() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        resolve(TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"], VALUES)
    )
    return body


def test_the_dashboard_shows_flow_model_money_and_freshness() -> None:
    headings = [one["properties"]["markdown"] for one in dashboard()["widgets"] if one["type"] == "text"]
    assert headings == ["## Flow", "## Model", "## Money", "## Freshness"]


def test_the_dashboard_has_the_asked_metrics_under_their_real_names() -> None:
    shown = {
        (metric[0], metric[1]) for one in dashboard()["widgets"] for metric in one["properties"].get("metrics", [])
    }
    lambdas = ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions")
    errors = ("InvocationClientErrors", "InvocationServerErrors")
    bedrock = ("Invocations", "InvocationLatency", "InvocationThrottles", *errors)
    assert {("AWS/Lambda", name) for name in lambdas} | {("AWS/Bedrock", name) for name in bedrock} <= shown


def test_the_dashboard_looks_for_each_model_in_its_own_region() -> None:
    regions = {
        metric[3]: one["properties"]["region"]
        for one in dashboard()["widgets"]
        for metric in one["properties"].get("metrics", [])
        if metric[0] == "AWS/Bedrock"
    }
    assert regions == {
        VALUES["BedrockModelIdNormalization"]: "us-east-1",
        VALUES["BedrockModelIdNewsletter"]: "eu-west-3",
    }


def test_widgets_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for one in dashboard()["widgets"]:
        cells = {
            (x, y) for x in range(one["x"], one["x"] + one["width"]) for y in range(one["y"], one["y"] + one["height"])
        }
        assert not taken & cells
        assert all(x < 24 for x, _ in cells)
        taken |= cells


def test_what_the_dashboard_says_of_editions_is_what_the_publisher_counts() -> None:
    counted = {f"Editions{action.capitalize()}" for action in get_args(Action)}
    shown = {metric[1] for one in dashboard()["widgets"] for metric in one["properties"].get("metrics", [])}
    assert {name for name in shown if name.startswith("Editions")} - {"EditionsOverdue"} <= counted


def test_the_digest_is_mailed_when_its_parameters_say() -> None:
    events = TEMPLATE["Resources"]["SweeperFunction"]["Properties"]["Events"]
    (digest,) = [one["Properties"] for one in events.values() if "digest" in one["Properties"].get("Input", "")]
    assert resolve(digest["ScheduleExpression"], VALUES) == "cron(0 7 ? * MON *)"
    assert resolve(digest["ScheduleExpressionTimezone"], VALUES) == "Europe/Paris"
