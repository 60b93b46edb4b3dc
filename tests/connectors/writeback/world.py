"""Write-back over logs in memory and a clock of its own: traffic, faults, outages, crashes; then quiet, and what the platforms hold.

A request may be lost before the platform has it, or its answer after; a crash forgets all but the positions that were kept.
"""

import random
from collections import Counter
from typing import NamedTuple

import msgspec

from connectors.contract import ShopRef
from connectors.writeback.board import FACTS, LEVELS, Board, Heard, Source, ToldShop
from connectors.writeback.lane import NEVER, Job, Lane, Outcome, Position
from connectors.writeback.levels import Listed
from connectors.writeback.outward import Cancel, Fact, Level, Rate, Refund, Refused, Reply, Shipment, Tell
from connectors.writeback.tail import Place
from tests.connectors.writeback.double import PAID, Order, Platform
from tests.connectors.writeback.platforms import AmazonDouble, ShopifyDouble, WooDouble

SKUS = ("OOLONG", "SENCHA", "CUP")
PARTS = ((("OOLONG", 1),), (("SENCHA", 24),), (("CUP", 2), ("OOLONG", 1)))
KINDS: dict[str, tuple[type[Platform], tuple[str, ...], str]] = {
    "shopify": (ShopifyDouble, ("71@9", "72@9", "73@8"), "https://tea.example?location=9"),
    "woocommerce": (WooDouble, ("71", "72", "73:4"), "https://tea.example"),
    "amazon": (AmazonDouble, ("OOL 1", "SEN/24", "BOX"), "https://sp.example?sellerId=A1&marketplaceIds=M1"),
}
# what the platforms allow
ALLOWED = {
    "shopify": {"graphql": Rate(100.0, 1_000.0)},
    "woocommerce": {"rest": Rate(5.0, 10.0)},
    "amazon": {"listings": Rate(5.0, 5.0), "shipments": Rate(2.0, 10.0)},
}
ALL: tuple[Tell, ...] = ("levels", "shipments", "cancels", "refunds")
TRIP = 0.05
# levels, shipped units, cancelled orders, money given back
Held = tuple[dict[str, int], Counter[tuple[str, str]], set[str], Counter[tuple[str, str]]]


class Fate(NamedTuple):
    """What becomes of a request: whether it is executed, and what is heard of it (None: nothing; 0: its answer)."""

    executed: bool
    heard: int | None


WELL = Fate(True, 0)
FATES = (Fate(False, None), Fate(True, None), Fate(False, 500), Fate(True, 502))


class Flight(NamedTuple):
    lands: float
    lane: Lane
    shop: str
    job: Job
    fate: Fate


