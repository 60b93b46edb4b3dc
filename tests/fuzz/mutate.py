"""Makes new inputs of old ones: bytes and whole values changed, doubled, nested, swapped between inputs; the inside of zip files too."""

import copy
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.connectors.damage import places, replaced, without
from tests.connectors.packed import zipped
from tests.fuzz.nasty import BYTES, NASTY

LONGEST = 64 << 10


def mutate(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Up to LONGEST bytes. The same random numbers make the same input."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        data = _once(random, data, others, words)
    return data[:LONGEST]


def _once(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    if data.startswith(b"PK") and random.random() < 0.9:
        return in_zip(random, data, lambda inner: _bytes(random, inner, others, words))
    if random.random() < 0.6:
        head, line, value = _json_in(random, data)
        if value is not None:
            return head + _write(random, _value(random, value)) + line
    return _bytes(random, data, others, words)


# ---------------------------------------------------------------------------------------------- bytes
def _bytes(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(data))
    end = min(len(data), at + random.choice((0, 1, 1, 2, 4, 8, 32, 256)))
    match random.randrange(8):
        case 0:
            new = random.choice(BYTES)
        case 1 if words:
            new = random.choice(words)
        case 2:
            new = random.randbytes(random.randint(1, 4))
        case 3:
            other = random.choice(others)
            start = random.randint(0, len(other))
            new = other[start : start + random.choice((4, 16, 64, 256))]
        case 4:
            new, at, end = data[at:end] * random.choice((2, 3, 50, 1_000)), at, end
        case 5:
            return data[:at]
        case 6 if at < len(data):
            new, end = bytes((data[at] ^ 1 << random.randrange(8),)), at + 1
        case _:
            new = b""
    return data[:at] + new + data[end:]


# ---------------------------------------------------------------------------------------------- JSON
def _json_in(random: Random, data: bytes) -> tuple[bytes, bytes, Any]:
    """(before, after, value) of a JSON value that fills the input, or one of its lines."""
    try:
        return b"", b"", json.loads(data)
    except (ValueError, RecursionError):
        lines = data.split(b"\n")
    number = random.randrange(len(lines))
    try:
        value = json.loads(lines[number].strip())
    except (ValueError, RecursionError):
        return data, b"", None
    before, after = b"\n".join(lines[:number]), b"\n".join(lines[number + 1 :])
    return before + b"\n" * (number > 0), b"\n" * (number + 1 < len(lines)) + after, value


def _value(random: Random, value: Any) -> Any:
    try:
        paths = list(places(value))
    except RecursionError:
        paths = []
    if not paths:
        return random.choice(NASTY)
    path = random.choice(paths)
    inner = _at(value, path)
    match random.randrange(7):
        case 0:
            return without(value, path)
        case 1:
            return replaced(value, path, _at(value, random.choice(paths)))
        case 2 if isinstance(inner, list) and inner:
            return replaced(value, path, inner * random.choice((2, 3, 30)))
        case 3:
            return replaced(value, path, _nested(inner, random.choice((1, 5, 60, 800))))
        case 4 if isinstance(inner, int | float) and not isinstance(inner, bool):
            return replaced(value, path, _number(random, inner))
        case 5 if isinstance(inner, str) and inner:
            at = random.randrange(len(inner))
            return replaced(value, path, inner[:at] + str(random.choice(NASTY)) + inner[at + random.randrange(2) :])
        case _:
            return replaced(value, path, copy.deepcopy(random.choice(NASTY)))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _nested(value: Any, times: int) -> Any:
    for _ in range(times):
        value = [value]
    return value


def _number(random: Random, number: float) -> Any:
    return random.choice(
        (
            -number,
            number + 1,
            number - 1,
            -number - 1,
            f"{number:.9}" if isinstance(number, float) else f"{number}.5",
            number * 1_000,
            [number],
            2**63 - 1,
            10**12,
            10**6,
        )
    )


def _write(random: Random, value: Any) -> bytes:
    """Sometimes as nobody writes it: a name said twice, spaces, escapes."""
    try:
        text = json.dumps(value, ensure_ascii=random.random() < 0.5, indent=random.choice((None, None, None, 1)))
    except (ValueError, RecursionError):
        return b"[" * 2_000
    data = text.encode("utf-8", "surrogatepass")
    if isinstance(value, dict) and value and random.random() < 0.05:
        key = random.choice(list(value))
        data = b"{" + json.dumps({key: random.choice(NASTY)}).encode()[1:-1] + b"," + data.lstrip(b"{")
    return data.replace(b"\n", b" ")


# ---------------------------------------------------------------------------------------------- zip files
def in_zip(random: Random, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """One part of the archive changed, left out or doubled; a broken archive is changed as bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [(part.filename, archive.read(part)) for part in archive.infolist()[:40]]
    except Exception:
        return change(data)
    if not parts:
        return change(data)
    number = random.randrange(len(parts))
    name, inner = parts[number]
    match random.randrange(12):
        case 0:
            del parts[number]
        case 1:
            parts.append((name, change(inner)))
        case 2:
            return change(data)
        case _:
            parts[number] = (name, change(inner))
    return zipped(parts)
