"""From a completed batch, or a request, to files, state and message; every repetition converges."""

import json
from datetime import timedelta

import pytest

from services.engine import handler as entry
from services.engine.adapters import TopicAnnouncer
from shared.contracts.edition import Edition, Report
from shared.contracts.events import EngineEvent
from shared.errors import InputError, NotFoundError, RunFailedError
from shared.storage.labels import Label
from tests.integration.engine.conftest import NOW, World, run_of
from tests.unit.engine.samples import corporate, make_item

APPROVAL = make_item(
    "Agency approves LONGLITE for winter gloom",
    sentences=["The agency approved LONGLITE for winter gloom on 5 March 2026."],
)
DEAL = corporate(
    "Glimmerworks licenses its wick to Bigbulb",
    event_type="partnership",
    sentences=["Glimmerworks licensed its wick to Bigbulb for $12 million."],
)
NOISE = make_item("Passerby opens an office", event_type="partnership")
REQUEST = EngineEvent(client_id="nightly", as_of="2026-03-09")


def edition(world: World, answer) -> Edition:
    path = answer.body["s3_output_path"].replace("newsletter.md", "newsletter.json")
    return Edition.model_validate_json(world.read(path))


def report(world: World, answer) -> Report:
    return Report.model_validate_json(world.read(answer.body["s3_output_path"].replace("newsletter.md", "report.json")))


def test_a_completed_batch_becomes_an_edition_with_all_its_files(world: World):
    answer = world.engine.for_batch("nightly", world.batch(APPROVAL, DEAL, NOISE), run_of())
    folder = f"nightly/2026/03/09/{answer.body['edition_id']}"
    names = ["newsletter.html", "newsletter.json", "newsletter.md", "newsletter.txt", "report.html", "report.json"]
    assert world.files("nightly/") == [f"{folder}/{name}" for name in names]
    counts = {k: answer.body[k] for k in ("items_analyzed", "items_matched", "items_selected", "sections_generated")}
    assert counts == {"items_analyzed": 3, "items_matched": 2, "items_selected": 2, "sections_generated": 2}
    row = world.ports.editions.get("nightly", answer.body["edition_id"])
    assert (row["status"], row["window_from"], row["window_to"], row["items"]) == (
        "draft",
        "2026-03-02",
        "2026-03-09",
        2,
    )
    (message,) = world.messages()
    assert (message["edition_id"], message["status"], message["items"]) == (answer.body["edition_id"], "draft", 2)
    assert message["prefix"] == folder
    assert world.ports.batches.get("nightly", "edition-run-1").edition_id == answer.body["edition_id"]
    assert world.ports.batches.unsettled() == []


def test_the_coverage_line_names_what_failed_and_no_key_is_printed(world: World):
    answer = world.engine.for_batch("nightly", world.batch(APPROVAL, DEAL), run_of())
    made = edition(world, answer)
    assert made.coverage == (
        "Coverage: 1 company site, 2 March 2026 – 8 March 2026. 3 items seen, 2 printed. Not reached: The Night Post."
    )
    for extension in ("md", "txt", "html"):
        printed = world.read(answer.body["s3_output_path"].replace("newsletter.md", f"newsletter.{extension}"))
        for raw in ("night_post", "glimmer_site", "press_sector", "press_corporate", "score", "mark_ruling"):
            assert raw not in printed


def test_the_report_holds_every_item_seen_with_all_its_dispositions(world: World):
    found = report(world, world.engine.for_batch("nightly", world.batch(APPROVAL, NOISE, failed=("e" * 20,)), run_of()))
    stages = {item.item_id: [(d.stage, d.outcome) for d in item.dispositions] for item in found.items}
    assert stages[APPROVAL.item_id] == [("ingest", "queued"), ("normalize", "done"), ("engine", "selected")]
    assert stages[NOISE.item_id][-1] == ("engine", "not_matched")
    assert stages["f" * 20] == [("ingest", "filtered")]
    chosen = next(item for item in found.items if item.item_id == APPROVAL.item_id)
    assert chosen.score == pytest.approx(sum(chosen.contributions.values()))
    paid = {APPROVAL.item_id: 0.01, NOISE.item_id: 0.01, "f" * 20: None}
    assert {item.item_id: item.cost_usd for item in found.items} == paid, "what was filtered cost nothing"
    assert found.counts["normalize"] == {"expected": 3, "done": 2, "failed": 1, "reused": 0}
    assert found.refused["entities"] == 4
    assert found.cost_usd == pytest.approx(0.02)


