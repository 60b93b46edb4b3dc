"""How events change stock, and what a pool knows of nodes, shops, segments, listings and its policy."""

from sys import intern

from tables import events as e
from tables.carriers import decode_rates
from tables.closing import forget
from tables.evolve_holds import date_holds
from tables.evolve_parcels import forget_early
from tables.evolve_supply import rules_changed
from tables.evolve_supply import ticked as dates_due
from tables.evolve_untold import date_untold
from tables.policy import decode_policy
from tables.state import WEEK_MS, Pool
from tables.stock import GOOD, add, apply_move


def stock_moved(pool: Pool, event: e.StockMoved) -> None:
    for move in event.moves:
        apply_move(pool.stock, move)
        if move.from_node and move.from_place in GOOD:
            pool.moved(move.from_node, move.sku, event.at or pool.now, -move.quantity)
        if move.to_node and move.to_place in GOOD:
            pool.moved(move.to_node, move.sku, event.at or pool.now, move.quantity)
    for grant in event.grants:
        add(pool.free.setdefault(grant.origin, {}), grant.sku, grant.units)
    if event.document:
        pool.documents[event.document] = max(event.at, pool.now)


def counted(pool: Pool, event: e.StockCounted) -> None:
    marks = pool.marks.setdefault(event.node, {})
    for sku in event.skus:
        marks[sku] = event.counted_at
    pool.documents[event.document] = max(event.counted_at, pool.now)


def changed(pool: Pool, event: e.StockChanged) -> None:
    pool.documents[event.document] = max(event.at, pool.now)


def deferred(pool: Pool, event: e.FillDeferred) -> None:
    pool.deferred = tuple(dict.fromkeys((*pool.deferred, *event.skus)))


def node_set(pool: Pool, event: e.NodeSet) -> None:
    if pool.bills_in(event.node.node) != event.node.bills_in:
        pool.prices.pop(event.node.node, None)  # they were of another currency
    pool.nodes[event.node.node] = event.node
    pool.versions[f"node/{event.node.node}"] = event.version
    pool.terms += 1
    if not event.node.accept_minutes:
        pool.offered = {name: offer for name, offer in pool.offered.items() if offer[0] != event.node.node}
    pool.rankings.clear()
    rules_changed(pool)


def shop_set(pool: Pool, event: e.ShopSet) -> None:
    pool.shops[event.shop.shop] = event.shop
    pool.versions[f"shop/{event.shop.shop}"] = event.version
    rules_changed(pool)


def segment_set(pool: Pool, event: e.SegmentSet) -> None:
    pool.segments[event.segment.segment] = event.segment
    pool.versions[f"segment/{event.segment.segment}"] = event.version
    rules_changed(pool)


def listing_set(pool: Pool, event: e.ListingSet) -> None:
    pool.listings.setdefault(event.shop, {})[event.listing] = event.parts
    pool.versions[f"listing/{event.shop}/{event.listing}"] = event.version


def policy_set(pool: Pool, event: e.PolicySet) -> None:
    pool.policy = decode_policy(event.policy)
    pool.policy_version = event.version
    pool.terms += 1
    pool.rankings.clear()
    rules_changed(pool)


def rates_set(pool: Pool, event: e.RatesSet) -> None:
    table = decode_rates(event.table)
    pool.rates = table if table.services else None
    pool.versions["carriers"] = event.version
    pool.terms += 1


def weights_set(pool: Pool, event: e.WeightsSet) -> None:
    for sku, grams in event.weights:
        pool.grams[intern(sku)] = grams
    pool.versions[f"weights/{event.part}"] = event.version
    pool.terms += 1


def ticked(pool: Pool, event: e.Ticked) -> None:
    """State time goes on; documents older than a week are forgotten, orders that are over later; movements once a week, as each tick
    would otherwise look through every cell."""
    forget(pool, event.at)
    old = event.at - WEEK_MS
    if event.at // WEEK_MS != pool.now // WEEK_MS:
        _forget_movements(pool, old)
    forget_early(pool, event.at)
    date_holds(pool, event.at)
    date_untold(pool, event.at)
    dates_due(pool, event.at)
    pool.offered = {fulfilment: (node, since or event.at) for fulfilment, (node, since) in pool.offered.items()}
    pool.now = event.at
    pool.deferred = ()
    pool.documents = {document: seen or event.at for document, seen in pool.documents.items() if not 0 < seen < old}
    pool.missing = {name: found for name, found in pool.missing.items() if found.at >= old}


def _forget_movements(pool: Pool, old: int) -> None:
    for by_sku in pool.movements.values():
        for sku in [sku for sku, moved in by_sku.items() if moved[0][0] < old]:
            kept = [entry for entry in by_sku[sku] if entry[0] >= old]
            if kept:
                by_sku[sku] = kept
            else:
                del by_sku[sku]
