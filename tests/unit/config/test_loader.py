"""Loading a tree: what is right loads; everything wrong is named with file and line."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.config import logic
from shared.config.loader import ConfigDefects, DirectorySource, MappingSource, load_tree, release_sha
from shared.config.strict_yaml import read
from shared.config.tree import ConfigTree
from shared.errors import ConfigError, NotFoundError

ROOT = Path(__file__).parents[3] / "config"
CATALOG = "canonical/sources/source_catalog_demo.yaml"
Edit = Callable[[bytes], bytes]


def defects_after(file: str, edit: Edit) -> list[str]:
    files = DirectorySource(ROOT).files()
    files[file] = edit(files[file])
    with pytest.raises(ConfigDefects) as caught:
        load_tree(MappingSource(files))
    return str(caught.value).splitlines()[1:]


def replaced(old: str, new: str) -> Edit:
    def edit(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode(), 1)

    return edit


def test_the_products_tree_loads_and_its_release_is_its_content(tree: ConfigTree) -> None:
    assert set(tree.clients) >= {"lai_weekly", "lai_weekly_v3", "demo"}
    assert tree.release == release_sha(DirectorySource(ROOT).files())
    assert len(tree.release) == 16


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("clients/demo.yaml", "  on_model_failure: rules", "  - rules", "not valid YAML"),
        ("clients/demo.yaml", "[demo]", "demo", "write one `- entry` a line"),
        ("clients/demo.yaml", "[demo]", "{demo: 1}", "write one `- entry` a line"),
        ("clients/demo.yaml", "period_days: 30", "period_days: thirty", "whole number, not 'thirty' (write digits"),
        ("clients/demo.yaml", "period_days: 30", "period_days: 0", "not 0 (write 1 or more)"),
        ("clients/demo.yaml", "name: Depot Watch (demonstration)", "name: 12", "put it in quotes"),
        ("clients/demo.yaml", "name: Depot Watch (demonstration)", "name:", "this must be a text"),
        ("clients/demo.yaml", "client_id: demo", "client_id: Demo Client", "write demo_client"),
        ("clients/demo.yaml", "mode: auto", "mode: auto\n  include_tldr: maybe", "write true or false"),
        ("clients/demo.yaml", "mode: auto", "mode: automatic", "did you mean 'auto'?"),
        ("clients/demo.yaml", "selection:", "pipeline_2: 3\nselection:", "did you mean 'pipeline'?"),
        ("clients/demo.yaml", "selection:\n", "selection: [8]\nnotes:\n", "write `key: value`, one key a line"),
        ("clients/demo.yaml", "max_items: 5", "max_items: 500", "write 100 or less"),
        ("canonical/scopes/exclusion_scopes.yaml", "- share price", "- [share, price]", "a text or a mapping"),
        ("canonical/scopes/exclusion_scopes.yaml", "- share price", "- 505", "{term: ..., case: exact}"),
        ("canonical/scopes/exclusion_scopes.yaml", "- share price", '- ""', "fill it, or remove the entry"),
        ("canonical/scopes/company_scopes.yaml", "- id: adocia", "- id: Adocia SA", "write adocia_sa"),
        ("canonical/scoring/scoring_rules.yaml", "min_score: 12", "min_score: twelve", "write one such as 7 or 0.5"),
        ("canonical/scoring/scoring_rules.yaml", "min_score: 12", "min_score: 12\nmin_score: 3", "defined twice"),
        ("canonical/scoring/scoring_rules.yaml", "min_score: 12", "min_scor: 12", "did you mean 'min_score'?"),
        (
            "canonical/scoring/scoring_rules.yaml",
            "  partnership: 8",
            "  partnerships: 8",
            "did you mean 'partnership'?",
        ),
        ("canonical/scoring/scoring_rules.yaml", "awards: -8", "awards: 8", "make it negative"),
        ("canonical/scoring/scoring_rules.yaml", "min_score: 12", "min_score: nan", "finite number"),
        ("canonical/events/event_types.yaml", "priority: 90", "priority: high", "priority"),
        (
            "canonical/ingestion_profiles.yaml",
            "scopes: [event.regulatory]",
            "scopes: [event.regulation]",
            "event.regulat",
        ),
        ("canonical/ingestion_profiles.yaml", "OR deal", "OR deel", "did you mean 'deal'?"),
        ("canonical/ingestion_profiles.yaml", "OR deal", "OR", "a name is missing at the end"),
        ("canonical/sources/source_catalog.yaml", "company_id: nanexa", "company_id: nanexo", "did you mean 'nanexa'?"),
        ("canonical/sources/source_catalog.yaml", "timezone: Asia/Seoul", "timezone: Asia/Soul", "time zone"),
        (CATALOG, "demo-grants.example.org/atom.xml", "demo-grants.example.org/search?q=x", "is a search"),
        (
            CATALOG,
            "  url: https://demo-grants.example.org/atom.xml",
            "  url: https://placeholder/atom.xml",
            "not an http(s) address",
        ),
        (CATALOG, "demo-grants.example.org/atom.xml", "demo-press.example.org/feed/", "of source 'demo_press'"),
        ("canonical/sources/html_extractors.yaml", "%d %B, %Y", "%d %Q, %Y", "reads no date"),
        ("clients/demo.yaml", "from_address: depot-watch@", "from_address: depot-watch at ", "not an e-mail address"),
        ("canonical/scopes/exclusion_scopes.yaml", "- share price", '- "share.*price"', "write regex: before it"),
        (
            "canonical/scopes/exclusion_scopes.yaml",
            "- share price",
            '- "regex:share.*price"',
            "repeats without a limit",
        ),
        ("canonical/scopes/technology_scopes.yaml", "- hydrogel", "- Atrigel", "is also in category"),
        ("canonical/scopes/trademark_scopes.yaml", "molecule_id: abarelix", "molecule_id: abarelics", "'abarelix'"),
        ("canonical/scopes/company_scopes.yaml", "- id: adocia", "- id: abbvie", "defined twice"),
        ("clients/demo.yaml", "company_scope: demo_companies", "company_scope: demo_company", "'demo_companies'"),
        ("clients/demo.yaml", "client_id: demo", "client_id: other", "rename the file"),
        ("clients/demo.yaml", "reader@example.org", "reader", "not an e-mail address"),
        ("clients/demo.yaml", "mode: auto", "mode: automatic", "'automatic'"),
        ("clients/demo.yaml", "mode: auto", "mode: *auto", "not allowed"),
        ("clients/demo.yaml", "mode: auto", "mode: [auto", "not valid YAML"),
    ],
)
def test_each_defect_names_file_and_line(file: str, old: str, new: str, expected: str) -> None:
    content = replaced(old, new)((ROOT / file).read_bytes()).decode()
    changed = 1 + next(
        i
        for i, (a, b) in enumerate(zip(content.splitlines(), (ROOT / file).read_text().splitlines(), strict=False))
        if a != b
    )
    found = [line for line in defects_after(file, replaced(old, new)) if expected in line]
    assert found, defects_after(file, replaced(old, new))
    lines = [int(line.split(":")[1]) for line in found if line.startswith(f"{file}:")]
    assert any(changed - 8 <= line <= changed + 2 for line in lines), (changed, found)


def test_all_defects_are_collected_in_one_go() -> None:
    files = DirectorySource(ROOT).files()
    files["clients/demo.yaml"] = files["clients/demo.yaml"].replace(b"mode: auto", b"mod: auto")
    files["clients/lai_weekly.yaml"] = files["clients/lai_weekly.yaml"].replace(b"lai_keywords", b"lai_words")
    with pytest.raises(ConfigDefects) as caught:
        load_tree(MappingSource(files))
    assert {defect.file for defect in caught.value.defects} == {"clients/demo.yaml", "clients/lai_weekly.yaml"}


@pytest.mark.parametrize("broken", ["\ta: 1\n", "nobody_reads: 1\n"])
def test_a_file_that_cannot_be_read_is_not_told_of_all_that_refer_to_it(broken: str) -> None:
    found = defects_after("canonical/ingestion_profiles.yaml", lambda content: broken.encode() + content)
    assert found
    assert {line.split(":")[0] for line in found} == {"canonical/ingestion_profiles.yaml"}


def test_a_missing_or_misplaced_file_is_a_defect() -> None:
    files = DirectorySource(ROOT).files()
    files["canonical/scopes/compny_scopes.yaml"] = files.pop("canonical/scopes/company_scopes.yaml")
    with pytest.raises(ConfigDefects, match="nothing reads this file") as caught:
        load_tree(MappingSource(files))
    assert "canonical/scopes/company_scopes.yaml" not in files
    assert caught.value.defects


def test_a_folder_that_is_no_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder canonical"):
        load_tree(DirectorySource(tmp_path))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: &x [1]\nb: [*x, *x]\n", "aliases"),
        (b"[" * 100_000, "nested deeper"),
        (b"a: " + b"x" * 50_000_000, "bytes"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a: !!python/object:os.system {}\n", "tag"),
        (b"a: 1\n---\nb: 2\n", "second document"),
        (b"? [a, b]\n: 1\n", "a key is a list"),
        (b"a: 1\n b: 2\n", "not valid YAML"),
        (b"- x\n" * 300_000, "more than 200,000 values"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_hostile_yaml_gets_a_clear_error_in_bounded_time(content: bytes, expected: str) -> None:
    started = time.process_time()
    document = read("file.yaml", content)
    assert time.process_time() - started < 10
    assert document.defects
    assert expected in str(document.defects[0])


def test_plain_scalars_are_read_as_written() -> None:
    document = read("f.yaml", b"a: no\nb: 2025-01-01\nc: 1.5\nd: 007\ne: ~\nf: true\ng: '1'\nh: 12:30\n")
    assert document.value == {
        "a": "no", "b": "2025-01-01", "c": 1.5, "d": "007", "e": None, "f": True, "g": "1", "h": "12:30",
    }  # fmt: skip


def test_tree_answers(tree: ConfigTree) -> None:
    lai = tree.client("lai_weekly")
    assert len(tree.sources_for(lai)) == 8
    source = tree.sources["press_sector__fiercepharma"]
    assert tree.profile_for(lai, source)[0] == "press_technology_focused"
    assert tree.price("us.anthropic.claude-sonnet-4-5-20250929-v1:0").output_per_million == 15
    assert tree.entity_by_alias("company", "TEVA pharmaceuticals").id == "teva-pharmaceutical"  # type: ignore[union-attr]
    assert tree.entity_by_alias("company", "Nobody") is None
    with pytest.raises(NotFoundError, match="lai_weekly"):
        tree.client("lai_weakly")
    with pytest.raises(ConfigError, match="no price"):
        tree.price("some.model")


def test_a_client_takes_pubmed_by_its_bouquet_and_the_profile_comes_with_it(tree: ConfigTree) -> None:
    name = "clients/lai_weekly.yaml"
    files = DirectorySource(ROOT).files()
    bouquets = files[name].replace(b"[lai_corporate_mvp, lai_press_mvp]", b"[lai_corporate_mvp, lai_literature]")
    other = load_tree(MappingSource(files | {name: bouquets}))
    client = other.client("lai_weekly")
    pubmed = [source for source in other.sources_for(client) if source.ingestion_mode == "pubmed"]
    assert [other.profile_for(client, source)[0] for source in pubmed] == ["pubmed_technology_focused"]
    assert not any(source.ingestion_mode == "pubmed" for source in tree.sources_for(tree.client("lai_weekly")))


def test_taxonomy_signature_ignores_aliases_and_follows_event_types(tree: ConfigTree) -> None:
    files = DirectorySource(ROOT).files()
    name = "canonical/events/event_types.yaml"
    other = load_tree(MappingSource(files | {name: files[name].replace(b"priority: 90", b"priority: 91")}))
    alias = "canonical/scopes/company_scopes.yaml"
    same = load_tree(
        MappingSource(files | {alias: files[alias].replace(b"- Lilly\n", b"- Lilly\n      - Lilly USA\n")})
    )
    assert other.taxonomy_signature != tree.taxonomy_signature
    assert same.taxonomy_signature == tree.taxonomy_signature
    assert same.release != tree.release


@pytest.mark.parametrize("bad", ["", "a AND", "a b", "(a", "a)", "NOT", "a & b", "OR a", "(" * 399])
def test_bad_logic_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match="expression"):
        logic.names(bad)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("a OR b AND c", True), ("(a OR b) AND c", False), ("NOT c AND a", True), ("not (a or c)", False)],
)
def test_logic_binds_not_before_and_before_or(expression: str, expected: bool) -> None:
    assert logic.evaluate(expression, {"a": True, "b": False, "c": False}) is expected
