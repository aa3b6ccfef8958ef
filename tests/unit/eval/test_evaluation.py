"""The labelled sets: the rules stay as good as they were measured, and the measuring itself is right."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli.eval_command import DEVELOPMENT, SETS, path_of
from cli.evaluation.judging import Answer, Judge, Normalizes, rules_normalizer
from cli.evaluation.labels import Labelled, load
from cli.evaluation.learning import count_words, written
from cli.evaluation.literal import unsupported
from cli.evaluation.measure import Measured, Tally, measure
from cli.main import app
from services.normalize.ground import Grounded
from shared.config.loader import DirectorySource, load_tree
from shared.config.rules import EventWords
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


@pytest.mark.parametrize(
    "lot", ["development_2", "development_3", "development_4", "development_5", "development_6", "development_8"]
)
def test_rules_on_the_later_lots(tree: ConfigTree, lot: str) -> None:
    measured = figures(tree, str(SETS / f"{lot}.yaml"))
    assert measured.items >= 40
    assert measured.keep.precision >= 0.9
    assert measured.keep.recall >= 0.9
    assert measured.event_accuracy >= 0.85
    assert measured.ungrounded == 0
    assert measured.all_entities.precision >= 0.95
    assert measured.all_entities.recall >= 0.95


def test_rules_on_the_lot_without_labelled_entities(tree: ConfigTree) -> None:
    measured = figures(tree, str(SETS / "development_7.yaml"))
    assert measured.items >= 300
    assert measured.keep.precision >= 0.9
    assert measured.keep.recall >= 0.9
    assert measured.event_accuracy >= 0.85
    assert measured.ungrounded == 0


held_out = pytest.mark.skipif(
    not path_of("held-out").exists(),
    reason=f"{path_of('held-out').name} is not there: a held-out set is written by somebody who has not seen the rules",
)


@held_out
def test_rules_on_the_held_out_set(tree: ConfigTree) -> None:
    measured = figures(tree, "held-out")
    assert measured.items >= 60
    assert measured.keep.precision >= 0.9
    assert measured.keep.recall >= 0.9
    assert measured.event_accuracy >= 0.85
    assert measured.ungrounded == 0


@held_out
def test_no_item_of_the_held_out_set_is_development_material(tree: ConfigTree) -> None:
    tuned_on = {item.text for path in SETS.glob("development*.yaml") for item in load(path, tree)}
    assert not tuned_on & {item.text for item in load(path_of("held-out"), tree) if item.text}


def test_the_lots_share_no_item(tree: ConfigTree) -> None:
    texts = [item.text for path in sorted(SETS.glob("development*.yaml")) for item in load(path, tree) if item.text]
    assert len(texts) == len(set(texts))


def test_the_counted_words_are_those_of_the_development_sets(tree: ConfigTree) -> None:
    items = [item for path in sorted(SETS.glob(DEVELOPMENT)) for item in load(path, tree)]
    assert count_words(tree, items) == tree.event_words


def test_words_are_counted_once_a_text_without_names_and_only_where_two_texts_share_them(
    tree: ConfigTree, tmp_path: Path
) -> None:
    row = {"language": "en", "source_type": "press_sector", "published": "2026-01-01"}
    gold = {"keep": False, "event_type": "award"}
    texts = ["Teva won a trophy, a fine trophy.", "The trophy stands in a hall.", "A trophy to be printed."]
    rows = [row | {"id": str(n), "title": "News", "text": text, "gold": dict(gold)} for n, text in enumerate(texts)]
    rows[2]["gold"] = gold | {"keep": True}
    (tmp_path / "rows.yaml").write_text(yaml.safe_dump(rows))
    counted = count_words(tree, load(tmp_path / "rows.yaml", tree))
    assert counted.texts == {"award": 2}
    assert counted.words == {"troph": {"award": 2}}
    assert EventWords.model_validate(yaml.safe_load(written(counted))) == counted


def test_the_command_writes_the_words(tmp_path: Path) -> None:
    target = tmp_path / "event_words.yaml"
    result = CliRunner().invoke(
        app, ["eval", "--client", "lai_weekly", "--learn", str(target), "--config", str(CONFIG)]
    )
    assert result.exit_code == 0, result.output
    assert target.read_bytes() == (CONFIG / "canonical/events/event_words.yaml").read_bytes()


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
