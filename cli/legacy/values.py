"""Reading values whose shape nobody has checked."""

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """`value` when it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> list[Any]:
    """`value` when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The texts in a list; nothing when it is no list."""
    return [item for item in listing(value) if isinstance(item, str)]
