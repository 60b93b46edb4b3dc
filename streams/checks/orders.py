"""A pool's orders as its decisions say them: revisions, lines, holds and reservations, checked after each decision."""

from collections import Counter
from collections.abc import Callable

from streams.checks.findings import Findings
from streams.checks.floors import FloorCheck
from streams.checks.held import BY_CARRIERS, Held
from streams.checks.policy import Policy, decode_policy
from streams.checks.promises import Known, Plain, Promise, count, decode, encode, has_just, join, pack_lines, still_asked, take_out
from streams.checks.records import OrderPlaced
from streams.checks.reservations import TakenOver
from streams.checks.standing import Standing, standing
from streams.checks.store import Store
from streams.checks.untold import Untold
from tables import events as e

Lines = tuple[tuple[str, int], ...]


CONFIRMED = "cancel_confirmed"  # the reason of an Unreserved by which a node answers what it was asked
SUSPECTED = "suspected_duplicate"  # the hold of an order that may have been known, and forgotten once it was over


class Orders:
    """`standing` counts orders by how they stand now; one may be allocated in part and wait for the rest."""

    def __init__(self, findings: Findings) -> None:
        self.decided = 0
        self.standing: Counter[Standing] = Counter()
        self._findings = findings
        self.held_since, self.untold, self._floors = Held(findings), Untold(findings), FloorCheck(findings)
        self._policy = Policy()
        self._packed = Store()
        self._touched: dict[str, Known] = {}
        self._promised: set[str] = set()
        self.taken_over = TakenOver()
        self._again: set[str] = set()  # orders that were over, and are placed as if they were new
        self._reduced: dict[str, dict[str, Lines]] = {}  # refunds of this decision
        self._repeated: set[tuple[str, str]] = set()  # those of them that were told before
        self._said: dict[str, tuple[Standing, ...]] = {}

    def use(self, policy: bytes) -> None:
        self._policy = decode_policy(policy)
        for part in (self.held_since, self._floors, self.untold):
            part.use(policy)

    def get(self, key: str) -> Known:
        """The order, for the time of this decision."""
        known = self._touched.get(key)
        if known is None:
            kept = self._kept(key)
            known = self._touched[key] = Known() if kept is None else kept.known() if isinstance(kept, Plain) else kept
            if kept is not None:
                self._said[key] = standing(known)
        return known

    def _kept(self, key: str) -> Plain | Known | None:
        packed = self._packed.get(key)
        return None if packed is None else decode(packed)

    # ------------------------------------------------------------------------------------------ most orders
    def placed_and_promised(self, placed: OrderPlaced, reserved: e.Reserved) -> bool:
        """A new order, promised at once by one node with exactly its lines: nothing can be wrong with it. False, with nothing taken in,
        for any other."""
        key = placed.order
        if reserved.later or placed.gifts or self._floors.below(placed):
            return False
        if placed.revision != 1 or reserved.order != key or not has_just(reserved.rows, placed.lines) or self._packed.has(key):
            return False
        who = (placed.updated_at, placed.digest, placed.segment, placed.shop)
        money = (placed.currency, placed.charges, placed.paid)
        plain = Plain(*who, reserved.fulfilment, reserved.node, pack_lines(placed.lines), False, *money)
        plain.who, plain.how = hash(placed.sealed), placed.shipping
        plain.region, plain.placed_at, plain.priority = placed.region, placed.placed_at, placed.priority
        self._packed.put(key, encode(plain))
        self.decided += 1
        self.standing["allocated"] += 1
        return True

    def shipped_as_promised(self, event: e.Shipped) -> bool:
        """Such an order goes out whole. False, with nothing taken in, for any other."""
        kept = self._kept(event.order)
        if not isinstance(kept, Plain) or kept.shipped or (kept.fulfilment, kept.node) != (event.fulfilment, event.node):
            return False
        if not has_just(event.rows, kept.lines()):
            return False
        kept.shipped = True
        self._packed.put(event.order, encode(kept))
        return True

    # ------------------------------------------------------------------------------------------ the order itself
    def placed(self, event: OrderPlaced) -> None:
        known = self.get(event.order)
        self.decided += not (known.revision or known.cancelled)
        if event.revision <= known.revision and known.is_over():
            known = self._touched[event.order] = Known()
            self._again.add(event.order)
        elif event.revision <= known.revision:
            self._note("one order", f"{event.order}: revision {event.revision} takes effect after revision {known.revision}")
        elif (event.updated_at, event.digest) == (known.updated_at, known.digest):
            self._note("one order", f"{event.order}: the same revision takes effect twice")
        if known.promises and known.segment != event.segment:
            self._note("reservations", f"{event.order} changes its segment with units reserved for the old one")
        known.revision, known.updated_at, known.digest = event.revision, event.updated_at, event.digest
        known.segment, known.shop, known.lines = event.segment, event.shop, event.lines
        known.currency, known.charges, known.paid = event.currency, event.charges, event.paid
        known.region, known.placed_at, known.priority = event.region, event.placed_at, event.priority
        known.gifts = event.gifts
        known.cancelled = known.rejected = False
        known.holds = ()
        self._floors.placed(event)

    def reduced(self, event: e.OrderReduced) -> None:
        known = self.get(event.order)
        # one that is over may be forgotten, and then nothing is left to take off
        if event.reduction in known.reductions and not known.is_over():
            self._repeated.add((event.order, event.reduction))
        known.reductions[event.reduction] = event.lines
        self._reduced.setdefault(event.order, {})[event.reduction] = event.lines

    def resolved(self, event: e.OrderResolved) -> None:
        self.get(event.order).lines = event.lines

    def cancelled(self, event: e.OrderCancelled) -> None:
        known = self.get(event.order)
        self.held_since.cancelled(event)
        # a cancel that comes before its order decides it
        self.decided += not (known.revision or known.cancelled)
        known.updated_at, known.digest, known.cancelled, known.holds = event.updated_at, event.digest, True, ()

    def rejected(self, event: e.OrderRejected) -> None:
        self.get(event.order).rejected = True

    def held(self, event: e.OrderHeld) -> None:
        known = self.get(event.order)
        fresh = tuple(reason for reason in event.reasons if reason not in known.holds)
        self.held_since.begins(event.order, fresh)
        known.holds = event.reasons
        if SUSPECTED in fresh and known.revision == 1:
            # a refund that had come before it may be forgotten as well, so those that are not are told once more
            known.reductions = self._reduced.pop(event.order, {})
            self._repeated = {(order, name) for order, name in self._repeated if order != event.order}

    def released(self, event: e.HoldReleased) -> None:
        known = self.get(event.order)
        self.held_since.released(event)
        for reason in event.reasons:
            if reason not in known.holds:
                self._note("holds", f"{event.order} is released of {reason!r}, which does not hold it")
        known.holds = tuple(reason for reason in known.holds if reason not in event.reasons)
        let_go = () if event.by == BY_CARRIERS else event.reasons
        known.let_go = tuple(dict.fromkeys((*known.let_go, *let_go)))

    def waits(self, event: e.Backordered) -> None:
        self.get(event.order).waiting = event.rows

    # ------------------------------------------------------------------------------------------ its reservations
    def promised(self, event: e.Reserved, known: Known) -> None:
        if event.fulfilment in known.promises:
            self._note("reservations", f"{event.order}: fulfilment {event.fulfilment} is reserved twice")
        if not known.revision or known.cancelled or known.holds:
            state = "cancelled" if known.cancelled else f"held ({', '.join(known.holds)})" if known.holds else "not placed"
            self._note("holds", f"{event.order} is promised units, and is {state}")
        known.promises[event.fulfilment] = Promise(event.node, event.rows)
        self.untold.begins(event)
        self._promised.add(event.order)

    def kept(self, key: str) -> None:
        """All that this decision promises the order it had before."""
        self._promised.discard(key)

    def ended(self, event: e.Unreserved | e.Shipped, known: Known) -> None:
        promise = self._promise(event, known)
        if promise is None:
            return
        if isinstance(event, e.Unreserved):
            self.untold.given_back(event)
        promise.rows, complaint = take_out(promise.rows, event.rows, known.segment)
        if complaint:
            self._note("reservations", f"{event.order}: {type(event).__name__} of {event.fulfilment}: {complaint}")
        if promise.asked:
            answer = event.rows if isinstance(event, e.Unreserved) and event.reason == CONFIRMED else ()
            promise.asked = still_asked(promise.asked, answer, promise.rows)
            promise.requested = promise.requested and not answer
        if isinstance(event, e.Shipped):
            known.shipped = join(known.shipped, event.rows)
        if not promise.rows:
            del known.promises[event.fulfilment]
            self.untold.ended(event.fulfilment)

    def progressed(self, event: e.Progressed) -> None:
        promise = self.get(event.order).promises.get(event.fulfilment)
        if promise is None or promise.node != event.node:
            self._note("deliveries", f"{event.order}: {event.node} is {event.stage} with {event.fulfilment}, which it has not to ship")

    def delivered(self, event: e.Delivered) -> None:
        known = self.get(event.order)
        known.delivered = join(known.delivered, event.rows)
        for too_many in known.more_than_shipped(known.delivered):
            self._note("deliveries", f"{event.order}: {too_many} have arrived")

    def returned(self, event: e.Returned) -> None:
        known = self.get(event.order)
        known.returned = join(known.returned, event.rows)
        for too_many in known.more_than_shipped(known.returned):
            self._note("returns", f"{event.order}: {too_many} have come back")

    def found_shipped(self, event: e.FoundShipped) -> None:
        known = self.get(event.order)
        known.shipped = join(known.shipped, event.rows)

    def asked(self, event: e.CancelRequested) -> None:
        known = self.get(event.order)
        promise = self._promise(event, known)
        if promise is None:
            return
        promise.asked, promise.requested = join(promise.asked, event.rows), True
        here = count(promise.rows)
        if any(units > here.get(place, 0) for place, units in count(promise.asked).items()):
            self._note("reservations", f"{event.order}: a cancel is asked of units that {event.fulfilment} has not")

    def too_late(self, event: e.CancelRefused) -> None:
        promise = self._promise(event, self.get(event.order))
        if promise is None:
            return
        if not promise.requested or count(promise.asked) != count(event.rows):
            self._note("reservations", f"{event.order}: it is too late for a cancel of {event.fulfilment} that nobody has asked for")
        promise.requested = False

    def _promise(self, event: e.Unreserved | e.Shipped | e.CancelRequested | e.CancelRefused, known: Known) -> Promise | None:
        promise = known.promises.get(event.fulfilment)
        if promise is None:
            self._note("reservations", f"{event.order}: {type(event).__name__} of {event.fulfilment}, which is not open")
        elif promise.node != event.node:
            self._note("reservations", f"{event.order}: {event.fulfilment} is of {promise.node}, not of {event.node}")
        return promise

    # ------------------------------------------------------------------------------------------ after each decision
    def settle(self) -> None:
        for key in self._again:
            if SUSPECTED not in self._touched[key].holds:
                self._note("one order", f"{key} is over, and takes effect again without being held")
        for key, known in self._touched.items():
            now, before = standing(known), self._said.get(key, ())
            if not known.plainly_whole() and not known.plainly_over():
                self._check(key, known)
            self.held_since.keep(key, known.holds)
            self._packed.put(key, encode(known))
            if now != before:
                for state in now:
                    self.standing[state] += 1
                for state in before:
                    self.standing[state] -= 1
        self._floors.settle(self._touched)
        self.untold.settle(self._touched)
        self._touched.clear()
        self.held_since.settle()
        self._promised.clear()
        self.taken_over.clear()
        self._again.clear()
        for key, name in sorted(self._repeated):
            self._note("one order", f"{key}: reduction {name} takes effect twice")
        self._repeated.clear()
        self._reduced.clear()
        self._said.clear()

    def _check(self, key: str, known: Known) -> None:
        wanted, reserved = known.wanted(), known.reserved()
        asked, shipped, waiting = known.asked(), count(known.shipped), count(known.waiting)
        off = known.cancelled or not known.revision or bool(known.holds)
        for place, units in reserved.items():
            most = 0 if off else max(0, wanted.get(place, 0) - shipped.get(place, 0))
            if units - asked.get(place, 0) > most:
                left = units - asked.get(place, 0)
                self._note(
                    "reservations" if off else "reserved lines", f"{key}: {left} of {place[1]} (line {place[0]}) reserved, {most} due"
                )
        if off or known.rejected:
            return
        for place, units in wanted.items():
            have = reserved.get(place, 0) + shipped.get(place, 0)
            if have < units and key in self._promised and self._whole(known, place[0]) and not self.taken_over.covers(key, reserved):
                self._note("all or nothing", f"{key} is promised {have} of {units} {place[1]} (line {place[0]})")
            if have + waiting.get(place, 0) < units:
                self._note("accounted", f"{key}: {units} of {place[1]} ordered (line {place[0]}), {have} promised, the rest not waited for")

    def _whole(self, known: Known, line: str) -> bool:
        """Whether it is promised only with all of this line."""
        rule = self._policy.segments.get(known.segment, self._policy.rule)
        follows = rule.gifts != "wait" and line in dict(known.gifts)
        in_parts = rule.shortage == "partial" or (rule.shortage == "reject" and rule.presale is not None)
        return not in_parts and not rule.patience_days and not follows

    @property
    def _note(self) -> Callable[..., None]:
        return self._findings.note
