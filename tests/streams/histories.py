"""Any history of commands over a small pool: what may be asked of it, one verb each, and a story that performs them."""

from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from streams.rules.observe import STAGES
from tables.aftersales import Unseen
from tables.calendar import Waves
from tables.events import Disposition, Row
from tables.evolve_parcels import RANK
from tables.flow import Flow, HoldRule, ShopFlow
from tables.policy import DAY_MS, Policy, Rule
from tests.story import Story, key, line

S = TypeVar("S", bound=Story)
SKUS = ("TEA", "CUP", "POT")
NODES = ("east", "west", "shop")
SHOPS = {"web": "b2c", "app": "b2c", "dealers": "b2b"}
DISPOSITIONS: tuple[Disposition, ...] = ("resell", "refurbish", "damaged", "return_to_vendor", "scrap")
BUNDLE = (("TEA", 2), ("CUP", 1))

units = st.integers(1, 4)
skus = st.sampled_from(SKUS)
nodes = st.sampled_from(NODES)
orders = st.tuples(st.sampled_from(sorted(SHOPS)), st.integers(1, 5).map(str))
order_line = st.one_of(
    st.builds(line, skus, units, st.sampled_from(["a", "b"])),
    st.builds(lambda n: line("SET", n, "set", BUNDLE), units),
    st.just(line("NEW", 1, "new", ())),
)
buckets = st.sampled_from(["on_hand", "damaged", "quality", "hold"])
order_lines = st.lists(order_line, min_size=1, max_size=3, unique_by=lambda found: found.line)
reasons = st.sampled_from([(), (), (), ("payment",), ("fraud", "payment")])
hold_rules = st.builds(
    HoldRule,
    ignore=st.sampled_from([False, False, True]),
    expires_minutes=st.sampled_from([0, 1]),
    then=st.sampled_from(["cancel", "release"]),
)
waves = st.sampled_from([{}, {}, {"east": Waves((0, 5_000), "UTC")}])
floors = st.sampled_from([{}, {}, {"TEA": {"EUR": 1_001}, "NEW": {"EUR": 1_000}}, {"SET": {"EUR": 1_000}, "POT": {"EUR": 1_001}}])
flows = st.none() | st.builds(
    lambda rule, web, calendars: Flow(rule=rule, shops={"web": web}, waves=calendars, clocks={"UTC": ((0, 0),)}),
    st.builds(
        ShopFlow,
        holds=st.dictionaries(st.sampled_from(["payment", "manual", "unknown_listing", "suspected_duplicate"]), hold_rules, max_size=2),
        floors=floors,
        merge_minutes=st.sampled_from([0, 0, 30]),
    ),
    st.builds(ShopFlow, holds=st.dictionaries(st.sampled_from(["payment", "fraud"]), hold_rules, max_size=2)),
    waves,
)
kept = st.tuples(st.sampled_from(["web", "dealers"]), st.sampled_from(["cart-1", "cart-2", "cart-3"]))
recipients = st.sampled_from(["", "k1.mei"])
parcels = st.sampled_from(["", "GL-1", "GL-2", "gl -1"])
lost = st.sampled_from(["nothing", "reissue", "reissue", "hold"])
back = st.sampled_from(["nothing", "reissue", "restock"])
rmas = st.sampled_from(["", "RMA-1", "RMA-2"])
methods = st.sampled_from(["", "standard", "express"])
VERBS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "place": st.tuples(st.just("place"), orders, st.integers(1, 4), order_lines, st.integers(0, 1), reasons, recipients),
    "move_house": st.tuples(st.just("move_house"), orders, order_lines, st.sampled_from(["", "k1.Lin", "k1.Wei"]), methods),
    "give": st.tuples(st.just("give"), orders, st.integers(1, 4), skus, units, units),
    "gift_policy": st.tuples(
        st.just("gift_policy"),
        st.sampled_from(["backorder", "partial", "reject"]),
        st.sampled_from(["wait", "ship_later", "drop"]),
        st.sampled_from(["expected", "kept"]),
    ),
    "cancel": st.tuples(st.just("cancel"), orders, st.integers(1, 4)),
    "reduce": st.tuples(st.just("reduce"), orders, st.sampled_from(["r1", "r2"]), st.sampled_from(["a", "set"]), units),
    "order_of": st.tuples(st.just("order_of"), orders, st.integers(1, 4), order_lines, kept, st.booleans()),
    "keep": st.tuples(st.just("keep"), kept, st.dictionaries(skus, units, min_size=1), st.integers(2, 30)),
    "let_go": st.tuples(st.just("let_go"), kept),
    "receive": st.tuples(st.just("receive"), nodes, skus, units),
    "count": st.tuples(st.just("count"), nodes, skus, st.integers(0, 6), st.integers(0, 4)),
    "change": st.tuples(st.just("change"), nodes, skus, st.integers(-6, 4), st.integers(0, 4), buckets),
    "move": st.tuples(st.just("move"), nodes, nodes, buckets, buckets, skus, units),
    "ship": st.tuples(st.just("ship"), st.integers(0, 9), st.booleans(), st.integers(1, 5), parcels),
    "progress": st.tuples(st.just("progress"), st.integers(0, 9), st.sampled_from(STAGES)),
    "track": st.tuples(st.just("track"), parcels, st.sampled_from(list(RANK)), st.integers(1, 5)),
    "refuse": st.tuples(st.just("refuse"), st.integers(0, 9), st.sampled_from(["short", "cancelled", "no_capacity"])),
    "refuse_part": st.tuples(st.just("refuse_part"), st.integers(0, 9), st.sampled_from(["short", "cancelled", "no_capacity"]), units),
    "too_late": st.tuples(st.just("too_late"), st.integers(0, 9)),
    "take_back": st.tuples(st.just("take_back"), st.integers(0, 9), st.integers(1, 2), nodes, st.booleans(), rmas),
    "request": st.tuples(st.just("request"), st.integers(0, 9), st.integers(1, 2), st.booleans(), rmas.filter(bool), parcels),
    "end_return": st.tuples(st.just("end_return"), orders, rmas.filter(bool), st.sampled_from(["refused", "closed", "cancelled"])),
    "exchange": st.tuples(st.just("exchange"), st.integers(0, 9), rmas.filter(bool), order_lines),
    "reissue": st.tuples(st.just("reissue"), orders, parcels),
    "inspect": st.tuples(st.just("inspect"), st.integers(0, 9), st.sampled_from(DISPOSITIONS), st.integers(1, 3)),
    "hold": st.tuples(st.just("hold"), orders),
    "release": st.tuples(st.just("release"), orders),
    "listing": st.tuples(st.just("listing"), st.sampled_from(sorted(SHOPS)), st.booleans()),
    "node": st.tuples(st.just("node"), nodes, st.booleans(), st.booleans(), st.sampled_from([0, 0, 1, 1_000])),
    "segment": st.tuples(st.just("segment"), st.sampled_from(["b2c", "b2b"]), st.integers(0, 3), st.booleans(), st.booleans()),
    "quota": st.tuples(st.just("quota"), st.sampled_from(sorted(SHOPS)), skus, st.integers(0, 3)),
    "policy": st.tuples(
        st.just("policy"), st.sampled_from(["backorder", "partial", "reject"]), st.integers(0, 2), st.integers(1, 3), flows, lost, back
    ),
    "tick": st.tuples(st.just("tick"), st.one_of(st.integers(1, 20), st.integers(1, 6).map(lambda months: months * 35 * DAY_MS))),
}
histories = st.lists(st.one_of(*VERBS.values()), max_size=40)


