"""What a function's cold import leaves for its first use: loading it all took more than twice a bare handler's time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
CONFIGURATION = {"shared.config.tree", "shared.config.rules", "shared.config.client", "shared.config.loader"}
MATCHING = {"shared.text.matcher", "ahocorasick_rs", "shared.config.events"}
LATER = {
    "services.normalize.handler": {"services.normalize.item", "services.normalize.prompt", "shared.grounding"},
    "services.normalize.sweeper": set(),
    "services.engine.handler": {"services.engine.building", "services.engine.writing", "shared.grounding", "nh3"},
    "services.publisher.handler": {"services.publisher.archive", "itsdangerous"},
    "services.publisher.links": set(),
}
THIRD_PARTY = {"yaml", "jinja2", "css_inline", "rapidfuzz"}


def loaded(code: str) -> set[str]:
    """The modules that a new interpreter has after `code`."""
    program = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("handler", LATER)
def test_a_cold_import_leaves_what_no_first_step_needs(handler: str) -> None:
    assert not loaded(f"import {handler}") & (CONFIGURATION | MATCHING | THIRD_PARTY | LATER[handler])


def test_no_validator_is_built_before_its_first_use() -> None:
    code = "import services.publisher.settings as s; assert not s.PublisherSettings.__pydantic_complete__"
    assert "services.publisher.settings" in loaded(code)