class World:
    def __init__(self, seed: int, channels: tuple[str, ...] = ("shopify", "woocommerce", "amazon"), trouble: float = 0.2) -> None:
        self.chance = random.Random(seed)
        self.now, self.trouble = 0.0, trouble
        self.platforms: dict[str, Platform] = {}
        self.shops: list[ToldShop] = []
        for number, channel in enumerate(channels):
            self._found(f"shop-{number}", channel)
        self.levels: dict[int, list[tuple[str, str, int, int, Place]]] = {0: [], 1: []}
        self.facts: dict[int, list[tuple[str, Fact, Place]]] = {0: [], 1: []}
        self.units: dict[tuple[str, str], int] = {}
        self.shipped: dict[str, Counter[tuple[str, str]]] = {shop: Counter() for shop in self.platforms}
        self.cancelled: dict[str, set[str]] = {shop: set() for shop in self.platforms}
        self.refunded: dict[str, Counter[tuple[str, str]]] = {shop: Counter() for shop in self.platforms}
        self.down: dict[str, float] = {}
        self.outcomes: list[tuple[float, str, Outcome]] = []
        self.kept: dict[str, Position] = {}
        self.flights: list[Flight] = []
        self.start()

    def _found(self, shop: str, channel: str) -> None:
        double, items, url = KINDS[channel]
        orders = tuple(Order(str(500 + number), {str(number * 10 + line): 1 + line for line in range(3)}) for number in range(12))
        self.platforms[shop] = double(items, orders, ALLOWED[channel])
        ref = ShopRef(tenant="lin", shop=shop, channel=channel, pool="east", url=url)
        listed = tuple(Listed(item.removesuffix("@9"), parts) for item, parts in zip(items, PARTS, strict=True))
        self.shops.append(ToldShop(ref=ref, tell=ALL, listed=listed))

    # ------------------------------------------------------------------------------------------ traffic
    def change(self, shop: str, sku: str, units: int) -> None:
        log = self.levels[self._partition(shop)]
        self.units[shop, sku] = units
        log.append((shop, sku, units, len(log) + 1, self._place(self._partition(shop), len(log))))

    def ship(self, shop: str, order: str) -> None:
        """What is left of some of the order's lines, or a part of it."""
        left = {line: units - self.shipped[shop][order, line] for line, units in self.platforms[shop].lines[order].items()}
        lines = {line: self.chance.randint(1, units) for line, units in left.items() if units and self.chance.random() < 0.7}
        if lines and order not in self.cancelled[shop]:
            amazon = self.platforms[shop].__class__ is AmazonDouble
            tracking = "GL-1" if amazon else self.chance.choice(("", "GL-1", "GL-2"))
            fact = Shipment(id=self._name(shop), order=order, lines=tuple(lines.items()), shipped_at=1_760_000_000_000, tracking=tracking)
            self.shipped[shop].update({(order, line): units for line, units in lines.items()})
            self._tell(shop, fact)

    def cancel(self, shop: str, order: str) -> None:
        if not any(name == order for name, _ in self.shipped[shop]) and not isinstance(self.platforms[shop], AmazonDouble):
            self.cancelled[shop].add(order)
            self._tell(shop, Cancel(id=self._name(shop), order=order, reason="short"))

    def refund(self, shop: str, order: str) -> None:
        """Some of what is left of what was paid."""
        left = PAID - sum(amount for (name, _), amount in self.refunded[shop].items() if name == order)
        if left and not isinstance(self.platforms[shop], AmazonDouble):
            name, amount = f"R{self.chance.getrandbits(80):020x}", self.chance.choice((1, 99, left // 2 + 1, left))
            self.refunded[shop][order, f"Yipan {name}: returned"] = min(amount, left)
            self._tell(shop, Refund(id=name, order=order, amount=min(amount, left), currency="EUR", cause="returned"))

    def _tell(self, shop: str, fact: Fact) -> None:
        log = self.facts[self._partition(shop)]
        log.append((shop, fact, self._place(self._partition(shop), len(log))))

    def _name(self, shop: str) -> str:
        return f"F{shop}@{len(self.facts[self._partition(shop)])}"

    def _place(self, partition: int, offset: int) -> Place:
        return Place(partition, offset, int(self.now * 1_000))

    @staticmethod
    def _partition(shop: str) -> int:
        return int(shop[-1]) % 2

    def traffic(self) -> None:
        shop = self.chance.choice(list(self.platforms))
        match self.chance.random():
            case luck if luck < 0.6:
                self.change(shop, self.chance.choice(SKUS), self.chance.randint(0, 99))
            case luck if luck < 0.87:
                self.ship(shop, str(500 + self.chance.randrange(12)))
            case luck if luck < 0.95:
                self.refund(shop, str(500 + self.chance.randrange(3)))
            case _:
                self.cancel(shop, str(500 + self.chance.randrange(12)))

    # ------------------------------------------------------------------------------------------ the process
    def start(self) -> None:
        sources: tuple[Source, ...] = (LEVELS, FACTS)
        self.read = {(source, partition): 0 for source in sources for partition in (0, 1)}
        ends = {partition: len(log) for partition, log in self.facts.items()}
        self.board = Board(self.kept, ends)
        self.board.sync(self.shops)
        self.keep()
        self.caught_up = False

    def crash(self) -> None:
        """What is on its way may arrive yet, and nobody hears of it."""
        for flight in self.flights:
            if flight.fate.executed and self.chance.random() < 0.5:
                self.platforms[flight.shop].answer(flight.job.request, self.now)
        self.flights = []
        self.start()

    def keep(self) -> None:
        """As a record of Kafka: written and read again."""
        positions = self.board.unkept()
        self.kept |= {shop: msgspec.json.decode(msgspec.json.encode(at), type=Position) for shop, at in positions.items()}
        self.board.keep(positions)

    def hear(self, most: int) -> None:
        heard: tuple[list[tuple[str, str, int, int, Place]], list[tuple[str, Fact, Place]]] = ([], [])
        passed: list[tuple[Source, int, int]] = []
        for (source, partition), start in self.read.items():
            if source == LEVELS:
                heard[0].extend(self.levels[partition][start : start + most])
                end = min(start + most, len(self.levels[partition]))
            else:
                heard[1].extend(self.facts[partition][start : start + most])
                end = min(start + most, len(self.facts[partition]))
            self.read[source, partition] = end
            passed.append((source, partition, end))
        self.board.hear(Heard(levels=heard[0], facts=heard[1], passed=passed))
        if not self.caught_up and self._all_read():
            self.caught_up = True
            self.board.read_through()

    def _all_read(self) -> bool:
        logs = {LEVELS: {at: len(log) for at, log in self.levels.items()}, FACTS: {at: len(log) for at, log in self.facts.items()}}
        return all(position == logs[source][partition] for (source, partition), position in self.read.items())

    # ------------------------------------------------------------------------------------------ time
    def move(self, seconds: float) -> None:
        """Lanes send and hear, until so much later."""
        until = self.now + seconds
        while (at := self._pump()) <= until:
            self.now = max(self.now, at)
            self._land()
        self.now = until

    def _pump(self) -> float:
        """All that can be sent now is; when something happens next."""
        soonest = min((flight.lands for flight in self.flights), default=NEVER)
        for shop, lane in self.board.lanes.items():
            while isinstance(job := lane.take(self.now), Job):
                self.flights.append(Flight(self.now + TRIP * (1 + self.chance.random()), lane, shop, job, self._fate(shop)))
                soonest = min(soonest, self.flights[-1].lands)
            soonest = min(soonest, job)
        return soonest

    def _fate(self, shop: str) -> Fate:
        if self.now < self.down.get(shop, 0.0):
            return FATES[0]
        return self.chance.choice(FATES) if self.chance.random() < self.trouble else WELL

    def _land(self) -> None:
        for flight in sorted(flight for flight in self.flights if flight.lands <= self.now):
            self.flights.remove(flight)
            reply = self.platforms[flight.shop].answer(flight.job.request, self.now) if flight.fate.executed else None
            heard = reply if flight.fate.heard == 0 else Reply(flight.fate.heard) if flight.fate.heard else None
            flight.lane.answered(flight.job, heard, self.now, self.chance.random())
            self.outcomes += [(self.now, flight.shop, outcome) for outcome in flight.lane.outcomes()]

    def settle(self, seconds: float = 4_000.0) -> None:
        """No more traffic and no more faults: all that is owed is told."""
        self.trouble, self.down = 0.0, {}
        self.hear(1_000_000)
        self.move(seconds)
        self.keep()

    # ------------------------------------------------------------------------------------------ what must hold
    def owed(self) -> dict[str, Held]:
        return {name: self._owed(shop, name) for shop in self.shops for name in [shop.ref.shop]}

    def _owed(self, shop: ToldShop, name: str) -> Held:
        return self._levels(shop), self.shipped[name], self.cancelled[name], self.refunded[name]

    def holds(self) -> dict[str, Held]:
        return {shop: (at.held, +at.shipped, at.cancelled, +at.refunded) for shop, at in self.platforms.items()}

    def refused(self) -> list[Outcome]:
        return [outcome for _, _, outcome in self.outcomes if isinstance(outcome.answer, Refused)]

    def told_levels(self) -> list[tuple[float, str, Level]]:
        return [(at, shop, outcome.what) for at, shop, outcome in self.outcomes if isinstance(outcome.what, Level)]

    def _levels(self, shop: ToldShop) -> dict[str, int]:
        """-1 where nothing was ever said of any of its parts."""
        name, items = shop.ref.shop, KINDS[shop.ref.channel][1]
        said = {item: [(name, sku) in self.units for sku, _ in at.parts] for item, at in zip(items, shop.listed, strict=True)}
        units = {
            item: min(self.units.get((name, sku), 0) // each for sku, each in at.parts) for item, at in zip(items, shop.listed, strict=True)
        }
        return {item: units[item] if any(said[item]) else -1 for item in items}
