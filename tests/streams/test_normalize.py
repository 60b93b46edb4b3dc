"""Raw records become commands of one pool, or say clearly why not."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import (
    CancelDraft,
    Channel,
    CountDraft,
    Draft,
    Fetch,
    Ignored,
    LineDraft,
    Millis,
    MoveDraft,
    OrderDraft,
    Parsed,
    Person,
    Polled,
    RawRecord,
    ReceiptDraft,
    Received,
    Reduction,
    ReductionDraft,
    Refusal,
    Rejected,
    RejectionDraft,
    ShipmentDraft,
    ShopRef,
    StockLine,
    Webhook,
)
from streams.commands import (
    AnyCommand,
    CancelOrder,
    ConfirmShipment,
    CountStock,
    MoveStock,
    PlaceOrder,
    ReceiveStock,
    ReduceOrder,
    RejectFulfilment,
    encode_command,
)
from streams.reference import ListingRecord, NodeRecord, Reference, ShopRecord
from streams.rules.normalize import normalize
from streams.rules.normalize_bounds import MOST_UNITS
from tables.events import OrderLine

CAUSE = ("raw", 3, 77)
NOON, LATER = Millis(1_760_000_000_000), Millis(1_760_000_060_000)


class Says:
    """A channel that parses every record to the same."""

    name = "paper"
    polls = False

    def __init__(self, parsed: Parsed | Exception) -> None:
        self.parsed = parsed

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        raise NotImplementedError

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        if isinstance(self.parsed, Exception):
            raise self.parsed
        return self.parsed

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        raise NotImplementedError


def reference(unknown_listing: str = "hold") -> Reference:
    known = Reference()
    tea = ShopRef(tenant="lin", shop="tea", channel="paper", pool="east")
    known.apply(ShopRecord(ref=tea, unknown_listing=unknown_listing, non_goods=("POST",)))
    known.apply(ListingRecord(shop="tea", listing="OOLONG", parts=(("SKU-OOLONG", 1),)))
    known.apply(ListingRecord(shop="tea", listing="variant-7", parts=(("SKU-JADE", 1),)))
    known.apply(ListingRecord(shop="tea", listing="GIFT-BOX", parts=(("SKU-OOLONG", 2), ("SKU-CUP", 4))))
    known.apply(ListingRecord(shop="tea", listing="GIFT-CARD", parts=()))
    known.apply(NodeRecord(node="shanghai", pool="east"))
    known.apply(NodeRecord(node="ningbo", pool="east"))
    known.apply(NodeRecord(node="chengdu", pool="west"))
    return known


def raw(shop: str = "tea", channel: str = "paper") -> RawRecord:
    return RawRecord(
        tenant="lin", shop=shop, channel=channel, kind="order", external_id="1001", delivery_id="d-1", received_at=LATER, body=b"{}"
    )


def line(number: str, *listings: str, quantity: int = 1, price: int = 500, goods: bool = True) -> LineDraft:
    return LineDraft(line=number, listings=listings, quantity=quantity, price=price, goods=goods)


def order(*lines: LineDraft, **fields: object) -> OrderDraft:
    plain = OrderDraft(order="1001", number="#1001", updated_at=NOON, placed_at=NOON, currency="CNY", lines=lines)
    return msgspec.structs.replace(plain, **fields)


def outcome(
    *drafts: Draft, known: Reference | None = None, parsed: Parsed | Exception | None = None, record: RawRecord | None = None
) -> tuple[AnyCommand, ...] | Ignored | Rejected:
    channels: dict[str, Channel] = {"paper": Says(drafts if parsed is None else parsed)}
    return normalize(record or raw(), CAUSE, known or reference(), channels, lambda person: f"sealed {len(person.name)}")


def commands(*drafts: Draft, known: Reference | None = None) -> tuple[AnyCommand, ...]:
    made = outcome(*drafts, known=known)
    assert isinstance(made, tuple), made
    return made


def placed(draft: OrderDraft, known: Reference | None = None) -> PlaceOrder:
    (command,) = commands(draft, known=known)
    assert isinstance(command, PlaceOrder)
    return command


def code(answer: tuple[AnyCommand, ...] | Ignored | Rejected) -> str:
    assert isinstance(answer, Ignored | Rejected), answer
    assert answer.sentence.endswith("."), "a person reads it"
    return answer.code


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


# ------------------------------------------------------------------------------------------------ stock
def lots(*units: tuple[str, int]) -> tuple[StockLine, ...]:
    return tuple(StockLine(sku=sku, quantity=quantity) for sku, quantity in units)


def test_stock_documents_become_commands_of_the_pool_that_name_their_source() -> None:
    made = commands(
        CountDraft(document="C1", node="shanghai", counted_at=NOON, lines=lots(("A", 0), ("B", 7))),
        ReceiptDraft(document="R1", node="ningbo", received_at=NOON, lines=lots(("A", 5))),
        MoveDraft(
            document="M1", node="shanghai", to_node="", from_bucket="on_hand", to_bucket="damaged", moved_at=NOON, lines=lots(("A", 1))
        ),
        ShipmentDraft(document="S1", fulfilment="f-1", shipped_at=NOON, carrier="SF", tracking="SF123"),
        RejectionDraft(document="J1", fulfilment="f-2", reason="short"),
    )
    assert made == (
        CountStock(pool="east", cause=(*CAUSE, 0), document="tea/C1", node="shanghai", counted_at=NOON, lines=(("A", 0), ("B", 7))),
        ReceiveStock(pool="east", cause=(*CAUSE, 1), document="tea/R1", node="ningbo", at=NOON, lines=(("A", 5),)),
        MoveStock(
            pool="east",
            cause=(*CAUSE, 2),
            document="tea/M1",
            node="shanghai",
            to_node="shanghai",
            from_bucket="on_hand",
            to_bucket="damaged",
            at=NOON,
            lines=(("A", 1),),
        ),
        ConfirmShipment(
            pool="east", cause=(*CAUSE, 3), document="tea/S1", fulfilment="f-1", shipped_at=NOON, carrier="SF", tracking="SF123"
        ),
        RejectFulfilment(pool="east", cause=(*CAUSE, 4), document="tea/J1", fulfilment="f-2", reason="short"),
    )


def test_a_count_for_an_unknown_node_is_rejected() -> None:
    assert code(outcome(CountDraft(document="C1", node="atlantis", counted_at=NOON, lines=lots(("A", 1))))) == "unknown_node"
    assert code(outcome(CountDraft(document="C1", node="", counted_at=NOON, lines=lots(("A", 1))))) == "unknown_node"


def test_stock_of_another_pools_node_is_not_for_this_shop_to_change() -> None:
    assert code(outcome(ReceiptDraft(document="R1", node="chengdu", received_at=NOON, lines=lots(("A", 1))))) == "unknown_node"
    move = MoveDraft(
        document="M1", node="shanghai", to_node="chengdu", from_bucket="on_hand", to_bucket="on_hand", moved_at=NOON, lines=lots(("A", 1))
    )
    assert code(outcome(move)) == "unknown_node"


def test_a_count_of_several_lots_of_a_sku_counts_them_together() -> None:
    (command,) = commands(CountDraft(document="C1", node="shanghai", counted_at=NOON, lines=lots(("A", 2), ("B", 1), ("A", 3))))
    assert isinstance(command, CountStock)
    assert command.lines == (("A", 5), ("B", 1))


def test_a_document_of_2000_lines_is_split_into_parts_of_500_that_each_have_a_name() -> None:
    lines = lots(*((f"SKU-{number:04}", number) for number in range(2_000)))
    made = commands(CountDraft(document="C1", node="shanghai", counted_at=NOON, lines=lines))
    parts = [command for command in made if isinstance(command, CountStock)]
    assert [part.document for part in parts] == ["tea/C1", "tea/C1#2", "tea/C1#3", "tea/C1#4"]
    assert [part.cause for part in parts] == [(*CAUSE, ordinal) for ordinal in range(4)]
    assert [len(part.lines) for part in parts] == [500] * 4
    assert [row for part in parts for row in part.lines] == [(line.sku, line.quantity) for line in lines]


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(st.text("AB#/", max_size=4), st.sampled_from([1, 501, 1001])), min_size=2, max_size=4, unique_by=lambda it: it[0])
)
def test_no_part_of_a_document_is_called_like_another_document(documents: list[tuple[str, int]]) -> None:
    names = [
        command.document
        for document, size in documents
        for command in commands(
            ReceiptDraft(document=document, node="ningbo", received_at=NOON, lines=lots(*((f"S{n}", 1) for n in range(size))))
        )
        if isinstance(command, ReceiveStock)
    ]
    assert len(set(names)) == len(names)


def test_a_document_without_lines_is_of_no_interest() -> None:
    assert code(outcome(ReceiptDraft(document="R1", node="ningbo", received_at=NOON, lines=()))) == "no_lines"


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
