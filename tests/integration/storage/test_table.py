"""The state table: conditions, counters, transactions."""

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import ConflictError
from shared.storage.objects import S3Objects
from shared.storage.table import StateTable, put_op, update_op

KEY = ("P", "S")


def test_a_row_comes_back_as_it_was_put(table: StateTable) -> None:
    row = {"text": "é", "number": 3, "share": 0.25, "list": [1, {"x": 1.5}], "none": None, "flag": True}
    table.put(KEY, row)
    assert table.get(KEY) == {"pk": "P", "sk": "S", **row}
    assert table.get(("P", "other")) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(st.floats(min_value=-1e9, max_value=1e9, allow_nan=False, width=32))
def test_numbers_survive(table: StateTable, number: float) -> None:
    table.put(KEY, {"number": number})
    row = table.get(KEY)
    assert row is not None
    assert row["number"] == number


def test_once_refuses_a_second_put(table: StateTable) -> None:
    table.put(KEY, {"a": 1}, once=True)
    with pytest.raises(ConflictError):
        table.put(KEY, {"a": 2}, once=True)


def test_update_sets_adds_and_checks(table: StateTable) -> None:
    assert table.update(KEY, {"status": "open"}, add={"count": 2})["count"] == 2
    row = table.update(KEY, add={"count": 0.5}, condition="#status = :is", values={"is": "open"})
    assert (row["count"], row["status"]) == (2.5, "open")
    with pytest.raises(ConflictError):
        table.update(KEY, {"status": "x"}, condition="#status = :is", values={"is": "closed"})


def test_query_reads_a_partition_by_prefix_in_order(table: StateTable) -> None:
    for name in ("b#2", "a#1", "b#1"):
        table.put(("P", name), {})
    assert [row["sk"] for row in table.query("P", prefix="b#")] == ["b#1", "b#2"]
    assert [row["sk"] for row in table.query("P", ascending=False)] == ["b#2", "b#1", "a#1"]


def test_a_transaction_writes_all_or_nothing(table: StateTable) -> None:
    table.put(("P", "there"), {"n": 1})
    operations = [
        put_op(("P", "new"), {"n": 1}),
        put_op(("P", "there"), {"n": 2}, condition="attribute_not_exists(pk)"),
    ]
    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.transact(operations)
    assert table.get(("P", "new")) is None
    table.transact([put_op(("P", "new"), {"n": 1}), update_op(("P", "there"), add={"n": 4})])
    row = table.get(("P", "there"))
    assert row is not None
    assert row["n"] == 5


def test_an_object_is_written_once(objects: S3Objects) -> None:
    objects.put("key", b"1", once=True)
    with pytest.raises(ConflictError):
        objects.put("key", b"2", once=True)
    assert (objects.get("key"), objects.get("none")) == (b"1", None)
