"""Reservation drafts -> commands: listings become SKUs, as those of an order do."""

from connectors.contract import Ignored, Rejected, ReleaseDraft, ReservationDraft
from streams.commands import Cause, ReleaseReservation, ReserveUnits
from streams.reference import Parts, Reference, ShopRecord
from streams.rules.normalize_bounds import LAST_MILLIS, MOST_UNITS, Outcome, told
from streams.rules.normalize_orders import order_key
from tables.policy import DAY_MS

# Units that nobody pays for are kept from others for no longer than this.
LONGEST_MS = 366 * DAY_MS


def reserve(draft: ReservationDraft, shop: ShopRecord, reference: Reference, cause: Cause, received_at: int) -> Outcome:
    """Whole or not at all. Whether a listing is known may change before the same record is normalized again, so that the pool, and not
    this rule, refuses what cannot be kept: a record has one outcome."""
    units: dict[str, int] = {}
    listed = [(listing, _parts(listing, shop, reference), quantity) for listing, quantity in draft.lines]
    unknown = tuple(listing for listing, parts, _ in listed if parts is None)
    for _, parts, quantity in listed:
        for sku, each in parts or ():
            units[sku] = units.get(sku, 0) + quantity * each
    if fault := _fault(draft, units, received_at):
        return fault
    if not units and not unknown:
        return Ignored("no_goods", f"Reservation {told(draft.reservation)} has no line that is goods.")
    of = shop.ref
    return [
        ReserveUnits(
            pool=of.pool,
            cause=cause,
            reservation=order_key(shop, draft.reservation),
            shop=of.shop,
            lines=tuple(units.items()),
            expires_at=draft.expires_at,
            region=draft.region,
            unknown=unknown,
        )
    ]


def _parts(listing: str, shop: ShopRecord, reference: Reference) -> Parts | None:
    if listing in shop.non_goods:
        return ()
    parts = (reference.parts.get(shop.ref.shop) or {}).get(listing)
    return ((listing, 1),) if parts is None and shop.unknown_listing == "as_sku" else parts


def _fault(draft: ReservationDraft, units: dict[str, int], received_at: int) -> Rejected | None:
    name = told(draft.reservation)
    if not 0 <= draft.expires_at < LAST_MILLIS or draft.expires_at - received_at > LONGEST_MS:
        return Rejected("bad_time", f"Reservation {name} must expire within a year.")
    if any(quantity <= 0 for _, quantity in draft.lines) or any(total > MOST_UNITS for total in units.values()):
        return Rejected("bad_quantity", f"Reservation {name} must keep 1 to {MOST_UNITS} units of a SKU.")
    return None


def release(draft: ReleaseDraft, shop: ShopRecord, cause: Cause) -> Outcome:
    of = shop.ref
    return [ReleaseReservation(pool=of.pool, cause=cause, reservation=order_key(shop, draft.reservation), shop=of.shop)]
