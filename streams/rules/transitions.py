"""What may happen to a unit of an order, as data: for each step and each state, where the unit may be after it, or why nothing happens.

`=`: recorded, and the unit stays where it is. `!` and a code: Refused. `duplicate`, `stale`: known already, or older than what is known.
Where there are several endings, stock, policy, the node's way with cancels and what came before decide; each of them happens. A test
walks every state that can be reached and compares all of this with what is decided.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from tables.units import UnitState

Step = Literal[
    # the shop: a revision (the first one as well), the same again, an older one, one with a hold; a person's release; cancel, refund
    "place", "repeat", "older", "hold", "release", "cancel", "refund",
    # goods come in; time goes by
    "receive", "tick",
    # the node: how far it is, that it ships or will not, its two answers to a cancel
    "accept", "pick", "picked", "pack", "ship", "refuse", "short", "cancelled", "too_late",
    # the carrier, and the goods back
    "on_its_way", "deliver", "come_back",
]  # fmt: skip
OBSERVATIONS: tuple[Step, ...] = ("accept", "pick", "picked", "pack", "on_its_way", "deliver")

States = tuple[UnitState, ...]
By = Mapping[States, tuple[str, ...]]

STATES: States = get_args(UnitState)
NEW: States = ("unknown",)  # a refund or a cancel of it may be known, which came first
HERE: States = ("held", "backordered", "rejected", "cancelled")
WORK: States = ("reserved", "taken", "picking", "picked", "packed")
ASKED: States = ("cancel_requested", "cancel_refused")
GONE: States = ("shipped", "delivered", "returned")
NOT_OPEN: States = NEW + HERE + GONE
KNOWN: States = HERE + WORK + ASKED + GONE

CALLED_OFF: By = {
    (*NEW, "cancelled", *ASKED, *GONE): ("=", "duplicate"),
    ("held", "backordered"): ("cancelled",),
    WORK: ("cancelled", "cancel_requested"),
}
SENT_BACK: By = {
    NOT_OPEN: ("!not_open",),
    ("reserved",): ("=", "backordered", "rejected"),
    WORK[1:]: ("reserved", "backordered", "rejected"),
    ASKED: ("backordered", "held", "cancelled"),
}
TABLE: Mapping[Step, By] = {
    "place": {
        NEW: ("reserved", "backordered", "rejected", "cancelled"),
        ("held",): ("reserved", "backordered", "rejected"),
        ("rejected",): ("=", "reserved"),
        ("cancelled",): ("=", "reserved", "backordered", "rejected"),
        ("backordered", *WORK, *ASKED, *GONE): ("=",),
    },
    "repeat": {NEW + KNOWN: ("duplicate",)},
    "older": {NEW: ("reserved", "backordered", "rejected", "cancelled", "stale"), KNOWN: ("stale",)},
    "hold": {
        NEW: ("held", "cancelled"),
        ("backordered", "rejected"): ("held",),
        ("cancelled",): ("=", "held"),
        WORK: ("held", "cancel_requested"),
        ("held", *ASKED, *GONE): ("=",),
    },
    "release": {
        NEW: ("!unknown_order", "duplicate"),
        ("held",): ("reserved", "backordered", "rejected"),
        ("backordered", "rejected", *WORK): ("duplicate",),
        ("cancelled", *ASKED, *GONE): ("=", "duplicate"),
    },
    "cancel": {**CALLED_OFF, ("rejected",): ("=", "duplicate")},
    "refund": {**CALLED_OFF, ("rejected",): ("cancelled",)},
    "receive": {("backordered",): ("=", "reserved"), (*NEW, "held", "rejected", "cancelled", *GONE): ("=",)},
    "tick": {
        ("reserved",): ("=", "backordered"),
        ASKED: ("=", "backordered", "held", "cancelled"),
        NEW + HERE + WORK[1:] + GONE: ("=",),
    },
    "accept": {("reserved",): ("taken",), ("taken",): ("duplicate",), ASKED: ("=", "duplicate", "stale"), NOT_OPEN + WORK[2:]: ("stale",)},
    "pick": {WORK[:2]: ("picking",), ("picking",): ("duplicate",), ASKED: ("=", "duplicate", "stale"), NOT_OPEN + WORK[3:]: ("stale",)},
    "picked": {WORK[:3]: ("picked",), ("picked",): ("duplicate",), ASKED: ("=", "duplicate", "stale"), NOT_OPEN + WORK[4:]: ("stale",)},
    "pack": {WORK[:4]: ("packed",), ("packed",): ("duplicate",), ASKED: ("=", "duplicate"), NOT_OPEN: ("stale",)},
    "ship": {WORK + ASKED: ("shipped", "delivered"), NOT_OPEN: ("!not_open",)},
    "refuse": SENT_BACK,
    "short": SENT_BACK,
    "cancelled": {**SENT_BACK, ASKED: ("reserved", "held", "cancelled")},
    "too_late": {
        NOT_OPEN: ("stale",),
        WORK: ("!not_asked",),
        ("cancel_requested",): ("cancel_refused",),
        ("cancel_refused",): ("duplicate",),
    },
    "on_its_way": {(*NEW, *HERE, *WORK, *ASKED, "returned"): ("=", "stale"), ("shipped",): ("=",), ("delivered",): ("stale",)},
    "deliver": {("shipped",): ("delivered",), (*NEW, *HERE, *WORK, *ASKED, "delivered", "returned"): ("=",)},
    "come_back": {
        NEW: ("!unknown_order", "!more_than_shipped"),
        (*HERE, *WORK, *ASKED, "returned"): ("!more_than_shipped",),
        ("shipped", "delivered"): ("returned",),
    },
}


def endings(step: Step, state: UnitState) -> tuple[str, ...]:
    """Empty: it cannot come to this."""
    return next((found for states, found in TABLE[step].items() if state in states), ())