def test_the_same_event_twice_makes_one_edition(world: World):
    batch = world.batch(APPROVAL, DEAL)
    first = world.engine.for_batch("nightly", batch, run_of("a"))
    before = {key: world.read(key) for key in world.files("nightly/")}
    second = world.engine.for_batch("nightly", batch, run_of("b"))
    assert second.body["edition_id"] == first.body["edition_id"]
    assert {key: world.read(key) for key in world.files("nightly/")} == before
    assert len(world.ports.editions.history("nightly")) == 1
    assert len(world.messages()) == 1


def test_an_engine_at_work_is_not_disturbed(world: World):
    batch = world.batch(APPROVAL)
    edition_id = world.engine.for_batch("nightly", batch, run_of()).body["edition_id"]
    assert world.ports.editions.begin("nightly", "ed-other", "somebody", 900)
    world.table.update(("EDITION#nightly", edition_id), {"status": "building", "owner": "x", "lease_until": 9999999999})
    answer = world.engine.for_batch("nightly", batch, run_of("b"))
    assert answer.statusCode == 202
    assert len(world.messages()) == 1


@pytest.mark.parametrize("step", ["files", "state", "message", "settled"])
def test_a_crash_after_any_step_and_a_repetition_converge(world: World, step: str, monkeypatch: pytest.MonkeyPatch):
    class Crash(Exception):
        pass

    def crash(*args, **kwargs):
        raise Crash

    batch = world.batch(APPROVAL, DEAL)
    with monkeypatch.context() as patched:
        editions = world.ports.editions
        if step == "files":
            patched.setattr(editions, "move", crash)
        elif step == "state":
            patched.setattr(TopicAnnouncer, "publish", crash)
        elif step == "message":
            patched.setattr(editions, "update", crash)
        else:
            patched.setattr(world.ports.batches, "settle", crash)
        with pytest.raises(Crash):
            world.engine.for_batch("nightly", batch, run_of("a"))
    later = world.at(NOW + timedelta(hours=1))  # the dead engine's lease has run out
    answer = later.for_batch("nightly", batch, run_of("b"))
    assert world.ports.editions.get("nightly", answer.body["edition_id"])["status"] == "draft"
    assert {message["edition_id"] for message in world.messages()} == {answer.body["edition_id"]}
    assert world.ports.batches.unsettled() == []
    assert len({key.rsplit("/", 1)[0] for key in world.files("nightly/")}) == 1


def test_a_batch_in_which_everything_failed_is_an_error_and_no_edition(world: World):
    batch = world.batch(failed=("e" * 20, "d" * 20))
    with pytest.raises(RunFailedError, match="all 2 items"):
        world.engine.for_batch("nightly", batch, run_of())
    assert world.files() == []
    assert world.ports.editions.history("nightly") == []


def test_a_restricted_run_never_becomes_the_edition(world: World):
    batch = world.batch(APPROVAL, restricted=True)
    answer = world.engine.for_batch("nightly", batch, run_of())
    assert answer.body["edition_id"] is None
    assert world.files() == []
    assert world.ports.batches.unsettled() == []


def test_a_quiet_week_is_an_edition_that_says_so(world: World):
    made = edition(world, world.engine.for_batch("nightly", world.batch(NOISE), run_of()))
    assert made.sections == ()
    assert "nothing newsworthy" in made.intro
    assert made.title
    assert made.coverage
    assert world.writer.prompts == []


def test_a_later_run_on_the_same_day_overwrites_nothing(world: World):
    first = world.engine.for_batch("nightly", world.batch(APPROVAL, run="run-1"), run_of("a"))
    kept = {key: world.read(key) for key in world.files("nightly/")}
    later = world.at(NOW + timedelta(minutes=5))
    second = later.for_batch("nightly", world.batch(DEAL, run="run-2"), run_of("b"))
    assert {key: world.read(key) for key in kept} == kept
    statuses = {row["edition_id"]: row["status"] for row in world.ports.editions.history("nightly")}
    assert statuses == {first.body["edition_id"]: "superseded", second.body["edition_id"]: "draft"}


