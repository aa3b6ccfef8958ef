"""The labelled sets: the rules stay as good as they were measured, and the measuring itself is right."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli.eval_command import SETS, path_of
from cli.evaluation.judging import Answer, Judge, Normalizes, rules_normalizer
from cli.evaluation.labels import Labelled, load
from cli.evaluation.literal import unsupported
from cli.evaluation.measure import Measured, Tally, measure
from cli.main import app
from services.normalize.ground import Grounded
from shared.config.loader import DirectorySource, load_tree
from shared.config.tree import ConfigTree
from shared.contracts.items import Entity, Figure, Refusals, Sentence
from shared.errors import ConfigError, InputError

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="module")
def tree() -> ConfigTree:
    return load_tree(DirectorySource(CONFIG))


def figures(tree: ConfigTree, name: str, normalizes: Normalizes | None = None) -> Measured:
    judge = Judge(tree, tree.client("lai_weekly"), normalizes or rules_normalizer(tree))
    return measure([judge(item) for item in load(path_of(name), tree)])


def test_rules_on_the_development_set(tree: ConfigTree) -> None:
    measured = figures(tree, "development")
    assert measured.items >= 60
    assert measured.keep.precision >= 0.9
    assert measured.keep.recall >= 0.9
    assert measured.event_accuracy >= 0.85
    assert measured.ungrounded == 0
    assert measured.all_entities.precision >= 0.95
    assert measured.all_entities.recall >= 0.95


HELD_OUT_KEEP_PRECISION = 0.84
HELD_OUT_KEEP_RECALL = 0.72
HELD_OUT_EVENT_ACCURACY = 0.73
"""As measured (docs/evaluation.md), below the target of .9, .9 and .85: no change may make them worse."""


def test_rules_on_the_held_out_set_are_no_worse_than_measured(tree: ConfigTree) -> None:
    measured = figures(tree, "held-out")
    assert measured.items >= 35
    assert measured.keep.precision >= HELD_OUT_KEEP_PRECISION
    assert measured.keep.recall >= HELD_OUT_KEEP_RECALL
    assert measured.event_accuracy >= HELD_OUT_EVENT_ACCURACY
    assert measured.ungrounded == 0


def test_the_two_sets_share_no_item(tree: ConfigTree) -> None:
    development, held_out = (load(path_of(name), tree) for name in ("development", "held-out"))
    assert not {item.text for item in development} & {item.text for item in held_out if item.text}


def test_a_normalizer_that_keeps_nothing_and_names_nothing_is_seen_through(tree: ConfigTree) -> None:
    measured = figures(tree, "development", lambda item, text: Answer(None, refused=Refusals(), failure="down"))
    assert (measured.keep.recall, measured.event_accuracy, measured.failed) == (0.0, 0.0, measured.items)
    assert measured.all_entities.recall == 0.0


def test_invented_facts_are_counted_by_a_comparison_that_shares_nothing_with_grounding(tree: ConfigTree) -> None:
    item = Labelled.model_validate(
        {
            "id": "one",
            "language": "en",
            "source_type": "press_sector",
            "title": "A quiet week",
            "text": "Nothing happened in 2025.",
            "published": "2025-12-09",
            "gold": {"keep": False, "event_type": "other"},
        }
    )
    invented = Grounded(
        event_type="other",
        confidence=0.5,
        entities=(Entity(kind="company", name="Nobodia", mention="Nobodia"),),
        summary=(Sentence(text="It paid 40 million.", evidence="It paid 40 million."),),
        figures=(Figure(value="40 million", label="amount", evidence="It paid 40 million."),),
        refused=Refusals(),
        findings=(),
    )
    assert len(list(unsupported(invented, item, tree))) == 4


def test_precision_and_recall() -> None:
    tally = Tally(3, 1, 0) + Tally(0, 0, 2)
    assert (tally.precision, tally.recall) == (0.75, 0.6)
    assert (Tally().precision, Tally().recall) == (1.0, 1.0)


def test_a_label_is_an_id_or_a_name_that_leads_to_one(tree: ConfigTree) -> None:
    gold = {"keep": True, "event_type": "other", "companies": ["Medincell", "camurus", "Nobodia"]}
    item = Labelled.model_validate(
        {
            "id": "x",
            "language": "en",
            "source_type": "press_sector",
            "title": "T",
            "published": "2025-01-01",
            "gold": gold,
        }
    )
    assert item.gold.ids("company", tree) == {"medincell", "camurus"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"gold": {"keep": True, "event_type": "merger"}}, "no event type 'merger'"),
        ({"company_id": "nobodia"}, "no company 'nobodia'"),
        ({"published": "9 December"}, "bad.yaml:"),
        ({"colour": "red"}, "bad.yaml:"),
    ],
)
def test_a_wrong_label_is_named(tree: ConfigTree, tmp_path: Path, change: dict[str, object], named: str) -> None:
    good = yaml.safe_load((SETS / "development.yaml").read_text())[0]
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump([good | change]))
    with pytest.raises(ConfigError, match=named):
        load(tmp_path / "bad.yaml", tree)


def test_a_set_that_is_not_there_says_what_there_is(tree: ConfigTree) -> None:
    with pytest.raises(InputError, match="development, held-out"):
        load(Path("nowhere.yaml"), tree)


def test_the_command_prints_the_figures_and_every_error(tmp_path: Path) -> None:
    rows = yaml.safe_load((SETS / "development.yaml").read_text())[:2]
    rows[1]["gold"]["keep"] = False
    (tmp_path / "two.yaml").write_text(yaml.safe_dump(rows))
    result = CliRunner().invoke(
        app, ["eval", "--client", "lai_weekly", "--set", str(tmp_path / "two.yaml"), "--config", str(CONFIG)]
    )
    assert result.exit_code == 0, result.output
    assert "precision 0.500, recall 1.000 (1 right, 1 wrong, 0 missed)" in result.output
    assert f"{rows[1]['id']} kept wrongly" in result.output


def test_a_prompt_injection_does_not_change_the_event_type(tree: ConfigTree) -> None:
    judge = Judge(tree, tree.client("lai_weekly"), rules_normalizer(tree))
    item = next(one for one in load(path_of("development"), tree) if "previous instructions" in one.text)
    assert judge(item).event_type == item.gold.event_type
