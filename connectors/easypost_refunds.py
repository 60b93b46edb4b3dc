"""Giving an unused label back to EasyPost: what to ask next, given what was answered. Pure; begun anew at any point it ends the same.

Whether it was unused its carrier knows: a parcel that was scanned is left alone here, and EasyPost refuses it besides.
"""

from urllib.parse import quote

from pydantic import ValidationError

from connectors.contract import Fetched
from connectors.easypost_labels import Call
from connectors.labels import LabelRefused
from connectors.payload import Payload, Text, Unusable, read_object

_OK, _MISSING, _TOO_MANY, _BROKEN = range(200, 300), 404, 429, 500
_NOT_SCANNED = ("", "unknown", "pre_transit")
# EasyPost takes `rejected` up once more where it is asked again
_SETTLED = ("submitted", "refunded", "not_applicable")


class _Shipment(Payload):
    id: Text
    status: Text = ""
    tracking_code: Text = ""
    refund_status: Text = ""


def begin(reference: str) -> Call:
    return Call(f"/v2/shipments/{quote(reference, safe='')}")


def go_on(reference: str, asked: Call, answer: Fetched) -> Call | LabelRefused | None:
    """None: there is nothing to give back, or it is being given back."""
    if answer.status == _MISSING and not asked.body:
        return None
    if answer.status == _TOO_MANY or answer.status >= _BROKEN:
        return LabelRefused(reference=reference, code="unavailable", passing=True)
    if answer.status not in _OK:
        return LabelRefused(reference=reference, code=f"status_{answer.status}")
    try:
        shipment = _Shipment.model_validate(read_object(answer.body))
    except (Unusable, ValidationError):
        return LabelRefused(reference=reference, code="unreadable")
    if asked.body:
        return None if shipment.refund_status in _SETTLED else LabelRefused(reference=reference, code="rejected")
    if not shipment.tracking_code or shipment.status not in _NOT_SCANNED or shipment.refund_status in _SETTLED:
        return None
    return Call(f"/v2/shipments/{quote(shipment.id, safe='')}/refund", b"{}")
