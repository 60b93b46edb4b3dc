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
from streams.simulation.loop import Death, Loop, Process, current, pause
from streams.simulation.tempo import QUICK, Span, Tempo

LOOK_S = 0.5
BUSY_S = 12.0  # so long orders and faults come in
DAY_S = 86_400


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
        self.calls: Counter[Point] = Counter()
        self._jumps = 0
        self._faults = faults
        self._struck: dict[tuple[Point, int], Fault] = {(fault.point, fault.nth): fault for fault in faults if fault.point}
        self._steps: dict[int, list[Fault]] = {}
        for fault in faults:
            if fault.kind in ("kill", "freeze", "stop") and not fault.point:
                self._steps.setdefault(fault.who, []).append(fault)

    # ------------------------------------------------------------------------------------------ time
    @property
    def now(self) -> float:
        return self.loop.time()

    def takes(self, span: Span) -> float:
        return self.random.uniform(*span)

    def wait(self, span: Span) -> None:
        """A strand waits; the event loop's own thread never does."""
        pause(self.takes(span))

    def wall_ms(self) -> int:
        """What a process takes for the time."""
        if self._jumps:
            self.struck["jump"] += self._jumps
            self._jumps = 0
        return START_MS + int((self.now + self.skew_s + self.tempo.days * DAY_S * min(1.0, self.now / BUSY_S)) * 1000)

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
        if what:
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
        self.tempo = QUICK._replace(days=self.tempo.days)
        self._back()
        for process in self.loop.processes:
            self.thaw(process)
        self.healed = True

    # ------------------------------------------------------------------------------------------ faults
    def _before_step(self, process: Process) -> None:
        faults = self._steps.get(process.born)
        if not faults or self.healed:
            return
        for fault in faults:
            if fault.nth == process.steps:
                self.struck[fault.kind] += 1
                self._end_freeze_or_stop(process, fault)

    def _end_freeze_or_stop(self, process: Process, fault: Fault) -> None:
        match fault.kind:
            case "kill":
                self.end(process, "killed")
            case "stop":
                self.tell(f"{process} is asked to stop")
                process.stop()
            case _:
                self.freeze(process, fault.seconds)

    def strike(self, point: Point) -> float:
        """Called by clients at each call of theirs. A strand waits in here; to the event loop it returns the seconds that the call takes
        longer."""
        if not current().alive:
            raise Death
        if self.healed:
            return 0.0
        self.calls[point] += 1
        fault = self._struck.get((point, self.calls[point]))
        if fault is None:
            return 0.0
        self.struck[f"{fault.kind} in {point}"] += 1
        return self._strike(point, fault)

    def _strike(self, point: Point, fault: Fault) -> float:
        match fault.kind:
            case "crash":
                self.die(f"killed in {point}")
            case "fail":
                self.tell(f"{current()}: {point} is refused")
                raise refused(KafkaError._TIMED_OUT)
            case "full":
                self.tell(f"{current()}: {point} finds the queue full")
                raise BufferError
            case "freeze":
                self.freeze(current(), fault.seconds)
                pause(0.0)
            case _:
                self.tell(f"{current()}: {point} takes {fault.seconds} s")
                pause(fault.seconds)
                return fault.seconds
        return 0.0

    def _happen(self, fault: Fault) -> None:
        if self.healed:
            return
        match fault.kind:
            case "away":
                self.tell(str(fault))
                self.broker.leave()
                self.after(fault.seconds, self._back)
            case "jump":
                self.tell(str(fault))
                self.skew_s += fault.seconds
                self._jumps += 1
            case "rebalance":
                self._struck_by(fault, self.groups[fault.group].deal())
            case _:
                self._struck_by(fault, self.groups[fault.group].expel(fault.who, self.now + fault.seconds))

    def _struck_by(self, fault: Fault, moved: bool) -> None:
        """A fault that changed nothing is none."""
        if moved:
            self.struck[fault.kind] += 1
            self.tell(str(fault))

    def _back(self) -> None:
        if self.broker.come_back():
            self.struck["away"] += 1
            self.tell("the broker is back")
