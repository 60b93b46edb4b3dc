"""The allocation policy as a value: which nodes may serve, how they are ranked, and what happens when stock is short.

It travels as JSON in a SetPolicy command and holds from that command's offset on.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tables.flow import Flow

# km to the node; the node's own priority; units that it has of the SKUs wanted, most first; 0 in the city where the order goes, else 1.
Criterion = Literal["distance", "priority", "most_stock", "same_city"]
Shortage = Literal["backorder", "partial", "reject"]
RefundOn = Literal["never", "received", "inspected"]
GiftShort = Literal["wait", "ship_later", "drop"]
GiftReturns = Literal["expected", "kept"]
Few = Annotated[int, Meta(ge=0, le=1_000_000)]

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

# Distances where the table does not know the pair: the same region, the same country, anywhere else.
SAME_REGION_KM, SAME_COUNTRY_KM, ABROAD_KM = 0, 2_000, 10_000


class Presale(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much of what is announced shops may sell before it is there: `percent` of what is expected within so many `days`."""

    days: Few = 0
    percent: Annotated[int, Meta(ge=0, le=100)] = 100


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """For one segment, or for all. `kinds` and `nodes` empty: all of them may serve. `max_splits`: into how many more fulfilments
    than one an order may be divided. `shortage`: `backorder` promises all of an order or nothing, `partial` what there is,
    `reject` refuses the order. `patience_days`: an order that has waited so long for all of it is given what there is, so that
    small ones do not pass it for ever; 0: it waits on. `refund_cancelled`: what of a paid order is cancelled or refused is to be given
    back by us; `refund_on`: when goods that came back are. `gifts`: what happens where a gift is not there: its parent waits for it, goes
    first, or goes without it for good; `gift_returns`: whether it is to come back with its parent. `presale`: with `reject`, an order that
    is covered by it is given what there is, and waits for the rest. Scores are compared in the order of
    `criteria`, less is better; ties end at the node's name."""

    kinds: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ("distance", "priority")
    max_splits: Few = 9
    shortage: Shortage = "backorder"
    patience_days: Few = 0
    refund_cancelled: bool = False
    refund_on: RefundOn = "never"
    gifts: GiftShort = "wait"
    gift_returns: GiftReturns = "expected"
    presale: Presale | None = None

    def shortage_after(self, waited_ms: int) -> Shortage:
        """What happens to an order placed so long ago."""
        impatient = self.patience_days and self.shortage == "backorder" and waited_ms >= self.patience_days * DAY_MS
        return "partial" if impatient else self.shortage

    def sells_ahead(self) -> bool:
        """Whether only those wait who are covered by what is announced."""
        return self.presale is not None and self.shortage == "reject"

    def excludes(self, node: str, kind: str, sellable: bool) -> str:
        """Why a node may not serve at all, whatever its stock; "" when it may."""
        if not sellable:
            return "not_sellable"
        if self.kinds and kind not in self.kinds:
            return "kind"
        if self.nodes and node not in self.nodes:
            return "not_listed"
        return "excluded" if node in self.exclude else ""


class Tolerance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """By how much a bill's price of one, or its freight, may be above what was agreed: the larger of the two counts."""

    basis_points: Annotated[int, Meta(ge=0, le=10_000)] = 0
    minor_units: Few = 0

    def most(self, agreed: int) -> int:
        return agreed + max(agreed * self.basis_points // 10_000, self.minor_units)


class Policy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`distances[region][node]` in km. `fills_per_decision`: how many waiting orders one decision may fill at most.
    `remember_days`: for how long an order that is over stays known; `remember_parcels_days`: one whose parcels have not arrived yet.
    `return_days`: for how long goods that a buyer is to send back are waited for. `lost`, `returned_to_sender`: what happens to the goods
    of a parcel of which its carrier says so; `hold` reissues them once a person lets them go. `flow`: None where orders are
    held back by nothing but what is said of them, and until that is taken back. `aging_hours`: an order that was placed so long ago
    stands before all younger ones, whatever their priority; 0: never. `no_carrier`: what becomes of an order of which no service of the
    pool's table takes a part: its node takes whom it likes, or it is held until one does."""

    name: str = "default"
    rule: Rule = Rule()
    segments: dict[str, Rule] = {}
    distances: dict[str, dict[str, Few]] = {}
    fills_per_decision: Few = 50
    remember_days: Few = 60
    return_days: Few = 30
    lost: Literal["reissue", "hold", "nothing"] = "nothing"
    returned_to_sender: Literal["restock", "reissue", "nothing"] = "nothing"
    remember_parcels_days: Few = 365
    flow: Flow | None = None
    aging_hours: Few = 0
    bill_tolerance: Tolerance = Tolerance()
    no_carrier: Literal["ship", "hold"] = "ship"

    @property
    def remember_ms(self) -> int:
        return self.remember_days * DAY_MS

    @property
    def return_ms(self) -> int:
        return self.return_days * DAY_MS

    @property
    def remember_parcels_ms(self) -> int:
        return self.remember_parcels_days * DAY_MS

    def for_segment(self, segment: str) -> Rule:
        return self.segments.get(segment, self.rule)

    def distance(self, region: str, node: str, node_region: str) -> int:
        """km between an order's region and a node: what is told of the region, 0 in the node's own, what is told of its country, and
        else what the codes (`US-CA`, `US`) let one guess."""
        known = self.distances.get(region, {}).get(node)
        if known is not None:
            return known
        if region and region == node_region:
            return SAME_REGION_KM
        country = region.split("-")[0]
        told = self.distances.get(country, {}).get(node)
        if told is not None:
            return told
        if country and country == node_region.split("-")[0]:
            return SAME_COUNTRY_KM
        return ABROAD_KM


decode_policy = msgspec.json.Decoder(Policy).decode
encode_policy = msgspec.json.Encoder(order="deterministic").encode
