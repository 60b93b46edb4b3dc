"""A window of time in which partners tell of what they do: their messages, which of them keep their order, and how the pool ends."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from connectors.contract import ShopRef
from connectors.registry import channels
from streams.commands import encode_command
from streams.decisions import Decision
from streams.reference import NodeRecord, Reference, ShopRecord
from streams.rules.announce import levels, status
from streams.rules.fulfil import fulfil
from streams.rules.normalize import normalize
from tables.events import Refused
from tests.connectors.cases import raw_record
from tests.story import POOL, Story, key, line
from tests.streams.drop_shipping import prices
from tests.streams.logs import Logs

ORDERS = ("1", "2", "3", "4", "5", "6")
NODES = ("east", "west", "north")
SKUS = ("KETTLE", "CUP", "LAMP")
PLENTY = 1_000
FEEDS = ("warehouse", "qimen", "x12", "easypost", "kuaidi100")
SEEN = 1_772_366_400_000  # when the window begins: all before it is known to everybody
MINUTE = 60_000


class Message(NamedTuple):
    """`chain`: those of one chain keep their order; "": it may come whenever."""

    channel: str
    kind: str
    body: bytes
    chain: str = ""


class Window:
    """Orders 1 to 4 lie at nodes that ship them; 4 is cancelled, and `west` has yet to answer; 5 left before, in parcel OLD-5; 6 lies at
    two nodes, one of which bills us for it."""

    def __init__(self) -> None:
        self.story = Story()
        self.story.segment("b2c", ratio=10_000)
        self.reference = Reference()
        for place, node in enumerate(NODES):
            self.story.node(node, priority=place, cancel="confirm" if node == "west" else "immediate")
            self.reference.apply(NodeRecord(node=node, pool=POOL))
            self.story.receive(node, "", SEEN - MINUTE, **dict.fromkeys(SKUS, PLENTY))
        self.story.node("kiln", kind="supplier", bills_in="EUR", priority=9)
        prices(self.story, "kiln", POT=1_900)
        self.story.receive("kiln", "", SEEN - MINUTE, POT=PLENTY)
        self.story.shop("web")
        self.reference.apply(ShopRecord(ref=ShopRef(tenant="acme", shop="web", channel="canonical", pool=POOL)))
        for feed in FEEDS:
            self.reference.apply(ShopRecord(ref=ShopRef(tenant="acme", shop=feed, channel=feed, pool=POOL)))
        self.told: Counter[tuple[str, str, str]] = Counter()
        self.refused: list[Refused] = []
        self._open()

    def _open(self) -> None:
        for order in ("1", "2", "3", "5"):
            self._follow(self.story.place(order, line("KETTLE", 4, "a"), line("CUP", 3, "b"), at=SEEN - 2 * MINUTE))
        self.story.node("west", priority=-1, cancel="confirm")
        self._follow(self.story.place("4", line("KETTLE", 4, "a"), line("CUP", 3, "b"), at=SEEN - 2 * MINUTE))
        self.story.node("west", priority=1, cancel="confirm")
        self._follow(self.story.ship(self.story.fulfilment("5"), at=SEEN - MINUTE, tracking="OLD-5"))
        self._follow(self.story.place("6", line("KETTLE", 4, "a"), line("CUP", 3, "b"), line("POT", 2, "c"), at=SEEN - 2 * MINUTE))
        self.fulfilments = {order: self.story.fulfilment(order) for order in ("1", "2", "3", "4")}
        for name, found in self.story.order("6").open_fulfilments.items():
            self.fulfilments["6 of kiln" if found.node == "kiln" else "6"] = name
        self._follow(self.story.cancel("4", at=SEEN - MINUTE))

    def tell(self, messages: Iterable[Message]) -> "Window":
        for message in messages:
            raw = raw_record(message.channel, message.body, message.kind)
            raw = type(raw)(**{name: getattr(raw, name) for name in raw.__struct_fields__ if name != "shop"}, shop=message.channel)
            commands = normalize(raw, self.story.cause()[:3], self.reference, channels(), lambda person: "")
            assert isinstance(commands, tuple), (message, commands)
            for command in commands:
                self._follow(self.story.send(encode_command(command)))
        return self

    def _follow(self, decision: Decision) -> None:
        self.refused += [event for event in decision.events if isinstance(event, Refused)]
        for told in fulfil(decision, 0):
            for row in told.lines:
                if told.final:
                    self.told[told.order, told.node, row.sku] += row.quantity * (1 if told.type == "FulfilmentOrdered" else -1)

    # ------------------------------------------------------------------------------------------ how it ends
    def ends(self) -> dict[str, Any]:
        """All that anybody can see of the pool: orders, stock, what was told. Not the names of fulfilments, which follow from offsets."""
        pool = self.story.pool
        return {
            "orders": {order: self._order(order) for order in ORDERS},
            "stock": {node: (shelf.on_hand, shelf.reserved, _filled(shelf.other)) for node, shelf in sorted(pool.stock.items())},
            "free": {origin: cells for origin, cells in sorted(pool.free.items()) if cells},
            "levels": [(level.sku, level.units) for level in levels(pool, {"b2c": dict.fromkeys(SKUS)}, 0)],
            "told": {what: units for what, units in sorted(self.told.items()) if units},
            "early": sorted((number, early.status, early.at, early.delivered_at) for number, early in pool.early.items()),
            "to come": {key: sorted(supply.lines.items()) for key, supply in sorted(pool.supplies.items()) if not supply.is_over()},
            "missing": sorted((found.order, found.node, sorted(found.rows, key=repr)) for found in pool.missing.values()),
        }

    def units(self) -> dict[str, Any]:
        """Of each order what left, arrived, came back and is still to come, and all that there is of each SKU."""
        orders = {order: (self._order(order)[3], self._order(order)[0].status) for order in ORDERS}
        have: Counter[str] = Counter()
        for shelf in self.story.pool.stock.values():
            for cells in (shelf.on_hand, shelf.reserved, *shelf.other.values()):
                have.update(cells)
        return {"orders": orders, "have": have}

    def _order(self, order: str) -> Any:
        known = self.story.order(order)
        stands = status(self.story.pool, key(order), 0)
        at_nodes = sorted((found.node, found.stage, _rows(found.rows), _rows(found.asked)) for found in known.open_fulfilments.values())
        parcels = {name: (_rows(one.rows), one.status, one.at, one.delivered_at) for name, one in sorted((known.parcels or {}).items())}
        units = [_rows(rows) for rows in (known.shipped, known.delivered, known.returned, known.waiting)]
        cases = known.after.cases if known.after else {}
        back = {name: (_rows(case.back), sorted(case.unseen)) for name, case in sorted(cases.items())}
        bought = [(found.state, _rows(found.credited), found.bills) for found in (known.purchases or {}).values()]
        return (stands, at_nodes, parcels, units, sorted(known.refused_by), back, sorted(bought, key=repr))

    def assert_checked(self) -> None:
        assert Logs(self.story).check().violations == ()


def _rows(rows: Iterable[Any]) -> list[tuple[str, str, int]]:
    return sorted((row.line, row.sku, row.quantity) for row in rows)


def _filled(buckets: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {bucket: cells for bucket, cells in sorted(buckets.items()) if cells}


def kept(messages: Sequence[Message], shuffled: Sequence[Message]) -> list[Message]:
    """The shuffle, with the messages of each chain in their own order again."""
    chains: dict[str, list[Message]] = {}
    for message in messages:
        if message.chain:
            chains.setdefault(message.chain, []).append(message)
    return [chains[message.chain].pop(0) if message.chain else message for message in shuffled]


def feed(document: dict[str, Any], chain: str = "") -> Message:
    """A document of the warehouse feed."""
    return Message("warehouse", document["type"], json.dumps(document).encode(), chain)
