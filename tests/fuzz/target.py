"""What is fuzzed: a way in that takes any bytes, inputs that are good for something, and what must hold whatever comes."""

from collections.abc import Callable, Sequence

import msgspec


class Violation(Exception):
    """An input did what none may do. The text says what."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """`take` returns how the input ended, in a word or two; it raises Violation, or lets escape what it met, when a promise is
    broken. `words`: what inputs of this kind are made of."""

    name: str
    seeds: Callable[[], Sequence[bytes]]
    take: Callable[[bytes], str]
    words: tuple[bytes, ...] = ()


def must(holds: object, otherwise: str) -> None:
    if not holds:
        raise Violation(otherwise)