@pytest.mark.parametrize("status", ["approved", "sending", "sent"])
def test_an_edition_on_its_way_is_not_superseded(world: World, status):
    first = world.engine.for_batch("nightly", world.batch(APPROVAL, run="run-1"), run_of("a"))
    world.ports.editions.move("nightly", first.body["edition_id"], status, ["draft"])
    world.at(NOW + timedelta(minutes=5)).for_batch("nightly", world.batch(DEAL, run="run-2"), run_of("b"))
    assert world.ports.editions.get("nightly", first.body["edition_id"])["status"] == status


@pytest.mark.parametrize(("delivery", "status"), [("client", "draft"), ("review", "draft"), ("send", "approved")])
def test_the_run_says_whether_a_review_is_needed(world: World, delivery: str, status: str):
    answer = world.engine.for_batch("nightly", world.batch(APPROVAL, delivery=delivery), run_of())
    assert answer.body["status"] == status
    assert world.messages()[0]["status"] == status


def test_items_of_other_clients_sources_are_not_looked_at(world: World):
    foreign = make_item("Agency approves Emberon", source_key="foreign_wire")
    answer = world.engine.for_batch("nightly", world.batch(APPROVAL, foreign), run_of())
    assert answer.body["items_analyzed"] == 1


def test_a_request_answers_the_specifications_fields(world: World):
    world.fill(APPROVAL, DEAL)
    answer = world.engine.for_request(REQUEST, run_of())
    assert answer.statusCode == 200
    assert answer.body["items_selected"] == 2
    assert answer.body["cache_hit"] is False
    assert answer.body["s3_output_path"].endswith("/newsletter.md")
    assert answer.body["execution_time_seconds"] >= 0


def test_the_same_request_finds_its_own_edition(world: World):
    world.fill(APPROVAL)
    first = world.engine.for_request(REQUEST, run_of("a"))
    second = world.engine.for_request(REQUEST, run_of("b"))
    assert second.body["edition_id"] == first.body["edition_id"]
    assert second.body["cache_hit"] is True
    assert len(world.messages()) == 1


def test_force_regenerate_makes_an_unsent_edition_anew(world: World):
    world.fill(APPROVAL)
    first = world.engine.for_request(REQUEST, run_of("a")).body["edition_id"]
    world.fill(DEAL)
    force = REQUEST.model_copy(update={"force_regenerate": True})
    engine = world.at(NOW + timedelta(minutes=1))
    second = engine.for_request(force, run_of("b"))
    assert second.body["items_selected"] == 2
    statuses = {row["edition_id"]: row["status"] for row in world.ports.editions.history("nightly")}
    assert statuses == {first: "superseded", second.body["edition_id"]: "draft"}
    assert engine.for_request(force, run_of("b")).body["edition_id"] == second.body["edition_id"]


def test_force_regenerate_leaves_a_sent_edition_alone(world: World):
    world.fill(APPROVAL)
    first = world.engine.for_request(REQUEST.model_copy(update={"period_days": 7}), run_of("a")).body["edition_id"]
    world.ports.editions.move("nightly", first, "sent", ["draft"])
    force = REQUEST.model_copy(update={"force_regenerate": True, "period_days": 7})
    answer = world.engine.for_request(force, run_of("b"))
    assert answer.body["edition_id"] == first
    assert answer.body["status"] == "sent"


def test_force_regenerate_leaves_a_sent_revision_alone(world: World):
    world.fill(APPROVAL)
    world.engine.for_request(REQUEST.model_copy(update={"period_days": 7}), run_of("a"))
    force = REQUEST.model_copy(update={"force_regenerate": True, "period_days": 7})
    revision = world.at(NOW + timedelta(minutes=1)).for_request(force, run_of("b")).body["edition_id"]
    world.ports.editions.move("nightly", revision, "sent", ["draft"])

    answer = world.at(NOW + timedelta(minutes=2)).for_request(force, run_of("c"))

    assert (answer.body["edition_id"], answer.body["status"]) == (revision, "sent")


