"""A draft that is made anew keeps what the reviewer changed, where that still holds."""

from typing import Any

import pytest

from cli import edition_actions
from cli.review.carry import Carried, carry
from cli.review.desk import Desk
from cli.review.edits import Edits, ItemEdit, Material
from shared.contracts.edition import Edition
from shared.errors import InputError
from shared.ids import content_hash
from shared.storage.objects import dump, put_model
from tests.unit.review.worlds import CLIENT, EDITION, PREFIX, Room, client, edition, item, report

MINE = ItemEdit(title="My title", summary="My words.", section="other", position=2, label="strategic")
NEAR = {"near1", "near2"}


def material(made: Edition, *added: str) -> Material:
    return Material(made, report(), client(), {name: item(name) for name in added})


def with_items(**changes: Any) -> Edition:
    """The draft with fields of item `a` changed; `a=None` leaves it out."""
    first = edition()
    sections = []
    for section in first.sections:
        items = [
            one.model_copy(update=changes) if one.item_id == "a" else one
            for one in section.items
            if changes or one.item_id != "a"
        ]
        sections.append(section.model_copy(update={"items": tuple(items)}))
    return first.model_copy(update={"sections": tuple(sections)})


OLD = material(edition())
REWRITTEN = material(with_items(title="The engine's new title", score=1.0))
CHANGED = material(with_items(evidence=("Another passage.",)))
REDATED = material(with_items(published="2026-02-26"))
GONE = material(with_items())


def test_edits_of_unchanged_items_hold_although_the_engine_wrote_other_words() -> None:
    carried = carry(OLD, Edits(items={"a": MINE}, intro="Mine.", tldr=("One",)), REWRITTEN, NEAR)
    assert carried.edits == Edits(items={"a": MINE}, intro="Mine.", tldr=("One",))
    assert carried.lost == ()


@pytest.mark.parametrize(("new", "reason"), [(CHANGED, "changed"), (REDATED, "changed"), (GONE, "no longer")])
def test_what_does_not_hold_any_more_is_named(new: Material, reason: str) -> None:
    carried = carry(OLD, Edits(items={"a": MINE, "b": MINE}, intro="Mine."), new, NEAR)
    assert carried.edits == Edits(items={"b": MINE})
    about_item, about_intro = carried.lost
    assert about_item.startswith("Title a: ")
    assert reason in about_item
    assert about_intro.startswith("intro")


def test_a_drop_is_the_labels_matter_and_no_loss() -> None:
    carried = carry(OLD, Edits(items={"a": ItemEdit(verdict="drop")}, intro="Without a."), GONE, NEAR)
    assert carried.edits == Edits(intro="Without a.")
    assert carried.lost == ()


def test_a_near_miss_that_the_reviewer_added_stays_added_while_it_is_one() -> None:
    old, edits = material(edition(), "near1"), Edits(items={"near1": ItemEdit(section="other")}, intro="With it.")
    assert carry(old, edits, REWRITTEN, NEAR).edits == edits
    lost = carry(old, edits, REWRITTEN, set())
    assert lost.edits.items == {}
    assert lost.lost[0].startswith("Title near1: no longer")


def test_a_section_that_is_gone_leaves_the_item_where_the_engine_puts_it() -> None:
    carried = carry(OLD, Edits(items={"a": ItemEdit(title="Mine", section="gone")}), REWRITTEN, NEAR)
    assert carried.edits.items["a"] == ItemEdit(title="Mine")


def test_a_drop_that_the_engine_has_not_seen_holds_whatever_became_of_the_source() -> None:
    drop = ItemEdit(verdict="drop", label="conference")
    assert carry(OLD, Edits(items={"a": drop}), CHANGED, NEAR) == Carried(Edits(items={"a": drop}), ())


def test_what_cannot_be_said_of_the_new_draft_is_listed() -> None:
    edits = Edits(items={"a": ItemEdit(section="gone"), "unknown": ItemEdit(title="Mine")})
    section, item_of_no_lake = carry(OLD, edits, REWRITTEN, NEAR).lost
    assert section == "Title a: the client has no section 'gone' any more"
    assert item_of_no_lake == "Mine: no longer in the lake"


