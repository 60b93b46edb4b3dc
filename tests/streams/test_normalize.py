"""Raw records become commands of one pool, or say clearly why not: orders, and what cannot be used."""

import msgspec
import pytest

from connectors.contract import (
    CancelDraft,
    CountDraft,
    Ignored,
    Millis,
    OrderDraft,
    Person,
    ReceiptDraft,
    Reduction,
    ReductionDraft,
    Rejected,
    ShipmentDraft,
)
from streams.commands import (
    CancelOrder,
    ReduceOrder,
    encode_command,
)
from streams.reference import ListingRecord
from streams.rules.normalize import normalize
from streams.rules.normalize_bounds import MOST_UNITS
from tables.events import OrderLine
from tests.streams.drafts import CAUSE, LATER, NOON, code, commands, line, lots, order, outcome, placed, raw, reference


# ------------------------------------------------------------------------------------------------ orders
def test_an_order_goes_to_the_pool_of_its_shop_under_a_key_that_no_other_shop_has() -> None:
    command = placed(order(line("1", "OOLONG", quantity=3), region="CN-31", priority=2, holds=("payment",)))
    assert (command.pool, command.order, command.shop, command.channel) == ("east", "lin/tea/1001", "tea", "paper")
    assert command.lines == (OrderLine("1", "OOLONG", 3, 500, (("SKU-OOLONG", 1),)),)
    assert (command.number, command.updated_at, command.received_at, command.currency) == ("#1001", NOON, LATER, "CNY")
    assert (command.region, command.priority, command.holds) == ("CN-31", 2, ("payment",))


def test_the_first_of_a_lines_names_that_is_listed_counts() -> None:
    command = placed(order(line("1", "no-such-sku", "variant-7", "OOLONG")))
    assert command.lines[0].parts == (("SKU-JADE", 1),)


def test_a_bundle_carries_its_parts_per_unit_of_the_line() -> None:
    command = placed(order(line("1", "GIFT-BOX", quantity=3)))
    assert command.lines[0].quantity == 3
    assert command.lines[0].parts == (("SKU-OOLONG", 2), ("SKU-CUP", 4))


def test_a_listing_of_another_shop_is_not_ours() -> None:
    known = reference()
    known.apply(ListingRecord(shop="coffee", listing="MOCHA", parts=(("SKU-MOCHA", 1),)))
    assert placed(order(line("1", "MOCHA")), known).lines[0].parts == ()


def test_an_unknown_listing_is_held_where_the_shop_says_hold() -> None:
    command = placed(order(line("1", "MYSTERY", "v-9"), line("2", "OOLONG")))
    assert [(row.listing, row.parts) for row in command.lines] == [("MYSTERY", ()), ("OOLONG", (("SKU-OOLONG", 1),))]


def test_an_unknown_listing_is_taken_as_sku_where_the_shop_says_so() -> None:
    assert placed(order(line("1", "MYSTERY", "v-9")), reference("as_sku")).lines[0].parts == (("MYSTERY", 1),)


def test_a_line_without_any_name_is_held_whatever_the_shop_says() -> None:
    assert placed(order(line("1")), reference("as_sku")).lines[0].parts == ()


def test_postage_fees_and_gift_cards_never_reach_allocation() -> None:
    fee, postage, card = line("2", "OOLONG", goods=False), line("3", "x", "POST"), line("4", "GIFT-CARD")
    assert [row.line for row in placed(order(line("1", "OOLONG"), fee, postage, card)).lines] == ["1"]


def test_an_order_of_nothing_but_postage_is_of_no_interest() -> None:
    assert code(outcome(order(line("1", "POST")))) == "no_goods"


def test_the_refunds_a_payload_tells_of_are_carried() -> None:
    told = Reduction(id="refund-5", lines=(("1", 2),))
    assert placed(order(line("1", "OOLONG", quantity=3), reductions=(told,))).reductions == (("refund-5", (("1", 2),)),)


