"""What is wrong with the numbers, times and names of a draft, in words."""

from connectors.contract import (
    BillDraft,
    CancelDraft,
    ChangeDraft,
    CountDraft,
    Draft,
    InspectionDraft,
    MoveDraft,
    OrderDraft,
    ProgressDraft,
    ReceiptDraft,
    ReductionDraft,
    ReissueDraft,
    RejectionDraft,
    ReleaseDraft,
    ReservationDraft,
    ReturnDraft,
    ReturnEndDraft,
    ReturnRequestDraft,
    ShipmentDraft,
    SupplyDraft,
    TooLateDraft,
    TrackingDraft,
)
from connectors.money import EXPONENTS

CENTURIES = 7_258_118_400_000  # the year 2200


def faults_of(draft: Draft) -> list[str]:
    match draft:
        case OrderDraft():
            return faults_of_order(draft)
        case CancelDraft():
            return bounds(1, 1, 1) + moments(draft.updated_at)
        case ReductionDraft():
            return bounds(1, 1_000_000, *(units for _, units in draft.reduction.lines))
        case ReservationDraft():
            return moments(draft.expires_at) + bounds(1, 1_000_000, *(units for _, units in draft.lines))
        case ReleaseDraft():
            return [] if draft.reservation else ["no name"]
        case CountDraft():
            return moments(draft.counted_at) + bounds(0, 1_000_000_000, *(line.quantity for line in draft.lines))
        case ReceiptDraft():
            return moments(draft.received_at) + bounds(1, 1_000_000_000, *(line.quantity for line in draft.lines))
        case SupplyDraft():
            return moments(draft.told_at, draft.expected_at) + bounds(0, 1_000_000_000, *(line.quantity for line in draft.lines))
        case MoveDraft():
            return moments(draft.moved_at) + bounds(1, 1_000_000_000, *(line.quantity for line in draft.lines))
        case ChangeDraft():
            return moments(draft.changed_at) + bounds(-1_000_000_000, 1_000_000_000, *(line.quantity for line in draft.lines))
        case ShipmentDraft():
            return moments(draft.shipped_at) + bounds(1, 1_000_000_000, *(line.quantity for line in draft.lines))
        case ReturnDraft():
            return moments(draft.returned_at) + bounds(1, 1_000_000_000, *(line.quantity for line in draft.lines))
        case InspectionDraft():
            return moments(draft.inspected_at) + bounds(1, 1_000_000_000, *(line.quantity for line in draft.lines))
        case ReturnRequestDraft():
            return moments(draft.requested_at) + bounds(1, 1_000_000, *(line.quantity for line in draft.lines))
        case ReissueDraft():
            return moments(draft.asked_at)
        case ReturnEndDraft():
            return moments(draft.ended_at)
        case BillDraft():
            prices = bounds(0, 10**12, draft.freight, *(line.price for line in draft.lines))
            return moments(draft.billed_at) + prices + bounds(1, 1_000_000_000, *(line.quantity for line in draft.lines))
        case RejectionDraft():
            return moments(draft.at) + ([] if draft.reason else ["no reason"])
        case TooLateDraft():
            return [] if draft.document and draft.fulfilment else ["no name"]
        case ProgressDraft():
            return moments(draft.at)
        case TrackingDraft():
            return moments(draft.at) + [fault for fault in ("no document", "no tracking") if not getattr(draft, fault[3:])]


def faults_of_order(draft: OrderDraft) -> list[str]:
    """Of an order and its lines."""
    names = [line.line for line in draft.lines]
    return [
        *([] if draft.order and draft.number else ["no name"]),
        *([] if draft.currency in EXPONENTS else ["no currency"]),
        *([] if draft.lines and len(set(names)) == len(names) and all(names) else ["lines without a name of their own"]),
        *([] if all(line.listings and all(line.listings) for line in draft.lines) else ["a line without a listing"]),
        *moments(draft.updated_at, draft.placed_at),
        *bounds(1, 1_000_000, *(line.quantity for line in draft.lines)),
        *bounds(1, 1_000_000, *(units for reduction in draft.reductions for _, units in reduction.lines)),
        *bounds(-(10**12), 10**12, *(line.price for line in draft.lines)),
    ]


def moments(*moments: object) -> list[str]:
    return bounds(0, CENTURIES, *moments)


def bounds(least: int, most: int, *numbers: object) -> list[str]:
    return [f"{number!r} is not within {least} and {most}" for number in numbers if type(number) is not int or not least <= number <= most]
