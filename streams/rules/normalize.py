"""Raw record -> commands of one pool: the channel parses, the reference says which listings, shops and nodes are ours.

Pure: the same record over the same reference gives the same commands with the same causes.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import count, repeat

from connectors.contract import CancelDraft, Channel, Draft, Ignored, OrderDraft, Parsed, Person, RawRecord, ReductionDraft, Rejected
from streams.commands import AnyCommand, Cause
from streams.reference import Reference, ShopRecord
from streams.rules.normalize_bounds import Outcome, told
from streams.rules.normalize_orders import cancel, place, reduce
from streams.rules.normalize_stock import book

Seal = Callable[[Person], str]

_EMPTY = Ignored("empty", "The record says nothing.")


def normalize(
    raw: RawRecord, cause: tuple[str, int, int], reference: Reference, channels: Mapping[str, Channel], seal: Seal
) -> tuple[AnyCommand, ...] | Ignored | Rejected:
    """`cause` is (source, partition, offset) of the record; its commands carry it with ordinals 0..n. All of a record or nothing:
    one draft that cannot be used rejects it. Never raises on a bad record, whatever its channel does."""
    if not raw.nameable:
        return Rejected("malformed_record", "What the record speaks of has no usable name: was it written by a connector of ours?")
    shop = reference.shops.get(raw.shop)
    if shop is None:
        return Rejected("unknown_shop", f"No shop is called {told(raw.shop)!r}: import it, then replay this record.")
    if shop.ref.channel != raw.channel:
        came = f"this came through {told(raw.channel)!r}"
        return Rejected("wrong_channel", f"Shop {shop.ref.shop!r} sells through {shop.ref.channel!r}, but {came}.")
    parsed = _parse(raw, shop, channels)
    if not isinstance(parsed, tuple):
        return parsed
    source, partition, offset = cause
    causes: Iterator[Cause] = zip(repeat(source), repeat(partition), repeat(offset), count())
    return _all_or_none(parsed, raw, shop, reference, seal, causes)


def _all_or_none(
    drafts: tuple[Draft, ...], raw: RawRecord, shop: ShopRecord, reference: Reference, seal: Seal, causes: Iterator[Cause]
) -> tuple[AnyCommand, ...] | Ignored | Rejected:
    commands: list[AnyCommand] = []
    ignored = _EMPTY
    for draft in drafts:
        outcome = _translate(draft, raw, shop, reference, seal, causes)
        if isinstance(outcome, Rejected):
            return outcome
        if isinstance(outcome, Ignored):
            ignored = outcome
        else:
            commands += outcome
    return tuple(commands) or ignored


def _parse(raw: RawRecord, shop: ShopRecord, channels: Mapping[str, Channel]) -> Parsed:
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


def _translate(draft: Draft, raw: RawRecord, shop: ShopRecord, reference: Reference, seal: Seal, causes: Iterator[Cause]) -> Outcome:
    match draft:
        case OrderDraft():
            sealed = seal(draft.recipient) if draft.recipient is not None else ""
            return place(draft, shop, reference, causes, raw.received_at, sealed)
        case CancelDraft():
            return cancel(draft, shop, causes)
        case ReductionDraft():
            return reduce(draft, shop, causes)
        case _:
            return book(draft, shop, reference, causes)
