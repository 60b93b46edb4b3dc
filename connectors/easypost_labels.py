"""Buying a label of EasyPost: what to ask next, given what was answered. Pure; who asks sends `Call`s with the account's key.

A shipment is looked for under its reference (EasyPost takes it in place of an id) before it is made, and made before its rate is bought:
begun anew after a crash at any point, the conversation ends with the one label that was bought, or buys it.
"""

from collections.abc import Callable
from decimal import Decimal
from urllib.parse import quote

import msgspec
from pydantic import ValidationError

from connectors.contract import Fetched, Person
from connectors.labels import Label, LabelRefused, LabelRequest, subdivision
from connectors.payload import Amount, Currency, Name, Payload, Text, Unusable, price_each, read_object

# a tenth of an ounce of 28.349523125 g
_TENTH, _GRAM = 28_349_523_125, 10_000_000_000
_OK, _MISSING, _TOO_MANY, _BROKEN = range(200, 300), 404, 429, 500


class Call(msgspec.Struct, frozen=True):
    """A request to the API. No body: a GET. `buys`: what follows it is the end."""

    path: str
    body: bytes = b""
    buys: bool = False


# ---------------------------------------------------------------------------------------------- what is answered
class _Rate(Payload):
    id: Name
    carrier: Text
    service: Text
    rate: Amount
    currency: Currency


class _Printed(Payload):
    label_url: Text = ""


class _Shipment(Payload):
    id: Name
    tracking_code: Text = ""
    postage_label: _Printed | None = None
    selected_rate: _Rate | None = None
    rates: tuple[_Rate, ...] = ()


# ---------------------------------------------------------------------------------------------- what is asked
def begin(request: LabelRequest) -> Call:
    """Whether the shipment is there already."""
    return Call(f"/v2/shipments/{quote(request.reference, safe='')}")


def go_on(request: LabelRequest, asked: Call, answer: Fetched) -> Call | Label | LabelRefused:
    """What follows an answer. At most three calls make a label, or say why there is none."""
    if answer.status == _MISSING and asked == begin(request):
        return _make(request)
    if answer.status == _TOO_MANY or answer.status >= _BROKEN:
        return LabelRefused(reference=request.reference, code="unavailable", passing=True)
    if answer.status not in _OK:
        return LabelRefused(reference=request.reference, code=f"status_{answer.status}")
    try:
        shipment = _Shipment.model_validate(read_object(answer.body))
        return _label(request, shipment) or _buy(request, asked, shipment)
    except (Unusable, ValidationError):
        return LabelRefused(reference=request.reference, code="unreadable")


def buy(request: LabelRequest, send: Callable[[Call], Fetched]) -> Label | LabelRefused:
    """The whole conversation. Raises what `send` raises; asked again, it goes on where it was."""
    said: Call | Label | LabelRefused = begin(request)
    while isinstance(said, Call):
        said = go_on(request, said, send(said))
    return said


def _label(request: LabelRequest, shipment: _Shipment) -> Label | None:
    rate = shipment.selected_rate
    if rate is None or shipment.postage_label is None or not shipment.tracking_code:
        return None
    return Label(
        reference=request.reference,
        carrier=rate.carrier,
        service=rate.service,
        tracking=shipment.tracking_code,
        price=price_each(rate.rate, 1, rate.currency),
        currency=rate.currency,
        url=shipment.postage_label.label_url,
    )


def _buy(request: LabelRequest, asked: Call, shipment: _Shipment) -> Call | LabelRefused:
    if asked.buys:
        return LabelRefused(reference=request.reference, code="no_label", passing=True)
    offered = [rate for rate in shipment.rates if (rate.carrier, rate.service) == (request.carrier, request.service)]
    if not offered:
        return LabelRefused(reference=request.reference, code="no_rate")
    cheapest = min(offered, key=lambda rate: (rate.rate, rate.id))
    return Call(f"/v2/shipments/{quote(shipment.id, safe='')}/buy", msgspec.json.encode({"rate": {"id": cheapest.id}}), buys=True)


def _make(request: LabelRequest) -> Call:
    shipment = {
        "reference": request.reference,
        "from_address": _address(request.sender, request.sender_region),
        "to_address": _address(request.recipient, request.recipient_region),
        "parcel": {"weight": msgspec.Raw(str(ounces(request.grams)).encode())},
    }
    return Call("/v2/shipments", msgspec.json.encode({"shipment": shipment}))


def ounces(grams: int) -> Decimal:
    """Up to the next tenth: a carrier charges for what was declared too light."""
    return Decimal(-(-grams * _GRAM // _TENTH)).scaleb(-1)


def _address(person: Person, region: str) -> dict[str, str]:
    first, *rest = person.street or ("",)
    written = {
        "name": person.name,
        "company": person.company,
        "street1": first,
        "street2": ", ".join(rest),
        "city": person.city,
        "state": subdivision(region),
        "zip": person.postcode,
        "country": person.country,
        "phone": person.phone,
        "email": person.email,
    }
    return {field: value for field, value in written.items() if value}
