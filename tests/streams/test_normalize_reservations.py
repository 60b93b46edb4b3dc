"""Reservations told by shops become commands of one pool, or say clearly why not."""

import pytest

from connectors.contract import Millis, ReleaseDraft, ReservationDraft
from streams.commands import ReleaseReservation, ReserveUnits
from streams.rules.normalize_reservations import LONGEST_MS
from tests.streams.drafts import LATER, code, commands, line, order, outcome, placed, reference


def cart(*lines: tuple[str, int], expires_at: int = LATER + 900_000) -> ReservationDraft:
    return ReservationDraft(reservation="cart-7", expires_at=Millis(expires_at), lines=lines, region="CN-31")


def test_a_reservation_keeps_skus_under_a_name_that_no_other_shop_has() -> None:
    (command,) = commands(cart(("OOLONG", 2), ("GIFT-BOX", 1), ("POST", 1)))

    assert isinstance(command, ReserveUnits)
    assert (command.reservation, command.shop, command.region) == ("lin/tea/cart-7", "tea", "CN-31")
    assert command.lines == (("SKU-OOLONG", 4), ("SKU-CUP", 4))


def test_an_order_and_a_release_name_it_alike() -> None:
    (command,) = commands(ReleaseDraft(reservation="cart-7"))

    assert isinstance(command, ReleaseReservation)
    assert command.reservation == placed(order(line("1", "OOLONG"), reservation="cart-7")).reservation == "lin/tea/cart-7"


def test_an_order_without_one_names_none() -> None:
    assert placed(order(line("1", "OOLONG"))).reservation == ""


def test_a_listing_that_nobody_knows_is_left_to_the_pool_to_refuse() -> None:
    """It may be known when the same record is normalized again."""
    (command,) = commands(cart(("MYSTERY", 1), ("OOLONG", 1)))

    assert isinstance(command, ReserveUnits)
    assert (command.lines, command.unknown) == ((("SKU-OOLONG", 1),), ("MYSTERY",))


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (cart(("POST", 1)), "no_goods"),
        (cart(("OOLONG", 0)), "bad_quantity"),
        (cart(("OOLONG", 999_999_999), ("GIFT-BOX", 999_999)), "bad_quantity"),
        (cart(("OOLONG", 1), expires_at=LATER + LONGEST_MS + 1), "bad_time"),
    ],
)
def test_what_cannot_be_kept_says_why(draft: ReservationDraft, expected: str) -> None:
    assert code(outcome(draft)) == expected


def test_an_unknown_listing_is_kept_as_sku_where_the_shop_says_so() -> None:
    (command,) = commands(cart(("MYSTERY", 1)), known=reference("as_sku"))

    assert isinstance(command, ReserveUnits)
    assert command.lines == (("MYSTERY", 1),)
