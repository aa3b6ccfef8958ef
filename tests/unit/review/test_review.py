"""The review from draft to approval, without a browser."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from lxml import html

from cli.review.edits import Edits, ItemEdit
from cli.review.server import Answer, Call
from cli.review.suggestions import suggestions
from shared.errors import InputError
from shared.storage.labels import Label
from tests.unit.review.worlds import PREFIX, Room, item


@pytest.fixture
def room() -> Room:
    return Room()


def call(room: Room, method: str, target: str, **fields: str) -> Call:
    host = "127.0.0.1:4000"
    body = urlencode({"csrf": room.review.csrf, "base": room.row["content_hash"], **fields})
    return Call(method, target, host, f"http://{host}", f"vectora-review={room.review.key}", body)


def post(room: Room, target: str, **fields: str) -> Answer:
    return room.review(call(room, "POST", target, **fields))


def submit(room: Room, target: str, **changes: str) -> Answer:
    """Send the page's own form back, as a browser does, with some fields changed."""
    form = html.fromstring(page(room)).forms[0]
    return post(room, target, **{**dict(form.form_values()), **changes})


def page(room: Room) -> str:
    return room.review(call(room, "GET", "/")).body.decode()


def test_page_shows_every_item_with_its_reasons_and_the_near_misses(room: Room) -> None:
    text = page(room)
    for name in ("a", "b", "c", "near1", "near2"):
        assert f"Title {name}" in text
    assert "event: regulatory" in text
    assert "Evidence of a." in text
    assert "because section_full" in text
    assert text.index("Title near2") < text.index("Title near1")
    assert "Title twin" not in text
    assert "Title far" not in text


