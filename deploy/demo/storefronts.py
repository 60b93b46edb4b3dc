"""The platforms of the polled shops, simulated: real HTTP on localhost, with the paging and the clocks of WooCommerce and Amazon."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from time import time_ns
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from deploy.retailer import amazon, woocommerce
from deploy.retailer.deliveries import encode
from deploy.retailer.folder import secret_of
from deploy.retailer.orders import Order
from deploy.retailer.shops import SHOPS, Shop

# A platform's clock is behind ours, just so much that a poller sees an order at once and sees it no more a moment later:
# WooCommerce is asked for the last 10 minutes again and again, Amazon for what is 2 to 3 minutes old.
BEHIND_MS = {"woocommerce": 598_500, "amazon": 179_000}


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Storefront:
    """One platform's orders of one shop: what `show` put there, found by when it was last modified."""

    def __init__(self, shop: Shop, now: Callable[[], int]) -> None:
        """`now`: milliseconds since the epoch."""
        self.shop = shop
        self._now = now
        self._lock = Lock()
        self._latest: dict[int, tuple[int, Order]] = {}
        self._modified: list[tuple[int, int]] = []
        self._unread: set[int] = set()
        self._regrets: dict[int, Order] = {}
        self._asked = ("", "")
        self._found: list[Order] = []
        self._after = 0
        self._served: list[Order] = []

    def show(self, order: Order) -> None:
        """A cancel of an order that nobody has seen yet is kept back until somebody has: else there would be no order to speak of."""
        with self._lock:
            if order.cancelled and order.number in self._unread:
                self._regrets[order.number] = order
            else:
                self._put(order)

    def _put(self, order: Order) -> None:
        at = (self._now() - BEHIND_MS[self.shop.channel]) // 1_000 * 1_000  # platforms tell whole seconds
        self._latest[order.number] = (at, order._replace(updated_at=at))
        self._modified.append((at, order.number))
        self._unread.add(order.number)

    def unread(self) -> int:
        """Orders that no poller has safely taken as they stand."""
        with self._lock:
            return len(self._unread)

    def answer(self, path: str, query: Mapping[str, str]) -> Answer:
        with self._lock:
            self._settle(query.get("modified_after") or query.get("lastUpdatedAfter") or "")
            return self._amazon(query) if self.shop.channel == "amazon" else self._woocommerce(path, query)

    def _window(self, after: str, before: str) -> list[Order]:
        """As it stands when its first page is asked for: what comes later is in the next one, and pages do not move meanwhile."""
        if (after, before) != self._asked:
            # WooCommerce's `modified_after` leaves the moment itself out, Amazon's `lastUpdatedAfter` does not
            first = _millis(after) + (self.shop.channel == "woocommerce")
            shown = self._modified[bisect_left(self._modified, (first, 0)) : bisect_left(self._modified, (_millis(before), 0))]
            self._asked = (after, before)
            self._found = sorted(self._latest[number][1] for at, number in shown if self._latest[number][0] == at)
        return self._found

    def _woocommerce(self, path: str, query: Mapping[str, str]) -> Answer:
        number = path.removesuffix("/refunds").rpartition("/")[2]
        if path.endswith("/refunds"):
            return _json([woocommerce.refund(back) for back in self._latest[int(number)][1].refunds])
        found = self._window(query["modified_after"], query["modified_before"])
        page, size = int(query.get("page", 1)), int(query.get("per_page", 10))
        pages = max(1, -(-len(found) // size))
        return _json(self._read(found[(page - 1) * size : page * size], woocommerce.order), {"X-WP-TotalPages": str(pages)})

    def _amazon(self, query: Mapping[str, str]) -> Answer:
        found = self._window(query["lastUpdatedAfter"], query["lastUpdatedBefore"])
        start, size = int(query.get("paginationToken", 0)), int(query.get("maxResultsPerPage", 100))
        orders = self._read(found[start : start + size], amazon.order)
        return _json({"orders": orders, "pagination": {"nextToken": str(start + size)} if start + size < len(found) else {}})

    def _read(self, orders: Iterable[Order], form: Any) -> list[dict[str, Any]]:
        page = list(orders)
        self._served += page
        return [form(order) for order in page]

    def _settle(self, after: str) -> None:
        """Who asks for what is later has put in safety what was asked for before. The same again says nothing: it may be the next
        page, a page that was only counted, or another try."""
        if not after or _millis(after) <= self._after:
            return
        self._after = _millis(after)
        for order in self._served:
            if order is self._latest[order.number][1]:
                self._unread.discard(order.number)
                if regret := self._regrets.pop(order.number, None):
                    self._put(regret)
        self._served = []


def _now() -> int:
    return time_ns() // 1_000_000


def _json(value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(200, headers or {}, encode(value))


def _millis(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


class Storefronts:
    """All polled shops behind one port, each under its own path. `urls`: shop -> where it answers."""

    def __init__(self, shops: Iterable[Shop] = SHOPS) -> None:
        self.shops = {shop.name: Storefront(shop, _now) for shop in shops if shop.door == "poll"}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.shops))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, name="storefronts", daemon=True)
        self.urls = {name: f"http://127.0.0.1:{self._server.server_port}/{name}" for name in self.shops}

    def unread(self) -> int:
        return sum(shop.unread() for shop in self.shops.values())

    @contextmanager
    def open(self) -> Iterator["Storefronts"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


def _handler(shops: Mapping[str, Storefront]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            _, name, path = url.path.split("/", 2)
            answer = Answer(401, {}, b"{}")
            if self.headers.get("authorization") == f"Bearer {secret_of(name).decode()}":
                answer = shops[name].answer(path, dict(parse_qsl(url.query)))
            self.send_response(answer.status)
            for header, value in {**answer.headers, "Content-Type": "application/json", "Content-Length": str(len(answer.body))}.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody wants to read these."""

    return Handler
