"""Who folds takes turns, so that who decides is not crowded out: one batch at a time, ledgers first."""

import threading
from collections.abc import Iterator, Mapping, Sequence

from streams.agents.turns import Turns
from streams.read import Log, MemoryLog, Record

PATIENCE_S = 10.0


class Batches(MemoryLog):
    """A log of one partition in batches of one record."""

    def __init__(self, count: int) -> None:
        records = [Record(0, offset, 0, b"", (), b"") for offset in range(count)]
        super().__init__({"decisions": {0: records}})

    def read(self, topic: str, start: Mapping[int, int], stop: Mapping[int, int]) -> Iterator[Sequence[Record]]:
        for batch in super().read(topic, start, stop):
            yield from ([record] for record in batch)


def folding(log: Log) -> Iterator[Sequence[Record]]:
    return iter(log.read("decisions", {0: 0}, log.ends("decisions")))


def on_a_thread(log: Log, told: list[str], name: str) -> threading.Thread:
    def work() -> None:
        for _ in folding(log):
            told.append(name)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_view_waits_until_no_ledger_is_folded_any_more() -> None:
    turns, told = Turns(), list[str]()
    ledger = folding(turns.of_ledger(Batches(3)))
    next(ledger)
    view = on_a_thread(turns.of_view(Batches(2)), told, "view")
    for _ in ledger:
        told.append("ledger")
    view.join(PATIENCE_S)
    assert told == ["ledger", "ledger", "view", "view"]


def test_two_ledgers_never_fold_at_the_same_time() -> None:
    turns, told = Turns(), list[str]()
    one = folding(turns.of_ledger(Batches(1)))
    next(one)
    other = on_a_thread(turns.of_ledger(Batches(1)), told, "other")
    told.append("one")
    assert next(one, None) is None
    other.join(PATIENCE_S)
    assert told == ["one", "other"]


def test_who_gives_up_in_the_middle_leaves_the_turn_to_others() -> None:
    turns, told = Turns(), list[str]()
    ledger = turns.of_ledger(Batches(3)).read("decisions", {0: 0}, {0: 3})
    next(ledger)
    del ledger
    view = on_a_thread(turns.of_view(Batches(1)), told, "view")
    view.join(PATIENCE_S)
    assert told == ["view"]
