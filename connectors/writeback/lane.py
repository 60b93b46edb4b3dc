"""One shop's lane: what to ask of its platform next, and what follows from the answer. Pure: the clock and chance are given.

A shop has a lane of its own, with its own buckets and breaker, so that one that is down delays no other. Times are seconds.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from connectors.contract import ShopRef
from connectors.writeback.bucket import Breaker, Bucket, back_off
from connectors.writeback.facts import Facts, Waiting
from connectors.writeback.levels import Levels, Listed
from connectors.writeback.outward import Again, Answer, Fact, Half, Level, Reply, Request, Tell, told_as
from connectors.writeback.tail import Place

MOST_AT_ONCE = 4
NEVER = float("inf")
UNHEARD = Again("no_connection")


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a lane: where it stands in `availability` and in `decisions`, by partition, and which listings it knew."""

    levels: dict[int, int] = {}
    facts: dict[int, int] = {}
    listings: str = ""


class Job(NamedTuple):
    """A request, and what for: levels, or a fact; `looking`: only to see what is there."""

    request: Request
    levels: tuple[Level, ...] = ()
    waiting: Waiting | None = None
    looking: bool = False


class Outcome(NamedTuple):
    """What became of a level or a fact: for metrics and the log."""

    what: Level | Fact
    answer: Answer