def test_preview_is_served_for_a_frame_without_rights(room: Room) -> None:
    answer = room.review(call(room, "GET", "/preview"))
    assert answer.body == room.objects.files[f"{PREFIX}/newsletter.html"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "sandbox tabindex" in page(room)


def test_dropped_item_leaves_every_form_of_the_draft_and_its_label_is_kept(room: Room) -> None:
    before = room.row["content_hash"]
    answer = post(room, "/save", **{"verdict-b": "drop", "label-b": "noise", "reason-b": "old news"})
    assert answer.status == 303
    assert room.printed() == {"regulatory": ["a"], "deals": ["c"]}
    assert b"Title b" not in room.objects.files[f"{PREFIX}/newsletter.html"]
    assert b"Title b" not in room.objects.files[f"{PREFIX}/newsletter.txt"]
    assert room.row["content_hash"] != before
    assert room.row["item_ids"] == ["a", "c"]
    assert room.labels.said["b"].verdict == "drop"
    assert room.labels.said["b"].reason == "old news"
    assert "Title b" in page(room)


def test_intro_that_may_tell_of_a_dropped_item_gives_way(room: Room) -> None:
    post(room, "/save", **{"verdict-b": "drop"})
    assert "model's words" not in room.edition().intro
    assert "Line b" not in room.edition().tldr
    assert "Title b" not in room.edition().intro


def test_no_sentence_leads_to_a_dropped_item(room: Room) -> None:
    post(room, "/save", **{"verdict-b": "drop", "title-a": "Another headline"})
    traces = room.edition().traces
    assert {one.item_id for trace in traces for one in trace.support} == {"a", "c"}
    assert "Another headline" in {trace.text for trace in traces if trace.place == "item_title"}


def test_intro_by_the_reviewer_stays(room: Room) -> None:
    post(room, "/save", **{"verdict-b": "drop", "intro": "My own words.", "tldr": "One\n\nTwo"})
    assert room.edition().intro == "My own words."
    assert room.edition().tldr == ("One", "Two")


def test_dropped_item_can_come_back(room: Room) -> None:
    first = room.edition()
    post(room, "/save", **{"verdict-b": "drop"})
    post(room, "/save", **{"verdict-b": "keep"})
    assert room.edition() == first
    assert room.labels.said == {}


def test_items_move_between_and_inside_sections(room: Room) -> None:
    post(room, "/save", **{"section-a": "deals", "position-a": "1"})
    assert room.printed() == {"regulatory": ["b"], "deals": ["a", "c"]}
    post(room, "/save", **{"section-a": "regulatory", "position-a": "9"})
    assert room.printed() == {"regulatory": ["b", "a"], "deals": ["c"]}


def test_edited_text_is_printed_as_plain_text(room: Room) -> None:
    post(room, "/save", **{"title-a": "Mine <b>now</b>", "summary-a": "Line one\nline two <script>x</script>"})
    edited = room.edition().sections[0].items[0]
    assert edited.title == "Mine now"
    assert edited.summary == "Line one line two"


def test_near_miss_is_printed_on_request_and_its_label_says_keep(room: Room) -> None:
    post(room, "/save", **{"verdict-near1": "keep", "section-near1": "other", "label-near1": "strategic"})
    assert room.printed() == {"regulatory": ["a", "b"], "deals": ["c"], "other": ["near1"]}
    assert room.labels.said["near1"].verdict == "keep"
    post(room, "/save", **{"verdict-near1": ""})
    assert "other" not in room.printed()


@pytest.mark.parametrize("fields", [{"position-a": "many"}, {"verdict-a": "maybe"}, {"section-a": "nowhere"}])
def test_unreadable_form_changes_nothing_and_says_what_is_wrong(room: Room, fields: dict[str, str]) -> None:
    before = dict(room.objects.files)
    answer = post(room, "/save", **fields)
    assert answer.status == 409
    assert b'role="alert"' in answer.body
    assert room.objects.files == before


def test_draft_is_never_emptied(room: Room) -> None:
    answer = post(room, "/save", **{f"verdict-{name}": "drop" for name in "abc"})
    assert answer.status == 409
    assert b"drop the whole draft" in answer.body
    assert room.printed() == {"regulatory": ["a", "b"], "deals": ["c"]}


def test_approve_sends_what_was_seen_and_keeps_labels_of_what_is_printed(room: Room) -> None:
    post(room, "/save", **{"verdict-b": "drop"})
    answer = post(room, "/approve", **{"verdict-b": "drop"})
    assert answer.status == 303
    assert room.row["status"] == "approved"
    (told,) = room.told
    assert told.content_hash == room.row["content_hash"]
    assert told.items == 2
    assert {name: label.verdict for name, label in room.labels.said.items()} == {"a": "keep", "b": "drop", "c": "keep"}


def test_form_sent_back_unchanged_changes_nothing(room: Room) -> None:
    before = dict(room.objects.files)
    assert submit(room, "/approve").status == 303
    assert room.objects.files == before


def test_whole_form_can_be_saved_and_then_approved_as_it_stands(room: Room) -> None:
    changes = {"verdict-a": "drop", "verdict-near1": "keep", "title-c": "Mine", "section-b": "other", "intro": "Own."}
    assert submit(room, "/save", **changes).status == 303
    saved = room.edition()
    assert submit(room, "/save").status == 303
    assert room.edition() == saved
    assert submit(room, "/approve").status == 303
    assert room.row["status"] == "approved"


def test_generated_intro_of_an_edited_draft_is_not_taken_for_the_reviewers(room: Room) -> None:
    submit(room, "/save", **{"verdict-b": "drop"})
    submit(room, "/save", **{"verdict-b": "keep"})
    assert "model's words" in room.edition().intro


def test_approve_with_unsaved_changes_is_refused_and_the_changes_stay_in_the_form(room: Room) -> None:
    answer = post(room, "/approve", **{"reason-b": "not sure"})
    assert answer.status == 409
    assert b"not saved yet" in answer.body
    assert b"not sure" in answer.body
    assert room.row["status"] == "draft"


@pytest.mark.parametrize("action", ["/save", "/approve", "/drop"])
def test_draft_that_was_rebuilt_since_the_page_was_loaded_is_refused(room: Room, action: str) -> None:
    fields = {"verdict-b": "drop"} if action == "/save" else {}
    answer = post(room, action, base="0" * 16, **fields)
    assert answer.status == 409
    assert room.row["status"] == "draft"
    assert room.told == []


def test_item_that_was_sent_since_is_refused(room: Room) -> None:
    room.editions.reserved["c"] = "ed-other"
    answer = post(room, "/approve")
    assert answer.status == 409
    assert b"ed-other" in answer.body
    assert room.row["status"] == "draft"


def test_dropped_draft_is_over(room: Room) -> None:
    assert post(room, "/drop").status == 303
    assert room.row["status"] == "superseded"
    assert "<form" not in page(room)


def test_save_that_died_half_way_cannot_be_approved_and_is_repaired_by_saving_again(room: Room) -> None:
    real = room.objects.put

    def die(key: str, body: bytes, content_type: str = "", *, once: bool = False) -> None:
        if key.endswith("newsletter.json"):
            raise KeyboardInterrupt
        real(key, body, content_type, once=once)

    room.objects.put = die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        post(room, "/save", **{"verdict-b": "drop"})
    room.objects.put = real  # type: ignore[method-assign]
    assert "The last save did not end" in page(room)
    assert post(room, "/approve", **{"verdict-b": "drop"}).status == 409
    assert post(room, "/save", **{"verdict-b": "drop"}).status == 303
    assert post(room, "/approve", **{"verdict-b": "drop"}).status == 303


@pytest.mark.parametrize(
    "change",
    [
        {"host": "evil.example.org"},
        {"cookie": ""},
        {"cookie": "vectora-review=wrong"},
        {"origin": "https://evil.example.org"},
        {"origin": ""},
        {"body": "csrf=wrong"},
        {"body": ""},
    ],
)
def test_strangers_other_sites_and_forms_without_the_token_are_refused(room: Room, change: dict[str, str]) -> None:
    answer = room.review(replace(call(room, "POST", "/approve"), **change))
    assert answer.status == 403
    assert room.row["status"] == "draft"


def test_key_opens_the_page_once_and_leaves_the_address_bar(room: Room) -> None:
    stranger = replace(call(room, "GET", f"/?key={room.review.key}"), cookie="")
    answer = room.review(stranger)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert "HttpOnly; SameSite=Strict" in answer.headers["Set-Cookie"]
    assert room.review(replace(stranger, target="/?key=guess")).status == 403


def test_titles_cannot_break_out_of_the_page(room: Room) -> None:
    post(room, "/save", **{"intro": "</textarea><script>alert(1)</script>"})
    assert "<script>" not in page(room)


def label(name: str, verdict: str, event_type: str = "conference", word: str = "") -> Label:
    facts = item(name, event_type).model_dump(
        include={"item_id", "title", "url", "published", "event_type", "source_key"}
    )
    return Label.model_validate({**facts, "source_name": name, "verdict": verdict, "label": word})


def test_three_drops_of_a_kind_suggest_to_exclude_it() -> None:
    dropped = [label(f"i{number}", "drop") for number in range(3)]
    assert suggestions(dropped) == ["3 items of type conference dropped (0 kept): exclude?"]
    assert suggestions(dropped[:2]) == []
    assert suggestions([*dropped, *(label(f"k{number}", "keep") for number in range(3))]) == []


def test_near_misses_that_are_unknown_are_never_printed(room: Room) -> None:
    edits = Edits(items={"elsewhere": ItemEdit(verdict="keep", section="other")})
    room.desk.save(edits, str(room.row["content_hash"]))
    assert "other" not in room.printed()


def test_unknown_section_is_named() -> None:
    room = Room()
    with pytest.raises(InputError, match="'gone'"):
        room.desk.save(Edits(items={"a": ItemEdit(section="gone")}), str(room.row["content_hash"]))
