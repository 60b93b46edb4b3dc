"""Labels that are bought when a fulfilment is delivered: one for each parcel, whatever fails on the way, and known to node and log."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Fulfilment, Millis, Person, RawRecord, ShopRef, TrackingDraft
from connectors.courier import Consumed, Courier, Outside
from connectors.deliver import Deliveries
from connectors.easypost_seller import EasyPost
from connectors.forms import FORMS
from connectors.label_desk import LabelDesk, Surroundings
from connectors.label_folder import LabelFolder
from connectors.labels import LabelTerms, Seller
from connectors.partner import Partner
from connectors.registry import channels
from tests.connectors.easypost import URL, EasyPostDouble
from tests.connectors.partners import NOON, ROUTES, SEALED, WEI, MemoryTopic, Warehouse, fulfilment, run

HOUR = 3_600
KEEPER = Person(name="Ida Lantern", company="Lighthouse", street=("1 Cape Road",), city="Reno", postcode="89501", country="US")
TERMS = LabelTerms(by="easypost", url=URL, sender=KEEPER, sender_region="US-NV", key=b"EZAK-1")
FEED = ShopRef(tenant="halyard", shop="reno-wms", channel="warehouse", pool="us")


def parcel(number: int, **about: Any) -> Fulfilment:
    chosen = {"carrier": "USPS", "service": "Priority", "grams": 900, "region": "US-NY", "recipient": SEALED}
    return msgspec.structs.replace(fulfilment(number), **(chosen | about))


class House:
    """A warehouse whose labels we buy. `heard`: what the log was told, which it does not take where `deaf` says so."""

    def __init__(self, topic: MemoryTopic, shop: EasyPostDouble, reno: Warehouse | None = None, **about: Any) -> None:
        self.topic, self.shop, self.reno = topic, shop, reno or Warehouse()
        self.heard: list[RawRecord] = []
        self.buried: list[tuple[int, str]] = []
        self.feed: ShopRef | None = FEED
        self.deaf: Callable[[int], bool] = lambda _: False
        self._tried = 0
        self._about = about

    def deliveries(self) -> Deliveries:
        chance = random.Random(7)
        partner = Partner(name="reno", url="https://reno.example/hook", secret=b"lapsang", labels=TERMS, **self._about)

        async def bury(record: Consumed, code: str, sentence: str) -> None:
            self.buried.append((record.offset, code))

        seller: Seller = EasyPost(TERMS, self.shop.send, 10.0)
        around = Surroundings(open=lambda _: WEI, feed=lambda _: self.feed, publish=self._publish, random=chance.random)
        outside = Outside(send=self.reno.send, open=lambda _: WEI, bury=bury, now=lambda: NOON, random=chance.random)
        courier = Courier(partner, FORMS["webhook"], outside, LabelDesk(partner, seller, around))
        return Deliveries(self.topic.reader(), {"reno": courier}, lambda _: "reno", ROUTES, bury)

    async def _publish(self, record: RawRecord) -> None:
        await asyncio.sleep(0.01)
        self._tried += 1
        if self.deaf(self._tried):
            raise ConnectionError("the broker is away")
        self.heard.append(record)

    def run(self, seconds: float, *, killed: bool = False) -> None:
        """For so long; then an orderly stop, or one that commits nothing any more."""

        async def work() -> None:
            stop = asyncio.Event()

            def end() -> None:
                self.topic.deaf = killed
                stop.set()

            asyncio.get_running_loop().call_later(seconds, end)
            await self.deliveries().run(stop)

        try:
            run(work())
        finally:
            self.topic.deaf = False

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.reno.requests]

    def notes(self) -> set[tuple[str, str]]:
        """Of each fulfilment, the number that the log knows."""
        drafts = [draft for record in self.heard for draft in tracked(record)]
        return {(draft.fulfilment, draft.tracking) for draft in drafts}


def tracked(record: RawRecord) -> list[TrackingDraft]:
    parsed = channels()["warehouse"].parse(record, FEED)
    assert isinstance(parsed, tuple), parsed
    return [draft for draft in parsed if isinstance(draft, TrackingDraft)]


def test_what_was_bought_is_told_to_the_node_and_to_the_log() -> None:
    house = House(MemoryTopic(parcel(1)), EasyPostDouble())

    house.run(5)

    [told] = house.told()
    assert told["label"] == {
        **{"reference": "F1", "carrier": "USPS", "service": "Priority", "tracking": "EZ-F1", "price": 742, "currency": "USD"},
        "url": "https://labels.example/shp_0.pdf",
    }
    assert "recipient" not in told
    [draft] = tracked(house.heard[0])
    assert (draft.fulfilment, draft.tracking, draft.carrier, draft.status) == ("F1", "EZ-F1", "USPS", "label")
    assert house.topic.committed.offset == 1


def test_a_label_is_asked_for_with_the_key_from_the_sender_to_the_recipient() -> None:
    house = House(MemoryTopic(parcel(1)), EasyPostDouble())

    house.run(5)

    made = json.loads(house.shop.asked[1].body)["shipment"]
    assert (made["from_address"]["name"], made["from_address"]["state"]) == ("Ida Lantern", "NV")
    assert (made["to_address"]["name"], made["to_address"]["state"], made["parcel"]["weight"]) == ("Wei Chen", "NY", 31.8)
    assert {request.headers["Authorization"] for request in house.shop.asked} == {"Basic RVpBSy0xOg=="}


@pytest.mark.parametrize("about", [{"carrier": "", "service": ""}, {"recipient": ""}])
def test_what_has_no_carrier_or_no_recipient_goes_without_a_label(about: dict[str, str]) -> None:
    house = House(MemoryTopic(parcel(1, **about)), EasyPostDouble())

    house.run(5)

    assert ["label" in told for told in house.told()] == [False]
    assert (house.shop.asked, house.heard) == ([], [])


def test_fulfilments_that_leave_in_one_parcel_have_one_label() -> None:
    house = House(MemoryTopic(*(parcel(number, group="G7") for number in range(4))), EasyPostDouble())

    house.run(5)

    assert house.shop.bought == {"G7": 1}
    assert {told["label"]["tracking"] for told in house.told()} == {"EZ-G7"}
    assert house.notes() == {(f"F{number}", "EZ-G7") for number in range(4)}


def test_a_label_that_is_refused_for_good_is_a_dead_letter_and_the_node_is_told_nothing() -> None:
    shop = EasyPostDouble()
    shop.rate |= {"service": "Express"}
    house = House(MemoryTopic(parcel(1), parcel(2, carrier="")), shop)

    house.run(5)

    assert house.buried == [(0, "label_no_rate")]
    assert [told["id"] for told in house.told()] == ["F2"]
    assert house.topic.committed.offset == 2


def test_without_a_feed_for_the_log_nothing_is_bought() -> None:
    house = House(MemoryTopic(parcel(1)), EasyPostDouble())
    house.feed = None

    house.run(5)

    assert (house.buried, house.shop.asked) == ([(0, "no_label_feed")], [])


def test_while_labels_are_not_sold_what_needs_none_is_delivered_and_a_cancel_too() -> None:
    shop = EasyPostDouble(lambda _: 503)
    cancel = fulfilment(9, id="F8", type="FulfilmentCancelled")
    house = House(MemoryTopic(*(parcel(number) for number in range(8)), fulfilment(8), cancel), shop)

    house.run(60)

    assert [told["id"] for told in house.told()] == ["F8", "F8"]
    assert (house.topic.committed.offset, house.buried) == (0, [])
    shop.answers = lambda _: 200
    house.run(HOUR)
    assert sorted(shop.bought) == [f"F{number}" for number in range(8)]
    assert house.topic.committed.offset == 10


def test_a_label_whose_note_the_log_has_not_taken_is_not_committed() -> None:
    house = House(MemoryTopic(parcel(1)), EasyPostDouble())
    house.deaf = lambda _: True

    house.run(60)

    assert (house.topic.committed.offset, house.told(), house.shop.bought) == (0, [], {"F1": 1})


# ---------------------------------------------------------------------------------------------- given back
def cancelled(number: int, **about: Any) -> Fulfilment:
    return parcel(number + 100, id=f"F{number}", type="FulfilmentCancelled", carrier="", recipient="", **({"reason": "cancelled"} | about))


def test_the_label_of_what_is_cancelled_is_given_back_once_the_node_has_taken_the_cancel() -> None:
    house = House(MemoryTopic(parcel(1), cancelled(1), parcel(2)), EasyPostDouble(lambda n: 0 if n == 5 else 200))

    house.run(60)

    assert (house.shop.refunds, house.topic.committed.offset) == ({"F1": 1}, 3)


@pytest.mark.parametrize("about", [{"final": False}, {"reason": "reduced"}])
def test_what_may_still_leave_keeps_its_label(about: dict[str, Any]) -> None:
    house = House(MemoryTopic(parcel(1), cancelled(1, **about)), EasyPostDouble())

    house.run(60)

    assert house.shop.refunds == {}


def test_a_parcel_that_was_scanned_keeps_its_label() -> None:
    house = House(MemoryTopic(parcel(1)), EasyPostDouble())
    house.run(5)
    house.shop.shipments["F1"]["status"] = "in_transit"

    house.topic.add(cancelled(1))
    house.run(5)

    assert (house.shop.refunds, house.topic.committed.offset) == ({}, 2)


def test_a_label_that_nobody_takes_back_holds_nothing_up() -> None:
    shop = EasyPostDouble(lambda n: 422 if n > 3 else 200)
    house = House(MemoryTopic(parcel(1), cancelled(1)), shop)

    house.run(60)

    assert (house.topic.committed.offset, house.buried) == (2, [])


# ---------------------------------------------------------------------------------------------- by hand
def test_who_buys_by_hand_finds_a_file_for_each_parcel() -> None:
    house = House(MemoryTopic(), EasyPostDouble())
    terms = msgspec.structs.replace(TERMS, by="file", url="file:///srv/labels")
    desk = LabelDesk(
        Partner(name="reno", url="", secret=b"", labels=terms),
        LabelFolder(terms, house.shop.send, 5.0),
        Surroundings(open=lambda _: WEI, feed=lambda _: FEED, publish=house._publish, random=lambda: 0.5),
    )
    house.shop.answers = lambda _: 201

    assert run(desk.label(parcel(1), Millis(1))) is None
    [asked] = house.shop.asked
    assert asked.url == "file:///srv/labels/F1.csv"
    assert asked.body.decode().splitlines()[1].startswith("F1,USPS,Priority,900,Wei Chen")


# ---------------------------------------------------------------------------------------------- whatever happens
ANSWERS = st.lists(st.sampled_from([200, 200, 200, 0, -1, 503, 429]), min_size=1, max_size=12)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    groups=st.lists(st.sampled_from(["", "", "G1", "G2"]), min_size=1, max_size=20),
    shop=ANSWERS,
    node=st.lists(st.sampled_from([200, 200, 0, 500]), min_size=1, max_size=7),
    deaf=st.lists(st.booleans(), min_size=1, max_size=5),
    kills=st.lists(st.floats(0.02, 20), max_size=4),
)
def test_whatever_is_lost_and_whenever_we_die_each_parcel_has_one_label_that_node_and_log_know(
    groups: list[str], shop: list[int], node: list[int], deaf: list[bool], kills: list[float]
) -> None:
    parcels = [parcel(number, group=group) for number, group in enumerate(groups)]
    platform = EasyPostDouble(lambda n: shop[n % len(shop)] if n < 60 else 200)
    reno = Warehouse(lambda event, times: node[(int(event.split("-")[1]) + times) % len(node)] if times < 6 else 200)
    house = House(MemoryTopic(*parcels), platform, reno, attempts=1_000)
    house.deaf = lambda n: n < 30 and deaf[n % len(deaf)]

    for seconds in kills:
        house.run(seconds, killed=True)
    house.run(5 * HOUR)

    labels = {one.id: f"EZ-{one.group or one.id}" for one in parcels}
    assert platform.bought == {one.group or one.id: 1 for one in parcels}
    assert {told["id"]: told["label"]["tracking"] for told in house.told()} == labels
    assert house.notes() == set(labels.items())
    assert (house.topic.committed.offset, house.buried) == (len(parcels), [])
