"""The state table: one DynamoDB table with string keys pk and sk."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from shared.errors import ConflictError

Row = dict[str, Any]
KeyPair = tuple[str, str]


def _stored(value: Any) -> Any:
    """DynamoDB takes Decimal, not float."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: _stored(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(inner) for inner in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def is_code(error: ClientError, *codes: str) -> bool:
    return error.response.get("Error", {}).get("Code") in codes


class StateTable:
    """`resource` is a boto3 DynamoDB service resource."""

    def __init__(self, resource: Any, name: str) -> None:
        self._table = resource.Table(name)
        self.name = name

    def get(self, key: KeyPair) -> Row | None:
        """A row by key, strongly consistent, or None."""
        answer = self._table.get_item(Key={"pk": key[0], "sk": key[1]}, ConsistentRead=True)
        item = answer.get("Item")
        return _plain(item) if item else None

    def put(self, key: KeyPair, row: Mapping[str, Any], *, once: bool = False) -> None:
        """Write a row; with `once` only where none is. Raises ConflictError then."""
        condition = {"ConditionExpression": "attribute_not_exists(pk)"} if once else {}
        try:
            self._table.put_item(Item={"pk": key[0], "sk": key[1], **_stored(row)}, **condition)
        except ClientError as error:
            raise_conflict(error, f"{key} exists already")

    def delete(self, key: KeyPair) -> None:
        self._table.delete_item(Key={"pk": key[0], "sk": key[1]})

    def update(
        self,
        key: KeyPair,
        changes: Mapping[str, Any] | None = None,
        *,
        add: Mapping[str, int | float] | None = None,
        remove: Sequence[str] = (),
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Row:
        """Set `changes`, add `add` to counters, remove attributes; returns the row afterwards.

        `condition` is a DynamoDB expression that refers to attributes as #name and to `values` as :name; attribute
        names in it are resolved automatically. Raises ConflictError when it does not hold.
        """
        request = update_request(key, changes, add=add, remove=remove, condition=condition, values=values)
        try:
            answer = self._table.update_item(**request, ReturnValues="ALL_NEW")
        except ClientError as error:
            raise_conflict(error, f"{key}: condition {condition!r} does not hold")
        row: Row = _plain(answer["Attributes"])
        return row

    def query(self, pk: str, *, prefix: str = "", ascending: bool = True) -> Iterable[Row]:
        """All rows of a partition, in sort-key order, page by page."""
        condition = Key("pk").eq(pk)
        if prefix:
            condition = condition & Key("sk").begins_with(prefix)
        request: Row = {"KeyConditionExpression": condition, "ConsistentRead": True, "ScanIndexForward": ascending}
        while True:
            page = self._table.query(**request)
            yield from (_plain(item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def transact(self, operations: list[Row], token: str | None = None) -> None:
        """Write all or nothing (at most 100 operations of `put_op` and `update_op`).

        Raises botocore's TransactionCanceledException; its CancellationReasons tell which operation failed.
        """
        client = self._table.meta.client
        request: Row = {"TransactItems": [_named(operation, self.name) for operation in operations]}
        if token:
            request["ClientRequestToken"] = token
        client.transact_write_items(**request)


def raise_conflict(error: ClientError, message: str) -> None:
    """Raise ConflictError for a failed condition, the error itself otherwise."""
    if is_code(error, "ConditionalCheckFailedException"):
        raise ConflictError(message) from error
    raise error


def update_request(
    key: KeyPair,
    changes: Mapping[str, Any] | None = None,
    *,
    add: Mapping[str, int | float] | None = None,
    remove: Sequence[str] = (),
    condition: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> Row:
    """Arguments of UpdateItem for `StateTable.update`."""
    names: dict[str, str] = {}
    bound: dict[str, Any] = {}
    clauses = []
    for verb, joiner, part in (("SET", " = ", changes or {}), ("ADD", " ", add or {})):
        pieces = []
        for name, value in part.items():
            names[f"#{name}"] = name
            bound[f":new_{name}"] = _stored(value)
            pieces.append(f"#{name}{joiner}:new_{name}")
        if pieces:
            clauses.append(f"{verb} {', '.join(pieces)}")
    if remove:
        names |= {f"#{name}": name for name in remove}
        clauses.append(f"REMOVE {', '.join(f'#{name}' for name in remove)}")
    request: Row = {"Key": {"pk": key[0], "sk": key[1]}, "UpdateExpression": " ".join(clauses)}
    if condition:
        request["ConditionExpression"] = condition
        names |= {
            word: word[1:]
            for word in condition.replace("(", " ").replace(")", " ").replace(",", " ").split()
            if word.startswith("#")
        }
        bound |= {f":{name}": _stored(value) for name, value in (values or {}).items()}
    request["ExpressionAttributeNames"] = names
    if bound:
        request["ExpressionAttributeValues"] = bound
    return request


def put_op(key: KeyPair, row: Mapping[str, Any], *, condition: str | None = None) -> Row:
    """A Put for `transact`; `condition` may use attribute_not_exists(pk)."""
    operation: Row = {"Item": {"pk": key[0], "sk": key[1], **_stored(row)}}
    if condition:
        operation["ConditionExpression"] = condition
    return {"Put": operation}


def update_op(key: KeyPair, changes: Mapping[str, Any] | None = None, **rest: Any) -> Row:
    """An Update for `transact`; arguments as in `StateTable.update`."""
    return {"Update": update_request(key, changes, **rest)}


def _named(operation: Row, table: str) -> Row:
    ((verb, body),) = operation.items()
    return {verb: {"TableName": table, **body}}
