"""One schedule at work: the loop, the broker and its groups, what strikes when, and the story of it all."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import NoReturn

from confluent_kafka import KafkaError

from streams.simulation.broker import START_MS, Broker, refused
from streams.simulation.faults import Fault, Point
from streams.simulation.groups import Group
from streams.simulation.loop import Death, Loop, Process, current
from streams.simulation.tempo import QUICK, Span, Tempo

LOOK_S = 0.5


class World:
    """`healed`: no more faults. `struck`: how many of each kind came to pass."""

    def __init__(self, seed: int, broker: Broker, faults: Sequence[Fault], tempo: Tempo) -> None:
        self.random = Random(f"{seed}/chance")
        self.tempo = tempo
        self.loop = Loop(self.random, self._before_step, lambda: self.takes(self.tempo.thread))  # type: ignore[abstract]
        self.outside = self.loop.start("outside")
        self.broker = broker
        self.groups: dict[str, Group] = {}
        self.healed = False
        self.struck: Counter[str] = Counter()
        self.ended: Callable[[Process, str], None] = lambda process, why: None
        self.skew_s = 0.0
        self.story: list[str] = []
        self._calls: Counter[Point] = Counter()
        self._faults = faults
        self._struck: dict[tuple[Point, int], Fault] = {(fault.point, fault.nth): fault for fault in faults if fault.point}
        self._steps: dict[int, list[Fault]] = {}
        for fault in faults:
            if fault.kind in ("kill", "freeze", "stop"):
                self._steps.setdefault(fault.who, []).append(fault)

    # ------------------------------------------------------------------------------------------ time
    @property
    def now(self) -> float:
        return self.loop.time()

    def takes(self, span: Span) -> float:
        return self.random.uniform(*span)

    def wall_ms(self) -> int:
        """What a process takes for the time."""
        return START_MS + int((self.now + self.skew_s) * 1000)

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        """Outside of every process, so that none takes it with it when it dies."""
        self.loop.call_later(seconds, what, context=self.outside.context)

    def begin(self) -> None:
        for fault in self._faults:
            if fault.kind in ("expel", "rebalance", "away", "jump"):
                self.after(fault.at, lambda fault=fault: self._happen(fault))  # type: ignore[misc]
        self.after(LOOK_S, self._look)

    def _look(self) -> None:
        """What the broker sees to: sessions that ran out, transactions left open."""
        if not self.broker.away:
            for group in self.groups.values():
                group.expire(self.now)
            self.broker.expire(self.now)
        self.after(LOOK_S, self._look)

    # ------------------------------------------------------------------------------------------ the story
    def tell(self, what: str) -> None:
        self.story.append(f"{self.now:9.4f}  {what}")

    def trace(self) -> str:
        """The same for two runs if and only if the same has happened in the same order."""
        return hashlib.blake2b("\n".join(self.story).encode(), digest_size=8).hexdigest()

    # ------------------------------------------------------------------------------------------ processes
    def die(self, why: str) -> NoReturn:
        """What `streams.fatal.die` does in here."""
        self.end(current(), why)
        raise Death(why)

    def end(self, process: Process, why: str) -> None:
        if process.alive:
            process.alive = False
            process.frozen_at = self.now
            process.ready.clear()
            self.tell(f"{process} ends: {why}")
            self.ended(process, why)

    def freeze(self, process: Process, seconds: float) -> None:
        process.frozen, process.frozen_at = True, self.now
        self.tell(f"{process} is frozen for {seconds} s")
        self.after(seconds, lambda: self.thaw(process))

    def thaw(self, process: Process) -> None:
        if process.frozen:
            process.frozen = False
            self.tell(f"{process} goes on")

    def heal(self) -> None:
        self.healed = True
        self.tempo = QUICK
        self.broker.away = False
        for process in self.loop.processes:
            self.thaw(process)

    # ------------------------------------------------------------------------------------------ faults
    def _before_step(self, process: Process) -> None:
        faults = self._steps.get(process.born)
        if not faults or self.healed:
            return
        for fault in faults:
            if fault.nth == process.steps:
                self.struck[fault.kind] += 1
                match fault.kind:
                    case "kill":
                        self.end(process, "killed")
                    case "stop":
                        process.stopping = True
                    case _:
                        self.freeze(process, fault.seconds)

    def strike(self, point: Point) -> float:
        """Called by clients at each call of theirs; returns the seconds that this one takes longer."""
        if self.healed:
            return 0.0
        self._calls[point] += 1
        fault = self._struck.get((point, self._calls[point]))
        if fault is None:
            return 0.0
        self.struck[f"{fault.kind} in {point}"] += 1
        match fault.kind:
            case "crash":
                self.die(f"killed in {point}")
            case "fail":
                self.tell(f"{current()}: {point} is refused")
                raise refused(KafkaError._TIMED_OUT)
            case _:
                pass
        return fault.seconds

    def _happen(self, fault: Fault) -> None:
        if self.healed:
            return
        self.struck[fault.kind] += 1
        self.tell(str(fault))
        match fault.kind:
            case "away":
                self.broker.away = True
                self.after(fault.seconds, self._back)
            case "jump":
                self.skew_s += fault.seconds
            case "rebalance":
                if group := self.groups.get(fault.group):
                    group.deal()
            case _:
                group = self.groups.get(fault.group)
                if group and group.members:
                    group.drop(group.members[fault.who % len(group.members)], self.now + fault.seconds)

    def _back(self) -> None:
        self.broker.away = False
        self.tell("the broker is back")
