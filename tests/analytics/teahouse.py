"""A tea retailer with four months behind it: its log of decisions is made by the real ledger out of seeded commands."""

import random
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from streams import commands as c
from streams.deadletter import DeadLetter, encode_dead_letter
from streams.decisions import Decision, decode_decision
from streams.ledger import Ledger
from tables.carriers import Band, RateTable, Service, Zone, encode_rates
from tables.events import Node, OrderLine, Reserved, Segment, Shop, Stage, TrackingStatus
from tables.policy import Policy, Rule, encode_policy

POOL = "cn-east"
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
FIRST_DAY = 1_767_225_600_000  # 2026-01-01
DECIDED_FROM = FIRST_DAY + 130 * DAY_MS
NODES = {
    "Hangzhou": ("warehouse", "CN-ZJ", 1),
    "Shanghai": ("warehouse", "CN-SH", 2),
    "Nanjing": ("store", "CN-JS", 3),
    "Suzhou": ("store", "CN-JS", 4),
    "Fuzhou": ("dealer", "CN-FJ", 5),
}
SHOPS = {"leaf-web": ("shopify", "b2c"), "leaf-woo": ("woocommerce", "b2c"), "leaf-amz": ("amazon", "b2c"), "leaf-trade": ("file", "b2b")}
TEAS = (
    "LONGJING-100",
    "PUER-CAKE",
    "TIEGUANYIN-250",
    "KEEMUN-100",
    "JASMINE-PEARL",
    "OOLONG-DHP",
    "BILUOCHUN-50",
    "WHITE-PEONY",
    "YUNNAN-GOLD",
    "LAPSANG-100",
)
KNOWN = (*TEAS, "TEAPOT")
REGIONS = ("CN-ZJ", "CN-SH", "CN-JS", "CN-FJ", "CN-GD")


class LogRecord(NamedTuple):
    offset: int
    time: int
    value: bytes


Log = dict[tuple[str, int], list[LogRecord]]