class Lane:
    """`take` says what to send, `answered` what came back, `outcomes` what became of it. What a platform will never take is dropped as
    Refused: it must hold up nothing else."""

    def __init__(self, shop: ShopRef, half: Half, position: Position) -> None:
        self.shop, self.half = shop, half
        self.tell = frozenset[Tell]()
        self.levels, self.facts = Levels(position.levels), Facts(position.facts)
        self.breaker = Breaker()
        self._listings = position.listings
        self._buckets = {name: Bucket(rate) for name, rate in half.rates.items()}
        self._follow_up: deque[Job] = deque()  # chosen after a look
        self._flying = 0
        self._levels_from, self._level_tries = 0.0, 0
        self._facts_first = False
        self._outcomes: list[Outcome] = []
        self._reading = True

    def become(self, shop: ShopRef, tell: Iterable[Tell], listed: Iterable[Listed], digest: str) -> None:
        """What the shop is from now on. `digest` names all that: when it is the one that was kept, the platform has heard of what is
        not news."""
        self.shop, self.tell = shop, frozenset(tell)
        self.levels.learn(listed if "levels" in self.tell else (), digest == self._listings)
        self._listings = digest

    def hear_level(self, sku: str, units: int, version: int, place: Place) -> None:
        self.levels.hear(sku, units, version, place)

    def hear_fact(self, fact: Fact, place: Place) -> None:
        if told_as(fact) in self.tell:
            self.facts.hear(fact, place)

    def read_through(self) -> None:
        """What the topics held at the start has been heard. Nothing is sent before: half of a bundle would look sold out."""
        self._reading = False
        self.levels.read_through()

    def position(self) -> Position:
        listings = "" if self.levels.unheard else self._listings
        return Position(levels=self.levels.tail.positions(), facts=self.facts.tail.positions(), listings=listings)

    def outcomes(self) -> list[Outcome]:
        """What was settled since it was asked last."""
        found, self._outcomes = self._outcomes, []
        return found

    # ------------------------------------------------------------------------------------------ what next
    def take(self, now: float) -> Job | float:
        """The request to send now, or when to ask again (NEVER: not before something is heard or answered)."""
        if self._reading or self._flying >= (1 if self.breaker.open else MOST_AT_ONCE):
            return NEVER
        if now < self.breaker.closed_at:
            return self.breaker.closed_at
        turns = (self._fact, self._level) if self._facts_first else (self._level, self._fact)
        soonest = NEVER
        for turn in (self._next, *turns):
            found = turn(now)
            if isinstance(found, Job):
                self._facts_first = bool(found.levels)
                self._flying += 1
                return found
            soonest = min(soonest, found)
        return soonest

    def _next(self, now: float) -> Job | float:
        if not self._follow_up:
            return NEVER
        wait = self._draw(self._follow_up[0].request, now)
        return now + wait if wait else self._follow_up.popleft()

    def _level(self, now: float) -> Job | float:
        if now < self._levels_from:
            return self._levels_from
        if not (waiting := self.levels.waiting(self.half)):
            return NEVER
        request = self.half.levels(self.shop, waiting)
        if wait := self._draw(request, now):
            self._levels_from = now + wait  # until then they may change, and are read anew
            return self._levels_from
        self.levels.sent(waiting)
        return Job(request, levels=waiting)

    def _fact(self, now: float) -> Job | float:
        while (due := self.facts.due()) is not None and due <= now:
            waiting = self.facts.first()
            looking = self.half.look(self.shop, waiting.fact)
            chosen = looking or self.half.choose(self.shop, waiting.fact, None)
            if isinstance(chosen, Request):
                if wait := self._draw(chosen, now):
                    return now + wait
                self.facts.take()
                return Job(chosen, waiting=waiting, looking=looking is not None)
            self.facts.take()
            self._settle(waiting, chosen, now, 0.0)
        return NEVER if due is None else due

    def _draw(self, request: Request, now: float) -> float:
        """Seconds that the platform's bucket makes the request wait; 0: it is taken out."""
        bucket = self._buckets[request.bucket]
        wait = bucket.wait(request.cost, now)
        if not wait:
            bucket.take(request.cost, now)
        return wait

    # ------------------------------------------------------------------------------------------ what came back
    def answered(self, job: Job, reply: Reply | None, now: float, chance: float) -> None:
        """None: the platform could not be reached, or did not answer. `chance` from 0 to 1 spreads the next try."""
        self._flying -= 1
        bucket = self._buckets[job.request.bucket]
        if reply and (spent := self.half.spent(reply)):
            bucket.heard(job.request.cost - spent.cost, spent.left, now)
        answers = self._answers(job, reply, now, chance)
        pauses = [answer.after for answer in answers if isinstance(answer, Again) and answer.limited]
        if pauses:
            bucket.rest(max(pauses), now)
        if any(isinstance(answer, Again) and not answer.limited for answer in answers):
            self.breaker.failed(now, chance)
        elif not pauses:
            self.breaker.worked()

    def _answers(self, job: Job, reply: Reply | None, now: float, chance: float) -> Sequence[Answer]:
        if job.levels:
            return self._leveled(job.levels, reply, now, chance)
        waiting = job.waiting
        assert waiting is not None
        if reply is None:
            answer: Request | Answer = UNHEARD
        elif job.looking:
            answer = self.half.choose(self.shop, waiting.fact, reply)
        else:
            answer = self.half.answered(waiting.fact, reply)
        if isinstance(answer, Request):
            self._follow_up.append(Job(answer, waiting=waiting))
            return ()
        self._settle(waiting, answer, now, chance)
        return (answer,)

    def _leveled(self, levels: Sequence[Level], reply: Reply | None, now: float, chance: float) -> Sequence[Answer]:
        answers = self.half.leveled(levels, reply) if reply else [UNHEARD] * len(levels)
        again = [answer for answer in answers if isinstance(answer, Again)]
        self._level_tries = self._level_tries + 1 if any(not answer.limited for answer in again) else 0
        if again:
            least = back_off(self._level_tries, chance) if self._level_tries else 0.0
            self._levels_from = now + max(least, *[answer.after for answer in again])
        for level, answer in zip(levels, answers, strict=True):
            if isinstance(answer, Again):
                self.levels.failed(level)
            else:
                self.levels.told(level)
            self._outcomes.append(Outcome(level, answer))
        return answers

    def _settle(self, waiting: Waiting, answer: Answer, now: float, chance: float) -> None:
        if isinstance(answer, Again):
            waiting.tries += not answer.limited
            least = back_off(waiting.tries, chance) if waiting.tries else 0.0
            self.facts.failed(waiting.fact, now + max(answer.after, least))
        else:
            self.facts.told(waiting.fact)
        self._outcomes.append(Outcome(waiting.fact, answer))