def begun() -> Story:
    return opened(Story())


def opened(story: S) -> S:
    """Three nodes with a little of everything, of which west answers cancels; two shops of b2c, which may borrow, and the dealers of
    b2b, which is protected."""
    story.segment("b2c", ratio=6_000, rank=0, may_borrow=True)
    story.segment("b2b", ratio=3_000, rank=1, protected=True)
    for priority, name in enumerate(NODES):
        story.node(name, priority=priority, cancel="confirm" if name == "west" else "immediate", arrivals=name == "west")
    for name, segment in SHOPS.items():
        story.shop(name, segment)
    for name in NODES:
        story.receive(name, TEA=5, CUP=5, POT=2)
    return story


def perform(story: Story, what: tuple[Any, ...]) -> None:
    match what:
        case ("place", (shop, name), at, lines, priority, holds, sealed):
            story.place(name, *lines, at=at, shop=shop, placed_at=int(name), priority=priority, holds=holds, sealed=sealed)
        case ("move_house", (shop, name), lines, sealed, shipping):
            known = story.pool.orders.get(key(name, shop))
            at = known.updated_at + 1 if known else 1
            story.place(name, *lines, at=at, shop=shop, placed_at=int(name), sealed=sealed, shipping=shipping)
        case ("give", (shop, name), at, what_sku, sold, given):
            goods = (line("TEA", sold, "a"), line(what_sku, given, "gift", price=0))
            story.place(name, *goods, at=at, shop=shop, placed_at=int(name), gifts=(("gift", "a"),))
        case ("gift_policy", shortage, short, returns):
            story.policy(Policy(rule=Rule(shortage=shortage, max_splits=2, gifts=short, gift_returns=returns)))
        case ("cancel", (shop, name), at):
            story.cancel(name, at=at, shop=shop)
        case ("reduce", (shop, name), reduction, reduced, quantity):
            story.reduce(name, reduction, (reduced, quantity), shop=shop)
        case ("order_of", (shop, name), at, lines, (_, cart), held):
            holds = ("payment",) if held else ()
            story.place(name, *lines, at=at, shop=shop, placed_at=int(name), reservation=f"acme/{shop}/{cart}", holds=holds)
        case ("keep", (shop, cart), wanted, expires_at):
            story.keep(cart, expires_at, shop=shop, **wanted)
        case ("let_go", (shop, cart)):
            story.let_go(cart, shop=shop)
        case ("receive", where, what_sku, quantity):
            story.receive(where, **{what_sku: quantity})
        case ("count", where, what_sku, quantity, at):
            story.count(where, at=at, **{what_sku: quantity})
        case ("change", where, what_sku, quantity, at, bucket):
            story.change(where, at, bucket=bucket, **{what_sku: quantity})
        case ("move", where, to, from_bucket, to_bucket, what_sku, quantity):
            story.move(where, from_bucket, to_bucket, to, **{what_sku: quantity})
        case ("ship", n, partly, at, tracking):
            if (name := nth_fulfilment(story, n)) is not None:
                rows = story.pool.orders[story.pool.index[name]].open_fulfilments[name].rows
                story.ship(name, *([(rows[0].sku, 1)] if partly else []), at=at, tracking=tracking)
        case ("progress", n, stage):
            if (name := nth_fulfilment(story, n)) is not None:
                story.progress(name, stage)
        case ("track", tracking, status, at):
            story.track(tracking, status, at)
        case ("refuse", n, reason):
            if (name := nth_fulfilment(story, n)) is not None:
                story.refuse(name, reason)
        case ("refuse_part", n, reason, quantity):
            if (name := nth_fulfilment(story, n)) is not None:
                rows = story.pool.orders[story.pool.index[name]].open_fulfilments[name].rows
                story.refuse(name, reason, (rows[0].sku, quantity))
        case ("too_late", n):
            if (name := nth_fulfilment(story, n)) is not None:
                story.too_late(name)
        case ("take_back", n, quantity, where, named, rma):
            for (shop, name), row in nth_shipped(story, n):
                story.take_back(name, (row.line if named else "", row.sku, quantity), node=where, shop=shop, rma=rma)
        case ("request", n, quantity, whole, rma, tracking):
            for (shop, name), row in nth_shipped(story, n):
                story.request(name, (row.line, "" if whole else row.sku, quantity), shop=shop, rma=rma, tracking=tracking)
        case ("end_return", (shop, name), rma, why):
            story.end_return(name, rma, why, shop=shop)
        case ("exchange", n, rma, lines):
            for (shop, name), row in nth_shipped(story, n):
                story.request(name, (row.line, row.sku, 1), shop=shop, rma=rma, replacement=tuple(lines))
        case ("reissue", (shop, name), tracking):
            story.reissue(name, tracking, shop=shop)
        case ("inspect", n, disposition, quantity):
            for (shop, name), rma, (where, what_sku, _) in nth_unseen(story, n):
                story.inspect(name, rma, (what_sku, disposition, quantity), node=where, shop=shop)
        case ("hold", (shop, name)):
            story.hold(name, shop=shop)
        case ("release", (shop, name)):
            story.release(name, shop=shop)
        case ("listing", shop, goods):
            story.listing(shop, "NEW", *([("POT", 1)] if goods else []))
        case ("node", where, sellable, confirm, minutes):
            story.node(where, sellable=sellable, cancel="confirm" if confirm else "immediate", accept_minutes=minutes)
        case ("segment", name, quota, protected, borrows):
            story.segment(name, ratio=4_000, quota=quota, protected=protected, may_borrow=borrows)
        case ("quota", shop, what_sku, quantity):
            story.shop(shop, SHOPS[shop], quotas=((what_sku, quantity),))
        case ("policy", shortage, splits, fills, flow, lost, back):
            story.policy(
                Policy(
                    rule=Rule(shortage=shortage, max_splits=splits), fills_per_decision=fills, flow=flow, lost=lost, returned_to_sender=back
                )
            )
        case ("tick", at):
            story.tick(at)


def nth_shipped(story: Story, n: int) -> list[tuple[tuple[str, str], Row]]:
    """((shop, order), row) of something that was shipped; none where nothing was."""
    shipped = [(named(key), row) for key, order in story.pool.orders.items() for row in order.shipped]
    return [shipped[n % len(shipped)]] if shipped else []


def nth_unseen(story: Story, n: int) -> list[tuple[tuple[str, str], str, Unseen]]:
    """((shop, order), return, goods) of something that waits for its inspection."""
    returned = [(named(key), order.after.cases) for key, order in story.pool.orders.items() if order.after]
    unseen = [(order, rma, goods) for order, cases in returned for rma, case in cases.items() for goods in case.unseen]
    return [unseen[n % len(unseen)]] if unseen else []


def named(key: str) -> tuple[str, str]:
    _, shop, name = key.split("/", 2)
    return shop, name


def nth_fulfilment(story: Story, n: int) -> str | None:
    names = list(story.pool.index)
    return names[n % len(names)] if names else None


def played(history: list[tuple[Any, ...]]) -> Story:
    story = begun()
    for what in history:
        perform(story, what)
    return story


fast = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
