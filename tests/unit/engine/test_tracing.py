"""Every printed sentence leads to the source sentences that it comes from."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.engine.editorial import Frame, apply_texts, deterministic
from services.engine.prompt import build_prompt
from services.engine.tracing import traces
from services.engine.writing import Written, ground
from shared.contracts.edition import Trace
from shared.contracts.items import Usage
from shared.grounding.sentences import split_sentences
from tests.unit.engine.samples import CLIENT, make_item, with_client
from tests.unit.engine.test_editorial import WINDOW, make_frame

TRIAL = "The agency approved LONGLITE on 5 March 2026 after a trial in 412 adults."
SHELF = "The lamp will be on the shelf in the spring."
PAID = "Bigbulb paid $12 million for the wick."
APPROVAL = make_item("Agency approves LONGLITE for winter gloom", sentences=[TRIAL, SHELF])
DEAL = make_item("Bigbulb licenses the wick", sentences=[PAID])
FRAME = make_frame(APPROVAL, DEAL)


def written_by_model(frame: Frame, **answer) -> tuple[Frame, tuple[Trace, ...]]:
    prompt = build_prompt(frame)
    whole = {"title": "", "intro": "", "tldr": [], "items": [], **answer}
    editorial = ground(Written(whole, Usage(), "m"), prompt, frame)
    printed = Frame(frame.client, frame.day, frame.window, apply_texts(frame.sections, editorial))
    return printed, traces(printed, editorial.title, editorial.intro, editorial.tldr)


def by_rules(frame: Frame) -> tuple[Trace, ...]:
    editorial = deterministic(frame)
    return traces(frame, editorial.title, editorial.intro, editorial.tldr)


def sources(found: tuple[Trace, ...], place: str) -> list[set[str]]:
    return [{one.sentence for one in trace.support} for trace in found if trace.place == place]


def test_the_editorial_by_rules_leads_to_the_items_own_sentences():
    found = by_rules(FRAME)
    assert sources(found, "tldr") == [{APPROVAL.title}, {DEAL.title}]
    assert sources(found, "item_title") == [{APPROVAL.title}, {DEAL.title}]
    assert sources(found, "item") == [{TRIAL}, {SHELF}, {PAID}]
    about = [trace for trace in found if trace.about_issue]
    assert [trace.place for trace in about] == ["title", "intro"]
    assert [one.sentence for one in about[1].support] == [DEAL.title]


def test_the_models_sentences_lead_to_the_ones_that_support_them():
    printed, found = written_by_model(
        FRAME,
        title="LONGLITE approved",
        intro="The agency approved LONGLITE after a trial, and Bigbulb paid $12 million for the wick.",
        tldr=[{"text": "A trial in 412 adults led to the approval of LONGLITE.", "item_ids": ["i1"]}],
        items=[{"item_id": "i1", "title": "LONGLITE approved", "summary": "The lamp will be on the shelf in spring."}],
    )
    assert printed.items[0].title == "LONGLITE approved"
    assert sources(found, "intro") == [{TRIAL, PAID}]
    assert sources(found, "tldr") == [{TRIAL}]
    assert sources(found, "item") == [{SHELF}, {PAID}]
    assert [trace.about_issue for trace in found if trace.place == "title"] == [False]


def test_a_text_in_another_language_leads_to_all_of_its_items_sentences():
    frame = make_frame(APPROVAL, client=with_client(client_profile={"language": "fr"}))
    item = frame.items[0].model_copy(update={"summary": "Une autorisation vient de tomber."})
    section = frame.sections[0].model_copy(update={"items": (item,)})
    found = traces(Frame(frame.client, frame.day, WINDOW, (section,)), "", "", ())
    assert sources(found, "item") == [{TRIAL, SHELF}]


def test_a_quiet_week_speaks_of_itself():
    found = by_rules(make_frame())
    assert {trace.place for trace in found} == {"title", "intro"}
    assert all(trace.about_issue and not trace.support for trace in found)


VOCABULARY = ["agency", "lamp", "wick", "trial", "adults", "spring", "gloom", "shelf", "412", "$12"]
WORDS = st.lists(st.sampled_from(VOCABULARY), min_size=2)
SENTENCES = st.lists(WORDS.map(lambda words: f"{' '.join(words).capitalize()}."), max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, SENTENCES), min_size=1, max_size=6))
def test_no_printed_sentence_is_without_its_source(stories):
    items = [
        make_item(" ".join(title).capitalize(), sentences=sentences, url=f"https://n.example.org/{number}")
        for number, (title, sentences) in enumerate(stories)
    ]
    frame = make_frame(*items, client=CLIENT)
    found = by_rules(frame)
    told = {item.item_id: {item.headline, *item.evidence} for item in frame.items}
    for trace in found:
        assert trace.support or trace.about_issue
        assert all(one.sentence in told[one.item_id] for one in trace.support)
    printed = [sentence for item in frame.items for sentence in split_sentences(item.summary)]
    assert [trace.text for trace in found if trace.place == "item"] == printed
