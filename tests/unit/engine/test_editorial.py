"""The texts around the items: by rules, asked of a model, and held against the facts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.engine.cache import cache_key
from services.engine.coverage import Covered, coverage_line
from services.engine.editorial import Frame, apply_texts, deterministic, own_intro, own_sections
from services.engine.errors import WritingError
from services.engine.prompt import TOKEN_BUDGET, build_prompt
from services.engine.selection import Candidate, Chosen, SectionPlan
from services.engine.wording import wording
from services.engine.writing import Written, ground
from shared.config.events import event_vocabulary
from shared.contracts.batch import SourceReport, Window
from shared.contracts.items import Entity, Usage
from tests.unit.engine.samples import CLIENT, TREE, corporate, facts, make_item, with_client

WINDOW = Window.model_validate({"from": "2026-03-02", "to": "2026-03-09"})
USAGE = Usage(calls=1, input_tokens=900, output_tokens=100, cost_usd=0.004)


def make_frame(*items, client=CLIENT) -> Frame:
    chosen = tuple(
        Chosen(Candidate(facts(item), (), {}, 20.0 - number), "by rule") for number, item in enumerate(items)
    )
    section, words = client.newsletter_layout.sections[0], wording(client.client_profile.language)
    return Frame(client, "2026-03-09", WINDOW, own_sections([SectionPlan(section, chosen)] if items else [], words))


APPROVAL = make_item(
    "Agency approves LONGLITE for winter gloom",
    sentences=["The agency approved LONGLITE on 5 March 2026 after a trial in 412 adults."],
)
DEAL = make_item("Bigbulb licenses the wick", sentences=["Bigbulb paid $12 million for the wick."])


def test_the_editorial_by_rules_says_only_what_the_items_say():
    written = deterministic(make_frame(APPROVAL, DEAL), "note")
    assert written.title == "Nightly Glow – 9 March 2026"
    assert written.intro == "Bigbulb leads this issue of 2 items, 2 March 2026 – 8 March 2026: Rulings (2)."
    assert written.tldr == (APPROVAL.title, DEAL.title)
    assert (written.kind, written.note) == ("rules", "note")


def test_intro_and_tldr_are_the_clients_switches():
    client = with_client(newsletter_delivery={"include_intro": False, "include_tldr": False})
    written = deterministic(make_frame(APPROVAL, client=client))
    assert (written.intro, written.tldr) == ("", ())
    assert "nothing newsworthy" in deterministic(make_frame(client=client)).intro


def test_a_french_clients_editorial_is_french():
    client = with_client(client_profile={"language": "fr"})
    written = deterministic(make_frame(APPROVAL, client=client))
    assert written.title == "Nightly Glow – 9 mars 2026"
    assert written.intro.startswith("1 information")


def test_a_sentence_that_repeats_the_title_is_left_out_where_others_say_more():
    item = make_item("Agency approves LONGLITE", sentences=["Agency approves LONGLITE.", "It follows a trial."])
    assert make_frame(item).items[0].summary == "It follows a trial."


LONG = (
    "LONGLITE, an injectable suspension of phosphorin for adults with winter gloom and related conditions of the dark"
)


def fifteen(sentence: str):
    return [
        make_item(
            f"Agency number {n} approves {LONG}", sentences=[sentence.format(n=n)] * 3, url=f"https://n.example.org/{n}"
        )
        for n in range(15)
    ]


def test_a_prompt_of_fifteen_items_stays_below_a_thousand_tokens():
    prompt = build_prompt(make_frame(*fifteen("The agency approved it on day {n} after a long trial in adults. ")))
    assert prompt.tokens < TOKEN_BUDGET
    assert len(prompt.ids) == 15
    assert prompt.facts.count("\n") == 14
    assert not prompt.texts


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="ascii", categories=["L", "Zs"]), min_size=1, max_size=400), min_size=1, max_size=15
    )
)
def test_no_prompt_of_up_to_fifteen_items_passes_the_budget(titles):
    items = [make_item(title, sentences=[title], url=f"https://n.example.org/{n}") for n, title in enumerate(titles)]
    assert build_prompt(make_frame(*items)).tokens < TOKEN_BUDGET


def test_a_short_edition_gives_the_model_every_sentence_and_asks_for_texts():
    prompt = build_prompt(make_frame(APPROVAL, DEAL))
    assert prompt.texts
    assert "412 adults" in prompt.facts
    assert "$12 million" in prompt.facts


def test_addresses_never_reach_the_model():
    assert "http" not in build_prompt(make_frame(APPROVAL, DEAL)).facts


def answered(frame: Frame, **answer):
    prompt = build_prompt(frame)
    return ground(Written({"title": "", "intro": "", "tldr": [], "items": [], **answer}, USAGE, "m"), prompt, frame)


FRAME = make_frame(APPROVAL, DEAL)


def test_grounded_texts_are_kept():
    written = answered(
        FRAME,
        title="LONGLITE approved",
        intro="The agency approved LONGLITE on 5 March 2026.",
        tldr=[{"text": "The agency approved LONGLITE after a trial in 412 adults.", "item_ids": ["i1"]}],
        items=[{"item_id": "i2", "title": "Bigbulb licenses the wick", "summary": "Bigbulb paid $12 million."}],
    )
    assert written.title == "LONGLITE approved"
    assert written.intro == "The agency approved LONGLITE on 5 March 2026."
    assert written.tldr == ("The agency approved LONGLITE after a trial in 412 adults.",)
    assert written.texts[FRAME.items[1].item_id].summary == "Bigbulb paid $12 million."
    assert written.refused == 0


def test_an_intro_that_only_repeats_the_tldr_gives_way_to_the_numbers():
    lines = [{"text": f"{title}.", "item_ids": [f"i{n}"]} for n, title in enumerate((APPROVAL.title, DEAL.title), 1)]
    written = answered(FRAME, intro=" ".join(line["text"] for line in lines), tldr=lines)
    assert written.tldr == tuple(line["text"] for line in lines)
    assert written.intro == deterministic(FRAME).intro


def test_no_line_ends_cut_off_or_with_two_marks():
    cut, doubled = "The agency approved LONGLITE on 5…", "Bigbulb paid $12 million for the wick.."
    written = answered(
        FRAME, intro=cut, tldr=[{"text": cut, "item_ids": ["i1"]}, {"text": doubled, "item_ids": ["i2"]}]
    )
    assert written.tldr == (APPROVAL.title, "Bigbulb paid $12 million for the wick.")
    assert written.intro == deterministic(FRAME).intro


@pytest.mark.parametrize(
    ("language", "item", "line"),
    [
        ("en", corporate("Our LONGLITE is approved"), "Announced by Glimmerworks on 5 March 2026."),
        ("fr", corporate("Our LONGLITE is approved"), "Annonce de Glimmerworks, le 5 mars 2026."),
        ("en", make_item("LONGLITE is approved"), "Published by The Night Post on 5 March 2026."),
        (
            "en",
            make_item("LONGLITE is approved", sentences=["LONGLITE is approved."]),
            "Published by The Night Post on 5 March 2026.",
        ),
    ],
)
def test_an_item_without_more_than_its_title_says_who_and_when(language, item, line):
    client = with_client(client_profile={"language": language})
    printed = make_frame(item, client=client).items[0]
    assert printed.summary == line
    assert printed.evidence == (item.title,)


def test_a_models_summary_that_repeats_the_title_is_not_taken():
    frame = make_frame(corporate("Our LONGLITE is approved"))
    title = frame.items[0].title
    written = answered(frame, items=[{"item_id": "i1", "title": title, "summary": f"{title}."}])
    assert apply_texts(frame.sections, written)[0].items[0].summary == "Announced by Glimmerworks on 5 March 2026."


def test_the_intro_names_a_few_companies_and_counts_the_rest():
    names = [f"Maker{letter}" for letter in "ABCDEFGH"]
    entities = [Entity(kind="company", name=name, mention=name, role="subject") for name in names]
    items = [
        make_item(f"{e.name} wins a ruling", entities=[e], url=f"https://n.example.org/{e.name}") for e in entities
    ]
    intro = own_intro(make_frame(*items))
    assert intro.startswith("MakerA leads this issue of 8 items, ")
    assert intro.endswith("Also in the news: MakerB, MakerC, MakerD, MakerE and 3 more.")


@pytest.mark.parametrize(("items", "lines"), [(1, 3), (5, 3), (7, 4), (8, 4), (9, 5), (20, 5)])
def test_the_tldr_is_no_second_list_of_everything(items, lines):
    frame = make_frame(*(make_item(f"Ruling {n}", url=f"https://n.example.org/{n}") for n in range(items)))
    own = deterministic(frame)
    assert own.tldr == tuple(item.title for item in frame.items[:lines])
    said = [{"text": f"{item.title}.", "item_ids": [f"i{n}"]} for n, item in enumerate(frame.items, 1)]
    assert len(answered(frame, tldr=said).tldr) == min(items, lines)


@pytest.mark.parametrize(
    "invented",
    [
        "The agency approved LONGLITE after a trial in 512 adults.",
        "The agency approved Zorbatrex.",
        "The agency approved LONGLITE on 6 April 2026.",
        "Investors cheered a remarkable fundraising success across many markets.",
    ],
)
def test_ungrounded_sentences_give_way_to_the_items_own(invented: str):
    written = answered(
        FRAME,
        title=invented,
        intro=invented,
        tldr=[{"text": invented, "item_ids": ["i1"]}],
        items=[{"item_id": "i1", "title": invented, "summary": invented}],
    )
    assert written.title == "Nightly Glow – 9 March 2026"
    assert written.intro.startswith("Bigbulb leads this issue of 2 items")
    assert written.tldr == (APPROVAL.title,)
    printed = apply_texts(FRAME.sections, written)[0].items[0]
    assert (printed.title, printed.summary) == (APPROVAL.title, APPROVAL.summary[0].text)
    assert written.refused >= 4


def test_a_sentence_announces_an_event_by_title_wording_and_any_wording_of_the_source_will_do():
    vocabulary = event_vocabulary(TREE)
    assert vocabulary.announced("The agency approves LONGLITE after a capital raise.") == {"regulatory"}
    assert vocabulary.told("The agency approves LONGLITE after a capital raise.") == {
        "regulatory",
        "product_performance",
    }


def test_a_fact_of_one_item_does_not_support_a_line_about_another():
    written = answered(FRAME, tldr=[{"text": "LONGLITE was approved for $12 million.", "item_ids": ["i1"]}])
    assert written.tldr == (APPROVAL.title,)


def test_links_and_dates_stay_the_items_own_whatever_the_model_wrote():
    written = answered(FRAME, items=[{"item_id": "i1", "title": "LONGLITE approved", "summary": "LONGLITE approved."}])
    printed = apply_texts(FRAME.sections, written)[0].items[0]
    assert (printed.url, printed.published) == (FRAME.items[0].url, FRAME.items[0].published)


def test_unknown_ids_are_ignored():
    written = answered(
        FRAME, tldr=[{"text": "x", "item_ids": ["i77"]}], items=[{"item_id": "z", "title": "", "summary": ""}]
    )
    assert written.tldr == (APPROVAL.title, DEAL.title)
    assert written.texts == {}


@pytest.mark.parametrize("raw", [{}, {"title": 3}, {"title": "a", "intro": "b", "tldr": "c", "items": []}])
def test_an_answer_of_another_shape_is_an_error_and_never_printed(raw):
    with pytest.raises(WritingError, match="not an edition"):
        ground(Written(raw, USAGE, "m"), build_prompt(FRAME), FRAME)


def report_of(key, kind, status="ok", gap=False):
    return SourceReport(source_key=key, source_name=key.title(), source_type=kind, status=status, gap=gap)


def test_coverage_names_types_numbers_window_failures_and_gaps():
    reports = (
        report_of("a", "press_corporate"),
        report_of("b", "press_corporate", "not_modified"),
        report_of("c", "press_sector", gap=True),
        report_of("d", "press_sector", "failed"),
        report_of("e", "blog_of_somebody"),
        report_of("f", "press_sector", "partial"),
    )
    line = coverage_line(Covered(reports, WINDOW, 149, 5), wording("en"))
    assert line == (
        "Coverage: 2 company sites, 2 press sources and 1 other source, 2 March 2026 – 8 March 2026. "
        "149 items seen, 5 printed. Read in part: F. Not reached: D. Possible gaps: C."
    )


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Possible gaps: C (poll every 11.5 h). Silent for longer than usual: A (40 days)."),
        (
            "fr",
            "Lacunes possibles\u00a0: C (à relever toutes les 11,5\u00a0h). "
            "Silencieuses plus longtemps que d'habitude\u00a0: A (40 jours).",
        ),
    ],
)
def test_coverage_tells_how_often_to_poll_and_who_fell_silent(language, told):
    reports = (
        report_of("a", "press_sector").model_copy(update={"silent_days": 40}),
        report_of("b", "press_sector", "failed").model_copy(update={"silent_days": 9}),
        report_of("c", "press_sector", gap=True).model_copy(update={"poll_hours": 11.5}),
        report_of("d", "press_sector").model_copy(update={"poll_hours": 6.0}),
    )
    assert coverage_line(Covered(reports, WINDOW, 1, 1), wording(language)).endswith(told)


def test_coverage_of_nothing_is_still_a_sentence():
    assert coverage_line(Covered((), WINDOW, 0, 0), wording("fr")).startswith("Couverture\u00a0: aucune source")


def test_fifteen_endless_titles_still_fit_the_budget():
    titles = ["winter gloom " * 30 + str(n) for n in range(15)]
    items = [make_item(title, sentences=["Glow. "], url=f"https://n.example.org/{title[-2:]}") for title in titles]
    prompt = build_prompt(make_frame(*items))
    assert prompt.tokens < TOKEN_BUDGET
    assert len(prompt.facts.splitlines()) == 15


@pytest.mark.parametrize("change", [{"content_hash": "other"}, {"normalizer": {"signature": "other"}}])
def test_a_new_version_of_an_item_is_a_new_cache_key(change):
    raw = APPROVAL.model_dump()
    raw["normalizer"] = {**raw["normalizer"], **change.pop("normalizer", {})}
    newer = type(APPROVAL).model_validate({**raw, **change})
    prompt = build_prompt(FRAME)
    assert cache_key([APPROVAL], prompt, "m") != cache_key([newer], prompt, "m")
    assert cache_key([APPROVAL], prompt, "m") != cache_key([APPROVAL], prompt, "another-model")
    assert cache_key([APPROVAL], prompt, "m") != cache_key([APPROVAL], build_prompt(make_frame(APPROVAL)), "m")
