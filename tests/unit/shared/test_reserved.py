"""Names that nobody owns are known, whatever stands before them; names that only look alike are not."""

import pytest

from shared.reserved import is_reserved


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a",
        "https://www.EXAMPLE.org./",
        "http://a.b.test/x",
        "http://localhost:80/",
        "https://",
        "http://[",
    ],
)
def test_reserved(url: str) -> None:
    assert is_reserved(url)


@pytest.mark.parametrize(
    "url", ["https://notexample.com/", "https://example.co/", "https://contest/", "https://a.example.com.fr/"]
)
def test_owned(url: str) -> None:
    assert not is_reserved(url)
