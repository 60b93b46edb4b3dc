"""The fulfilment flow as a value: what holds an order back, and for how long. Part of the policy, with which it travels.

An order's shop decides which rules are its own; overrides by pool and tenant are laid over each other before the policy is sent.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tables.calendar import Clock, Waves, next_wave

Minutes = Annotated[int, Meta(ge=0, le=10_000_000)]
Price = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Ending = Literal["cancel", "release"]

MINUTE_MS = 60_000
MANUAL = "manual"  # a person held it
BY_POLICY = "policy"  # who ends a hold when its time is up
NO_CARRIER = "no_carrier"  # no service of the pool's table takes it
BY_CARRIERS = "carriers"  # who ends that hold when one may

# Without a SKU there is nothing to ship, and what may have shipped before must not go again unseen: no passing of time lets these go.
NEVER_LET_GO = frozenset({"unknown_listing", "suspected_duplicate"})


class HoldRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of one reason. `ignore`: it holds nothing. `expires_minutes`: after so long in state time the order is cancelled, or let go of this
    reason; 0: only its channel or a person ends it."""

    ignore: bool = False
    expires_minutes: Minutes = 0
    then: Ending = "cancel"

    @property
    def ending(self) -> Ending:
        return "release" if self.ignore else self.then

    def ends_after(self) -> int | None:
        """Milliseconds from when it was held; None: never by itself."""
        return 0 if self.ignore else self.expires_minutes * MINUTE_MS or None


_PLAIN = HoldRule()


class ShopFlow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """For one shop, or for all that have none of their own. `holds`: by reason; one that is not named holds until it is ended.
    `floors`: by listing or SKU, what a unit of it has to bring, in minor units by currency. `merge_minutes`: so long a fulfilment waits
    for others of the same recipient, to leave in one parcel; 0: it does not."""

    holds: dict[str, HoldRule] = {}
    floors: dict[str, dict[str, Price]] = {}
    merge_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 0

    def hold(self, reason: str) -> HoldRule:
        rule = self.holds.get(reason, _PLAIN)
        return _PLAIN if reason in NEVER_LET_GO and rule.ending == "release" else rule


class Flow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`waves`: by node; one that has none is told of each fulfilment at once. `clocks`: by the name of a time zone."""

    rule: ShopFlow = ShopFlow()
    shops: dict[str, ShopFlow] = {}
    waves: dict[str, Waves] = {}
    clocks: dict[str, Clock] = {}

    def of(self, shop: str) -> ShopFlow:
        return self.shops.get(shop, self.rule)

    def asks_more(self, shop: str) -> bool:
        """Whether an order of the shop may be treated otherwise than without a flow, where nothing is said of it to hold it back."""
        own = self.of(shop)
        return bool(self.waves or own.floors or own.merge_minutes)

    def tells_later(self, node: str, shop: str) -> bool:
        """Whether a node hears of a shop's fulfilments only after a while."""
        return node in self.waves or self.of(shop).merge_minutes > 0

    def told_at(self, node: str, shop: str, since: int) -> int:
        """When a node is told of what is promised there since then: with its next wave, or else when the time to merge is over."""
        if waves := self.waves.get(node):
            return next_wave(waves.minutes, self.clocks.get(waves.zone, ()), since)
        return since + self.of(shop).merge_minutes * MINUTE_MS
