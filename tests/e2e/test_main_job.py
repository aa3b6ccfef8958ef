"""The main job on the deployed local stack, with the real sources of December 2025 as input."""

import email
import email.policy
import json

import pytest

from shared.config.loader import DirectorySource, load_tree
from shared.ids import canonical_url, item_id
from tests.e2e.labels import DROP, KEEP, numbers, says, ungrounded_names
from tests.e2e.support import CONFIG, Machine, Outcome, Replay, run

PERIOD = ("--as-of", "2025-12-10", "--period-days", "90")


@pytest.fixture(scope="module")
def first(machine: Machine, replay: Replay, tmp_path_factory) -> Outcome:
    output = tmp_path_factory.mktemp("first") / "out"
    return run(machine, output, "lai_weekly", *PERIOD, VECTORA_FETCH_GATEWAY=replay.origin)


@pytest.fixture(scope="module")
def second(machine: Machine, replay: Replay, first: Outcome, tmp_path_factory) -> Outcome:
    output = tmp_path_factory.mktemp("second") / "out"
    return run(machine, output, "lai_weekly", *PERIOD, VECTORA_FETCH_GATEWAY=replay.origin)


@pytest.fixture(scope="module")
def sources(replay: Replay) -> dict[str, dict]:
    """The replay's items by canonical address."""
    return {canonical_url(item["url"]): item for item in replay.items}


def test_it_leaves_every_file_and_one_mail_for_each_recipient(first):
    assert first.process.returncode == 0, first.text
    names = {path.name for path in first.folder.iterdir()}
    files = {"newsletter.md", "newsletter.html", "newsletter.txt", "newsletter.json", "report.html", "report.json"}
    assert names == files | {"mail"}
    recipients = load_tree(DirectorySource(CONFIG)).client("lai_weekly").newsletter_delivery.recipients
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in first.mails]
    assert sorted(mail["To"] for mail in mails) == sorted(recipients)
    for mail in mails:
        assert mail.get_body(("plain",)) is not None
        assert mail.get_body(("html",)) is not None


@pytest.mark.parametrize("words", KEEP)
def test_it_prints_what_the_owner_keeps(first, words):
    assert [item for item in first.items if says(item["title"], words)], [item["title"] for item in first.items]


@pytest.mark.parametrize("words", DROP)
def test_it_prints_nothing_that_the_owner_drops(first, words):
    assert [item["title"] for item in first.items if says(item["title"], words)] == []


def test_most_of_what_it_prints_is_what_the_owner_keeps(first):
    kept = [item for item in first.items if any(says(item["title"], words) for words in KEEP)]
    assert len(kept) / len(first.items) > 0.8, [item["title"] for item in first.items]


def test_every_date_is_the_article_s_own(first, sources):
    assert first.items
    for item in first.items:
        assert item["published"] == sources[canonical_url(item["url"])]["published"]


def test_nothing_is_printed_twice(first):
    for field in ("item_id", "url", "title"):
        values = [item[field] for item in first.items]
        assert len(values) == len(set(values))


def test_no_section_is_empty(first):
    assert all(section["items"] for section in first.newsletter["sections"])


def test_every_entity_and_number_stands_in_the_article(first, sources):
    tree = load_tree(DirectorySource(CONFIG))
    for item in first.items:
        source = sources[canonical_url(item["url"])]
        text = " ".join((source["title"], source["deck"], source["listing_text"], source["published"]))
        assert ungrounded_names(item, text, tree) == []
        assert numbers(item["summary"]) <= numbers(text)


def test_every_item_of_the_input_has_its_dispositions(first, replay):
    listed = [item for item in replay.items if "2025-12-09" in item["days"]]
    told = {item["item_id"]: item["dispositions"] for item in first.report["items"]}
    missing = [item["url"] for item in listed if not told.get(item_id(item["url"]))]
    assert missing == []


def test_sources_that_do_not_answer_are_named_and_the_run_goes_on(first):
    failed = {source["source_name"] for source in first.report["sources"] if source["status"] == "failed"}
    assert failed == {"Camurus", "Peptron"}
    assert "Camurus" in first.process.stdout
    assert "Peptron" in first.process.stdout
    assert "Camurus" in first.newsletter["coverage"]


def test_the_newsletter_shows_no_internal_keys(first):
    text = (first.folder / "newsletter.md").read_text()
    assert not [item["source_key"] for item in first.items if item["source_key"] in text]


def test_the_same_command_again_calls_no_model_for_items_that_are_known(first, second):
    assert first.model_calls > 0
    assert second.process.returncode == 0, second.text
    assert second.report["model_calls"].get("normalize", 0) == 0
    assert second.model_calls <= 1  # the editorial of the new edition alone


def test_the_same_command_again_prints_nothing_again_and_says_that_the_week_is_quiet(first, second):
    assert {item["item_id"] for item in first.items} & {item["item_id"] for item in second.items} == set()
    assert second.items == []
    assert "quiet" in second.process.stdout.casefold()
    assert "quiet" in (second.folder / "newsletter.txt").read_text().casefold()


def test_a_dry_check_of_ingest_costs_nothing(machine, replay, first):
    stack, calls = machine.stack(), machine.model_calls()
    event = {"test": True, "client_id": "lai_weekly", "fetch_gateway": replay.origin}
    answer = stack.client("lambda").invoke(
        FunctionName=stack.outputs["IngestFunctionName"], Payload=json.dumps(event).encode()
    )
    body = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, body
    assert body["statusCode"] == 200
    assert machine.model_calls() == calls


def test_the_second_client_of_the_same_sources_works_at_no_price_for_what_the_first_one_paid(
    machine, replay, first, tmp_path
):
    other = run(machine, tmp_path / "out", "lai_weekly_v3", *PERIOD, VECTORA_FETCH_GATEWAY=replay.origin)
    assert other.process.returncode == 0, other.text
    assert other.items
    assert other.model_calls < first.model_calls


def test_explain_answers_why_an_item_was_not_printed(machine, first):
    explained = machine.vectora("explain", "half-year financial results", "--client", "lai_weekly")
    assert explained.returncode == 0, explained.stderr
    assert "ingest" in explained.stdout or "engine" in explained.stdout
