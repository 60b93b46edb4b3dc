"""What is paid for an order, line by line, and what has been given back of it. Integer minor units of the order's currency; no line, and no
charges, are worth more than MOST_MONEY. Amounts are divided by the largest remainder, ties by order, so that parts always add up."""

from collections.abc import Iterable, Mapping, Sequence

from tables.events import MOST_MONEY, OrderLine


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` >= 0 divided by weights >= 0: the parts add up to it. Where nothing weighs anything the first takes all."""
    whole = sum(weights)
    if not whole:
        return [amount, *[0] * (len(weights) - 1)] if weights else []
    parts = [amount * weight // whole for weight in weights]
    left = amount - sum(parts)
    for at in sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))[:left]:
        parts[at] += 1
    return parts


def part_of(amount: int, units: int, of: int) -> int:
    """What the first `units` of `of` like units cost, which cost `amount` together. All of it for all of them."""
    if units >= of:
        return amount
    return units * (amount // of) + min(units, amount % of)


def paid_for(lines: Iterable[OrderLine], paid: Iterable[tuple[str, int]]) -> dict[str, int]:
    """By line. `paid` names those that do not cost quantity x price, because of a discount or of taxes on top."""
    told = dict(paid)
    return {line.line: told.get(line.line, full_price(line)) for line in lines}


def full_price(line: OrderLine) -> int:
    return min(max(0, line.quantity * line.price), MOST_MONEY)


def discounted(lines: Sequence[OrderLine], discounts: Mapping[str, int], of_all: int) -> tuple[tuple[str, int], ...]:
    """`paid` of the lines that have a discount of their own (below zero: taxes on top), or a part of the one `of_all`. None is paid less
    than nothing for, or more than MOST_MONEY."""
    net = [min(max(0, full_price(line) - discounts.get(line.line, 0)), MOST_MONEY) for line in lines]
    rest = [price - off for price, off in zip(net, shares(min(of_all, sum(net)), net), strict=True)]
    return tuple([(line.line, price) for line, price in zip(lines, rest, strict=True) if price != full_price(line)])
