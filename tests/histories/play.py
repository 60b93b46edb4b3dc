"""Plays histories: every message as its sender writes it (canonical orders, the warehouse feed), normalized and decided in the order of
the recorded times, with state time going on between them; then the checker over all that was written."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from connectors.contract import Fulfilment, Ignored, Millis, OrderStatus, RawRecord, Rejected, ShopRef
from connectors.registry import channels
from streams.check import check
from streams.checks.report import Report
from streams.commands import encode_command
from streams.deadletter import encode_dead_letter
from streams.decisions import decode_decision
from streams.read import MemoryLog, Record
from streams.reference import NodeRecord, Reference, ShopRecord
from streams.rules.announce import status, touched
from streams.rules.due import next_due
from streams.rules.fulfil import fulfil
from streams.rules.normalize import normalize
from tables.events import Refused
from tables.policy import Policy, Rule
from tests.histories import messages
from tests.histories.record import Did, History
from tests.sound import assert_sound
from tests.story import POOL, Story
from tests.streams.logs import Topics, records

SHOP, FEED = "market", "sellers"
MOST_SELLERS = 20
PLENTY = 1_000_000


class Played(NamedTuple):
    """`wrong`: what did not end as its owner says, in words; `refused`: codes of what the pool would not carry out."""

    orders: int
    messages: int
    wrong: tuple[str, ...]
    refused: dict[str, int]
    report: Report


class Market(Story):
    """Shop `market`, to which each seller sells from a node of his own with plenty of everything, and the feed `sellers` through which all
    of them and their carriers tell how it goes."""

    def __init__(self, non_goods: tuple[str, ...] = (), remember_days: int = 60) -> None:
        super().__init__()
        self.reference = Reference()
        for name, channel in ((SHOP, "canonical"), (FEED, "warehouse")):
            ref = ShopRef(tenant="acme", shop=name, channel=channel, pool=POOL, currency="BRL")
            self.reference.apply(ShopRecord(ref=ref, segment="b2c", unknown_listing="as_sku", non_goods=non_goods))
        self.segment("b2c", ratio=10_000)
        self.shop(SHOP)
        self.policy(Policy(rule=Rule(max_splits=MOST_SELLERS), remember_days=remember_days))
        self.told: dict[tuple[str, str], Fulfilment] = {}
        self.fulfilments: list[Fulfilment] = []
        self.aside: dict[tuple[str, str], list[tuple[History, Did]]] = {}
        self.latest: dict[str, OrderStatus] = {}
        self.refused: Counter[str] = Counter()
        self.letters: list[tuple[str, bytes]] = []
        self._offered: set[tuple[str, str]] = set()

    def send(self, value: bytes, key: bytes = POOL.encode()) -> Any:
        """As every story, but sound is looked at once, in the end: a market is too large to be looked through after each command."""
        message = (len(self.commands), key, value)
        self.commands.append(message)
        [(_, record)] = self.ledger.decide([message])
        self.records.append(record)
        return decode_decision(record)

    # ------------------------------------------------------------------------------------------ what is told
    def stock_up(self, histories: Iterable[History]) -> None:
        """Each seller has what he sold."""
        for item in (item for history in histories for item in history.items):
            if item.seller not in self.reference.nodes:
                self.reference.apply(NodeRecord(node=item.seller, pool=POOL))
                self.node(item.seller)
            if (item.seller, item.sku) not in self._offered:
                self._offered.add((item.seller, item.sku))
                self.receive(item.seller, "", 1, **{item.sku: PLENTY})

    def happens(self, history: History, did: Did) -> None:
        """Tell of it; what a seller says under the id of a fulfilment has to wait until he has been told of it."""
        self._go_on(did.at)
        if did.what in messages.OF_THE_ORDER:
            self._tell(SHOP, "canonical", messages.of_the_order(history, did), did.at)
        elif did.what in messages.OF_GOODS:
            for told in messages.of_goods(history, did):
                self._tell(FEED, "warehouse", told, did.at)
        else:
            for seller in [did.seller] if did.seller else dict.fromkeys(item.seller for item in history.items):
                self._answer(history, did._replace(seller=seller))

    def _answer(self, history: History, did: Did) -> None:
        fulfilment = self.told.get((history.order, did.seller))
        if fulfilment is None:
            self.aside.setdefault((history.order, did.seller), []).append((history, did))
            return
        self._tell(FEED, "warehouse", messages.of_a_fulfilment(history, did, fulfilment.id), did.at)

    def _tell(self, shop: str, channel: str, body: dict[str, Any], at: int) -> None:
        raw = RawRecord(
            tenant="acme",
            shop=shop,
            channel=channel,
            kind=body["type"],
            external_id=body.get("order") or body["document"],
            delivery_id="",
            received_at=Millis(max(0, at)),
            body=json.dumps(body).encode(),
        )
        cause = self.cause()
        commands = normalize(raw, cause[:3], self.reference, channels(), lambda person: person.name)
        if isinstance(commands, Ignored | Rejected):
            letter = messages.letter(cause, raw, commands)
            self.letters.append((letter.key, encode_dead_letter(letter)))
            return
        for command in commands:
            self._follow(self.send(encode_command(command)))

    def _follow(self, decision: Any) -> None:
        self.refused.update([event.code for event in decision.events if isinstance(event, Refused)])
        for order in touched(self.pool, decision).orders:
            self.latest[order] = status(self.pool, order, decision.src_offset)
        for told in fulfil(decision, 0):
            self.fulfilments.append(told)
            if told.type == "FulfilmentOrdered":
                self.told[told.order, told.node] = told
                for history, did in self.aside.pop((told.order, told.node), ()):
                    self._answer(history, did)

    def _go_on(self, at: int) -> None:
        """State time follows the histories' own, as a ticker would have it: when something is due, a day at the latest."""
        if not self.pool.now:
            self._follow(self.tick(at))
        while (due := next_due(self.pool)) is not None and due <= at:
            self._follow(self.tick(due))

    # ------------------------------------------------------------------------------------------ how it ended
    def stands(self, order: str) -> OrderStatus | None:
        """What was told of it last: an order that is long over may be forgotten."""
        return self.latest.get(f"acme/{SHOP}/{order}")

    def checked(self) -> Report:
        told = [(f"{told.tenant}/{told.shop}/{told.order}", msgspec.json.encode(told)) for told in self.fulfilments]
        raw = [Record(0, offset, 1_000, b"raw", (), b"{}") for offset in range(self._raw)]
        topics: Topics = {
            "raw": {0: raw},
            "commands": {0: records((POOL, value) for _, _, value in self.commands)},
            "decisions": {0: records((POOL, record) for record in self.records)},
            "fulfilments": {0: records(told)},
            "dead-letters": {0: records(self.letters)},
            "order-status": {0: []},
            "availability": {0: []},
        }
        return check(MemoryLog(topics))


def play(histories: Sequence[History], opened: Market | None = None) -> tuple[Market, Played]:
    """All of them side by side, as they happened; those of one moment as they were recorded."""
    market = opened or Market()
    market.stock_up(histories)
    said = [(did.at, number, nth) for number, history in enumerate(histories) for nth, did in enumerate(history.did)]
    for _, number, nth in sorted(said):
        market.happens(histories[number], histories[number].did[nth])
    assert_sound(market.pool)
    wrong = [fault for history in histories if (fault := _fault(market, history))]
    return market, Played(len(histories), market._raw, tuple(wrong), dict(market.refused), market.checked())


def _fault(market: Market, history: History) -> str:
    stands = market.stands(history.order)
    if stands is None:
        return "" if history.status == "" else f"{history.order} is not known; its owner says {history.status}"
    found = (stands.status, stands.shipped, stands.delivered, stands.returned)
    said = (history.status, history.shipped, history.delivered, history.returned)
    return "" if found == said else f"{history.order} ends as {found}; its owner says {said}"