def test_a_late_item_is_printed_once_and_marked(world: World):
    first = world.engine.for_batch("nightly", world.batch(DEAL), run_of("a")).body["edition_id"]
    world.ports.editions.move("nightly", first, "sent", ["draft"])
    late = make_item("Agency approves Emberon", published="2026-03-06", normalized_at="2026-03-10T00:00:00+00:00")
    engine = world.at(NOW + timedelta(days=7))
    world.fill(late)
    answer = engine.for_request(EngineEvent(client_id="nightly"), run_of("b"))
    made = edition(world, answer)
    assert (made.window.start, made.window.end) == ("2026-03-09", "2026-03-16")
    assert [(item.item_id, item.late) for section in made.sections for item in section.items] == [(late.item_id, True)]


def test_what_was_sent_is_not_printed_again(world: World):
    first = world.engine.for_batch("nightly", world.batch(APPROVAL), run_of("a"))
    made = edition(world, first)
    rows = [item.model_dump(mode="json") for section in made.sections for item in section.items]
    world.ports.editions.mark_printed("nightly", made.edition_id, rows)
    world.ports.editions.move("nightly", made.edition_id, "sent", ["draft"])
    second = world.engine.for_batch("nightly", world.batch(APPROVAL, run="run-2"), run_of("b"))
    assert second.body["items_selected"] == 0


@pytest.mark.parametrize("kept", ["printed", "dropped"])
def test_a_story_is_known_again_whatever_title_it_was_printed_with(world: World, kept: str):
    made = edition(world, world.engine.for_batch("nightly", world.batch(APPROVAL), run_of("a")))
    item = made.sections[0].items[0].model_copy(update={"title": "In the editor's own words"})
    if kept == "printed":
        world.ports.editions.mark_printed("nightly", made.edition_id, [item.model_dump(mode="json")])
    else:
        facts = item.model_dump(include=set(Label.model_fields) - {"reason"})
        world.ports.labels.put("nightly", [Label(**facts, verdict="drop")])
    again = make_item(APPROVAL.title, url="https://night.example.org/again", sentences=["LONGLITE is approved."])
    second = world.engine.for_batch("nightly", world.batch(again, run="run-2"), run_of("b"))
    assert again.item_id != APPROVAL.item_id
    assert second.body["items_selected"] == 0


def test_what_a_review_dropped_is_not_printed_by_the_next_edition(world: World):
    first = edition(world, world.engine.for_batch("nightly", world.batch(APPROVAL), run_of("a")))
    item = first.sections[0].items[0]
    facts = item.model_dump(include=set(Label.model_fields) - {"reason"})
    label = Label(**facts, verdict="drop", reason="known already")
    world.ports.labels.put("nightly", [label])
    second = world.engine.for_batch("nightly", world.batch(APPROVAL, run="run-2"), run_of("b"))
    assert second.body["items_selected"] == 0
    last = next(one for one in report(world, second).items if one.item_id == item.item_id).dispositions[-1]
    assert (last.outcome, "known already" in last.reason) == ("dropped", True)


WRITTEN = {
    "title": "LONGLITE approved, wick licensed",
    "intro": "LONGLITE is approved for winter gloom. Glimmerworks announced a successful capital raise.",
    "tldr": [
        {"text": "The agency approved LONGLITE for winter gloom.", "item_ids": ["i1"]},
        {"text": "Glimmerworks licensed its wick to Bigbulb for $99 million.", "item_ids": ["i2"]},
        {"text": "Something about nobody.", "item_ids": ["i9"]},
    ],
    "items": [{"item_id": "i1", "title": "LONGLITE approved", "summary": "Zorbatrex approved LONGLITE."}],
}


def test_the_models_editorial_is_held_against_the_items(world: World):
    world.writer.answer = WRITTEN
    made = edition(world, world.engine.for_batch("nightly", world.batch(APPROVAL, DEAL), run_of()))
    assert made.editorial == "model"
    assert made.model == "eu.test-model"
    assert "LONGLITE" in made.intro
    assert "capital raise" not in made.intro
    assert made.tldr == ("The agency approved LONGLITE for winter gloom.", DEAL.title)
    texts = json.dumps(made.model_dump(mode="json"))
    assert "Zorbatrex" not in texts
    assert "99" not in " ".join(made.tldr)
    assert world.ports.purse.month("nightly", "2026-03")["calls"] == 1  # type: ignore[attr-defined]


