"""Every state that one unit of one order can be in, and every step from there: walked, not written down.

The order has one line of one unit; there are two nodes, of which `porto` answers cancels and may think offers over.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

import msgspec

from streams import commands as c
from streams.rules.decide import decide
from streams.rules.transitions import Step
from tables import events as e
from tables.policy import Policy, Rule
from tables.pool import Pool, evolve_all
from tables.snapshot import dump, load
from tables.units import UnitState, units
from tests.story import POOL, Story, key, line

ORDER = key("1")
PARCEL = "GL-1"
HALF_AN_HOUR = 30 * 60_000
STEPS: tuple[Step, ...] = get_args(Step)
FACTS = ("accept", "pick", "picked", "pack")
STAGE_OF = {"accept": "accepted", "pick": "picking", "picked": "picked", "pack": "packed"}


class Walk(msgspec.Struct):
    """A pool, and what the outside remembers of it: the last fulfilment told, and how much was said so far."""

    pool: Pool
    told: str = "F-none"
    said: int = 100
    last: tuple[int, str] = (0, "")  # the last revision: its time and digest


def begin(*stock: str, shortage: Literal["backorder", "reject"] = "backorder") -> Walk:
    """One unit at each of these nodes."""
    story = Story()
    story.segment("b2c", ratio=10_000)
    story.node("hamburg")
    story.node("porto", cancel="confirm", accept_minutes=10, priority=1)
    story.shop("web")
    story.policy(Policy(rule=Rule(shortage=shortage)))
    for node in stock:
        story.receive(node, TEA=1)
    return Walk(story.pool)


def state(walk: Walk) -> UnitState:
    order = walk.pool.orders.get(ORDER)
    if order is None or not order.revision:
        return "unknown"
    [counted] = units(order).values()
    [(found, one)] = counted.items()
    assert one == 1
    return found


def step(walk: Walk, name: Step) -> tuple[Walk, tuple[e.AnyEvent, ...]]:
    """The pool after a step, and what was decided."""
    after = msgspec.structs.replace(walk, pool=_copy(walk.pool), said=walk.said + 1)
    events = decide(after.pool, COMMANDS[name](after), after.said)
    evolve_all(after.pool, events)
    after.told = next((event.fulfilment for event in events if isinstance(event, e.Reserved)), walk.told)
    return after, events


def _copy(pool: Pool) -> Pool:
    kept = load(dump(0, "", {}, {POOL: pool}))
    assert kept is not None
    return kept.pools[POOL]


def everything(*beginnings: Walk) -> Iterator[tuple[UnitState, Step, UnitState, tuple[e.AnyEvent, ...]]]:
    """Each step from each state that can be reached at all."""
    seen = {_kind(walk): None for walk in beginnings}
    todo = deque(beginnings)
    while todo:
        walk = todo.popleft()
        for name in STEPS:
            if (name == "receive" and _owned(walk.pool)) or (name == "repeat" and not walk.last[0]):
                continue
            after, events = step(walk, name)
            yield state(walk), name, state(after), events
            if (kind := _kind(after)) not in seen:
                seen[kind] = None
                todo.append(after)


def _owned(pool: Pool) -> int:
    return sum(sum(shelf.on_hand.values()) + sum(shelf.reserved.values()) for shelf in pool.stock.values())


def _kind(walk: Walk) -> bytes:
    """All that the next decision can depend on, without times, numbers and names that only rise."""
    pool, order = walk.pool, walk.pool.orders.get(ORDER)
    open_ones = (
        [(found.node, found.rows, found.asked, found.stage, found.answer) for found in order.open_fulfilments.values()] if order else []
    )
    about = order and (
        bool(order.revision), bool(order.holds), order.cancelled, order.rejected, order.waiting, order.shipped, order.returned,
        order.delivered, order.refused_by, order.reductions, [parcel.status == "delivered" for parcel in (order.parcels or {}).values()],
    )  # fmt: skip
    shelves = sorted((node, sum(shelf.on_hand.values())) for node, shelf in pool.stock.items())
    early = [bool(known.delivered_at) for known in pool.early.values()]
    offered = [bool(since) for _, since in pool.offered.values()]
    return msgspec.json.encode((about, open_ones, shelves, early, pool.policy.rule.shortage, offered, walk.told in pool.index))


# ---------------------------------------------------------------------------------------------- the commands
def _about(walk: Walk) -> dict[str, Any]:
    return {"pool": POOL, "cause": ("raw", 0, walk.said, 0)}


def _placed(walk: Walk, at: int, digest: str, holds: tuple[str, ...] = ()) -> c.PlaceOrder:
    return c.PlaceOrder(
        **_about(walk),
        order=ORDER,
        shop="web",
        channel="canonical",
        number="1",
        updated_at=at,
        digest=digest,
        placed_at=1,
        received_at=1,
        currency="EUR",
        lines=(line("TEA"),),
        holds=holds,
    )


def _anew(walk: Walk, holds: tuple[str, ...] = ()) -> c.PlaceOrder:
    walk.last = (walk.said, f"d{walk.said}")
    return _placed(walk, *walk.last, holds)


def _called_off(walk: Walk) -> c.CancelOrder:
    walk.last = (walk.said, f"d{walk.said}")
    return c.CancelOrder(**_about(walk), order=ORDER, shop="web", updated_at=walk.said, digest=walk.last[1])


def _answer(walk: Walk, reason: str) -> c.RejectFulfilment:
    return c.RejectFulfilment(**_about(walk), document=f"x{walk.said}", fulfilment=walk.told, reason=reason)


def _progress(name: str) -> Callable[[Walk], c.AnyCommand]:
    stage: Any = STAGE_OF[name]
    return lambda walk: c.ReportProgress(**_about(walk), document=f"p{walk.said}", fulfilment=walk.told, stage=stage, at=walk.said)


def _tracked(status: e.TrackingStatus) -> Callable[[Walk], c.AnyCommand]:
    return lambda walk: c.TrackParcel(
        **_about(walk), document=f"t{walk.said}", carrier="gull", tracking=PARCEL, status=status, at=walk.said
    )


COMMANDS: dict[Step, Callable[[Walk], c.AnyCommand]] = {
    "place": _anew,
    "repeat": lambda walk: _placed(walk, *walk.last),
    "older": lambda walk: _placed(walk, 1, "older"),
    "hold": lambda walk: _anew(walk, (f"reason {walk.said}",)),
    "release": lambda walk: c.ReleaseHold(**_about(walk), order=ORDER, by="mei"),
    "cancel": _called_off,
    "refund": lambda walk: c.ReduceOrder(**_about(walk), order=ORDER, shop="web", reduction="r1", lines=(("TEA", 1),)),
    "receive": lambda walk: c.ReceiveStock(**_about(walk), document=f"r{walk.said}", node="hamburg", at=walk.said, lines=(("TEA", 1),)),
    "tick": lambda walk: c.Tick(**_about(walk), at=walk.pool.now + HALF_AN_HOUR),
    "ship": lambda walk: c.ConfirmShipment(
        **_about(walk), document=f"s{walk.said}", fulfilment=walk.told, shipped_at=walk.said, tracking=PARCEL
    ),
    "refuse": lambda walk: _answer(walk, "no_capacity"),
    "short": lambda walk: _answer(walk, "short"),
    "cancelled": lambda walk: _answer(walk, "cancelled"),
    "too_late": lambda walk: c.RefuseCancel(**_about(walk), document=f"l{walk.said}", fulfilment=walk.told),
    "on_its_way": _tracked("in_transit"),
    "deliver": _tracked("delivered"),
    "come_back": lambda walk: c.ReturnStock(
        **_about(walk), document=f"b{walk.said}", order=ORDER, node="hamburg", returned_at=walk.said, lines=(("", "TEA", 1),)
    ),
    **{name: _progress(name) for name in FACTS},  # type: ignore[misc]
}
