"""Drafts as channels make them, for a tea shop of pool `east`, and what normalize makes of them."""

import msgspec

from connectors.contract import (
    Channel,
    Draft,
    Fetch,
    Ignored,
    LineDraft,
    Millis,
    OrderDraft,
    Parsed,
    Polled,
    RawRecord,
    Received,
    Refusal,
    Rejected,
    ShopRef,
    StockLine,
    Webhook,
)
from streams.commands import (
    AnyCommand,
    PlaceOrder,
)
from streams.reference import ListingRecord, NodeRecord, Reference, ShopRecord
from streams.rules.normalize import normalize

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


def lots(*units: tuple[str, int]) -> tuple[StockLine, ...]:
    return tuple(StockLine(sku=sku, quantity=quantity) for sku, quantity in units)
