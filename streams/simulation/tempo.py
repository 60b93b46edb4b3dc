"""How long things take in a schedule. Low, steady load hides faults: some schedules have slow networks, long transactions, rare commits."""

from random import Random
from typing import NamedTuple

Span = tuple[float, float]  # from, to, in seconds


class Tempo(NamedTuple):
    """`thread`: what runs on one; `network`: a request on the wire; `hold`: a transaction waits for more; `step`: a host looks again;
    `commit`: offsets are committed again. `apart`: so much slower the leaders of some partitions are. `days`: so many pass by the
    processes' clock while orders come in. `room`: so many records wait in a producer at most."""

    thread: Span
    network: Span
    hold: Span
    step: Span
    commit: Span
    apart: float
    days: float
    room: int


QUICK = Tempo((0.0005, 0.02), (0.0005, 0.03), (0.001, 0.03), (0.001, 0.08), (0.3, 0.5), 1.0, 0.0, 1_000)


def draw(random: Random) -> Tempo:
    return Tempo(
        thread=(0.0005, random.choice((0.02, 0.02, 0.2, 1.5))),
        network=(0.0005, random.choice((0.03, 0.03, 0.3, 2.0))),
        hold=(0.001, random.choice((0.03, 0.2, 1.0))),
        step=(0.001, random.choice((0.03, 0.08, 0.4))),
        commit=random.choice(((0.02, 0.05), (0.3, 0.5), (0.3, 2.0))),
        apart=random.choice((1.0, 1.0, 10.0, 40.0)),
        days=random.choice((0.0, 0.0, 9.0, 40.0)),
        room=random.choice((1_000, 1_000, 12)),
    )
