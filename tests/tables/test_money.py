"""Money divides to the cent: parts add up, and no part is off by a unit from its share."""

from hypothesis import given
from hypothesis import strategies as st

from tables.events import OrderLine
from tables.money import discounted, paid_for, part_of, shares

AMOUNTS = st.integers(0, 10**12)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12)


def test_the_cents_that_are_left_go_to_the_largest_remainders() -> None:
    assert shares(100, [1, 1, 1]) == [34, 33, 33]
    assert shares(1_000, [4_950, 990]) == [833, 167]
    assert shares(5, [0, 2, 2, 0]) == [0, 3, 2, 0]


def test_where_nothing_weighs_anything_the_first_takes_all() -> None:
    assert shares(7, [0, 0]) == [7, 0]


@given(AMOUNTS, WEIGHTS)
def test_shares_add_up_and_none_is_a_whole_unit_off(amount: int, weights: list[int]) -> None:
    parts = shares(amount, weights)
    assert sum(parts) == amount
    if whole := sum(weights):
        assert all(abs(part * whole - amount * weight) < whole for part, weight in zip(parts, weights, strict=True))


@given(AMOUNTS, st.integers(1, 1_000), st.data())
def test_units_cost_the_same_however_they_are_taken(amount: int, units: int, data: st.DataObject) -> None:
    """What is left after some of them, divided anew, gives what one division gave."""
    first = data.draw(st.integers(0, units))
    more = data.draw(st.integers(0, units - first))
    together = part_of(amount, first + more, units)
    rest = amount - part_of(amount, first, units)
    assert part_of(amount, first, units) + (part_of(rest, more, units - first) if units > first else 0) == together
    assert part_of(amount, units, units) == amount


PRICED = st.builds(OrderLine, st.uuids().map(str), st.just("TEA"), st.integers(1, 50), st.integers(-5, 5_000))
LINES = st.lists(PRICED, min_size=1, max_size=8)


@given(LINES, st.integers(0, 100_000), st.data())
def test_an_orders_discount_comes_off_its_lines_whole_and_none_is_paid_less_than_nothing_for(
    lines: list[OrderLine], off: int, data: st.DataObject
) -> None:
    own = {line.line: data.draw(st.integers(0, 3_000)) for line in lines[::2]}
    paid = paid_for(lines, discounted(lines, own, off))
    net = {line.line: max(0, max(0, line.quantity * line.price) - own.get(line.line, 0)) for line in lines}
    assert sum(paid.values()) == max(0, sum(net.values()) - off)
    assert all(0 <= paid[name] <= net[name] for name in net)
