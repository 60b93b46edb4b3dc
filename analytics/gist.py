"""An event in a few words: what its rows in every table have in common. Its lines are walked here, once for all tables."""

from collections.abc import Sequence

import msgspec

from tables import events as e

# A line whose listing nobody knows has no SKU, and none of its units.
NO_PART = (("", 0),)


class Gist(msgspec.Struct, frozen=True, gc=False):
    """`skus` and `counts` go together, one for each line and SKU, in the order of the event."""

    node: str = ""
    fulfilment: str = ""
    units: int = 0
    reasons: tuple[str, ...] = ()
    skus: Sequence[str] = ()
    counts: Sequence[int] = ()


_NOTHING = Gist()


def gist(event: e.AnyEvent) -> Gist:
    """Nothing where no order is meant."""
    match event:
        case e.OrderPlaced() | e.OrderResolved():
            return _of_lines(event.lines)
        case e.Considered():
            return Gist(units=sum([count for _, count in event.short]))
        case e.Reserved(later=True):
            return _of_rows(event.node, event.fulfilment, event.rows, ("wave",))
        case e.Reserved() | e.FulfilmentReleased() | e.Shipped() | e.FoundShipped():
            return _of_rows(event.node, event.fulfilment, event.rows)
        case e.Unreserved() | e.CancelRequested():
            return _of_rows(event.node, event.fulfilment, event.rows, (event.reason,))
        case e.CarrierChosen():
            return Gist(event.node, event.fulfilment, reasons=(event.service or "no_service",))
        case e.CarrierMissing():
            return _of_rows(event.node, "", event.rows, ("no_service",))
        case e.AmendmentTooLate():
            return Gist(event.node, event.fulfilment, reasons=event.what)
        case e.CancelRefused():
            return _of_rows(event.node, event.fulfilment, event.rows, ("too_late",))
        case e.ReservationMade():
            return _of_rows(event.node, "", event.rows)
        case e.ReservationReleased():
            return _of_rows(event.node, "", event.rows, (event.reason,))
        case e.Returned():
            return _of_rows(event.node, "", event.rows)
        case e.ReturnRequested():
            return _of_rows("", "", event.rows, (event.reason,))
        case e.Reissued():
            return _of_rows("", "", event.rows, (event.reason,))
        case e.ParcelFound():
            return _of_rows("", "", event.rows)
        case e.ReturnTracked():
            return Gist(reasons=(event.status,))
        case e.ReturnEnded():
            return Gist(reasons=(event.end,))
        case e.Inspected():
            found, skus, counts = zip(*[(disposition, sku, units) for sku, disposition, units in event.lines], strict=True)
            return Gist(event.node, "", sum(counts), found, skus, counts)
        case e.RefundDue():
            return Gist(units=sum([line.units for line in event.lines]), reasons=(event.cause,))
        case e.PurchaseOrdered() | e.CreditExpected():
            return _of_bought(event.node, event.fulfilment, event.lines)
        case e.BilledBack():
            return _of_bought(event.node, event.fulfilment, event.lines, tuple(dict.fromkeys(found.reason for found in event.differences)))
        case e.BillSettled():
            return Gist("", event.fulfilment, reasons=(event.verdict,))
        case e.Progressed():
            return Gist(event.node, event.fulfilment, reasons=(event.stage,))
        case e.Tracked():
            return Gist(reasons=(event.status,))
        case e.Delivered():
            return _of_rows("", "", event.rows)
        case e.Backordered():
            return _of_rows("", "", event.rows)
        case e.DatePromised():
            return Gist(units=sum([dated.quantity for dated in event.dates]))
        case e.OrderReduced():
            return Gist(units=sum([count for _, count in event.lines]))
        case e.OrderHeld() | e.HoldReleased():
            return Gist(reasons=event.reasons)
        case e.OrderCancelled() | e.OrderRejected():
            return Gist(reasons=(event.reason,))
        case e.FulfilmentRejected():
            return Gist(event.node, event.fulfilment, reasons=(event.reason,))
        case e.Shortage():
            return Gist(event.node, units=event.quantity, skus=(event.sku,), counts=(event.quantity,))
        case _:
            return _NOTHING


def _of_lines(lines: Sequence[e.OrderLine]) -> Gist:
    counts = [line.quantity * per_unit for line in lines for _, per_unit in line.parts or NO_PART]
    return Gist(units=sum(counts), skus=[sku for line in lines for sku, _ in line.parts or NO_PART], counts=counts)


def _of_rows(node: str, fulfilment: str, rows: Sequence[e.Row | e.Waiting], reasons: tuple[str, ...] = ()) -> Gist:
    counts = [row.quantity for row in rows]
    return Gist(node, fulfilment, sum(counts), reasons, [row.sku for row in rows], counts)


def _of_bought(node: str, fulfilment: str, lines: Sequence[e.PurchaseLine | e.BillLine], reasons: tuple[str, ...] = ()) -> Gist:
    counts = [line.units for line in lines]
    return Gist(node, fulfilment, sum(counts), reasons, [line.sku for line in lines], counts)
