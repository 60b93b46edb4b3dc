"""Labels as `yipan deliver` buys them: over real HTTP, and through which feed the log hears of them."""

import asyncio
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from connectors.contract import ShopRef
from connectors.easypost_seller import EasyPost
from connectors.labels import Label, LabelTerms
from connectors.partner import Request
from deploy.post import Post
from deploy.selling import ANSWER_BYTES, feed_of
from streams.reference import Reference, ShopRecord
from tests.connectors.easypost import EasyPostDouble
from tests.connectors.test_label_desk import KEEPER
from tests.connectors.test_labels import ASKED


class Platform(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.double = EasyPostDouble()


class Handler(BaseHTTPRequestHandler):
    def _serve(self) -> None:
        platform = self.server
        assert isinstance(platform, Platform)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        known = self.headers["authorization"] == "Basic RVpBSy0xOg=="
        reply = asyncio.run(platform.double.send(Request(self.path, {}, body), 1.0))
        self.send_response(reply.status if known else 401)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = _serve

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform() as platform:
        thread = Thread(target=platform.serve_forever)
        thread.start()
        yield platform
        platform.shutdown()
        thread.join()


def test_a_label_is_bought_once_over_http_and_given_back(platform: Platform) -> None:
    async def buy() -> list[object]:
        post = Post(ssl.create_default_context(), ANSWER_BYTES)
        url = f"http://127.0.0.1:{platform.server_address[1]}"
        seller = EasyPost(LabelTerms(by="easypost", url=url, sender=KEEPER, sender_region="US-NV", key=b"EZAK-1"), post.send, 10.0)
        try:
            return [await seller.buy(ASKED), await seller.buy(ASKED), await seller.give_back(ASKED.reference)]
        finally:
            await post.close()

    first, again, back = asyncio.run(buy())

    assert isinstance(first, Label)
    assert (first, back) == (again, None)
    assert (platform.double.bought, platform.double.refunds) == ({ASKED.reference: 1}, {ASKED.reference: 1})


def test_the_log_hears_of_labels_through_the_pools_own_warehouse_feed() -> None:
    reference = Reference()
    for shop, channel, pool, active in (
        ("b-wms", "warehouse", "us", True),
        ("a-wms", "warehouse", "eu", True),
        ("old-wms", "warehouse", "us", False),
        ("web", "canonical", "us", True),
        ("c-wms", "warehouse", "us", True),
    ):
        reference.apply(ShopRecord(ref=ShopRef(tenant="t", shop=shop, channel=channel, pool=pool), active=active))

    assert [found and found.shop for found in (feed_of(reference, pool) for pool in ("us", "eu", "cn"))] == ["b-wms", "a-wms", None]
