"""`yipan writeback` over a real broker and platforms over HTTP: killed, its answers lost, a shop down; in the end all hold what is so."""

import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from connectors.contract import Availability, ShopRef
from deploy import clients
from deploy.settings import Settings
from streams.decisions import GENESIS, Decision, encode_decision
from streams.read import read_topic
from streams.reference import ListingRecord, ShopRecord
from streams.topics import AVAILABILITY, CURSORS, DECISIONS
from tables.events import OrderRejected, RefundDue, RefundLine, Row, Shipped
from tests.conftest import until
from tests.connectors.writeback.double import Order, Platform
from tests.connectors.writeback.platforms import AmazonDouble, ShopifyDouble, WooDouble
from tests.connectors.writeback.server import Site, serving
from tests.connectors.writeback.world import ALLOWED
from tests.integration.test_border import own, running, signal_to, tell

CHANNELS: dict[str, tuple[type[Platform], str, str]] = {
    "shopify": (ShopifyDouble, "{}@9", "location=9"),
    "woocommerce": (WooDouble, "{}", ""),
    "amazon": (AmazonDouble, "{}", "sellerId=A1&marketplaceIds=M1"),
}
SKUS, ORDERS = 20, 6


class House:
    """Three shops; what was said of them on the topics, and where it is to end."""

    def __init__(self, settings: Settings) -> None:
        self.chance = random.Random(6)
        self.settings = settings
        self.producer = clients.producer(settings)
        self.platforms = {channel: self._double(channel) for channel in CHANNELS}
        self.units: dict[str, dict[str, int]] = {channel: {} for channel in CHANNELS}
        self.shipped: dict[str, Counter[tuple[str, str]]] = {channel: Counter() for channel in CHANNELS}
        self.refunded: dict[str, Counter[tuple[str, str]]] = {channel: Counter() for channel in CHANNELS}
        self.versions = self.offsets = 0

    @staticmethod
    def _double(channel: str) -> Platform:
        double, item, _ = CHANNELS[channel]
        orders = tuple(Order(str(500 + number), {str(number * 10 + line): 2 for line in range(2)}) for number in range(ORDERS + 2))
        return double(tuple(item.format(number) for number in range(SKUS)), orders, ALLOWED[channel])

    def open(self, address: str, *channels: str) -> None:
        for channel in channels:
            _, item, options = CHANNELS[channel]
            (self.settings.secrets_dir / channel).write_text("ck_1:cs_2" if channel == "woocommerce" else "X-Shopify-Access-Token: tea")
            ref = ShopRef(tenant="lin", shop=channel, channel=channel, pool="east", url=f"{address}/{channel}?{options}")
            shop = ShopRecord(ref=ref, tell=("levels", "shipments", "cancels", "refunds"))
            listed = [self._listed(channel, number, item.format(number)) for number in range(SKUS)]
            tell(self.settings, *listed, shop)

    @staticmethod
    def _listed(channel: str, number: int, item: str) -> ListingRecord:
        return ListingRecord(shop=channel, listing=f"L{number}", parts=((f"SKU-{number}", 1),), item=item)

    def change(self, channel: str, number: int, units: int) -> None:
        self.versions += 1
        record = Availability(shop=channel, sku=f"SKU-{number}", units=units, version=self.versions)
        self.producer.produce(AVAILABILITY.name, msgspec.json.encode(record), f"{channel}/SKU-{number}", 0)
        self.units[channel][CHANNELS[channel][1].format(number)] = units

    def ship(self, channel: str, number: int) -> None:
        """One unit of each line; twice in all."""
        order = str(500 + number)
        rows = tuple(Row(line, "SKU-1", 1) for line in self.platforms[channel].lines[order])
        about: dict[str, Any] = {"fulfilment": f"F{order}", "node": "hub", "carrier": "gull", "tracking": "GL-1"}
        self._decide(Shipped(order=f"lin/{channel}/{order}", rows=rows, shipped_at=1_760_000_000_000, **about))
        self.shipped[channel].update({(order, row.line): 1 for row in rows})

    def reject(self, channel: str, order: str) -> None:
        self._decide(OrderRejected(order=f"lin/{channel}/{order}", reason="short"))

    def refund(self, channel: str, number: int, cents: int) -> None:
        name, order = f"R{self.offsets:020x}", str(500 + number)
        lines = (RefundLine("", 0, cents),)
        self._decide(RefundDue(order=f"lin/{channel}/{order}", refund=name, cause="goodwill", lines=lines, currency="EUR"))
        self.refunded[channel][order, f"Yipan {name}: goodwill"] = cents

    def _decide(self, event: Any) -> None:
        about: dict[str, Any] = {"pool": "east", "command_id": "", "decider": 1, "policy_version": 1, "prev": GENESIS}
        decision = Decision(seq=self.offsets + 1, src_offset=self.offsets, cause=("raw", 0, self.offsets, 0), events=(event,), **about)
        self.offsets += 1
        self.producer.produce(DECISIONS.name, encode_decision(decision), "east", 0)

    def traffic(self, *shipping: str) -> None:
        """Levels of all shops, and a parcel for each order of some."""
        for channel in CHANNELS:
            for _ in range(60):
                self.change(channel, self.chance.randrange(SKUS), self.chance.randrange(100))
            for number in range(ORDERS if channel in shipping else 0):
                self.ship(channel, number)
                if channel != "amazon":
                    self.refund(channel, number, 100 + number)
        assert self.producer.flush(30) == 0

    def agreed(self, channel: str) -> bool:
        platform = self.platforms[channel]
        held = {item: units for item, units in platform.held.items() if units >= 0}
        return (held, platform.shipped, platform.refunded) == (self.units[channel], self.shipped[channel], self.refunded[channel])

    def kept(self) -> set[str]:
        consumer = clients.consumer(self.settings, "tests", enable_partition_eof=True)
        return {record.key.decode() for record in read_topic(consumer, CURSORS.name, [0])}


def test_killed_and_unanswered_it_tells_all_platforms_everything_once(fresh_topics: Settings, tmp_path: Path) -> None:
    house = House(own(fresh_topics, tmp_path / "home"))
    site = Site(house.platforms, loses=7)
    site.down.add("woocommerce")
    with serving(site) as address:
        house.open(address, "shopify", "woocommerce")
        with running("writeback", house.settings) as writeback:
            until(lambda: house.kept() == {"writeback/shopify", "writeback/woocommerce"}, 60)
            house.traffic("shopify", "woocommerce")
            until(lambda: len(house.platforms["shopify"].shipped) > 4, 30)
            house.open(address, "amazon")
            until(lambda: house.agreed("amazon"), 60)  # it hears of levels that were published before it was there
            signal_to(house.settings, "writeback", signal.SIGKILL)
            until(lambda: writeback.exit_code() is not None, 10)
        house.traffic(*CHANNELS)
        house.reject("woocommerce", "506")
        house.reject("shopify", "507")
        assert house.producer.flush(30) == 0
        with running("writeback", house.settings):
            until(lambda: house.agreed("shopify") and house.agreed("amazon"), 40)
            assert not house.agreed("woocommerce"), "it is down, and delays nobody"
            site.down.clear()
            # the longer it was away, the longer the pause before it is tried again
            until(lambda: house.agreed("woocommerce"), 150)
            until(lambda: house.platforms["woocommerce"].cancelled == {"506"} and house.platforms["shopify"].cancelled == {"507"}, 60)
    assert site.credentials == {"Basic Y2tfMTpjc18y", "tea"}
