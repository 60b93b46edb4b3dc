"""Kafka in memory, as far as the stages can tell: partitions, transactions with their fence, and what readers of committed records see."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Literal, NamedTuple

from confluent_kafka import KafkaError, KafkaException

from streams.read import MemoryLog, Record

START_MS = 1_772_355_600_000
TRANSACTION_TIMEOUT_S = 5.0
PASSING = (KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN)  # the client says of these that one may try again
Place = tuple[str, int]  # topic, partition


class Transaction:
    def __init__(self, name: str, begun: float) -> None:
        self.name = name
        self.begun = begun
        self.state: Literal["open", "committed", "aborted"] = "open"
        self.places: dict[Place, int] = {}  # where it has written, and its first offset there


class Entry(NamedTuple):
    """At its offset in the list. No record: a transaction's marker. No transaction: committed."""

    record: Record | None
    transaction: Transaction | None


class Committed(NamedTuple):
    offset: int
    metadata: str


class Broker:
    """Times are virtual seconds."""

    def __init__(self, partitions: Mapping[str, int]) -> None:
        self._away = False
        self._refusals = 0
        self.offsets: dict[tuple[str, Place], Committed] = {}
        self._logs: dict[Place, list[Entry]] = {(topic, p): [] for topic, count in partitions.items() for p in range(count)}
        self._epochs: dict[str, int] = {}
        self._open: dict[str, Transaction] = {}
        self._hanging: dict[str, list[Transaction]] = {}  # over for whoever asks, and without a marker
        self._behind_last: dict[Place, int] = {}

    @property
    def away(self) -> bool:
        """No call succeeds."""
        self._refusals += self._away
        return self._away

    def leave(self) -> None:
        self._away, self._refusals = True, 0

    def come_back(self) -> bool:
        """Whether it was away and missed."""
        missed, self._away = self._away and self._refusals > 0, False
        return missed

    # ------------------------------------------------------------------------------------------ writing
    def append(
        self, place: Place, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]], now: float, by: Transaction | None = None
    ) -> int:
        log = self._logs[place]
        record = Record(place[1], len(log), START_MS + int(now * 1000), key, tuple(headers), value)
        log.append(Entry(record, by))
        if by is not None:
            by.places.setdefault(place, record.offset)
        else:
            self._behind_last[place] = record.offset + 1
        return record.offset

    def fence(self, name: str) -> int:
        """The new epoch; what an older one left open is undone, and it can do nothing more."""
        self._end(self._open.pop(name, None), "aborted")
        self._epochs[name] = self._epochs.get(name, -1) + 1
        return self._epochs[name]

    def begin(self, name: str, epoch: int, now: float) -> Transaction:
        self.check_epoch(name, epoch)
        self._end(self._open.pop(name, None), "aborted")
        transaction = self._open[name] = Transaction(name, now)
        return transaction

    def check_epoch(self, name: str, epoch: int) -> None:
        if self._epochs.get(name) != epoch:
            raise refused(KafkaError._FENCED)

    def commit(self, transaction: Transaction) -> None:
        if transaction.state != "open":
            raise refused(KafkaError._FENCED)
        self._end(self._open.pop(transaction.name), "committed")

    def lose_marker(self, transaction: Transaction) -> None:
        """Of what is to be committed: the broker has died in between, and come back believing that it is there."""
        if transaction.state != "open":
            raise refused(KafkaError._FENCED)
        self._hanging.setdefault(transaction.name, []).append(self._open.pop(transaction.name))

    def abort(self, transaction: Transaction) -> None:
        if transaction.state != "open":
            raise refused(KafkaError._FENCED)
        self._end(self._open.pop(transaction.name), "aborted")

    def expire(self, now: float) -> None:
        """Whoever left a transaction open for too long is shut out of it."""
        for name, transaction in list(self._open.items()):
            if now - transaction.begun > TRANSACTION_TIMEOUT_S:
                self.fence(name)

    def _end(self, transaction: Transaction | None, state: Literal["committed", "aborted"]) -> None:
        """A marker is for all that its producer has in a partition."""
        if transaction is None:
            return
        for ended in (transaction, *self._hanging.pop(transaction.name, ())):
            ended.state = state
            for place in ended.places:
                log = self._logs[place]
                if state == "committed":
                    self._behind_last[place] = next(at for at in range(len(log), 0, -1) if log[at - 1].transaction is ended)
                log.append(Entry(None, None))

    # ------------------------------------------------------------------------------------------ reading
    def end(self, place: Place) -> int:
        """Behind the last offset that is not in an open transaction, nor behind one."""
        open_ = (*self._open.values(), *chain.from_iterable(self._hanging.values()))
        return min((t.places[place] for t in open_ if place in t.places), default=len(self._logs[place]))

    def committed(self, place: Place, start: int, stop: int, most: int = 1 << 30) -> list[Record]:
        found: list[Record] = []
        log = self._logs[place]
        for at in range(start, min(stop, self.end(place))):
            record, transaction = log[at]
            if record is not None and (transaction is None or transaction.state == "committed"):
                found.append(record)
                if len(found) >= most:
                    break
        return found

    def last(self, place: Place) -> int:
        """Behind the last committed record."""
        return self._behind_last.get(place, 0)

    def places(self, topic: str) -> list[Place]:
        return [place for place in self._logs if place[0] == topic]

    def whole(self) -> MemoryLog:
        """All that was committed, for whoever checks it."""
        topics: dict[str, dict[int, list[Record]]] = {}
        for topic, partition in self._logs:
            topics.setdefault(topic, {})[partition] = self.committed((topic, partition), 0, self.end((topic, partition)))
        return MemoryLog(topics)


def refused(code: int) -> KafkaException:
    return KafkaException(KafkaError(code, retriable=code in PASSING))


def shown(places: Sequence[Place]) -> str:
    return ", ".join(f"{topic}[{partition}]" for topic, partition in places)
