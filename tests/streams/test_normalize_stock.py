"""Stock documents become commands of one pool that name their source, or say clearly why not."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import (
    ChangeDraft,
    CountDraft,
    Millis,
    MoveDraft,
    ReceiptDraft,
    RejectionDraft,
    ReturnDraft,
    ReturnLine,
    ShipmentDraft,
    ShopRef,
    SupplyDraft,
)
from streams.commands import (
    AnnounceSupply,
    ChangeStock,
    ConfirmShipment,
    CountStock,
    MoveStock,
    ReceiveStock,
    RejectFulfilment,
    ReturnStock,
)
from streams.reference import ShopRecord
from tests.streams.drafts import CAUSE, NOON, code, commands, lots, outcome, reference


def test_stock_documents_become_commands_of_the_pool_that_name_their_source() -> None:
    made = commands(
        CountDraft(document="C1", node="shanghai", counted_at=NOON, lines=lots(("A", 0), ("B", 7))),
        ReceiptDraft(document="R1", node="ningbo", received_at=NOON, lines=lots(("A", 5))),
        MoveDraft(
            document="M1", node="shanghai", to_node="", from_bucket="on_hand", to_bucket="damaged", moved_at=NOON, lines=lots(("A", 1))
        ),
        ShipmentDraft(document="S1", fulfilment="f-1", shipped_at=NOON, carrier="SF", tracking="SF123"),
        RejectionDraft(document="J1", fulfilment="f-2", reason="short"),
        RejectionDraft(document="J2", fulfilment="f-3", reason="short", lines=lots(("A", 1), ("A", 2))),
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
        RejectFulfilment(pool="east", cause=(*CAUSE, 5), document="tea/J2", fulfilment="f-3", reason="short", lines=(("A", 3),)),
    )


LATER = Millis(NOON + 86_400_000)
RETURN = ReturnDraft(
    document="RT1", shop="tea", order="1001", node="ningbo", returned_at=NOON, lines=(ReturnLine(sku="A", quantity=1, line="7"),)
)


def test_a_return_names_the_order_by_its_shop_and_sums_the_units_of_a_line() -> None:
    lines = tuple(ReturnLine(sku=sku, quantity=1, line=line) for line, sku in (("7", "A"), ("", "A"), ("7", "A"), ("7", "B")))
    assert commands(msgspec.structs.replace(RETURN, lines=lines)) == (
        ReturnStock(
            pool="east",
            cause=(*CAUSE, 0),
            document="tea/RT1",
            order="lin/tea/1001",
            node="ningbo",
            returned_at=NOON,
            lines=(("7", "A", 2), ("", "A", 1), ("7", "B", 1)),
        ),
    )


def test_a_return_to_a_shop_or_a_node_of_another_pool_is_rejected() -> None:
    known = reference()
    known.apply(ShopRecord(ref=ShopRef(tenant="lin", shop="hotpot", channel="paper", pool="west")))
    for shop in ("hotpot", "nobody"):
        assert code(outcome(msgspec.structs.replace(RETURN, shop=shop), known=known)) == "unknown_shop"
    assert code(outcome(msgspec.structs.replace(RETURN, node="chengdu"))) == "unknown_node"
    assert code(outcome(msgspec.structs.replace(RETURN, returned_at=Millis(-1)))) == "bad_time"
    assert code(outcome(msgspec.structs.replace(RETURN, lines=(ReturnLine(sku="A", quantity=0),)))) == "bad_quantity"


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


def test_what_was_found_and_lost_of_a_sku_is_summed_and_nothing_is_no_change() -> None:
    told = ChangeDraft(document="V1", node="shanghai", changed_at=NOON, reason="lost", lines=lots(("A", 2), ("B", -1), ("A", -2)))
    (command,) = commands(told)
    assert isinstance(command, ChangeStock)
    assert (command.document, command.lines, command.reason) == ("tea/V1", (("B", -1),), "lost")
    assert code(outcome(msgspec.structs.replace(told, lines=lots(("A", 1), ("A", -1))))) == "no_lines"
    assert code(outcome(msgspec.structs.replace(told, lines=lots(("A", -2_000_000_000))))) == "bad_quantity"
    assert code(outcome(msgspec.structs.replace(told, node="chengdu"))) == "unknown_node"
    assert code(outcome(msgspec.structs.replace(told, changed_at=Millis(-1)))) == "bad_time"


def test_what_is_announced_and_what_comes_of_it_have_the_same_reference() -> None:
    told = SupplyDraft(
        document="A1", supply="PO-1", node="shanghai", told_at=NOON, expected_at=LATER, lines=lots(("A", 2), ("B", 0), ("A", 3))
    )
    (announced,) = commands(told)
    assert isinstance(announced, AnnounceSupply)
    assert (announced.supply, announced.document, announced.expected_at) == ("PO-1", "tea/A1", LATER)
    assert announced.lines == (("A", 5), ("B", 0))

    (came,) = commands(ReceiptDraft(document="R1", node="shanghai", received_at=NOON, lines=lots(("A", 2)), supply="PO-1"))
    assert isinstance(came, ReceiveStock)
    assert came.supply == "PO-1"


def test_what_is_announced_under_no_reference_or_for_no_time_is_rejected() -> None:
    told = SupplyDraft(document="A1", supply="PO-1", node="shanghai", told_at=NOON, expected_at=LATER, lines=lots(("A", 2)))
    assert code(outcome(msgspec.structs.replace(told, supply=""))) == "no_supply"
    assert code(outcome(msgspec.structs.replace(told, expected_at=Millis(-1)))) == "bad_time"
    assert code(outcome(msgspec.structs.replace(told, told_at=Millis(-1)))) == "bad_time"
    assert code(outcome(msgspec.structs.replace(told, node="chengdu"))) == "unknown_node"
    assert code(outcome(msgspec.structs.replace(told, lines=lots(("A", -1))))) == "bad_quantity"


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
