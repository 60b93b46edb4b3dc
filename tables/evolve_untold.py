"""Fulfilments that their nodes are not told of yet, because they wait for a wave or for others of the same recipient."""

from tables import events as e
from tables.state import Pool


def keep_untold(pool: Pool, event: e.Reserved) -> None:
    waiting = pool.untold.setdefault(event.node, {}).setdefault(_shop(event.order), {})
    waiting[event.fulfilment] = (0, event.recipient)
    if event.recipient:
        pool.parties[event.recipient] = (*pool.parties.get(event.recipient, ()), event.fulfilment)


def forget_untold(pool: Pool, key: str, node: str, fulfilment: str) -> None:
    """Told, or gone before."""
    by_shop = pool.untold.get(node, {})
    waiting = by_shop.get(_shop(key), {})
    _, recipient = waiting.pop(fulfilment, (0, ""))
    if recipient:
        others = tuple(other for other in pool.parties[recipient] if other != fulfilment)
        if others:
            pool.parties[recipient] = others
        else:
            del pool.parties[recipient]
    if not waiting:
        by_shop.pop(_shop(key), None)
    if not by_shop:
        pool.untold.pop(node, None)


def released(pool: Pool, event: e.FulfilmentReleased) -> None:
    forget_untold(pool, event.order, event.node, event.fulfilment)
    if pool.time_to_accept(event.node):
        pool.offered[event.fulfilment] = (event.node, 0)


def date_untold(pool: Pool, now: int) -> None:
    """What began to wait since the last tick has no time yet; it lies behind all that has one."""
    for by_shop in pool.untold.values():
        for waiting in by_shop.values():
            for name in reversed(waiting):
                since, recipient = waiting[name]
                if since:
                    break
                waiting[name] = (now, recipient)


def _shop(key: str) -> str:
    return key.split("/", 2)[1]
