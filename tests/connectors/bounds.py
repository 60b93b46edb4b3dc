"""What is wrong with the numbers, times and names of a draft, in words."""

from connectors.contract import OrderDraft
from connectors.money import EXPONENTS

CENTURIES = 7_258_118_400_000  # the year 2200


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
