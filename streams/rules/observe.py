"""ReportProgress and TrackParcel: what nodes and carriers see of goods on their way. Observations come late and in any order; none moves
anything back. Pure."""

import msgspec

from streams.commands import ReportProgress, TrackParcel
from streams.rules import returns
from streams.rules.plan import Plan
from streams.rules.reissue import reopen, still_out
from tables.aftersales import Case
from tables.events import Delivered, Duplicate, ParcelFound, Progressed, Refused, Row, Stage, Stale, Tracked
from tables.evolve_parcels import later, number
from tables.orders import Parcel, bare, merge
from tables.state import Early

STAGES: tuple[Stage, ...] = ("accepted", "picking", "picked", "packed")


def progress(plan: Plan, command: ReportProgress) -> None:
    """Of a fulfilment that is not open any more nothing is left to be told."""
    key = plan.pool.index.get(command.fulfilment)
    if key is None:
        plan.emit(Stale(of=command.document))
        return
    found = plan.pool.orders[key].open_fulfilments[command.fulfilment]
    told, before = STAGES.index(command.stage), STAGES.index(found.stage) if found.stage else -1
    if told > before:
        plan.emit(Progressed(order=key, fulfilment=command.fulfilment, node=found.node, stage=command.stage, at=command.at))
    else:
        plan.emit(Duplicate(of=command.document) if told == before else Stale(of=command.document))


def track(plan: Plan, command: TrackParcel) -> None:
    """A parcel may hold rows of several orders; before its shipment is told of it holds none."""
    tracking = number(command.tracking)
    if not tracking:
        plan.emit(Refused(code="no_tracking", sentence="the carrier's event names no parcel; send it with its tracking number"))
        return
    before = len(plan.events)
    for key, parcel in _parcels(plan, tracking):
        if later(command.status, command.at, parcel):
            _moved_on(plan, command, key, parcel, tracking)
        if _arrived_before(command, parcel):
            rows = () if parcel.delivered_at else parcel.rows
            plan.emit(Delivered(order=key, tracking=tracking, rows=rows, delivered_at=command.at))
    coming = returns.track(plan, command, tracking)
    early = plan.pool.early.get(tracking)
    if tracking not in plan.pool.parcels and coming is None:
        if meant_for := _meant_for(plan, command, early):
            plan.emit(msgspec.structs.replace(_tracked(command, meant_for, tracking), fulfilment=command.fulfilment))
        elif _is_news(command, early):
            plan.emit(_tracked(command, "", tracking))
    if len(plan.events) == before:
        plan.emit(_nothing_new(command, early or coming or _parcels(plan, tracking)[0][1]))


def _meant_for(plan: Plan, command: TrackParcel, early: Early | None) -> str:
    """The order of which an open fulfilment is said for the first time to leave in this parcel."""
    known = early is not None and command.fulfilment in early.fulfilments
    return "" if known else plan.pool.index.get(command.fulfilment, "")


def _moved_on(plan: Plan, command: TrackParcel, key: str, parcel: Parcel, tracking: str) -> None:
    plan.emit(_tracked(command, key, tracking))
    if parcel.status == "lost" and command.status == "delivered" and parcel.reissued:
        plan.emit(ParcelFound(order=key, tracking=tracking, rows=parcel.reissued))
    now = msgspec.structs.replace(parcel, status=command.status, at=command.at)
    order = plan.pool.orders[key]
    reopen(plan, key, order, now, still_out(order, now), tracking)


def shipped_in(plan: Plan, key: str, tracking: str, rows: tuple[Row, ...], node: str) -> None:
    """Rows of an order leave in a parcel whose carrier may have spoken first: what it said holds for them too."""
    name = number(tracking)
    parcels = dict(_parcels(plan, name))
    known = plan.pool.early.get(name) or next((parcel for parcel in parcels.values() if parcel.status), None)
    if known is None or not known.status:
        return
    if key not in parcels:
        carrier = known.carrier if isinstance(known, Early) else ""
        plan.emit(Tracked(order=key, tracking=name, carrier=carrier, status=known.status, at=known.at))
    if known.delivered_at:
        plan.emit(Delivered(order=key, tracking=name, rows=tuple(bare(rows)), delivered_at=known.delivered_at))
    order, gone = plan.pool.orders[key], tuple(bare(rows))
    parcel = Parcel(gone, known.status, known.at, node=node)
    reopen(plan, key, msgspec.structs.replace(order, shipped=merge(order.shipped, gone)), parcel, gone, name)


def _parcels(plan: Plan, tracking: str) -> list[tuple[str, Parcel]]:
    """By order, what was shipped under this number."""
    keys = plan.pool.parcels.get(tracking, ())
    return [(key, (plan.pool.orders[key].parcels or {})[tracking]) for key in keys]


def _tracked(command: TrackParcel, order: str, tracking: str) -> Tracked:
    return Tracked(order=order, tracking=tracking, carrier=command.carrier, status=command.status, at=command.at)


def _is_news(command: TrackParcel, early: Early | None) -> bool:
    if early is None or later(command.status, command.at, early):
        return True
    return _arrived_before(command, early)


def _arrived_before(command: TrackParcel, known: Parcel | Early) -> bool:
    """Carriers tell of an arrival more than once, with other times: the earliest of them holds, whichever is heard first."""
    return command.status == "delivered" and (not known.delivered_at or command.at < known.delivered_at)


def _nothing_new(command: TrackParcel, known: Parcel | Early | Case) -> Duplicate | Stale:
    same = (command.status, command.at) == (known.status, known.at)
    return Duplicate(of=command.document) if same else Stale(of=command.document)
