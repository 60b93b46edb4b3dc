"""One schedule: drawn from a seed, played until all is quiet again, and judged by the checker."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

import msgspec

from streams.check import check
from streams.checks.findings import Violation
from streams.fatal import dying
from streams.read import MemoryLog
from streams.replay import replay
from streams.simulation import tempo
from streams.simulation.announced import overdue, stale
from streams.simulation.broker import Broker
from streams.simulation.business import Delivery, Import, deliveries, imports
from streams.simulation.faults import Fault, draw
from streams.simulation.groups import Group
from streams.simulation.inbound import supplies
from streams.simulation.loop import Process
from streams.simulation.operators import operators
from streams.simulation.outside import Outside
from streams.simulation.pipeline import RESTART_S, Pipeline
from streams.simulation.telling import decided
from streams.simulation.tempo import Tempo
from streams.simulation.world import BUSY_S, World
from streams.topics import CATALOGUE, COMMANDS, DEAD_LETTERS, DECISIONS, RAW

PATIENCE_S = 240.0
CALM_S = 3.0
LOOK_S = 0.3
RESTS = 10


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """All that is decided beforehand. The rest is chance out of `seed`."""

    seed: int
    workers: int
    partitions: int
    imports: tuple[Import, ...]
    deliveries: tuple[Delivery, ...]
    tempo: Tempo
    faults: tuple[Fault, ...]


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """`violations` of the promises; `trace` is the same for the same story; `struck`: faults that came to pass, by kind; `decided`: where
    a promise is broken, what the log says."""

    seed: int
    violations: tuple[str, ...]
    trace: str
    story: tuple[str, ...]
    decided: tuple[str, ...]
    struck: dict[str, int]
    decisions: int
    fulfilments: int
    repeated: int
    seconds: float


class Companion(Protocol):
    """What else reads the log, in so many processes of its own."""

    @property
    def readers(self) -> int: ...

    def start(self, name: str) -> Process: ...

    def quiet(self) -> bool:
        """It has taken all there is."""
        ...

    def violations(self) -> Sequence[str]: ...


MakeCompanion = Callable[[World], Companion]


def schedule(seed: int, orders: int = 24, theme: str = "") -> Schedule:
    """`theme`: of `streams.simulation.faults.THEMES`; "" for any."""
    random = Random(f"{seed}/schedule")
    workers, partitions = random.choice((1, 2, 2, 3)), random.randint(1, 3)
    return Schedule(
        seed=seed,
        workers=workers,
        partitions=partitions,
        imports=(*imports(random, partitions, BUSY_S), *operators(Random(f"{seed}/operators"), partitions, orders, BUSY_S)),
        deliveries=(*deliveries(random, partitions, orders, BUSY_S), *supplies(Random(f"{seed}/supplies"), partitions, orders, BUSY_S)),
        tempo=tempo.draw(random),
        faults=draw(random, BUSY_S, theme),
    )


def play(plan: Schedule, companions: Sequence[MakeCompanion] = ()) -> Played:
    """Raises nothing on a broken promise: that is what it tells."""
    stage = Stage(plan, companions)
    with dying(stage.world.die):
        try:
            stage.run()
            return stage.judge()
        finally:
            stage.world.loop.close()


class Stage:
    def __init__(self, plan: Schedule, companions: Sequence[MakeCompanion]) -> None:
        broker = Broker({topic.name: 1 if topic.fixed else plan.partitions for topic in CATALOGUE})
        self.plan = plan
        self.world = world = World(plan.seed, broker, plan.faults, plan.tempo)
        world.groups = {
            "allocate": Group("allocate", broker, broker.places(COMMANDS.name), "cooperative", world.random),
            "stages": Group("stages", broker, [*broker.places(RAW.name), *broker.places(DECISIONS.name)], "eager", world.random),
            "sink": Group("sink", broker, [*broker.places(DECISIONS.name), *broker.places(DEAD_LETTERS.name)], "eager", world.random),
        }
        self.outside = Outside(world, plan.seed)
        self.companions = [make(world) for make in companions]
        self._pipeline = Pipeline(world)
        self._starts = {f"worker-{number}": self._pipeline.start for number in range(plan.workers)}
        for companion in self.companions:
            self._starts |= {f"reader-{len(self._starts) - plan.workers}": companion.start for _ in range(companion.readers)}
        self._calm_since = self._asked = 0.0
        world.ended = self._ended

    def _ended(self, process: Process, why: str) -> None:
        start = self._starts[process.name]
        self.world.after(self.world.random.uniform(*RESTART_S), lambda: start(process.name))

    def run(self) -> None:
        world = self.world
        for change in self.plan.imports:
            self.outside.publish(change)
        for delivery in self.plan.deliveries:
            self.outside.hand_in(delivery)
        world.begin()
        world.after(0.0, self.outside.answer)
        for name, start in self._starts.items():
            world.after(world.random.uniform(0.1, 1.0), lambda name=name, start=start: start(name))  # type: ignore[misc]
        world.loop.run_until(BUSY_S + 2)
        world.heal()
        world.tell("from here on nothing goes wrong")
        world.loop.run_until(world.now + PATIENCE_S, self._calm)
        # who announces rests for longer the slower it was to publish; ticks come once in a while
        for _ in range(RESTS):
            if not self._unsaid(world.broker.whole()):
                break
            world.loop.run_until(world.now + CALM_S)

    def _calm(self) -> bool:
        """Nothing has been left to do for a while."""
        if self.world.now < self._asked + LOOK_S:
            return False
        self._asked = self.world.now
        if not self._quiet():
            self._calm_since = self.world.now
        return self.world.now - self._calm_since > CALM_S

    def _quiet(self) -> bool:
        broker, offsets = self.world.broker, self.world.broker.offsets
        for group, topic in (("stages", RAW.name), ("stages", DECISIONS.name), ("allocate", COMMANDS.name)):
            for place in broker.places(topic):
                if place not in self.world.groups[group].owner:
                    return False
                found = offsets.get((group, place))
                if (found.offset if found else 0) < broker.last(place):
                    return False
        return not self.outside.busy and all(companion.quiet() for companion in self.companions)

    # ------------------------------------------------------------------------------------------ judging
    def _unsaid(self, log: MemoryLog) -> list[str]:
        return [*stale(log), *overdue(log, self.world.wall_ms())]

    def judge(self) -> Played:
        log = self.world.broker.whole()
        report = check(log, committed=self._commits(), again=lambda: False)
        again = replay(log, progress=lambda topic, done, total: None)
        found = [shown(violation) for violation in (*report.violations, *again.violations)]
        if not self._quiet():
            found.append(f"standstill: {PATIENCE_S:.0f} s after the last fault there is still something to do")
        if not found:
            found += self._unsaid(log)
        for companion in self.companions:
            found += companion.violations()
        return Played(
            seed=self.plan.seed,
            violations=tuple(found),
            trace=self.world.trace(),
            story=tuple(self.world.story),
            decided=tuple(decided(log)) if found else (),
            struck=dict(sorted(self.world.struck.items())),
            decisions=report.decisions,
            fulfilments=report.fulfilments,
            repeated=report.duplicates + report.fulfilments_repeated,
            seconds=round(self.world.now, 1),
        )

    def _commits(self) -> dict[str, dict[int, int]]:
        found: dict[str, dict[int, int]] = {RAW.name: {}, COMMANDS.name: {}, DECISIONS.name: {}}
        for (group, (topic, partition)), committed in self.world.broker.offsets.items():
            if group != "sink":
                found[topic][partition] = committed.offset
        return found


def shown(violation: Violation) -> str:
    return f"{violation.invariant} ({violation.count}x): {violation.first}"
