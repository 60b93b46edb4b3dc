"""A supplier's bill is paid when order, shipment and bill agree, or a person answers for it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.events import BillSettled, Duplicate, Refused
from tables.policy import Tolerance
from tests.story import Story, line, of_type
from tests.streams.drop_shipping import bill, differences, ordered, purchase, settle_bill, shipped, with_supplier
from tests.streams.histories import fast
from tests.streams.logs import Logs


# ---------------------------------------------------------------------------------------------- the bill
def test_a_bill_that_says_what_was_ordered_and_shipped_is_approved() -> None:
    story = with_supplier()
    name = shipped(story)

    assert differences(story, name, ("CUP", 3, 700), freight=490) == []
    assert purchase(story, "1").state == "approved"


def test_a_supplier_that_wants_less_gets_less() -> None:
    story = with_supplier()
    assert differences(story, shipped(story), ("CUP", 3, 650)) == []


@pytest.mark.parametrize(
    ("lines", "about", "expected"),
    [
        ([("CUP", 3, 701)], {}, ("price", "CUP", 700, 701)),
        ([("CUP", 4, 700)], {}, ("not_shipped", "CUP", 3, 4)),
        ([("CUP", 2, 700), ("CUP", 2, 700)], {}, ("not_shipped", "CUP", 1, 2)),
        ([("TEA", 1, 700)], {}, ("not_ordered", "TEA", 0, 1)),
        ([("CUP", 3, 700)], {"freight": 491}, ("freight", "", 490, 491)),
        ([("CUP", 3, 700)], {"currency": "USD"}, ("currency", "", 0, 0)),
    ],
)
def test_a_bill_that_differs_is_disputed_line_by_line(lines: list[tuple[str, int, int]], about: Any, expected: tuple[Any, ...]) -> None:
    story = with_supplier()
    assert differences(story, shipped(story), *lines, **about) == [expected]
    assert purchase(story, "1").state == "disputed"


def test_what_has_no_agreed_price_waits_for_a_person() -> None:
    story = with_supplier()
    name = ordered(story, line("KETTLE", 1))
    story.ship(name)

    assert differences(story, name, ("KETTLE", 1, 2_500)) == [("no_cost", "KETTLE", 0, 2_500)]


@pytest.mark.parametrize(
    ("tolerance", "price", "approved"),
    [
        (Tolerance(basis_points=100), 707, True),
        (Tolerance(basis_points=100), 708, False),
        (Tolerance(minor_units=10), 710, True),
        (Tolerance(minor_units=10), 711, False),
        (Tolerance(basis_points=100, minor_units=10), 710, True),
    ],
)
def test_the_policy_says_how_much_dearer_it_may_be(tolerance: Tolerance, price: int, approved: bool) -> None:
    story = with_supplier(tolerance)
    assert (differences(story, shipped(story), ("CUP", 3, price)) == []) == approved


def test_what_was_billed_is_not_billed_again_under_another_number() -> None:
    story = with_supplier()
    name = shipped(story)
    bill(story, "INV-1", name, ("CUP", 2, 700), freight=490)

    assert differences(story, name, ("CUP", 3, 700), freight=1) == [("not_shipped", "CUP", 1, 3), ("freight", "", 490, 1)]


def test_a_bill_sent_again_is_the_same_bill() -> None:
    story = with_supplier()
    name = shipped(story)
    bill(story, "INV-1", name, ("CUP", 3, 700))

    assert of_type(bill(story, "INV-1", name, ("CUP", 3, 700)), Duplicate) == [Duplicate(of="INV-1")]
    assert [refused.code for refused in of_type(bill(story, "INV-1", name, ("CUP", 3, 690)), Refused)] == ["number_used"]


def test_a_bill_of_what_was_never_bought_is_refused() -> None:
    story = with_supplier()
    assert [refused.code for refused in of_type(bill(story, "INV-1", "Fnever", ("CUP", 1, 1)), Refused)] == ["unknown_purchase"]


def test_a_bill_beyond_all_reason_is_refused() -> None:
    story = with_supplier()
    refused = of_type(bill(story, "INV-1", shipped(story), ("CUP", 1_000_000_000, 10**12)), Refused)
    assert [found.code for found in refused] == ["too_much"]


def test_a_bill_that_comes_before_the_shipment_is_approved_with_it() -> None:
    story = with_supplier()
    name = ordered(story)
    assert differences(story, name, ("CUP", 3, 700)) == [("not_shipped", "CUP", 0, 3)]
    story.ship(name, ("CUP", 1))
    assert purchase(story, "1").state == "disputed"

    [settled] = of_type(story.ship(name), BillSettled)
    assert (settled.verdict, settled.payable, settled.by) == ("approved", 2_100, "")
    assert purchase(story, "1").state == "approved"


def test_two_bills_that_come_before_the_shipment_are_not_both_approved() -> None:
    story = with_supplier()
    name = ordered(story)
    for document in ("INV-1", "INV-2"):
        bill(story, document, name, ("CUP", 3, 700))

    assert [settled.document for settled in of_type(story.ship(name), BillSettled)] == ["INV-1"]


# ---------------------------------------------------------------------------------------------- a person
def test_a_person_answers_for_a_disputed_bill() -> None:
    story = with_supplier()
    name = shipped(story)
    bill(story, "INV-1", name, ("CUP", 3, 900))

    [settled] = of_type(settle_bill(story, "INV-1", name), BillSettled)
    assert (settled.verdict, settled.payable, settled.by) == ("approved", 2_700, "mei")
    assert of_type(settle_bill(story, "INV-1", name), Duplicate)
    assert [refused.code for refused in of_type(settle_bill(story, "INV-1", name, "rejected"), Refused)] == ["settled_before"]


def test_a_rejected_bill_makes_room_for_the_right_one() -> None:
    story = with_supplier()
    name = shipped(story)
    bill(story, "INV-1", name, ("CUP", 3, 900))
    [settled] = of_type(settle_bill(story, "INV-1", name, "rejected"), BillSettled)

    assert settled.payable == 0
    assert differences(story, name, ("CUP", 3, 700)) == []
    assert purchase(story, "1").state == "approved"


def test_a_bill_that_nobody_sent_is_not_settled() -> None:
    story = with_supplier()
    assert [refused.code for refused in of_type(settle_bill(story, "INV-9", shipped(story)), Refused)] == ["unknown_bill"]


# ---------------------------------------------------------------------------------------------- whatever happens
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ship"), st.sampled_from(["CUP", "POT"]), st.integers(1, 3)),
        st.tuples(
            st.just("bill"), st.integers(1, 4), st.sampled_from(["CUP", "POT"]), st.integers(1, 3), st.sampled_from([690, 700, 707, 1_950])
        ),
        st.tuples(st.just("settle"), st.integers(1, 4), st.sampled_from(["approved", "rejected"])),
        st.tuples(st.just("return"), st.sampled_from(["CUP", "POT"]), st.integers(1, 2)),
        st.tuples(st.just("refuse")),
    ),
    max_size=25,
)


def played(steps: list[tuple[Any, ...]]) -> tuple[Story, str]:
    story = with_supplier(Tolerance(basis_points=100))
    name = ordered(story, line("CUP", 4), line("POT", 3))
    for number, step in enumerate(steps):
        match step:
            case ("ship", sku, units):
                story.ship(name, (sku, units), document=f"S-{number}")
            case ("bill", document, sku, units, price):
                bill(story, f"INV-{document}", name, (sku, units, price), freight=100)
            case ("settle", document, verdict):
                settle_bill(story, f"INV-{document}", name, verdict)
            case ("return", sku, units):
                story.take_back("1", (sku, sku, units), node="attic")
            case _:
                story.refuse(name)
    return story, name


@fast
@given(STEPS)
def test_no_more_is_approved_than_was_shipped_at_the_agreed_costs(steps: list[tuple[Any, ...]]) -> None:
    """Unless a person answers for it."""
    story, _ = played(steps)
    events = [event for decision in Logs(story).decisions for event in decision.events]
    by_person = {event.document for event in events if isinstance(event, BillSettled) and event.by}
    bought = purchase(story, "1")
    approved = sum(known.total for document, known in bought.bills.items() if known.verdict == "approved" and document not in by_person)
    worth = sum(row.quantity * {"CUP": 707, "POT": 1_919}[row.sku] for row in bought.shipped)

    assert approved <= worth + 494


@fast
@given(STEPS)
def test_whatever_happens_to_a_purchase_the_checker_finds_nothing(steps: list[tuple[Any, ...]]) -> None:
    story, _ = played(steps)
    assert Logs(story).check().violations == ()
