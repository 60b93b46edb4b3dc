"""A folder for those who buy labels by hand: a file for each parcel, there whole and once."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from connectors.labels import LabelRequest, LabelTerms, labels_file
from connectors.partner import Reply, Request


class LabelFolder:
    """`send` puts the body of a `file:` request where its address says, and leaves a file alone that is there."""

    def __init__(self, terms: LabelTerms, send: Callable[[Request, float], Awaitable[Reply]], seconds: float) -> None:
        self._terms = terms
        self._send = send
        self._seconds = seconds

    async def buy(self, request: LabelRequest) -> None:
        address = f"{self._terms.url.rstrip('/')}/{quote(request.reference, safe='')}.csv"
        await self._send(Request(address, {}, labels_file([request]).encode()), self._seconds)

    async def give_back(self, reference: str) -> None:
        """Whoever bought it does that by hand, too."""
