"""One run from start to end: a house under load, faults, the drain, and the proof that nothing of it shows."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

from deploy import clients
from deploy.business.command import import_folder
from deploy.demo.settling import Settling
from deploy.demo.storefronts import Storefronts
from deploy.demo.watch import Watch, wait_for
from deploy.faults import Fault as Unfit
from deploy.lookup import topic_log
from deploy.retailer.history import History
from deploy.settings import Settings
from streams.topics import DECISIONS
from tests.crash.business import Business, found, shops, write_folder
from tests.crash.faults import Fault, draw
from tests.crash.house import House
from tests.crash.outside import Outside
from tests.crash.proof import Proof, Result, loops, prove
from tests.crash.striker import Striker, Stuck

PATIENCE_S, LONGEST_S = 300.0, 1_800.0
QUIET_S = 3.0
DROPPED = "a fetched batch was dropped; going back"


class Asked(NamedTuple):
    kills: int
    orders: int
    workers: int
    seed: int


class Sight(NamedTuple):
    """What a person is shown while it runs: the step, (faults, which), (orders told, decisions made), how far a check is, sentences."""

    step: Callable[[str], None]
    struck: Callable[[int, str], None]
    told: Callable[[int, int], None]
    checked: Callable[[str, int, int], None]
    say: Callable[[str], None]


class Run:
    """`go` once. Raises Stuck when something does not come up again, and what the clients raise."""

    def __init__(self, settings: Settings, asked: Asked, sight: Sight, ending: threading.Event) -> None:
        self._settings, self._asked, self._sight, self._ending = settings, asked, sight, ending
        self._shops = Storefronts(shops())
        self._house = House(settings, asked.workers, Random(asked.seed), sight.say)
        self._striker = Striker(self._house, ending)
        self._watch = Watch(clients.consumer(settings, "kill-watch"), topic_log(settings), settings.partitions)
        self._outside = Outside(f"http://127.0.0.1:{settings.gateway_port}", self._shops)
        self._settling = Settling(settings, topic_log(settings), urlsplit(self._house.warehouses).port or 0)
        self._struck = 0

    def go(self) -> Result:
        began, asked = monotonic(), self._asked
        self._sight.step("drawing baskets")
        business = found(asked.orders, asked.seed)
        history = History(business.assortment, business.stocking, asked.seed)
        with self._shops.open(), self._up():
            self._import(business)
            self._outside.start(history, lambda: self._may_go_on(history), self._ending)
            self._strike(draw(asked.seed, asked.kills))
            self._drain()
            self._sight.step("proving")
            proof = prove(self._settings, self._outside.taken(), self._sight.checked)
            return self._result(proof, history, monotonic() - began)

    @contextmanager
    def _up(self) -> Iterator[None]:
        self._sight.step("starting")
        try:
            self._house.start(self._ending)
            self._watch.start()
            try:
                yield
            finally:
                self._watch.stop()
                self._settling.close()
        finally:
            self._ending.set()
            self._house.stop()

    def _import(self, business: Business) -> None:
        self._sight.step("importing")
        folder = self._settings.home / "business"
        write_folder(folder, business, self._shops.urls, self._house.warehouses)
        outcome = import_folder(folder, self._settings)
        if isinstance(outcome, list):
            raise Unfit(f"The business is wrong: {outcome[0].file}, line {outcome[0].line}: {outcome[0].sentence}")
        self._await(self._watch.through, "the import to be decided")
        self._await(self._house.ready, "deliveries and warehouses to start")
        self._watch.mark()

    # ------------------------------------------------------------------------------------------ under load
    def _may_go_on(self, history: History) -> bool:
        """Each fault lets some more in, so that each finds a pipeline at work."""
        decided = self._watch.done(DECISIONS.name)
        self._sight.told(history.told, decided)
        return history.told < self._asked.orders * (self._struck + 1) // self._asked.kills

    def _strike(self, faults: Sequence[Fault]) -> None:
        self._sight.step("striking")
        for number, fault in enumerate(faults, 1):
            self._struck = number
            self._sight.struck(number, fault.kind)
            self._striker.strike(fault)
            self._striker.rest(fault)
            self._outside.check()
        self._striker.calm()

    def _drain(self) -> None:
        self._sight.step("draining")
        self._await(self._outside.delivered.is_set, "the last requests to be answered")
        self._await(lambda: not self._shops.unread(), "the poller to have read every order")
        self._outside.finish()
        self._sight.step("living on")
        # warehouses work off what the faults left them for as long as anything moves; an order that is stuck lets all stand still
        self._await(lambda: self._ended() or self._watch.still_s() > PATIENCE_S, "the last order to end", LONGEST_S)
        if not self._ended():
            raise Stuck(f"nothing moved for {PATIENCE_S:.0f} s, and an order has not ended")

    def _ended(self) -> bool:
        return self._settling.settled() and self._watch.still_s() > QUIET_S

    def _await(self, what: Callable[[], bool], name: str, seconds: float = PATIENCE_S) -> None:
        if not wait_for(what, self._ending, seconds):
            raise Stuck("it was interrupted" if self._ending.is_set() else f"waited {seconds:.0f} s for {name}")

    # ------------------------------------------------------------------------------------------ what came of it
    def _result(self, proof: Proof, history: History, seconds: float) -> Result:
        members, report, outside = self._house.members, proof.report, self._outside
        of_their_own = {name: member.of_its_own for name, member in members.items()}
        wrong = [*proof.wrong, *loops(of_their_own, self._striker.pauses, self._house.kafka.ends)]
        wrong += [f"the gateway answered {got} where {due} was due, {count} times" for (due, got), count in outside.surprises().items()]
        if report.orders_decided != len(history.expected.orders):
            wrong.append(f"{len(history.expected.orders)} orders were told, {report.orders_decided} are decided")
        for sentence in wrong:
            self._sight.say(f"WRONG: {sentence}")
        return Result(
            faults=self._striker.struck.total(),
            violations=len(wrong),
            lost=report.lost,
            oversold=report.oversold,
            by_kind=dict(sorted(self._striker.struck.items())),
            orders=report.orders_decided,
            acknowledged=len(outside.taken()),
            retries=outside.retries(),
            decisions=report.decisions,
            followed=self._watch.counts[DECISIONS.name],
            duplicates=report.duplicates,
            fulfilments=report.fulfilments,
            answered=proof.partners.told,
            states=proof.ends.states,
            explained=proof.ends.explained,
            clickhouse="different" if "clickhouse" in report.invariants else "equal",
            replay="different" if proof.again.violations else "identical",
            replays=proof.again.beginnings,
            versions=proof.versions,
            restarts={"given": sum(member.given for member in members.values()), "of their own": sum(of_their_own.values())},
            dropped_batches=sum(member.log.read_text(errors="replace").count(DROPPED) for member in self._house.workers()),
            seconds=round(seconds, 1),
            seed=self._asked.seed,
        )