def test_a_near_miss_that_was_added_without_a_word_stays_added() -> None:
    edits = Edits(items={"near1": ItemEdit()})
    assert carry(material(edition(), "near1"), edits, REWRITTEN, NEAR).edits == edits


def make_anew(room: Room, name: str, minute: int, *, of: str = EDITION, **facts: Any) -> dict[str, Any]:
    """What the engine does: a new draft of the same items supersedes the draft `of`."""
    made = edition().model_copy(update={"edition_id": name})
    place = PREFIX.rpartition("/")[0] + f"/{name}"
    for kind, model in (("newsletter", made), ("report", report())):
        put_model(room.objects, f"{place}/{kind}.json", model)
    room.editions.rows[CLIENT, name] = {
        **room.row,
        "edition_id": name,
        "prefix": place,
        "content_hash": content_hash(dump(made).decode()),
        "status": "draft",
        "superseded_by": "",
        "started_at": f"2026-03-02T09:{minute:02}:00+00:00",
        **facts,
    }
    room.editions.rows[CLIENT, of] |= {"status": "superseded", "superseded_by": name}
    return room.editions.rows[CLIENT, name]


def review(room: Room, name: str, edits: Edits) -> None:
    desk = Desk(room.stores, CLIENT, name)
    desk.save(edits, desk.load().digest)


def reviewed(room: Room, name: str) -> Edits:
    return Desk(room.stores, CLIENT, name).load().edits


def row_of(room: Room, name: str) -> dict[str, Any]:
    return room.editions.get(CLIENT, name)


@pytest.fixture
def room() -> Room:
    room = Room()
    room.row = room.editions.rows[CLIENT, EDITION]
    return room


def test_the_new_draft_is_written_with_the_old_drafts_review(room: Room) -> None:
    review(room, EDITION, Edits(items={"a": MINE, "near1": ItemEdit(section="other", label="wanted")}))
    before = row_of(room, EDITION)
    make_anew(room, "ed-new", 1)

    assert edition_actions.carry_review(room.stores, before, "ed-new", "local") == (2, ())

    after = Desk(room.stores, CLIENT, "ed-new").load().edition
    assert [one.item_id for one in after.sections[-1].items] == ["a", "near1"]
    assert after.sections[-1].items[0].title == "My title"
    assert room.labels.said["near1"].edition_id == "ed-new"
    (told,) = room.told
    assert (told.edition_id, told.status, told.items) == ("ed-new", "draft", 4)
    assert told.content_hash == row_of(room, "ed-new")["content_hash"]


def test_rebuilding_by_an_older_id_keeps_what_was_said_in_the_newer_draft(room: Room) -> None:
    review(room, EDITION, Edits(items={"a": MINE, "b": ItemEdit(title="Undone later")}))
    make_anew(room, "ed-new", 1)
    edition_actions.carry_review(room.stores, row_of(room, EDITION), "ed-new", "local")
    further = Edits(items={"a": MINE, "c": ItemEdit(summary="New words.")}, intro="Mine.")
    review(room, "ed-new", further)

    asked = edition_actions.newest_draft(room.stores, row_of(room, EDITION))
    assert asked["edition_id"] == "ed-new"
    make_anew(room, "ed-newest", 2, of="ed-new")

    assert edition_actions.carry_review(room.stores, asked, "ed-newest", "local") == (2, ())
    assert reviewed(room, "ed-newest") == further


def test_what_is_saved_while_the_engine_works_counts(room: Room) -> None:
    before = edition_actions.newest_draft(room.stores, row_of(room, EDITION))
    review(room, EDITION, Edits(items={"a": ItemEdit(title="Saved meanwhile"), "b": ItemEdit(verdict="drop")}))
    make_anew(room, "ed-new", 1)
    assert edition_actions.carry_review(room.stores, before, "ed-new", "local") == (2, ())
    after = Desk(room.stores, CLIENT, "ed-new").load().edition
    assert [(one.item_id, one.title) for one in after.sections[0].items] == [("a", "Saved meanwhile")]


