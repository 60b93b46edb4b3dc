"""What the log is told of a label that was bought: a document of a warehouse feed, the same in every repetition."""

import msgspec

from connectors.contract import Fulfilment, Millis, RawRecord, ShopRef
from connectors.labels import Label
from connectors.times import iso


def label_note(feed: ShopRef, fulfilment: Fulfilment, label: Label, at: Millis) -> RawRecord:
    """That the fulfilment is to leave under the label's number. `at`: when it was decided, which is known for ever; 1970 where it is
    not known."""
    document = f"label/{fulfilment.id}/{label.tracking}"
    told = {
        "type": "tracking",
        "document": document,
        "fulfilment": fulfilment.id,
        "tracking": label.tracking,
        "carrier": label.carrier,
        "status": "label",
        "at": iso(at),
    }
    return RawRecord(
        tenant=feed.tenant,
        shop=feed.shop,
        channel=feed.channel,
        kind="tracking",
        external_id=fulfilment.id,
        delivery_id=document,
        received_at=at,
        body=msgspec.json.encode(told),
    )