def test_a_recipient_leaves_only_sealed() -> None:
    person = Person(name="Wu Tai", phone="+86 137 0000 4040", email="wu@example.com", street=("Jade Road 8",), city="Suzhou")
    command = placed(order(line("1", "OOLONG"), recipient=person))
    assert command.sealed == "sealed 6"
    written = encode_command(command).decode()
    assert not [word for word in ("Wu Tai", "4040", "example.com", "Jade", "Suzhou") if word in written]


def test_the_digest_names_the_content_and_nothing_else() -> None:
    def told(draft: OrderDraft) -> str:
        return placed(draft).digest

    first = order(line("1", "OOLONG"))
    assert told(first) == told(order(line("1", "OOLONG")))
    changes = (
        order(line("1", "OOLONG", quantity=2)),
        order(line("1", "OOLONG"), holds=("fraud",)),
        order(line("1", "OOLONG"), recipient=Person(city="Suzhou")),
    )
    assert len({told(first), *map(told, changes)}) == 4


def test_the_digest_does_not_change_when_listings_become_known() -> None:
    draft, known = order(line("1", "MYSTERY")), reference()
    before = placed(draft, known)
    known.apply(ListingRecord(shop="tea", listing="MYSTERY", parts=(("SKU-M", 1),)))
    assert placed(draft, known).digest == before.digest


def test_the_digest_of_an_order_stays_what_it_was_in_earlier_releases() -> None:
    assert placed(order(line("1", "OOLONG"))).digest == "3d9ff1901c95a75a"


def test_a_cancel_names_the_order_and_when() -> None:
    (command,) = commands(CancelDraft(order="1001", updated_at=LATER, reason="customer"))
    assert isinstance(command, CancelOrder)
    assert (command.pool, command.order, command.shop, command.updated_at, command.reason) == (
        "east",
        "lin/tea/1001",
        "tea",
        LATER,
        "customer",
    )


def test_a_refund_told_on_its_own_reduces_the_order() -> None:
    (command,) = commands(ReductionDraft(order="1001", reduction=Reduction(id="r-1", lines=(("1", 2),))))
    assert command == ReduceOrder(pool="east", cause=(*CAUSE, 0), order="lin/tea/1001", shop="tea", reduction="r-1", lines=(("1", 2),))


# ------------------------------------------------------------------------------------------------ what cannot be used
def test_a_record_of_an_unknown_shop_is_rejected() -> None:
    assert code(outcome(order(line("1", "OOLONG")), record=raw(shop="ghost"))) == "unknown_shop"


def test_a_record_that_came_through_another_channel_than_its_shops_is_rejected() -> None:
    assert code(outcome(order(line("1", "OOLONG")), record=raw(channel="fax"))) == "wrong_channel"


def test_a_channel_that_is_not_in_this_version_is_rejected() -> None:
    answer = normalize(raw(), CAUSE, reference(), {}, lambda _: "")
    assert code(answer) == "unknown_channel"


def test_what_the_channel_refuses_or_ignores_stays_so() -> None:
    assert outcome(parsed=Rejected("bad_currency", "No currency is called XXQ.")) == Rejected("bad_currency", "No currency is called XXQ.")
    assert outcome(parsed=Ignored("draft", "A draft order.")) == Ignored("draft", "A draft order.")


def test_a_channel_that_raises_does_not_stop_the_others_and_quotes_nobody() -> None:
    answer = outcome(parsed=KeyError("Wu Tai, Jade Road 8"))
    assert code(answer) == "channel_error"
    assert isinstance(answer, Rejected)
    assert "Wu Tai" not in answer.sentence
    assert "KeyError" in answer.sentence


def test_a_record_that_says_nothing_is_ignored() -> None:
    assert code(outcome(parsed=())) == "empty"