def test_the_edition_and_its_report_name_who_really_answered_also_from_the_cache(world: World):
    world.writer.answer, world.writer.answered_by = WRITTEN, "local rules"
    world.fill(APPROVAL, DEAL)
    for event, kind in ((REQUEST, "model"), (REQUEST.model_copy(update={"period_days": 8}), "cache")):
        answer = world.engine.for_request(event, run_of(kind))
        made = edition(world, answer)
        assert (made.editorial, made.model) == (kind, "local rules")
        told = "local rules answered in place of eu.test-model, whose list price the costs are"
        assert report(world, answer).notes == (told,)


def test_an_unchanged_editorial_comes_from_the_cache(world: World):
    world.writer.answer = WRITTEN
    world.fill(APPROVAL, DEAL)
    world.engine.for_request(REQUEST, run_of("a"))
    again = world.engine.for_request(REQUEST.model_copy(update={"period_days": 8}), run_of("b"))
    assert again.body["cache_hit"] is True
    assert len(world.writer.prompts) == 1
    force = REQUEST.model_copy(update={"force_regenerate": True})
    assert world.engine.for_request(force, run_of("c")).body["cache_hit"] is False
    assert len(world.writer.prompts) == 2


def test_another_item_never_gets_a_kept_editorial(world: World):
    world.writer.answer = WRITTEN
    world.fill(APPROVAL)
    world.engine.for_request(REQUEST, run_of("a"))
    world.fill(DEAL)
    made = world.engine.for_request(REQUEST.model_copy(update={"period_days": 8}), run_of("b"))
    assert made.body["cache_hit"] is False


@pytest.mark.parametrize("seconds", [600.0, 5.0])
def test_without_the_model_the_rules_write_and_the_edition_says_so(world: World, seconds: float):
    made = edition(world, world.engine.for_batch("nightly", world.batch(APPROVAL), run_of(seconds=seconds)))
    assert made.editorial == "rules"
    assert ("too late" if seconds < 60 else "Throttled") in made.editorial_note
    assert made.tldr == (APPROVAL.title,)
    assert made.sections[0].items[0].summary == APPROVAL.summary[0].text


class Context:
    aws_request_id = "request-1"
    function_name = "engine"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-3:1:function:engine"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 600_000


def test_the_handler_takes_the_s3_event_and_the_direct_one(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(entry, "engine", lambda: world.engine)
    batch = world.batch(APPROVAL)
    record = {"s3": {"bucket": {"name": "data"}, "object": {"key": f"batches/nightly/{batch}/COMPLETE.json"}}}
    answer = entry.handler({"Records": [record]}, Context())
    assert answer["body"]["editions"][0]["items_selected"] == 1
    direct = entry.handler({"client_id": "nightly", "as_of": "2026-03-09"}, Context())
    assert direct["statusCode"] == 200


@pytest.mark.parametrize(
    ("event", "error", "words"),
    [
        ({"client_id": "nobody"}, NotFoundError, "nightly"),
        ({"client": "nightly"}, InputError, "client_id"),
        ({"client_id": "nightly", "period_days": 0}, InputError, "period_days"),
        ({"client_id": "nightly", "as_of": "yesterday"}, InputError, "YYYY-MM-DD"),
        ({"Records": [{"s3": {"object": {"key": "batches/a/b/manifest.json"}}}]}, InputError, "COMPLETE.json"),
    ],
)
def test_unusable_events_are_errors_that_name_the_next_step(world: World, monkeypatch, event, error, words):
    monkeypatch.setattr(entry, "engine", lambda: world.engine)
    with pytest.raises(error, match=words):
        entry.handler(event, Context())


def test_the_composition_root_builds_from_the_environment(world: World):
    engine = entry.build(world.settings)
    world.fill(APPROVAL)
    answer = engine.for_request(REQUEST, run_of(seconds=1.0))
    assert answer.body["items_selected"] == 1
