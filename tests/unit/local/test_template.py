"""The template against the code that it deploys: what is declared is read, and what is needed is declared."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.engine.settings import EngineSettings
from services.ingest.settings import IngestSettings
from services.normalize.settings import Settings as NormalizeSettings
from services.normalize.settings import SweeperSettings
from services.publisher.settings import PublisherSettings
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[3]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "IngestFunction": IngestSettings,
    "NormalizeFunction": NormalizeSettings,
    "EngineFunction": EngineSettings,
    "PublisherFunction": PublisherSettings,
    "LinksFunction": PublisherSettings,
    "SweeperFunction": SweeperSettings,
}
# Read by libraries: Powertools and the SDK.
_LIBRARIES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "AWS_ENDPOINT_URL", "MALLOC_ARENA_MAX"}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions as plain values."""


def _short(loader: yaml.Loader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {tag: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "infra/sam/template.yaml").read_text(), _Loader)
    return loaded


def variables(template: dict[str, Any], function: str) -> set[str]:
    own = template["Resources"][function]["Properties"]["Environment"]["Variables"]
    return set(template["Globals"]["Function"]["Environment"]["Variables"]) | set(own)


@pytest.mark.parametrize("function", SETTINGS)
def test_every_variable_of_a_function_is_read_by_it(template: dict[str, Any], function: str) -> None:
    known = {str(field.alias) for field in SETTINGS[function].model_fields.values()}

    assert variables(template, function) - known - _LIBRARIES == set()


@pytest.mark.parametrize("function", SETTINGS)
def test_every_variable_that_a_function_needs_is_declared(template: dict[str, Any], function: str) -> None:
    needed = {str(field.alias) for field in SETTINGS[function].model_fields.values() if field.is_required()}

    assert needed - variables(template, function) == set()


@pytest.mark.parametrize("function", SETTINGS)
def test_every_handler_exists_and_has_a_build_target(template: dict[str, Any], function: str) -> None:
    module, _, name = template["Resources"][function]["Properties"]["Handler"].rpartition(".")
    source = ROOT / (module.replace(".", "/") + ".py")

    assert f"def {name}(" in source.read_text()
    assert f"build-{function}" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    ("queue", "function"), [("RawQueue", "NormalizeFunction"), ("PublisherQueue", "PublisherFunction")]
)
def test_a_message_stays_invisible_six_times_as_long_as_its_function_may_run(
    template: dict[str, Any], queue: str, function: str
) -> None:
    resources = template["Resources"]
    visibility = resources[queue]["Properties"]["VisibilityTimeout"]

    assert visibility >= 6 * resources[function]["Properties"]["Timeout"]


def test_ingest_and_normalize_know_the_queue_as_it_is(template: dict[str, Any]) -> None:
    queue = template["Resources"]["RawQueue"]["Properties"]

    assert IngestSettings.model_fields["raw_visibility_seconds"].default == queue["VisibilityTimeout"]
    assert IngestSettings.model_fields["raw_max_receive_count"].default == queue["RedrivePolicy"]["maxReceiveCount"]
    assert NormalizeSettings.model_fields["max_receive_count"].default == queue["RedrivePolicy"]["maxReceiveCount"]