def test_a_record_is_taken_as_a_whole_or_not_at_all() -> None:
    good = order(line("1", "OOLONG"))
    assert code(outcome(good, CountDraft(document="C1", node="atlantis", counted_at=NOON, lines=lots(("A", 1))))) == "unknown_node"


def test_what_is_of_no_interest_does_not_hide_the_rest_of_a_record() -> None:
    made = commands(order(line("1", "POST")), order(line("1", "OOLONG"), order="1002"))
    assert [command.cause for command in made] == [(*CAUSE, 0)]


@pytest.mark.parametrize("quantity", [0, -1, MOST_UNITS + 1, 10**40])
def test_no_quantity_that_is_not_a_sane_number_of_units_reaches_the_pool(quantity: int) -> None:
    bad = lots(("A", quantity))
    assert code(outcome(order(line("1", "OOLONG", quantity=quantity)))) == "bad_quantity"
    assert code(outcome(ReceiptDraft(document="R1", node="ningbo", received_at=NOON, lines=bad))) == "bad_quantity"
    assert code(outcome(ShipmentDraft(document="S1", fulfilment="f-1", shipped_at=NOON, lines=bad))) == "bad_quantity"


@pytest.mark.parametrize("units", [-1, 10**40])
def test_a_refund_never_adds_units(units: int) -> None:
    odd = Reduction(id="r-1", lines=(("1", units),))
    assert code(outcome(ReductionDraft(order="1001", reduction=odd))) == "bad_quantity"
    assert code(outcome(order(line("1", "OOLONG"), reductions=(odd,)))) == "bad_quantity"


def test_a_count_may_be_zero_but_not_less() -> None:
    assert code(outcome(CountDraft(document="C1", node="shanghai", counted_at=NOON, lines=lots(("A", -1))))) == "bad_quantity"


def test_a_price_beyond_all_money_is_rejected() -> None:
    assert code(outcome(order(line("1", "OOLONG", price=10**30)))) == "bad_price"


@pytest.mark.parametrize("at", [-1, 10**18])
def test_a_time_beyond_the_calendar_is_rejected(at: int) -> None:
    assert code(outcome(order(line("1", "OOLONG"), updated_at=at))) == "bad_time"
    assert code(outcome(CountDraft(document="C1", node="shanghai", counted_at=Millis(at), lines=lots(("A", 1))))) == "bad_time"


def test_an_order_that_uses_a_line_id_twice_is_rejected() -> None:
    assert code(outcome(order(line("1", "OOLONG"), line("1", "GIFT-BOX")))) == "repeated_line"


def test_the_same_sku_may_stand_on_several_lines() -> None:
    assert [row.line for row in placed(order(line("1", "OOLONG"), line("2", "OOLONG"))).lines] == ["1", "2"]


@pytest.mark.parametrize("name", ["Zerlina Quaxworthy", "zerlina@quaxworthy.example", "+447700900777", "x" * 65, "a\nb"])
def test_what_may_be_a_persons_is_in_no_sentence(name: str) -> None:
    """Somebody puts a name where the number of an order belongs."""
    found = outcome(msgspec.structs.replace(order(line("1", "OOLONG", quantity=0)), number=name))
    assert isinstance(found, Rejected)
    assert found.sentence == f"Line 1 of order … must order 1 to {MOST_UNITS} units."
    stranger = normalize(msgspec.structs.replace(raw(), shop=name), CAUSE, reference(), {}, lambda person: "")
    assert isinstance(stranger, Rejected)
    assert stranger.sentence == "No shop is called '…': import it, then replay this record."


@pytest.mark.parametrize("name", ["", "x" * 501, "茶" * 400 * 4])
def test_a_record_of_something_without_a_usable_name_is_rejected(name: str) -> None:
    found = normalize(msgspec.structs.replace(raw(), external_id=name), CAUSE, reference(), {}, lambda person: "")
    assert isinstance(found, Rejected)
    assert found.code == "malformed_record"
