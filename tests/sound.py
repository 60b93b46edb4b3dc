"""What holds of a pool after every decision."""

from collections import Counter

from tables.pool import Pool


def assert_sound(pool: Pool) -> None:
    """Nothing below zero; free units add up to what sells; what is reserved is what the open fulfilments say."""
    free: Counter[str] = Counter()
    for cells in pool.free.values():
        assert all(units > 0 for units in cells.values()), cells
        free.update(cells)
    on_hand: Counter[str] = Counter()
    reserved: Counter[tuple[str, str]] = Counter()
    for node, shelf in pool.stock.items():
        for bucket in (shelf.on_hand, shelf.reserved, *shelf.other.values()):
            assert all(units > 0 for units in bucket.values()), (node, bucket)
        if node in pool.nodes and pool.nodes[node].sellable:
            on_hand.update(shelf.on_hand)
        reserved.update({(node, sku): units for sku, units in shelf.reserved.items()})
    assert free == on_hand
    promised: Counter[tuple[str, str]] = Counter()
    for order in pool.orders.values():
        for fulfilment in order.open_fulfilments.values():
            for row in fulfilment.rows:
                assert row.quantity > 0
                assert not row.origins or sum(units for _, units in row.origins) == row.quantity
                promised[fulfilment.node, row.sku] += row.quantity
    for reservation in pool.reservations.values():
        for node, rows in reservation.held.items():
            promised.update({(node, row.sku): row.quantity for row in rows})
    assert promised == reserved
