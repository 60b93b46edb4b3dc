"""A consumer of a group over the broker in memory, with its calls struck by faults."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from confluent_kafka import KafkaError

from streams.read import Record
from streams.simulation.broker import Place, refused, shown
from streams.simulation.groups import Member
from streams.simulation.loop import Process
from streams.simulation.world import World

MOST_FETCHED = 40


class Message:
    def __init__(self, topic: str, record: Record) -> None:
        self._topic = topic
        self._record = record

    def topic(self) -> str:
        return self._topic

    def partition(self) -> int:
        return int(self._record.partition)

    def offset(self) -> int:
        return int(self._record.offset)

    def key(self) -> bytes:
        return bytes(self._record.key)

    def value(self) -> bytes:
        return bytes(self._record.value)

    def timestamp(self) -> tuple[int, int]:
        return 2, int(self._record.timestamp)

    def error(self) -> None:
        return None


class At(NamedTuple):
    """Stands for a TopicPartition."""

    topic: str
    partition: int
    offset: int = -1001
    metadata: str | None = None
    error: Any = None


Callback = Callable[[Any, list[At]], None]


class GroupConsumer:
    """A confluent-kafka consumer as `streams.fenced` and the sink use one: all happens within its calls. `gapless`: who reads sees when
    something is missing, so that a fetch that is dropped may be passed over; else it is fetched again."""

    def __init__(self, world: World, process: Process, group: str, gapless: bool) -> None:
        self._world = world
        self._process = process
        self._group = world.groups[group]
        self._member = Member(self._group, process)
        self._gapless = gapless
        self._positions: dict[Place, int] = {}
        self._paused: set[Place] = set()
        self._on: tuple[Callback, Callback, Callback] | None = None

    # ------------------------------------------------------------------------------------------ assignment
    def subscribe(self, topics: Sequence[str], on_assign: Callback, on_revoke: Callback, on_lost: Callback | None = None) -> None:
        self._on = on_assign, on_revoke, on_lost or on_revoke
        self._group.join(self._member)

    def close(self) -> None:
        self._world.strike("leave")
        if self._on is None:
            return
        if self._member.has:
            self._on[1](self, [At(*place) for place in self._member.has])
        self._member.leave()

    def _follow(self) -> None:
        assert self._on is not None
        on_assign, on_revoke, on_lost = self._on
        change = self._member.change(self._world.now)
        for word, places, callback in (("has lost", change.lost, on_lost), ("gives up", change.revoked, on_revoke)):
            if places:
                self._world.tell(f"{self._process} {word} {shown(places)}")
                callback(self, [At(*place) for place in places])
                for place in places:
                    self._positions.pop(place, None)
                    self._paused.discard(place)
        if change.revoked:
            self._member.released(change.revoked)
        if change.assigned:
            self._world.tell(f"{self._process} takes {shown(change.assigned)}")
            on_assign(self, [At(*place) for place in change.assigned])

    def incremental_assign(self, places: Sequence[Any]) -> None:
        for at in places:
            self._positions[at.topic, at.partition] = at.offset

    assign = incremental_assign

    def pause(self, places: Sequence[Any]) -> None:
        self._paused |= {(at.topic, at.partition) for at in places}

    def resume(self, places: Sequence[Any]) -> None:
        self._paused -= {(at.topic, at.partition) for at in places}

    def seek(self, at: Any) -> None:
        self._positions[at.topic, at.partition] = at.offset

    # ------------------------------------------------------------------------------------------ reading
    def poll(self, _: float) -> None:
        return None

    def consume(self, most: int, wait: float) -> list[Message]:
        self._world.wait((0.0, max(wait, self._world.tempo.step[1])))
        if self._world.broker.away:
            return []
        self._follow()
        found: list[Message] = []
        for place in sorted(self._positions.keys() - self._paused):
            found += self._fetch(place, min(most - len(found), self._world.random.randint(0, MOST_FETCHED)))
        return found

    def _fetch(self, place: Place, most: int) -> list[Message]:
        start = self._positions[place]
        records = self._world.broker.committed(place, start, self._world.broker.end(place), most) if most else []
        if not records:
            return []
        if self._gapless:
            self._positions[place] = records[-1].offset + 1
        try:
            self._world.strike("skip" if self._gapless else "fetch")
        except Exception:
            self._world.tell(f"{len(records)} records fetched of {shown([place])} are dropped")
            return []
        self._positions[place] = records[-1].offset + 1
        return [Message(place[0], record) for record in records]

    def get_watermark_offsets(self, place: Any, timeout: float = 0.0, cached: bool = False) -> tuple[int, int]:
        self._available()
        return 0, self._world.broker.end((place.topic, place.partition))

    # ------------------------------------------------------------------------------------------ offsets
    def committed(self, places: Sequence[Any], timeout: float = 0.0) -> list[At]:
        self._world.wait(self._world.tempo.network)
        self._available()
        known = [(at, self._member.committed((at.topic, at.partition))) for at in places]
        return [At(at.topic, at.partition, found.offset, found.metadata) if found else At(at.topic, at.partition) for at, found in known]

    def commit(self, offsets: Sequence[Any], asynchronous: bool) -> list[At]:
        """Asked to wait, it raises when the partition is not ours."""
        if asynchronous:
            self._available()
            if any(self._member.news((at.topic, at.partition), at.offset) for at in offsets):
                self._world.strike("offsets")
                self._commit(offsets)
                self._world.strike("moved")
            return []
        self._world.wait(self._world.tempo.network)
        self._world.strike("note")
        self._available()
        done = self._commit(offsets)
        self._world.strike("noted")
        if not done:
            raise refused(KafkaError.ILLEGAL_GENERATION)
        return [At(at.topic, at.partition, at.offset) for at in offsets]

    def _commit(self, offsets: Sequence[Any]) -> bool:
        for at in offsets:
            change = (at.topic, at.partition), at.offset, at.metadata or ""
            news = self._member.news(*change)
            if not self._member.commit(*change):
                return False
            self._world.tell(news)
        return True

    def _available(self) -> None:
        if self._world.broker.away:
            raise refused(KafkaError._ALL_BROKERS_DOWN)
