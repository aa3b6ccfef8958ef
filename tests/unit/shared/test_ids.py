"""Identity: one address, one item."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InputError
from shared.ids import batch_id, canonical_url, content_hash, item_id

SAME = [
    "https://Example.org/News/a-b/",
    "http://example.org/News/a-b",
    "https://example.org:443/News/a-b?utm_source=x&utm_medium=y",
    "https://example.org/News/a-b/#top",
    "https://example.org./News/a-b?fbclid=1",
]


def test_spellings_of_one_address_are_one_item():
    assert {canonical_url(url) for url in SAME} == {"https://example.org/News/a-b"}
    assert len({item_id(url) for url in SAME}) == 1


def test_query_order_does_not_matter_but_its_values_do():
    assert canonical_url("https://e.org/p?b=2&a=1") == canonical_url("https://e.org/p?a=1&b=2")
    assert canonical_url("https://e.org/p?a=1") != canonical_url("https://e.org/p?a=2")


@pytest.mark.parametrize(
    "url", ["", "ftp://e.org/x", "javascript:alert(1)", "/relative", "https://", "http://[bad", "https://e.org:99999/"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(InputError):
        canonical_url(url)


def test_an_address_as_long_as_no_server_takes_is_none():
    assert canonical_url("https://www.example.org/" + "a" * 3900)
    with pytest.raises(InputError, match="longer than 4000 letters"):
        canonical_url("https://www.example.org/" + "a" * 4000)


@given(st.text(alphabet="abcXYZ0125/%éß?=&+ ~.", max_size=40))
def test_canonical_is_a_fixed_point(path):
    once = canonical_url("https://example.org/" + path)
    assert canonical_url(once) == once


def test_the_same_run_is_the_same_batch_and_another_client_is_not():
    assert batch_id("a", "edition", "r1") == batch_id("a", "edition", "r1")
    assert len({batch_id("a", "edition", "r1"), batch_id("b", "edition", "r1"), batch_id("a", "collect", "r1")}) == 3


def test_content_hash_keeps_parts_apart():
    assert content_hash("ab", "c") != content_hash("a", "bc")
