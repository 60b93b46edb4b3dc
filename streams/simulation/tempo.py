"""How long things take in a schedule. Low, steady load hides faults: some schedules have slow networks, long transactions, rare commits."""

from random import Random
from typing import NamedTuple

Span = tuple[float, float]  # from, to, in seconds


class Tempo(NamedTuple):
    """`thread`: what runs on one; `network`: a request on the wire; `hold`: a transaction waits for more; `step`: a host looks again;
    `commit`: offsets are committed again."""

    thread: Span
    network: Span
    hold: Span
    step: Span
    commit: Span


QUICK = Tempo((0.0005, 0.02), (0.0005, 0.03), (0.001, 0.03), (0.001, 0.08), (0.3, 0.5))


def draw(random: Random) -> Tempo:
    return Tempo(
        thread=(0.0005, random.choice((0.02, 0.02, 0.2, 1.5))),
        network=(0.0005, random.choice((0.03, 0.03, 0.3, 2.0))),
        hold=(0.001, random.choice((0.03, 0.2, 1.0))),
        step=(0.001, random.choice((0.03, 0.08, 0.4))),
        commit=random.choice(((0.02, 0.05), (0.3, 0.5), (0.3, 2.0))),
    )
