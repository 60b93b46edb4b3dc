"""What is wanted of an order: lines, bundles and repetitions add up to the same, however they are written."""

from hypothesis import given
from hypothesis import strategies as st

from streams.rules.rebalance import all_of
from tables.events import OrderLine, Row
from tables.orders import Order, demand

PARTS = st.lists(st.tuples(st.sampled_from(["TEA", "POT", "CUP"]), st.integers(1, 3)), max_size=3).map(tuple)
LINES = st.lists(
    st.builds(OrderLine, line=st.sampled_from("1234"), listing=st.just("L"), quantity=st.integers(0, 4), price=st.just(100), parts=PARTS),
    max_size=6,
).map(tuple)


@given(LINES)
def test_all_of_an_order_is_what_its_lines_demand(lines: tuple[OrderLine, ...]) -> None:
    order = Order(revision=1, lines=lines)

    assert all_of(order) == tuple(Row(line, sku, units) for (line, sku), units in demand(lines, None).items())


@given(LINES, st.integers(1, 4))
def test_what_was_refunded_is_not_wanted(lines: tuple[OrderLine, ...], units: int) -> None:
    refunds = {"R": tuple((line.line, units) for line in lines[:1])}
    wanted = {(row.line, row.sku): row.quantity for row in all_of(Order(revision=1, lines=lines, reductions=refunds))}

    assert wanted == demand(lines, refunds)


@given(LINES)
def test_nothing_is_wanted_of_an_order_that_is_held_or_over(lines: tuple[OrderLine, ...]) -> None:
    assert not all_of(Order(revision=1, lines=lines, holds=("payment",)))
    assert not all_of(Order(revision=1, lines=lines, cancelled=True))
    assert not all_of(Order(revision=1, lines=lines, rejected=True))
