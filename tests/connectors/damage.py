"""What can happen to a payload on its way: ways to damage one, for hypothesis to choose from."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.sampled_from(
        ["", "0", "-1", "1e999", "NaN", "\0", "🏮", "灯塔", "2026-03-01T10:00:00", "9999-12-31T23:59:59-14:00", 10**30, 1.5, -0.0]
    )
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything inside a JSON value."""
    match value:
        case dict():
            inside: Any = value.items()
        case list():
            inside = enumerate(value)
        case _:
            return
    for key, inner in inside:
        yield (*path, key)
        yield from places(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def without(value: Any, path: tuple[Any, ...]) -> Any:
    if len(path) > 1:
        return replaced(value, path[:1], without(value[path[0]], path[1:]))
    copy = dict(value) if isinstance(value, dict) else list(value)
    del copy[path[0]]
    return copy


@st.composite
def damaged(draw: st.DrawFn, body: bytes, form: str = "json") -> bytes:
    """The body cut off, or with bytes overwritten; JSON also with a value replaced or taken away."""
    how = draw(st.sampled_from(["replace", "remove", "cut", "overwrite"] if form == "json" else ["cut", "overwrite"]))
    at = draw(st.integers(0, len(body) - 1))
    if how == "cut":
        return body[:at]
    if how == "overwrite":
        return body[:at] + draw(st.binary(min_size=1, max_size=4)) + body[at + 1 :]
    value = json.loads(body)
    path = draw(st.sampled_from(list(places(value))))
    value = without(value, path) if how == "remove" else replaced(value, path, draw(JSON_VALUES))
    return json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def with_strangers(value: Any) -> Any:
    """The same with a field in every object that nobody has heard of."""
    match value:
        case dict():
            return {"x_not_invented_yet": {"id": None, "quantity": -1}, **{key: with_strangers(inner) for key, inner in value.items()}}
        case list():
            return [with_strangers(inner) for inner in value]
        case _:
            return value
