"""Two engines, a rebuild during a review, a marker whose edition died: one current edition each time, nothing lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.engine import building
from tests.integration.engine.conftest import NOW, World, run_of
from tests.integration.engine.test_engine import APPROVAL, DEAL, REQUEST

FORCE = REQUEST.model_copy(update={"force_regenerate": True})


def statuses(world: World) -> dict[str, str]:
    return {row["edition_id"]: row["status"] for row in world.ports.editions.history("nightly")}


@pytest.mark.parametrize("many", [2, 5])
def test_engines_at_once_make_one_edition(world: World, many: int):
    batch = world.batch(APPROVAL, DEAL)
    with ThreadPoolExecutor(many) as pool:
        answers = list(pool.map(lambda n: world.engine.for_batch("nightly", batch, run_of(f"run-{n}")), range(many)))
    assert {answer.statusCode for answer in answers} <= {200, 202}
    assert len({answer.body["edition_id"] for answer in answers}) == 1
    assert list(statuses(world).values()) == ["draft"]
    assert len({key.rsplit("/", 1)[0] for key in world.files("nightly/")}) == 1
    assert {message["edition_id"] for message in world.messages()} == {answers[0].body["edition_id"]}


def test_a_draft_approved_while_another_is_built_stays_approved(world: World, monkeypatch: pytest.MonkeyPatch):
    world.fill(APPROVAL)
    first = world.engine.for_request(REQUEST, run_of("a"))
    before = {key: world.read(key) for key in world.files("nightly/")}
    world.fill(DEAL)
    make = building.build

    def approve_meanwhile(*args, **kwargs):
        world.ports.editions.move("nightly", first.body["edition_id"], "approved", ["draft"])
        return make(*args, **kwargs)

    monkeypatch.setattr(building, "build", approve_meanwhile)
    second = world.at(NOW + timedelta(minutes=1)).for_request(FORCE, run_of("b"))
    assert statuses(world) == {first.body["edition_id"]: "approved", second.body["edition_id"]: "draft"}
    assert {key: world.read(key) for key in before} == before


def test_a_marker_whose_engine_died_gets_its_edition_from_the_next(world: World, monkeypatch: pytest.MonkeyPatch):
    batch = world.batch(APPROVAL)
    with monkeypatch.context() as patched:
        patched.setattr(building, "build", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            world.engine.for_batch("nightly", batch, run_of("a"))
    assert list(statuses(world).values()) == ["building"]
    assert world.engine.for_batch("nightly", batch, run_of("b")).statusCode == 202  # its lease still runs
    answer = world.at(NOW + timedelta(hours=1)).for_batch("nightly", batch, run_of("c"))
    assert statuses(world) == {answer.body["edition_id"]: "draft"}
    assert len(world.messages()) == 1
