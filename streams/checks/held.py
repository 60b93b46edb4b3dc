"""Since when orders are held, as ticks say: the policy ends a hold when its time is up, not before and not later."""

import msgspec

from streams.checks.findings import Findings
from tables import events as e

MINUTE_MS = 60_000
BY_POLICY, BY_CARRIERS = "policy", "carriers"
FOR_A_PERSON = frozenset({"unknown_listing", "suspected_duplicate"})  # no passing of time lets these go


class _Rule(msgspec.Struct, frozen=True):
    ignore: bool = False
    expires_minutes: int = 0
    then: str = "cancel"


class _Shop(msgspec.Struct, frozen=True):
    holds: dict[str, _Rule] = {}


class _Flow(msgspec.Struct, frozen=True):
    rule: _Shop = _Shop()
    shops: dict[str, _Shop] = {}


class _Policy(msgspec.Struct, frozen=True):
    """The little of a policy that holds depend on."""

    flow: _Flow | None = None
    fills_per_decision: int = 50

    def rule(self, key: str, reason: str) -> _Rule:
        flow = self.flow or _Flow()
        return flow.shops.get(key.split("/")[1], flow.rule).holds.get(reason, _Rule())


_decode = msgspec.json.Decoder(_Policy).decode


class Held:
    """`_since`: by order and reason, the tick that dated it (0: none yet)."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._policy = _Policy()
        self._since: dict[str, dict[str, int]] = {}
        self._undated: set[str] = set()
        self._now = 0
        self._due: dict[str, tuple[str, ...]] = {}  # at this tick
        self._ended: set[str] = set()

    def use(self, policy: bytes) -> None:
        self._policy = _decode(policy)

    def ticked(self, at: int) -> None:
        self._now = at
        if self._policy.flow:
            over = {key: tuple(reason for reason in held if self._over(key, reason)) for key, held in self._since.items()}
            self._due = {key: reasons for key, reasons in over.items() if reasons}
        for key in self._undated:
            held = self._since[key]
            self._since[key] = {reason: since or at for reason, since in held.items()}
        self._undated.clear()

    def begins(self, key: str, reasons: tuple[str, ...]) -> None:
        for reason in reasons:
            if reason not in FOR_A_PERSON and self._policy.rule(key, reason).ignore:
                self._findings.note("holds", f"{key} is held for {reason!r}, which the policy ignores")

    def released(self, event: e.HoldReleased) -> None:
        if event.by == BY_POLICY:
            self._ends(event.order, all(self._over(event.order, reason) == "release" for reason in event.reasons))

    def cancelled(self, event: e.OrderCancelled) -> None:
        if event.by == BY_POLICY:
            self._ends(event.order, any(self._over(event.order, reason) == "cancel" for reason in self._since.get(event.order, ())))

    def _ends(self, key: str, due: bool) -> None:
        self._ended.add(key)
        if not due:
            self._findings.note("holds", f"{key}: the policy ends a hold, and its time is not up")

    def _over(self, key: str, reason: str) -> str:
        """How a hold whose time is up must end; "" while it lasts."""
        since, rule = self._since.get(key, {}).get(reason, 0), self._policy.rule(key, reason)
        ending = "release" if rule.ignore else rule.then
        lasts = not (rule.ignore or rule.expires_minutes) or (ending == "release" and reason in FOR_A_PERSON)
        span = 0 if rule.ignore else rule.expires_minutes * MINUTE_MS
        return "" if lasts or not since or since + span > self._now else ending

    def ignores(self, key: str, reason: str) -> bool:
        return self._policy.rule(key, reason).ignore

    # ------------------------------------------------------------------------------------------ after each decision
    def keep(self, key: str, holds: tuple[str, ...]) -> None:
        """What this decision leaves of an order's holds. It has dealt with the order, so that the rest may wait for the next one."""
        self._due.pop(key, None)
        known = self._since.get(key)
        if holds:
            self._since[key] = {reason: (known or {}).get(reason, 0) for reason in holds}
            self._undated.add(key)
        elif known is not None:
            del self._since[key]
            self._undated.discard(key)

    def settle(self) -> None:
        if self._due and len(self._ended) < max(1, self._policy.fills_per_decision):
            key, reasons = next(iter(self._due.items()))
            self._findings.note("holds", f"{key}: the time of {', '.join(reasons)} is up, and nothing happens", len(self._due))
        self._due.clear()
        self._ended.clear()