class Teahouse:
    """Says commands to the ledger of partition 0 and keeps what it decides, with the gaps that transactions leave between offsets."""

    def __init__(self, seed: int = 7, tenant: str = "leaf") -> None:
        self.tenant = tenant
        self.random = random.Random(seed)
        self.ledger = Ledger(0)
        self.log: list[LogRecord] = []
        self.now = DECIDED_FROM
        self._causes = 0

    def say(self, command: c.AnyCommand) -> Decision:
        [(_, record)] = self.ledger.decide([(self.ledger.last + 1, POOL.encode(), c.encode_command(command))])
        last = self.log[-1].offset if self.log else -1
        gap = 2 if last >= 0 and len(self.log) % 7 == 0 else 1
        self.log.append(LogRecord(last + gap, self.now, record))
        return decode_decision(record)

    def cause(self) -> c.Cause:
        self._causes += 1
        return "raw", 0, self._causes, 0

    def open(self) -> None:
        """Segments, shops, nodes, policy, and the first stock."""
        for rank, (name, ratio) in enumerate((("b2c", 7_000), ("b2b", 3_000))):
            segment = Segment(segment=name, ratio=ratio, may_borrow=name == "b2c", priority=rank, rank=rank)
            self.say(c.SetSegment(pool=POOL, cause=self.cause(), version=1, segment=segment))
        for shop, (channel, segment_name) in SHOPS.items():
            about = Shop(shop=shop, tenant=self.tenant, channel=channel, segment=segment_name)
            self.say(c.SetShop(pool=POOL, cause=self.cause(), version=1, shop=about))
        for node, (kind, region, priority) in NODES.items():
            answers: Literal["immediate", "confirm"] = "confirm" if node == "Fuzhou" else "immediate"
            place = Node(node=node, kind=kind, region=region, city=node, priority=priority, cancel=answers)
            self.say(c.SetNode(pool=POOL, cause=self.cause(), version=1, node=place))
        policy = encode_policy(
            Policy(name="nearest", rule=Rule(max_splits=1), segments={"b2b": Rule(shortage="partial"), "vip": Rule(shortage="reject")})
        )
        self.say(c.SetPolicy(pool=POOL, cause=self.cause(), version=1, policy=msgspec.Raw(policy)))

    def choose_carriers(self) -> None:
        """From now on; nobody has weighed the white peony."""
        weights = tuple((tea, 120 + 10 * rank) for rank, tea in enumerate(TEAS) if tea != "WHITE-PEONY")
        self.say(c.SetWeights(pool=POOL, cause=self.cause(), version=1, part=0, weights=weights))
        near = Zone(name="near", origin=("CN-ZJ", "CN-SH"), to=("CN-ZJ", "CN-SH"), days=1, bands=(Band(1_000, 800), Band(3_000, 1_400)))
        far = Zone(name="far", to=("CN",), days=3, bands=(Band(1_000, 1_200), Band(5_000, 2_600)))
        services = (Service(name="land", carrier="SF", zones=(near, far)), Service(name="parcel", carrier="YTO", zones=(far,)))
        table = encode_rates(RateTable(version=2, currency="CNY", services=services))
        self.say(c.SetCarriers(pool=POOL, cause=self.cause(), version=1, table=msgspec.Raw(table)))

    def receive(self, node: str, lines: tuple[tuple[str, int], ...], at: int) -> Decision:
        document = f"ASN-{self._causes}"
        return self.say(c.ReceiveStock(pool=POOL, cause=self.cause(), document=document, node=node, at=at, lines=lines))

    def order(self, name: str, shop: str, lines: tuple[tuple[str, int], ...], placed_at: int, **more: object) -> Decision:
        fields: dict[str, object] = {
            "order": f"{self.tenant}/{shop}/{name}",
            "shop": shop,
            "channel": SHOPS.get(shop, ("",))[0],
            "number": f"#{name}",
            "updated_at": placed_at,
            "digest": name,
            "placed_at": placed_at,
            "received_at": self.now - self.random.randint(8, 90),
            "currency": "CNY",
            "region": self.random.choice(REGIONS),
            "lines": tuple(
                OrderLine(str(i), sku, units, 6_800, ((sku, 1),) if sku in KNOWN else ()) for i, (sku, units) in enumerate(lines, 1)
            ),
        }
        return self.say(c.PlaceOrder(pool=POOL, cause=self.cause(), **(fields | more)))  # type: ignore[arg-type]

    def cancel(self, name: str, shop: str, at: int) -> Decision:
        order = f"{self.tenant}/{shop}/{name}"
        return self.say(
            c.CancelOrder(pool=POOL, cause=self.cause(), order=order, shop=shop, updated_at=at, digest=f"x{name}", reason="customer")
        )

    def refund(self, name: str, shop: str, line: str) -> Decision:
        order = f"{self.tenant}/{shop}/{name}"
        return self.say(c.ReduceOrder(pool=POOL, cause=self.cause(), order=order, shop=shop, reduction=f"R{name}", lines=((line, 1),)))

    def release(self, name: str, shop: str) -> Decision:
        return self.say(c.ReleaseHold(pool=POOL, cause=self.cause(), order=f"{self.tenant}/{shop}/{name}", by="Mei"))

    def ship(self, fulfilment: str, at: int) -> Decision:
        document = f"SHP-{fulfilment}"
        command = c.ConfirmShipment(
            pool=POOL, cause=self.cause(), document=document, fulfilment=fulfilment, shipped_at=at, carrier="SF", tracking=f"SF{at % 10**9}"
        )
        return self.say(command)

    def carry(self, fulfilment: str, name: int) -> None:
        """Picked and shipped the same day; most parcels arrive two days later, some are still on their way."""
        stages: tuple[tuple[int, Stage], ...] = ((1, "accepted"), (3, "picked"), (4, "packed"))
        for hours, stage in stages:
            self.say(
                c.ReportProgress(
                    pool=POOL,
                    cause=self.cause(),
                    document=f"{stage}-{fulfilment}",
                    fulfilment=fulfilment,
                    stage=stage,
                    at=self.now + hours * HOUR_MS,
                )
            )
        self.ship(fulfilment, self.now + 6 * HOUR_MS)
        tracking = f"SF{(self.now + 6 * HOUR_MS) % 10**9}"
        words: tuple[tuple[int, TrackingStatus], ...] = ((9, "in_transit"), (30 + name % 20, "delivered"))
        for hours, status in words[: 1 + (name % 5 > 0)]:
            self.say(
                c.TrackParcel(
                    pool=POOL,
                    cause=self.cause(),
                    document=f"{status}-{tracking}",
                    carrier="SF",
                    tracking=tracking,
                    status=status,
                    at=self.now + hours * HOUR_MS,
                )
            )

    def refuse(self, fulfilment: str) -> Decision:
        return self.say(
            c.RejectFulfilment(pool=POOL, cause=self.cause(), document=f"REJ-{fulfilment}", fulfilment=fulfilment, reason="short")
        )

    def take_back(self, name: str, shop: str, tea: str, at: int) -> Decision:
        command = c.ReturnStock(
            pool=POOL,
            cause=self.cause(),
            document=f"RMA-{name}",
            order=f"{self.tenant}/{shop}/{name}",
            node=next(iter(NODES)),
            returned_at=at,
            lines=(("", tea, 1),),
        )
        return self.say(command)

    # ------------------------------------------------------------------------------------------ four months of trade
    def trade(self, days: int, orders_a_day: int) -> None:
        """Weekends sell more; jasmine runs out; some cancel, some are held, most ship, and of every ninth of those a unit comes back."""
        self.open()
        for day in range(days):
            at = FIRST_DAY + day * DAY_MS
            if day == days * 3 // 4:
                self.choose_carriers()
            if day % 14 == 0:
                self._restock(at, orders_a_day)
            weekend = 1.6 if (at // DAY_MS + 3) % 7 >= 5 else 1.0
            for number in range(int(orders_a_day * weekend * self.random.uniform(0.8, 1.2))):
                self._sell(f"{1000 + day}{number:03d}", at + self.random.randrange(DAY_MS))

    def _restock(self, at: int, orders_a_day: int) -> None:
        for node, (kind, _, _) in NODES.items():
            share = {"warehouse": 8, "store": 2, "dealer": 1}[kind]
            lines = tuple((tea, orders_a_day * share // (1 + rank // 2) + 4) for rank, tea in enumerate(TEAS) if tea != "JASMINE-PEARL")
            self.receive(node, (*lines, ("JASMINE-PEARL", orders_a_day // 3 + 2)), at)

    def _sell(self, name: str, at: int) -> None:
        self.now += self.random.randint(20, 400)
        shop = self.random.choices(tuple(SHOPS), (5, 3, 4, 1))[0]
        most = 12 if shop == "leaf-trade" else 3
        teas = self._teas(self.random.choice((1, 1, 2, 3)))
        more: dict[str, object] = {"holds": ("payment",)} if self.random.random() < 0.02 else {}
        lines = tuple((tea, self.random.randint(1, most)) for tea in teas)
        if self.random.random() < 0.01:
            self.cancel(name, shop, at + 60_000)  # told of before the order itself
        if self.random.random() < 0.004:
            lines += (("mystery-tin", 1),)
        decision = self.order(name, shop, lines, at, **more)
        chance = self.random.random()
        if chance < 0.04:
            self.cancel(name, shop, at + 3_600_000)
        elif chance < 0.07:
            more_of_it = tuple((tea, units + 1) for tea, units in lines)
            self.order(name, shop, more_of_it, at, updated_at=at + 600_000, digest="amended")
        elif chance < 0.09:
            self.refund(name, shop, "1")
        elif chance < 0.1:
            self.release(name, shop)
        elif chance < 0.7:
            for fulfilment in fulfilments(decision):
                (self.refuse(fulfilment) if self.random.random() < 0.01 else self.carry(fulfilment, int(name)))
            if int(name) % 9 == 0:
                self.take_back(name, shop, lines[0][0], at + 3 * DAY_MS)

    def _teas(self, count: int) -> list[str]:
        weights = [10 / (1 + rank // 2) for rank in range(len(TEAS))]
        return list(dict.fromkeys(self.random.choices(TEAS, weights, k=count)))


def fulfilments(decision: Decision) -> Iterator[str]:
    return (event.fulfilment for event in decision.events if isinstance(event, Reserved))


def dead_letters(count: int) -> list[LogRecord]:
    """Some that a person should look at, some of no interest."""
    kinds = (
        ("rejected", "bad_json", "the body is not JSON: send the order again"),
        ("rejected", "unknown_currency", "the currency XTS is not one we know: correct it in the shop"),
        ("rejected", "naive_time", "created_at has no time zone: set the zone of the shop"),
        ("ignored", "draft_order", "draft orders are not taken"),
    )
    letters = []
    for i in range(count):
        verdict, code, sentence = kinds[i * 7 % 5 % len(kinds)]
        letter = DeadLetter(
            verdict="ignored" if verdict == "ignored" else "rejected",
            stage="normalize",
            code=code,
            sentence=sentence,
            topic="raw",
            partition=0,
            offset=10_000 + i,
            shop="leaf-web",
            key=f"leaf/leaf-web/{i}",
            headers=(),
            original="e30=",
        )
        letters.append(LogRecord(i, DECIDED_FROM + i * 9_000, encode_dead_letter(letter)))
    return letters


def teahouse_log(days: int, orders_a_day: int, seed: int = 7) -> Log:
    house = Teahouse(seed)
    house.trade(days, orders_a_day)
    return {("decisions", 0): house.log, ("dead-letters", 0): dead_letters(23)}
