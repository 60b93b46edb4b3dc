"""The register of mutants: each damages the logs of a sound day in one way, and names the invariant that must speak up."""

from collections.abc import Callable
from typing import NamedTuple

from streams.checks.findings import Invariant
from tests.streams.logs import Logs

Damage = Callable[[Logs], None]


class Mutant(NamedTuple):
    invariant: Invariant
    damage: Damage


MUTANTS: dict[str, Mutant] = {}


def breaks(invariant: Invariant) -> Callable[[Damage], Damage]:
    def register(damage: Damage) -> Damage:
        MUTANTS[damage.__name__] = Mutant(invariant, damage)
        return damage

    return register
