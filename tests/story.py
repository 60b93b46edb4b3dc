"""A pool to tell stories about: a ledger that is asked commands one by one, and held to its invariants after each of them."""

from collections.abc import Iterable
from typing import Any, Literal, TypeVar

import msgspec

from streams import commands as c
from streams.decisions import Decision, decode_decision
from streams.ledger import Ledger
from tables.events import AnyEvent, Disposition, Node, OrderLine, Segment, Shop, Stage, TrackingStatus
from tables.orders import Order
from tables.policy import Policy, Rule, encode_policy
from tables.pool import Pool
from tests.sound import assert_sound

E = TypeVar("E", bound=AnyEvent)
POOL = "north"


class Story:
    """Pool `north` of tenant `acme`. Orders are named by their bare number, of shop `web` unless said otherwise."""

    def __init__(self) -> None:
        self.ledger = Ledger(0)
        self.commands: list[tuple[int, bytes, bytes]] = []
        self.records: list[bytes] = []
        self._raw = self._versions = 0

    # ------------------------------------------------------------------------------------------ asking
    def ask(self, command: c.AnyCommand) -> Decision:
        return self.send(c.encode_command(command), command.pool.encode())

    def send(self, value: bytes, key: bytes = POOL.encode()) -> Decision:
        message = (len(self.commands), key, value)
        self.commands.append(message)
        [(_, record)] = self.ledger.decide([message])
        self.records.append(record)
        for pool in self.ledger.pools.values():
            assert_sound(pool)
        return decode_decision(record)

    def cause(self) -> c.Cause:
        """Of the next raw record; a command delivered again keeps the one it had."""
        self._raw += 1
        return ("raw", 0, self._raw - 1, 0)

    def version(self) -> int:
        self._versions += 1
        return self._versions

    # ------------------------------------------------------------------------------------------ setting up
    def node(self, name: str, **about: Any) -> Decision:
        return self.ask(c.SetNode(pool=POOL, cause=self.cause(), version=self.version(), node=Node(node=name, **about)))

    def shop(self, name: str, segment: str = "b2c", **about: Any) -> Decision:
        shop = Shop(shop=name, tenant="acme", channel="canonical", segment=segment, **about)
        return self.ask(c.SetShop(pool=POOL, cause=self.cause(), version=self.version(), shop=shop))

    def segment(self, name: str, **about: Any) -> Decision:
        return self.ask(c.SetSegment(pool=POOL, cause=self.cause(), version=self.version(), segment=Segment(segment=name, **about)))

    def listing(self, shop: str, listing: str, *parts: tuple[str, int]) -> Decision:
        return self.ask(c.SetListing(pool=POOL, cause=self.cause(), version=self.version(), shop=shop, listing=listing, parts=tuple(parts)))

    def policy(self, policy: Policy) -> Decision:
        return self.ask(c.SetPolicy(pool=POOL, cause=self.cause(), version=self.version(), policy=msgspec.Raw(encode_policy(policy))))

    # ------------------------------------------------------------------------------------------ stock
    def receive(self, node: str, document: str = "", at: int = 1, **units: int) -> Decision:
        document = document or f"receipt-{len(self.commands)}"
        return self.ask(c.ReceiveStock(pool=POOL, cause=self.cause(), document=document, node=node, at=at, lines=tuple(units.items())))

    def arrives(self, supply: str, node: str = "hall", *, at: int = 1, document: str = "", **units: int) -> Decision:
        about: dict[str, Any] = {"document": document or f"receipt-{len(self.commands)}", "node": node, "at": at, "supply": supply}
        return self.ask(c.ReceiveStock(pool=POOL, cause=self.cause(), lines=tuple(units.items()), **about))

    def announce(self, supply: str, node: str = "hall", document: str = "", at: int = 1, expected_at: int = 0, **units: int) -> Decision:
        about: dict[str, Any] = {"document": document or f"announced-{len(self.commands)}", "supply": supply, "node": node, "at": at}
        return self.ask(c.AnnounceSupply(pool=POOL, cause=self.cause(), expected_at=expected_at, lines=tuple(units.items()), **about))

    def count(self, node: str, *, at: int = 0, document: str = "", **units: int) -> Decision:
        document = document or f"count-{len(self.commands)}"
        lines = tuple(units.items())
        return self.ask(c.CountStock(pool=POOL, cause=self.cause(), document=document, node=node, counted_at=at, lines=lines))

    def move(self, node: str, from_bucket: str, to_bucket: str, to_node: str = "", at: int = 1, **units: int) -> Decision:
        return self.ask(
            c.MoveStock(
                pool=POOL,
                cause=self.cause(),
                document=f"move-{len(self.commands)}",
                node=node,
                to_node=to_node,
                from_bucket=from_bucket,
                to_bucket=to_bucket,
                at=at,
                lines=tuple(units.items()),
            )
        )

    # ------------------------------------------------------------------------------------------ orders
    def place(self, order: str, *lines: OrderLine, at: int = 1, shop: str = "web", **about: Any) -> Decision:
        digest = about.pop("digest", repr((lines, sorted(about.items()))))
        return self.ask(
            c.PlaceOrder(
                pool=POOL,
                cause=self.cause(),
                order=key(order, shop),
                shop=shop,
                channel="canonical",
                number=f"#{order}",
                updated_at=at,
                digest=digest,
                placed_at=about.pop("placed_at", at),
                received_at=at,
                currency="EUR",
                lines=lines,
                **about,
            )
        )

    def cancel(self, order: str, at: int = 2, shop: str = "web") -> Decision:
        return self.ask(
            c.CancelOrder(pool=POOL, cause=self.cause(), order=key(order, shop), shop=shop, updated_at=at, digest=f"cancel-{at}")
        )

    def reduce(self, order: str, reduction: str, *lines: tuple[str, int], shop: str = "web") -> Decision:
        return self.ask(
            c.ReduceOrder(pool=POOL, cause=self.cause(), order=key(order, shop), shop=shop, reduction=reduction, lines=tuple(lines))
        )

    def release(self, order: str, *reasons: str, by: str = "mei", shop: str = "web") -> Decision:
        return self.ask(c.ReleaseHold(pool=POOL, cause=self.cause(), order=key(order, shop), reasons=tuple(reasons), by=by))

    def hold(self, order: str, why: str = "the address looks odd", by: str = "mei", shop: str = "web") -> Decision:
        return self.ask(c.HoldOrder(pool=POOL, cause=self.cause(), order=key(order, shop), by=by, why=why))

    def change(self, node: str, at: int = 0, document: str = "", bucket: str = "on_hand", reason: str = "lost", **units: int) -> Decision:
        about: dict[str, Any] = {"document": document or f"change-{len(self.commands)}", "node": node, "bucket": bucket, "reason": reason}
        return self.ask(c.ChangeStock(pool=POOL, cause=self.cause(), at=at, lines=tuple(units.items()), **about))

    def ship(self, fulfilment: str, *lines: tuple[str, int], at: int = 5, document: str = "", tracking: str = "") -> Decision:
        return self.ask(
            c.ConfirmShipment(
                pool=POOL,
                cause=self.cause(),
                document=document or f"ship-{len(self.commands)}",
                fulfilment=fulfilment,
                shipped_at=at,
                lines=tuple(lines),
                carrier="gull" if tracking else "",
                tracking=tracking,
            )
        )

    def progress(self, fulfilment: str, stage: Stage, at: int = 3) -> Decision:
        document = f"progress-{len(self.commands)}"
        return self.ask(c.ReportProgress(pool=POOL, cause=self.cause(), document=document, fulfilment=fulfilment, stage=stage, at=at))

    def track(self, tracking: str, status: TrackingStatus, at: int = 6, fulfilment: str = "") -> Decision:
        about: dict[str, Any] = {"pool": POOL, "cause": self.cause(), "document": f"event-{len(self.commands)}", "carrier": "gull"}
        return self.ask(c.TrackParcel(**about, tracking=tracking, status=status, at=at, fulfilment=fulfilment))

    def refuse(self, fulfilment: str, reason: str = "no_capacity", *lines: tuple[str, int], at: int = 0) -> Decision:
        document = f"refusal-{len(self.commands)}"
        about: dict[str, Any] = {"pool": POOL, "cause": self.cause(), "document": document, "fulfilment": fulfilment, "reason": reason}
        return self.ask(c.RejectFulfilment(**about, lines=lines, at=at))

    def too_late(self, fulfilment: str, document: str = "") -> Decision:
        document = document or f"too-late-{len(self.commands)}"
        return self.ask(c.RefuseCancel(pool=POOL, cause=self.cause(), document=document, fulfilment=fulfilment))

    def take_back(
        self, order: str, *lines: tuple[str, str, int], node: str, document: str = "", shop: str = "web", at: int = 9, rma: str = ""
    ) -> Decision:
        about: dict[str, Any] = {"document": document or f"return-{len(self.commands)}", "order": key(order, shop), "node": node}
        return self.ask(c.ReturnStock(pool=POOL, cause=self.cause(), returned_at=at, lines=tuple(lines), rma=rma, **about))

    def request(self, order: str, *lines: tuple[str, str, int], rma: str, shop: str = "web", **more: Any) -> Decision:
        about: dict[str, Any] = {"order": key(order, shop), "rma": rma, "requested_at": 8} | more
        return self.ask(c.RequestReturn(pool=POOL, cause=self.cause(), lines=tuple(lines), reason="too small", **about))

    def reissue(self, order: str, tracking: str, shop: str = "web") -> Decision:
        return self.ask(c.ReissueOrder(pool=POOL, cause=self.cause(), order=key(order, shop), tracking=tracking, at=9, by="mei"))

    def end_return(self, order: str, rma: str, end: Literal["refused", "closed", "cancelled"], shop: str = "web") -> Decision:
        return self.ask(c.EndReturn(pool=POOL, cause=self.cause(), order=key(order, shop), rma=rma, end=end, at=9))

    def inspect(
        self,
        order: str,
        rma: str,
        *lines: tuple[str, Disposition, int],
        node: str,
        document: str = "",
        shop: str = "web",
        at: int = 10,
    ) -> Decision:
        about: dict[str, Any] = {"document": document or f"inspection-{len(self.commands)}", "order": key(order, shop), "rma": rma}
        return self.ask(c.InspectReturn(pool=POOL, cause=self.cause(), node=node, at=at, lines=tuple(lines), **about))

    def refund(self, order: str, amount: int, reason: str = "late", by: str = "mei", shop: str = "web") -> Decision:
        return self.ask(c.RefundOrder(pool=POOL, cause=self.cause(), order=key(order, shop), amount=amount, reason=reason, by=by))

    def take_off(self, order: str, reduction: str, *lines: tuple[str, int], shop: str = "web") -> Decision:
        """As a person does, not a channel."""
        self._raw += 1
        cause = ("operator", 0, self._raw, 0)
        return self.ask(c.ReduceOrder(pool=POOL, cause=cause, order=key(order, shop), shop=shop, reduction=reduction, lines=tuple(lines)))

    def tick(self, at: int) -> Decision:
        return self.ask(c.Tick(pool=POOL, cause=self.cause(), at=at))

    def keep(self, reservation: str, expires_at: int, shop: str = "web", unknown: tuple[str, ...] = (), **units: int) -> Decision:
        return self.ask(
            c.ReserveUnits(
                pool=POOL,
                cause=self.cause(),
                reservation=key(reservation, shop),
                shop=shop,
                lines=tuple(units.items()),
                expires_at=expires_at,
                unknown=unknown,
            )
        )

    def let_go(self, reservation: str, shop: str = "web") -> Decision:
        return self.ask(c.ReleaseReservation(pool=POOL, cause=self.cause(), reservation=key(reservation, shop), shop=shop))

    # ------------------------------------------------------------------------------------------ looking
    @property
    def pool(self) -> Pool:
        return self.ledger.pools[POOL]

    def order(self, order: str, shop: str = "web") -> Order:
        return self.pool.orders[key(order, shop)]

    def at(self, order: str, shop: str = "web") -> dict[str, dict[str, int]]:
        """Units reserved for an order by node and SKU."""
        found: dict[str, dict[str, int]] = {}
        for fulfilment in self.order(order, shop).open_fulfilments.values():
            cells = found.setdefault(fulfilment.node, {})
            for row in fulfilment.rows:
                cells[row.sku] = cells.get(row.sku, 0) + row.quantity
        return found

    def fulfilment(self, order: str, shop: str = "web") -> str:
        """The one open fulfilment of an order."""
        [name] = self.order(order, shop).open_fulfilments
        return name


def key(order: str, shop: str = "web") -> str:
    return f"acme/{shop}/{order}"


def line(sku: str, quantity: int = 1, name: str = "", parts: Iterable[tuple[str, int]] | None = None, price: int = 1_000) -> OrderLine:
    """A line of a plain SKU, or of a bundle when `parts` are given; no parts at all: a listing nobody knows."""
    return OrderLine(name or sku, sku, quantity, price, ((sku, 1),) if parts is None else tuple(parts))


def of_type(decision: Decision, kind: type[E]) -> list[E]:
    return [event for event in decision.events if isinstance(event, kind)]


def said(decision: Decision) -> list[str]:
    return [type(event).__name__ for event in decision.events]


def one_shop(stock: dict[str, dict[str, int]], shortage: Literal["backorder", "partial", "reject"] = "backorder") -> Story:
    """Shop `web` of segment `b2c`, which gets all of the stock of these nodes; the first node comes first."""
    story = Story()
    story.segment("b2c", ratio=10_000)
    for priority, node in enumerate(stock):
        story.node(node, priority=priority)
    story.shop("web")
    story.policy(Policy(rule=Rule(shortage=shortage)))
    for node, units in stock.items():
        story.count(node, at=0, document="", **units)
    return story
