"""A vertical that was added in configuration alone: sample pages through ingest, normalize and engine."""

from pathlib import Path
from typing import Any, cast

import pytest

from services.engine.adapters import Ports
from services.engine.assignment import for_batch
from services.engine.building import build
from services.engine.errors import WritingError
from services.engine.settings import EngineSettings
from services.normalize.entities import Done, Job
from services.normalize.item import Normalization
from services.normalize.stores import Stores
from shared.config.loader import DirectorySource, MappingSource, load_tree
from shared.config.tree import ConfigTree
from shared.contracts.batch import Manifest
from shared.contracts.edition import Edition, Report
from shared.storage import keys
from shared.storage.batches import BatchStore
from shared.storage.editions import Editions
from shared.storage.labels import Labels
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects, get_model
from shared.storage.results import Results
from shared.storage.spend import Spend
from tests.integration.ingest.conftest import World
from tests.integration.sirna.pages import SAMPLES, SILENT, web_pages
from tests.unit.ingest.builders import FakeWeb, FixedConfig

CONFIG = Path(__file__).parents[3] / "config"
CLIENT = "sirna_weekly"


class SilentWriter:
    """A model that is not there: the rules write the editorial."""

    region, model_id = "eu-west-3", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"

    def write(self, prompt: Any, price: Any, deadline: float) -> Any:
        raise WritingError("no model in this test")


class Announcements(list[Any]):
    def publish(self, message: Any) -> None:
        self.append(message)


def product_tree() -> ConfigTree:
    """The product's own tree, with the rule-based normalizer for this client."""
    files = DirectorySource(CONFIG).files()
    path = f"clients/{CLIENT}.yaml"
    files[path] = files[path].replace(b"on_model_failure: rules", b"on_model_failure: rules\n  normalizer: rules")
    return load_tree(MappingSource(files))


def normalize_all(world: World, tree: ConfigTree) -> None:
    stores = Stores(
        world.objects,
        Lake(world.table, world.objects),
        Results(world.table, world.clock),
        Spend(world.table, world.clock),
    )
    normalization = Normalization(stores, lambda release: tree, cast(Any, None), world.clock, "request")
    batches = BatchStore(world.table, world.objects, world.clock)
    for number, message in enumerate(world.messages()):
        job = Job(message, f"m-{number}", "handle", 1)
        verdict = normalization.run(job, world.clock.now().timestamp() + 300, last_chance=False)
        assert isinstance(verdict, Done), verdict
        batches.record(*job.batch, [verdict.outcome])


def make_edition(world: World, tree: ConfigTree, batch_id: str) -> tuple[Edition, Report]:
    world.s3.create_bucket(Bucket="letters", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    letters = S3Objects(world.s3, "letters")
    ports = Ports(
        config=FixedConfig(tree),
        lake=Lake(world.table, world.objects),
        batches=BatchStore(world.table, world.objects, world.clock),
        editions=Editions(world.table, world.clock),
        labels=Labels(world.table, world.clock),
        data=world.objects,
        newsletters=letters,
        announcer=Announcements(),
        writer=SilentWriter(),
        purse=Spend(world.table, world.clock),
        clock=world.clock,
    )
    environment = {
        "NEWSLETTERS_BUCKET": "letters",
        "NEWSLETTER_TOPIC_ARN": "topic",
        "ENV": "local",
        "CONFIG_BUCKET": "c",
    }
    settings = EngineSettings.load({**environment, "DATA_BUCKET": "data", "STATE_TABLE": "state"})
    manifest = get_model(world.objects, keys.manifest(CLIENT, batch_id), Manifest)
    built = build(for_batch(manifest, tree, world.clock), ports, settings, lambda: 600.0)
    return built.edition, built.report


@pytest.fixture
def issue(world: World) -> tuple[Edition, Report]:
    tree = product_tree()
    web = FakeWeb(cast(Any, web_pages()))
    body = world.run(
        tree, {"client_id": CLIENT, "as_of": "2025-12-10", "period_days": 7}, open_fetcher=lambda gateway, ends_at: web
    )
    assert len(body["sources_failed"]) == len(SILENT)
    normalize_all(world, tree)
    return make_edition(world, tree, body["batch_id"])


def test_the_edition_holds_the_expected_items_in_their_sections(issue: tuple[Edition, Report]) -> None:
    edition, _ = issue
    printed = {(section.id, item.title) for section in edition.sections for item in section.items}
    assert printed == {(one.section, one.title) for one in SAMPLES if one.section}


def test_names_dates_and_status_come_from_text_and_configuration(issue: tuple[Edition, Report]) -> None:
    edition, _ = issue
    items = {item.title: item for section in edition.sections for item in section.items}
    approval = items[SAMPLES[0].title]
    assert approval.companies == ("Alnylam Pharmaceuticals",)
    assert approval.trademarks == ("AMVUTTRA",)
    assert approval.molecules == ("vutrisiran",)
    assert {item.published for item in items.values()} == {"2025-12-08"}
    assert edition.status == "draft"
    assert edition.language == "en"


def test_every_sample_has_its_dispositions(issue: tuple[Edition, Report]) -> None:
    _, report = issue
    told = {item.title: item for item in report.items}
    assert {one.title for one in SAMPLES} <= set(told)
    assert all(told[one.title].dispositions[-1].reason for one in SAMPLES)
    assert all(told[one.title].dispositions[-1].outcome == "filtered" for one in SAMPLES if not one.section)


def test_neither_vertical_prints_the_other_ones_news(world: World) -> None:
    tree = product_tree()
    for client, foreign in ((CLIENT, "lai_keywords"), ("lai_weekly", "sirna_keywords")):
        watched = {domain.technology_scope for domain in tree.client(client).watch_domains}
        assert foreign not in watched
