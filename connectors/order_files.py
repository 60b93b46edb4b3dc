"""Order files (CSV, Excel) over HTTP. Each order of a file becomes a raw record of its own; the answer says row by row what was refused."""

import asyncio

from starlette.requests import Request

from connectors.channels.file import FileReport, read_orders
from connectors.contract import RawRecord, ShopRef
from connectors.door import NOT_SIGNED, Answer, Door, read_body, secret_of
from connectors.signing import fingerprint, hex_signed

SIGNATURE = "x-yipan-signature"
MOST_TOLD = 1_000


async def take_file(request: Request, door: Door) -> Answer:
    """The file is the body, its name the query's `name`. 200 when any order was taken, 422 when none was; both with the report,
    as far as its first MOST_TOLD rows."""
    shop = door.shop(request.path_params["shop"])
    if shop is None or shop.channel != "file":
        return Answer(404, "unknown_shop", "No shop that sends order files has this name.")
    data = await read_body(request, door)
    if isinstance(data, Answer):
        return data
    secret = secret_of(door, shop.shop)
    if secret is None or not hex_signed(data, secret, request.headers.get(SIGNATURE, "")):
        return NOT_SIGNED
    name = request.query_params.get("name") or ("orders.xlsx" if data.startswith(b"PK") else "orders.csv")
    # a large workbook takes seconds, and webhooks are waiting
    report = await asyncio.to_thread(read_orders, data, name, shop)
    records = _records(report, data, shop, door)
    await door.publisher.publish(records)
    return _answer(report, len(records))


def _records(report: FileReport, data: bytes, shop: ShopRef, door: Door) -> list[RawRecord]:
    """The delivery ids name the file's bytes, so the same file sent again is known again."""
    file, now = fingerprint(data), door.now()
    return [
        record
        for ordinal, (external_id, body) in enumerate(report.orders)
        if (
            record := RawRecord(
                tenant=shop.tenant,
                shop=shop.shop,
                channel=shop.channel,
                kind="order",
                external_id=external_id,
                delivery_id=f"{file}-{ordinal}",
                received_at=now,
                body=body,
            )
        ).nameable
    ]


def _answer(report: FileReport, taken: int) -> Answer:
    refused = [*report.refused]
    code, status = ("taken", 200) if taken else ("nothing_taken", 422)
    sentence = f"{taken} orders taken, {len(refused)} rows refused."
    return Answer(status, code, sentence, {"orders": taken, "refused": refused[:MOST_TOLD]})
