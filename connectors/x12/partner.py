"""The form `x12`: a 940 (for a supplier: an 850) for each fulfilment event, as a file in a folder that the partner's side takes it from
(docs/x12.md)."""

from collections.abc import Mapping

import msgspec

from connectors.partner import Accepted, Again, Delivery, Partner, Refused, Reply, Request, Undeliverable, Verdict
from connectors.shipping_codes import code_of
from connectors.x12.outgoing import Ends
from connectors.x12.purchase_order import purchase_order
from connectors.x12.shipping_order import shipping_order
from connectors.x12.writer import Unwritable

# in a Request: the folder that the partner's 997s appear in
ACKNOWLEDGEMENTS = "X12-Acknowledgements"
DOCUMENTS = {"940": shipping_order, "850": purchase_order}
DROPPED, ACKNOWLEDGED, REFUSED = 201, 200, 422


class X12File:
    name = "x12"

    def request(self, delivery: Delivery, partner: Partner) -> Request:
        """The same event is the same file under the same name. Raises Undeliverable for an id that X12 cannot hold."""
        if delivery.fulfilment.type in ("ReturnExpected", "SupplyExpected"):
            raise Undeliverable(
                "unwritable", "Arrivals are not told by X12: set `arrivals` of the node to false, and tell them by other means."
            )
        try:
            carrier = code_of(delivery.fulfilment.shipping, partner.options)
            document = DOCUMENTS.get(code := partner.options.get("document", "940"))
            if document is None:
                raise Undeliverable("no_agreement", "Set options.document of the partner to 940 (a warehouse) or 850 (a supplier).")
            ends, tracking = ends_of(partner.options), delivery.label.tracking if delivery.label else ""
            body = document(delivery.fulfilment, delivery.recipient, ends, delivery.decided_at, carrier, tracking)
        except Unwritable as reason:
            raise Undeliverable("unwritable", f"X12 cannot say this: {reason}. Tell the partner by other means.") from None
        folder = partner.options.get("acknowledgements", "")
        headers = {ACKNOWLEDGEMENTS: folder} if folder else {}
        return Request(f"{partner.url.rstrip('/')}/{code}-{delivery.id}.edi", headers, body, "PUT")

    def answer(self, reply: Reply) -> Verdict:
        if reply.status in (DROPPED, ACKNOWLEDGED):
            return Accepted()
        if reply.status == REFUSED:
            return Refused("refused_by_partner", "The partner refused the order (997, AK9): ask it why, and tell it by other means.")
        return Again(f"answered {reply.status}")


def ends_of(options: Mapping[str, str]) -> Ends:
    """Raises Undeliverable where the agreement lacks a side."""
    try:
        return msgspec.convert({name: value for name, value in options.items() if name in Ends.__struct_fields__}, Ends)
    except msgspec.ValidationError:
        raise Undeliverable("no_agreement", "Set options.sender and options.receiver of the partner: ISA06 and ISA08.") from None


FORM = X12File()
