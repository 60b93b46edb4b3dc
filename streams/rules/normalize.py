"""Raw record -> commands of one pool: the channel parses, the reference says which listings, shops and nodes are ours.

Pure: the same record over the same reference gives the same commands with the same causes.
"""

from collections.abc import Callable, Mapping
from itertools import count, repeat

from connectors.contract import (
    BillDraft,
    CancelDraft,
    Channel,
    Draft,
    Ignored,
    InspectionDraft,
    OrderDraft,
    Person,
    RawRecord,
    ReductionDraft,
    ReissueDraft,
    Rejected,
    ReleaseDraft,
    ReservationDraft,
    ReturnEndDraft,
    ReturnRequestDraft,
)
from streams.commands import AnyCommand, Cause
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_bills import billed
from streams.rules.normalize_bounds import Outcome, told
from streams.rules.normalize_orders import cancel, place, reduce
from streams.rules.normalize_reservations import release, reserve
from streams.rules.normalize_returns import after_sales
from streams.rules.normalize_stock import book

Seal = Callable[[Person], str]
Place = tuple[str, int, int]  # source, partition, offset of a record
Parsed = tuple[RawRecord, ShopRecord, tuple[Draft, ...]]  # what a channel made of a record of this shop
Commands = tuple[AnyCommand, ...]

_EMPTY = Ignored("empty", "The record says nothing.")


def normalize(
    raw: RawRecord, at: Place, reference: Reference, channels: Mapping[str, Channel], seal: Seal
) -> Commands | Ignored | Rejected:
    """Never raises on a bad record, whatever its channel does."""
    parsed = parse(raw, reference, channels)
    return translate(parsed, at, reference, seal) if isinstance(parsed, tuple) else parsed


def parse(raw: RawRecord, reference: Reference, channels: Mapping[str, Channel]) -> Parsed | Ignored | Rejected:
    if not raw.nameable:
        return Rejected("malformed_record", "What the record speaks of has no usable name: was it written by a connector of ours?")
    shop = reference.shops.get(raw.shop)
    if shop is None:
        return Rejected("unknown_shop", f"No shop is called {told(raw.shop)!r}: import it, then replay this record.")
    if shop.ref.channel != raw.channel:
        came = f"this came through {told(raw.channel)!r}"
        return Rejected("wrong_channel", f"Shop {shop.ref.shop!r} sells through {shop.ref.channel!r}, but {came}.")
    drafts = _drafts(raw, shop, channels)
    return (raw, shop, drafts) if isinstance(drafts, tuple) else drafts


def _drafts(raw: RawRecord, shop: ShopRecord, channels: Mapping[str, Channel]) -> tuple[Draft, ...] | Ignored | Rejected:
    channel = channels.get(raw.channel)
    if channel is None:
        return Rejected("unknown_channel", f"No channel of this version is called {told(raw.channel)!r}.")
    try:
        return channel.parse(raw, shop.ref)
    except MemoryError:
        raise
    except Exception as fault:
        # the text of the exception may quote the payload, and with it a person
        return Rejected(
            "channel_error", f"Channel {channel.name!r} failed with {type(fault).__name__}: repair it, then replay this record."
        )


def translate(parsed: Parsed, at: Place, reference: Reference, seal: Seal) -> Commands | Ignored | Rejected:
    """The causes of the commands are the record's place with ordinals 0..n. All of a record or nothing: one draft that cannot be used
    rejects it."""
    raw, shop, drafts = parsed
    commands: list[AnyCommand] = []
    ignored = _EMPTY
    for draft in drafts:
        outcome = _translate(draft, raw, shop, reference, seal, (*at, len(commands)))
        if isinstance(outcome, Rejected):
            return outcome
        if isinstance(outcome, Ignored):
            ignored = outcome
        else:
            commands += outcome
    return tuple(commands) or ignored


def _translate(draft: Draft, raw: RawRecord, shop: ShopRecord, reference: Reference, seal: Seal, cause: Cause) -> Outcome:
    """`cause`: of the first command that the draft becomes."""
    match draft:
        case OrderDraft():
            sealed = seal(draft.recipient) if draft.recipient is not None else ""
            return place(draft, shop, reference, cause, raw.received_at, sealed)
        case CancelDraft():
            return cancel(draft, shop, cause)
        case ReductionDraft():
            return reduce(draft, shop, cause)
        case ReturnRequestDraft() | ReissueDraft() | ReturnEndDraft() | InspectionDraft():
            return after_sales(draft, shop, reference, cause)
        case ReservationDraft():
            return reserve(draft, shop, reference, cause, raw.received_at)
        case ReleaseDraft():
            return release(draft, shop, cause)
        case BillDraft():
            return billed(draft, shop, cause)
        case _:
            source, partition, offset, first = cause
            return book(draft, shop, reference, zip(repeat(source), repeat(partition), repeat(offset), count(first)))
