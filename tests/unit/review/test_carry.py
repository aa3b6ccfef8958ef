"""A draft that is made anew keeps what the reviewer changed, where that still holds."""

from typing import Any

import pytest

from cli import edition_actions
from cli.review.carry import carry
from cli.review.desk import Desk
from cli.review.edits import Edits, ItemEdit, Material
from shared.contracts.edition import Edition
from shared.ids import content_hash
from shared.storage.objects import dump, put_model
from tests.unit.review.worlds import CLIENT, PREFIX, Room, client, edition, item, report

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


def test_the_new_draft_is_written_with_the_old_drafts_review() -> None:
    room = Room()
    room.desk.save(
        Edits(items={"a": MINE, "near1": ItemEdit(section="other", label="wanted")}), str(room.row["content_hash"])
    )
    before, made = room.desk.load(), edition().model_copy(update={"edition_id": "ed-new"})
    place = PREFIX.rpartition("/")[0] + "/ed-new"
    for name, model in (("newsletter", made), ("report", report())):
        put_model(room.objects, f"{place}/{name}.json", model)
    digest = content_hash(dump(made).decode())
    room.editions.rows[CLIENT, "ed-new"] = {
        **room.row,
        "edition_id": "ed-new",
        "prefix": place,
        "content_hash": digest,
        "status": "draft",
    }

    assert edition_actions.carry_review(room.stores, before, "ed-new") == (2, ())

    after = Desk(room.stores, CLIENT, "ed-new").load().edition
    assert [one.item_id for one in after.sections[-1].items] == ["a", "near1"]
    assert after.sections[-1].items[0].title == "My title"
    assert room.labels.said["near1"].edition_id == "ed-new"
