"""Where an order's time went: every minute from its placing to its delivery is somebody's, and the minutes are the whole."""

from itertools import pairwise, permutations

from hypothesis import given, settings

from streams.attribution import Span, attribute, total
from streams.critical_path import critical
from streams.rules.announce import status
from tables import events as e
from tests.lived import HISTORIES, HOUR, History, Lived, live, teahouse
from tests.story import key, line

NOW = 800 * HOUR
often = settings(max_examples=150, deadline=None, derandomize=True, database=None)
Words = list[tuple[str, str, str, int]]


def hours(spans: tuple[Span, ...]) -> Words:
    return [(span.part, span.reason, span.who, (span.until - span.since) // HOUR) for span in spans]


def sold(*teas: str, holds: tuple[str, ...] = (), units: int = 9) -> Lived:
    """Placed at 1:00, received at 2:00, decided at 3:00."""
    story = teahouse(units)
    story.now = 3 * HOUR
    story.place("1", *(line(tea) for tea in teas or ("LONGJING",)), at=2 * HOUR, placed_at=HOUR, holds=holds)
    return story


ARRIVED: Words = [("channel", "", "canonical", 1), ("intake", "", "", 1)]


# ---------------------------------------------------------------------------------------------- whose time it was
def test_the_way_of_an_order_that_was_paid_late_picked_packed_and_brought_to_the_door() -> None:
    story = sold(holds=("payment",))
    story.now = 8 * HOUR
    story.release("1")
    fulfilment = story.fulfilment("1")
    for at, stage in ((9, "accepted"), (11, "picking"), (14, "packed")):
        story.progress(fulfilment, stage, at=at * HOUR)  # type: ignore[arg-type]
    story.ship(fulfilment, at=20 * HOUR, tracking="P1")
    story.track("P1", "in_transit", at=23 * HOUR)
    story.track("P1", "delivered", at=50 * HOUR)

    assert hours(attribute(story.told(), NOW)) == [
        *ARRIVED,
        ("hold", "payment", "", 5),
        ("node", "told", "hangzhou", 1),
        ("node", "accepted", "hangzhou", 2),
        ("node", "picking", "hangzhou", 3),
        ("node", "packed", "hangzhou", 6),
        ("carrier", "shipped", "gull", 3),
        ("carrier", "in_transit", "gull", 27),
    ]


def test_an_order_that_waited_for_units_says_for_which() -> None:
    story = sold("LONGJING", "KEEMUN", units=0)
    story.receive("hangzhou", LONGJING=1)
    story.now = 30 * HOUR
    story.receive("hangzhou", KEEMUN=1)

    assert hours(attribute(story.told(), 32 * HOUR))[2:] == [("stock", "KEEMUN", "", 27), ("node", "told", "hangzhou", 2)]


def test_time_at_a_node_that_refused_was_in_vain() -> None:
    story = sold(units=0)
    story.receive("shanghai", LONGJING=1)
    story.now = 10 * HOUR
    refused = story.fulfilment("1")
    story.receive("hangzhou", LONGJING=1)
    story.refuse(refused)
    story.now = 12 * HOUR

    assert hours(attribute(story.told(), story.now))[2:] == [("node", "in_vain", "shanghai", 7), ("node", "told", "hangzhou", 2)]


def test_time_until_the_node_is_told_is_its_waves() -> None:
    """Promised at 3:00, told at noon: nine hours are the node's, and none of its work."""
    story = teahouse(waves=True)
    story.now = 3 * HOUR
    story.place("1", line("LONGJING"), at=2 * HOUR, placed_at=HOUR)
    for story.now in (4 * HOUR, 12 * HOUR):
        story.tick(story.now)
    story.progress(story.fulfilment("1"), "picked", at=14 * HOUR)
    story.now = 15 * HOUR

    assert hours(attribute(story.told(), story.now))[2:] == [
        ("node", "wave", "hangzhou", 9),
        ("node", "told", "hangzhou", 2),
        ("node", "picked", "hangzhou", 1),
    ]


def test_of_several_parcels_the_last_to_arrive_is_followed() -> None:
    """The one that was sent first may come last."""
    story = sold("LONGJING", "KEEMUN", units=0)
    story.receive("hangzhou", LONGJING=1)
    story.receive("shanghai", KEEMUN=1)
    first, second = story.order("1").open_fulfilments
    story.ship(first, at=5 * HOUR, tracking="P1")
    story.ship(second, at=30 * HOUR, tracking="P2")
    story.track("P2", "delivered", at=40 * HOUR)
    story.track("P1", "delivered", at=60 * HOUR)

    assert hours(attribute(story.told(), NOW))[-1] == ("carrier", "shipped", "gull", 55)


def test_of_an_order_not_yet_whole_the_unit_that_is_least_far_is_followed() -> None:
    story = sold("LONGJING", "KEEMUN", units=0)
    story.receive("hangzhou", LONGJING=1)
    story.ship(story.fulfilment("1"), at=5 * HOUR, tracking="P1")
    story.track("P1", "delivered", at=7 * HOUR)

    assert hours(attribute(story.told(), 10 * HOUR))[2:] == [("stock", "KEEMUN", "", 7)]


def test_a_parcel_seen_by_its_carrier_first_was_with_the_carrier_from_then_on() -> None:
    story = sold()
    story.track("P1", "label", at=4 * HOUR)
    story.track("P1", "in_transit", at=6 * HOUR)
    story.ship(story.fulfilment("1"), at=9 * HOUR, tracking="P1")

    assert hours(attribute(story.told(), 10 * HOUR))[2:] == [("node", "told", "hangzhou", 3), ("carrier", "in_transit", "gull", 4)]


def test_several_holds_at_once_are_one_reason_and_end_one_by_one() -> None:
    story = sold(holds=("payment", "address"))
    story.now = 5 * HOUR
    story.release("1", "payment")
    story.now = 9 * HOUR

    assert hours(attribute(story.told(), story.now))[2:] == [("hold", "payment, address", "", 2), ("hold", "address", "", 4)]


def test_an_order_that_is_off_ends_when_the_last_node_let_it_go() -> None:
    story = sold()
    fulfilment = story.fulfilment("1")
    story.now = 10 * HOUR
    story.cancel("1", at=10 * HOUR)
    story.now = 14 * HOUR

    assert hours(attribute(story.told(), 15 * HOUR))[2:] == [("node", "told", "hangzhou", 7), ("node", "cancel_asked", "hangzhou", 5)]
    story.refuse(fulfilment, "cancelled")
    assert total(attribute(story.told(), NOW)) == {"channel": HOUR, "intake": HOUR, "node": 11 * HOUR}


def test_goods_that_came_back_undelivered_were_with_the_carrier_until_then() -> None:
    story = sold()
    story.ship(story.fulfilment("1"), at=5 * HOUR)
    story.take_back("1", ("", "LONGJING", 1), node="hangzhou", at=25 * HOUR)

    assert total(attribute(story.told(), NOW))["carrier"] == 20 * HOUR


def test_an_order_that_was_never_taken_has_no_time() -> None:
    story = teahouse()
    story.cancel("1")

    assert attribute(story.told(), NOW) == ()


def test_the_words_of_a_carrier_may_come_in_any_order() -> None:
    """Each is passed on as long as it says more than what is known."""
    said = {}
    for order in permutations((("in_transit", 30), ("delivered", 50))):
        story = sold()
        story.ship(story.fulfilment("1"), at=20 * HOUR, tracking="P1")
        for word, at in order:
            story.track("P1", word, at=at * HOUR)  # type: ignore[arg-type]
        said[order] = total(attribute(story.told(), NOW))

    assert len({tuple(parts.items()) for parts in said.values()}) == 1


# ---------------------------------------------------------------------------------------------- whatever happens
@often
@given(HISTORIES)
def test_the_parts_are_the_whole_whatever_happens_in_whatever_order(history: History) -> None:
    story = live(history)
    for end in range(1, len(story.told()) + 1):
        told = story.told()[:end]
        spans = attribute(told, NOW)
        until = critical(told, key("1")).until
        whole = max(0, (NOW if until is None else until) - HOUR)

        assert [span.since for span in spans[:1]] == [HOUR] * bool(whole)
        assert all(before.until == after.since for before, after in pairwise(spans))
        assert all(span.since < span.until for span in spans)
        assert sum(total(spans).values()) == whole


@often
@given(HISTORIES)
def test_it_ends_with_the_last_delivery_and_goes_on_while_anything_is_open(
    history: History,
) -> None:
    story = live(history)
    told = story.told()
    spans = attribute(told, NOW)
    delivered = [event.delivered_at for _, event in told if isinstance(event, e.Delivered)]
    about = status(story.pool, key("1"), 0)

    if about.reserved or about.backordered or about.holds:
        assert spans[-1].until == NOW
        assert spans[-1].part == ("hold" if about.holds else "stock" if about.backordered else "node")
    elif about.shipped and about.delivered == about.shipped:
        assert sum(total(spans).values()) == max(0, max(delivered) - HOUR)
    elif about.status == "shipped":
        assert (spans[-1].part, spans[-1].until) == ("carrier", NOW)
