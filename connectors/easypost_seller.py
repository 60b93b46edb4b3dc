"""EasyPost as a seller of labels: the conversation of `easypost_labels`, over HTTP with the key of the account."""

from base64 import b64encode
from collections.abc import Awaitable, Callable

from connectors import easypost_refunds
from connectors.contract import Fetched
from connectors.easypost_labels import Call, begin, go_on
from connectors.labels import Label, LabelRefused, LabelRequest, LabelTerms
from connectors.partner import Reply, Request

API = "https://api.easypost.com"


class EasyPost:
    """`send` has so many seconds and raises ConnectionError without a reply."""

    def __init__(self, terms: LabelTerms, send: Callable[[Request, float], Awaitable[Reply]], seconds: float) -> None:
        self._terms = terms
        self._send = send
        self._seconds = seconds
        self._key = f"Basic {b64encode(terms.key + b':').decode()}"

    async def buy(self, request: LabelRequest) -> Label | LabelRefused:
        said: Call | Label | LabelRefused = begin(request)
        while isinstance(said, Call):
            said = go_on(request, said, await self._answer(said))
        return said

    async def give_back(self, reference: str) -> LabelRefused | None:
        said: Call | LabelRefused | None = easypost_refunds.begin(reference)
        while isinstance(said, Call):
            said = easypost_refunds.go_on(reference, said, await self._answer(said))
        return said

    async def _answer(self, call: Call) -> Fetched:
        headers = {"Authorization": self._key} | ({"Content-Type": "application/json"} if call.body else {})
        reply = await self._send(Request(self._terms.url + call.path, headers, call.body, "POST" if call.body else "GET"), self._seconds)
        return Fetched(reply.status, dict(reply.headers), reply.body)
