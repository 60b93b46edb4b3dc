"""Invented orders of a marketplace, in the columns of the real ones: seeded, and crooked far more often than those are."""

from datetime import UTC, datetime, timedelta
from random import Random

from tests.histories.marketplace import Row

STATUSES = ("delivered",) * 6 + ("shipped", "canceled", "canceled", "invoiced", "processing", "approved", "created", "unavailable")
FIRST = datetime(2016, 9, 4, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# how long after the purchase it is approved, after the approval it leaves, and after that it arrives; below zero: before
# it, or even before the purchase
APPROVED = (0 * SECOND, SECOND, 17 * MINUTE, 9 * HOUR, 2 * DAY, 30 * DAY)
LEFT = (0 * SECOND, SECOND, HOUR, 2 * DAY, 40 * DAY, -HOUR, -3 * DAY, -171 * DAY)
ARRIVED = (SECOND, DAY, 7 * DAY, 25 * DAY, 205 * DAY, -5 * HOUR, -16 * DAY)


def marketplace(orders: int, seed: int) -> tuple[list[Row], dict[str, list[Row]]]:
    """`orders` rows, and the items of each."""
    random = Random(seed)
    rows = [_order(random, number) for number in range(orders)]
    return rows, {row["order_id"]: _items(random, row["order_id"]) for row in rows}


def _order(random: Random, number: int) -> Row:
    status = random.choice(STATUSES)
    bought = FIRST + timedelta(seconds=random.randrange(2 * 365 * 86_400))
    approved = bought + random.choice(APPROVED)
    left = approved + random.choice(LEFT)
    arrived = left + random.choice(ARRIVED)
    has_left = status in ("delivered", "shipped") or (status == "canceled" and random.random() < 0.6)
    has_arrived = status == "delivered" or (status == "canceled" and has_left and random.random() < 0.3)
    return {
        "order_id": f"{random.getrandbits(96):024x}{number:08x}",
        "order_status": status,
        "order_purchase_timestamp": _written(bought),
        "order_approved_at": "" if status == "created" or random.random() < 0.1 else _written(approved),
        "order_delivered_carrier_date": _written(left) if has_left and random.random() < 0.95 else "",
        "order_delivered_customer_date": _written(arrived) if has_arrived and random.random() < 0.95 else "",
    }


def _items(random: Random, order: str) -> list[Row]:
    items = []
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        item = {
            "order_id": order,
            "product_id": f"p{random.randrange(40)}",
            "seller_id": f"s{random.randrange(12)}",
            "price": f"{random.randrange(1, 900)}.90",
        }
        items += [item] * random.choice((1, 1, 1, 2, 20))
    return items


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")
