"""EasyPost as far as it matters, in memory: shipments by reference, each with one label at most, and what a label costs."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.partner import Reply, Request

URL = "https://easypost.example"


class EasyPostDouble:
    """`answers` says what becomes of the nth request: 0 its answer is lost after all was done, -1 it never arrives, any other status is
    answered instead; 200 it goes well."""

    def __init__(self, answers: Callable[[int], int] = lambda _: 200) -> None:
        self.answers = answers
        self.asked: list[Request] = []
        self.shipments: dict[str, dict[str, Any]] = {}
        self.bought: Counter[str] = Counter()
        self.refunds: Counter[str] = Counter()
        self.rate = {"id": "rate_1", "carrier": "USPS", "service": "Priority", "rate": "7.42", "currency": "USD"}

    async def send(self, request: Request, seconds: float) -> Reply:
        self.asked.append(request)
        await asyncio.sleep(0.01)
        status = self.answers(len(self.asked))
        if status not in (0, 200):
            if status < 0:
                raise ConnectionError("it never arrived")
            return Reply(status, {}, b"{}")
        reply = self._answer(request)
        await asyncio.sleep(0.01)
        if not status:
            raise ConnectionError("the answer was lost")
        return reply

    def _answer(self, request: Request) -> Reply:
        path = urlsplit(request.url).path.removeprefix("/v2/shipments").strip("/")
        if not path:
            return self._make(json.loads(request.body)["shipment"])
        key, _, verb = path.partition("/")
        shipment = self.shipments.get(unquote(key))
        if shipment is None:
            return Reply(404, {}, b'{"error": {"code": "NOT_FOUND"}}')
        if verb == "buy":
            self._buy(shipment)
        if verb == "refund":
            self.refunds[shipment["reference"]] += 1
            shipment["refund_status"] = "submitted"
        return Reply(200, {}, json.dumps(shipment).encode())

    def _make(self, wanted: dict[str, Any]) -> Reply:
        made = {"id": f"shp_{len(self.shipments)}", "rates": [self.rate], "status": "unknown", "tracking_code": None, **wanted}
        self.shipments[wanted["reference"]] = self.shipments[made["id"]] = made
        return Reply(201, {}, json.dumps(made).encode())

    def _buy(self, shipment: dict[str, Any]) -> None:
        self.bought[shipment["reference"]] += 1
        label = {"label_url": f"https://labels.example/{shipment['id']}.pdf"}
        shipment |= {"tracking_code": f"EZ-{shipment['reference']}", "postage_label": label, "selected_rate": self.rate}
