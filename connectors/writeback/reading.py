"""Reading JSON of platforms, which need not be what they document: nothing here raises."""

from typing import Any

import msgspec

from connectors.writeback.outward import Reply


def decoded(reply: Reply) -> dict[str, Any] | None:
    """The object that a body holds; None: it holds none."""
    try:
        answer = msgspec.json.decode(reply.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None  # a page of the host in place of an answer
    return answer if isinstance(answer, dict) else None


def at(value: Any, *path: str) -> Any:
    """What lies under these names; None where something else does."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def units(value: Any) -> int:
    """A count; 0 for what is none."""
    return value if isinstance(value, int) and value > 0 else 0


def text(value: Any, longest: int = 200) -> str:
    return str(value or "")[:longest]
