"""Whatever a command looks like, the compiled way decides it as Python does, or leaves it alone."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import compiled
from streams.commands import PlaceOrder, encode_command
from streams.decisions import decode_decision
from streams.ledger import MAX_RECORD, Ledger
from streams.rules.fulfil import fulfil
from tables.events import MOST_UNITS, OrderLine
from tests.story import POOL, Story, line
from tests.streams.histories import begun, fast
from tests.streams.test_ordinary import by_python_alone, made, the_long_way

words = st.one_of(st.sampled_from(["", "web", "茶壶 №7", 'a "quoted" one', "back\\slash", "new\nline", "\x7f", "🫖"]), st.text(max_size=40))
sizes = st.sampled_from([0, 1, 127, 128, 255, 256, 65_535, 65_536, 1 << 32, 1 << 40])
lines = st.builds(
    OrderLine,
    line=words,
    listing=words,
    quantity=st.integers(1, 3),
    price=st.one_of(st.integers(-1_000_000_000_000, 1_000_000_000_000), sizes, sizes.map(lambda price: -price)),
    parts=st.sampled_from([(("TEA", 1),), (("CUP", 2),), (("POT", 1),), (("TEA", 1), ("CUP", 1))]),
)
placements = st.builds(
    PlaceOrder,
    pool=st.just(POOL),
    cause=st.tuples(st.sampled_from(["raw", "import", 'ra"w']), sizes, sizes, sizes),
    order=words.map(lambda name: f"acme/web/{name}"),
    shop=st.just("web"),
    channel=words,
    number=words,
    updated_at=sizes,
    digest=words,
    placed_at=sizes,
    received_at=sizes,
    currency=words,
    lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
    region=words,
    priority=st.sampled_from([-1_000_000, -40_000, -200, -33, -32, -1, 0, 1, 200, 40_000, 1_000_000]),
    sealed=st.one_of(st.just(""), st.integers(1, 70_000).map(lambda size: "s" * size)),
    charges=st.sampled_from([0, 0, 1, 490, 70_000, 5_000_000_000, 1_000_000_000_000]),
    shipping=st.one_of(st.just(""), words),
    paid=st.lists(st.tuples(words, st.sampled_from([0, 1, 490, 70_000, 5_000_000_000, 1_000_000_000_000])), max_size=20).map(tuple),
)


def same_whichever_way(story: Story) -> None:
    assert the_long_way(story) == by_python_alone(story) == made(story, Ledger(0))


def followed(story: Story) -> None:
    folded, read = Ledger(0), Ledger(0)
    for offset, record in enumerate(story.records):
        folded.fold(offset, record)
        read.follow(offset, record)
    assert folded.dump() == read.dump()


def told_alike(story: Story) -> None:
    """What its node hears of an order, made of the record or of what it says."""
    quick = compiled.quick()
    for record in story.records:
        if quick and (found := quick.ordered(record, 3)):
            [told] = fulfil(decode_decision(record), 3)
            assert found[5] == msgspec.json.encode(told)


@fast
@given(placements)
def test_names_numbers_and_times_of_any_kind(order: PlaceOrder) -> None:
    story = begun()
    story.ask(order)

    same_whichever_way(story)
    followed(story)
    told_alike(story)


def spaced(command: dict[str, Any]) -> str:
    return json.dumps(command)


def escaped(command: dict[str, Any]) -> str:
    return json.dumps(command | {"number": "№ 7"}, separators=(",", ":"))


def turned(command: dict[str, Any]) -> str:
    return json.dumps(dict(reversed(command.items())), separators=(",", ":"))


def doubled(command: dict[str, Any]) -> str:
    return json.dumps(command, separators=(",", ":"))[:-1] + ',"number":"again"}'


def torn(command: dict[str, Any]) -> str:
    return json.dumps(command, separators=(",", ":"))[:-1]


def two(command: dict[str, Any]) -> str:
    return json.dumps(command, separators=(",", ":")) * 2


def with_a_fraction(command: dict[str, Any]) -> str:
    return json.dumps(command, separators=(",", ":")).replace('"updated_at":1', '"updated_at":1.0')


def with_a_zero_in_front(command: dict[str, Any]) -> str:
    return json.dumps(command, separators=(",", ":")).replace('"updated_at":1', '"updated_at":01')


def too_late(command: dict[str, Any]) -> str:
    return json.dumps(command | {"placed_at": 253_402_300_800_000}, separators=(",", ":"))


def of_another_key(command: dict[str, Any]) -> str:
    return json.dumps(command | {"order": "acme/web"}, separators=(",", ":"))


def of_too_many_units(command: dict[str, Any]) -> str:
    return json.dumps(command | {"lines": [["a", "TEA", MOST_UNITS + 1, 1, [["TEA", 1]]]]}, separators=(",", ":"))


def of_an_unknown_pool(command: dict[str, Any]) -> str:
    return json.dumps(command | {"pool": "south"}, separators=(",", ":"))


def without_a_cause(command: dict[str, Any]) -> str:
    return json.dumps(command | {"cause": ["", 0, 0, 0]}, separators=(",", ":"))


OTHERWISE = [
    *(spaced, escaped, turned, doubled, torn, two, with_a_fraction, with_a_zero_in_front),
    *(too_late, of_another_key, of_too_many_units, of_an_unknown_pool, without_a_cause),
]


@pytest.mark.parametrize("otherwise", OTHERWISE, ids=lambda made: made.__name__)
def test_a_command_that_is_not_written_as_ours_are(otherwise: Any) -> None:
    story = begun()
    command = json.loads(encode_command(placed(story)))
    story.send(otherwise(command).encode())

    same_whichever_way(story)


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_a_command_of_which_a_byte_is_no_utf_8(at: int) -> None:
    story = begun()
    command = bytearray(encode_command(placed(story)))
    command[at % len(command)] = 0xFF
    story.send(bytes(command))

    same_whichever_way(story)


def placed(story: Story) -> PlaceOrder:
    return PlaceOrder(
        channel="x",
        number="x",
        digest="x",
        currency="EUR",
        updated_at=1,
        placed_at=1,
        received_at=1,
        pool=POOL,
        cause=story.cause(),
        order="acme/web/1",
        shop="web",
        lines=(line("TEA", 2, "a"), line("CUP", 1, "b")),
    )


def test_an_order_delivered_again_in_any_state() -> None:
    story = begun()
    order = placed(story)
    again = msgspec.structs.replace
    story.ask(order)
    story.ask(again(order, cause=story.cause()))
    story.ship(story.fulfilment("1"))
    story.ask(again(order, cause=story.cause()))
    story.ask(again(order, cause=story.cause(), digest="y"))
    story.ask(again(order, cause=story.cause()))
    story.ask(again(order, cause=story.cause(), digest="y"))
    story.cancel("1", at=1)
    story.ask(again(order, cause=story.cause()))
    story.ask(again(order, cause=story.cause(), updated_at=0))

    same_whichever_way(story)
    followed(story)


def test_the_node_that_has_everything_may_be_far_behind() -> None:
    story = begun()
    for number in range(70):
        story.node(f"n{number:02}", priority=10 + number)
    for number, units in ((7, 9), (40, 9), (69, 99)):
        story.receive(f"n{number:02}", TEA=units, CUP=units if number > 7 else 1)
    for name in range(14):
        story.place(str(name), line("TEA", 4, "a"), line("CUP", 4, "b"))

    same_whichever_way(story)
    followed(story)


@pytest.mark.parametrize("lines_of", [23, 24, 25, 200])
def test_an_order_of_many_lines(lines_of: int) -> None:
    story = begun()
    stock: dict[str, Any] = {f"S{number}": 5 for number in range(lines_of)}
    story.receive("east", **stock)
    story.place("1", *(line(f"S{number}", 2, str(number)) for number in range(lines_of)))
    story.place("2", *(line(f"S{number}", 2, str(number)) for number in range(lines_of)), line("S0", 1, "again"))

    same_whichever_way(story)
    followed(story)


def test_a_record_that_would_be_too_long_goes_the_long_way() -> None:
    story = begun()
    quick, before = compiled.quick(), story.ledger.dump()
    command = encode_command(placed(story))
    if quick is None:
        pytest.skip("the compiled way was not built here: no C compiler, or no Python headers")

    assert quick.decide(story.ledger, len(story.commands), command, 600) is None
    assert story.ledger.dump() == before
    assert quick.decide(story.ledger, len(story.commands), command, MAX_RECORD) is not None


@pytest.mark.parametrize("about", [{"bills_in": "EUR", "freight": 490}, {"accept_minutes": 30}])
def test_a_node_that_is_paid_or_asked_for_it_is_decided_on_the_long_way(about: dict[str, Any]) -> None:
    story = begun()
    quick = compiled.quick()
    story.node("east", **about)
    story.node("west", priority=1)
    command = encode_command(placed(story))

    assert quick is None or quick.decide(story.ledger, len(story.commands), command, MAX_RECORD) is None
    story.place("1", line("TEA", 1, "a"))
    assert story.order("1").open_fulfilments[story.fulfilment("1")].node == "east"
    same_whichever_way(story)
    followed(story)


def test_an_order_with_postage_discounts_and_a_shipping_method_is_an_ordinary_one() -> None:
    story = begun()
    quick = compiled.quick()
    order = msgspec.structs.replace(placed(story), charges=490, paid=(("a", 1_900), ("b", 0)), shipping="Express")
    if quick is None:
        pytest.skip("the compiled way was not built here: no C compiler, or no Python headers")

    assert quick.decide(story.ledger, len(story.commands), encode_command(order), MAX_RECORD) is not None