def test_a_review_that_never_reached_the_newer_draft_is_found_behind_it(room: Room) -> None:
    review(room, EDITION, Edits(intro="Mine."))
    make_anew(room, "ed-new", 1)  # and the command died before it carried anything
    asked = edition_actions.newest_draft(room.stores, row_of(room, EDITION))
    make_anew(room, "ed-newest", 2, of="ed-new")
    edition_actions.carry_review(room.stores, asked, "ed-newest", "local")
    assert reviewed(room, "ed-newest").intro == "Mine."


def test_edits_that_were_all_undone_do_not_come_back(room: Room) -> None:
    review(room, EDITION, Edits(intro="Mine."))
    make_anew(room, "ed-new", 1)
    edition_actions.carry_review(room.stores, row_of(room, EDITION), "ed-new", "local")
    review(room, "ed-new", Edits())
    make_anew(room, "ed-newest", 2, of="ed-new")
    edition_actions.carry_review(room.stores, row_of(room, "ed-new"), "ed-newest", "local")
    assert reviewed(room, "ed-newest") == Edits()


def test_a_review_that_has_begun_in_the_new_draft_counts_more(room: Room) -> None:
    review(room, EDITION, Edits(items={"a": MINE, "b": MINE}, intro="Old."))
    make_anew(room, "ed-new", 1)
    review(room, "ed-new", Edits(items={"a": ItemEdit(title="Newer")}, intro="New."))
    edition_actions.carry_review(room.stores, row_of(room, EDITION), "ed-new", "local")
    assert reviewed(room, "ed-new") == Edits(items={"a": ItemEdit(title="Newer"), "b": MINE}, intro="New.")


def test_a_draft_that_is_approved_while_the_engine_works_keeps_its_review(room: Room) -> None:
    review(room, EDITION, Edits(intro="Mine."))
    before = row_of(room, EDITION)
    make_anew(room, "ed-new", 1)
    room.row |= {"status": "approved", "superseded_by": ""}
    assert edition_actions.carry_review(room.stores, before, "ed-new", "local") == (0, ())
    assert reviewed(room, "ed-new") == Edits()
    assert room.told == []


def test_a_dropped_draft_is_made_anew_with_its_review(room: Room) -> None:
    review(room, EDITION, Edits(intro="Mine."))
    before = {**row_of(room, EDITION), "status": "superseded", "dropped_by": "the command"}
    make_anew(room, "ed-new", 1)
    room.row |= {"dropped_by": "the command", "superseded_by": ""}
    edition_actions.carry_review(room.stores, before, "ed-new", "local")
    assert reviewed(room, "ed-new").intro == "Mine."


def test_a_draft_of_another_window_that_steps_back_is_named(room: Room) -> None:
    make_anew(room, "ed-later", 1, window_from="2026-03-02", window_to="2026-03-09")
    review(room, "ed-later", Edits(intro="Of the later week."))
    asked = edition_actions.newest_draft(room.stores, row_of(room, EDITION))
    assert asked["edition_id"] == EDITION
    make_anew(room, "ed-new", 2, of="ed-later")
    (line,) = edition_actions.carry_review(room.stores, asked, "ed-new", "local")[1]
    assert "the review of ed-later, a draft of 2026-03-02 to 2026-03-09" in line
    assert f"vectora edition rebuild {CLIENT} ed-later --stack local" in line
    assert reviewed(room, "ed-new") == Edits()


def test_a_save_that_did_not_end_is_named(room: Room) -> None:
    make_anew(room, "ed-new", 1)
    room.row["content_hash"] = "claimed, never written"
    (line,) = edition_actions.carry_review(room.stores, row_of(room, EDITION), "ed-new", "local")[1]
    assert line == f"the last save of {EDITION}, which did not end"


def test_the_replacement_of_a_draft_that_is_decided_is_not_rebuilt(room: Room) -> None:
    make_anew(room, "ed-new", 1)["status"] = "approved"
    with pytest.raises(InputError, match="replaced by ed-new, which is approved"):
        edition_actions.newest_draft(room.stores, row_of(room, EDITION))
