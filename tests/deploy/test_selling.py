"""Labels as `yipan deliver` buys them: over real HTTP, and through which feed the log hears of them."""

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from connectors.contract import RawRecord, ShopRef
from connectors.labels import Label, LabelTerms
from connectors.partner import Partner, Refused, Request
from connectors.publish import Publisher, Unavailable
from deploy.post import Post
from deploy.selling import ANSWER_BYTES, desk_of, feed_of
from streams.reference import Reference, ShopRecord
from tests.connectors.easypost import EasyPostDouble
from tests.connectors.partners import NOON, WEI
from tests.connectors.test_label_desk import KEEPER, parcel


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


class Log(Publisher):
    """Takes what it is told from the second time on."""

    def __init__(self) -> None:
        self.tried: list[RawRecord] = []

    async def publish(self, records: Sequence[RawRecord]) -> None:
        self.tried += records
        if len(self.tried) == 1:
            raise Unavailable("The broker did not acknowledge in time.")


def test_a_label_is_bought_once_over_http_told_to_the_log_and_given_back(platform: Platform) -> None:
    url = f"http://127.0.0.1:{platform.server_address[1]}"
    terms = LabelTerms(by="easypost", url=url, sender=KEEPER, sender_region="US-NV", key=b"EZAK-1")
    log, told = Log(), parcel(1)

    async def work() -> Label | Refused | None:
        post = Post(ssl.create_default_context(), ANSWER_BYTES)
        desk = desk_of(Partner(name="reno", url="", secret=b"", labels=terms), post, lambda _: WEI, log, known())
        assert desk is not None
        try:
            label = await desk.label(told, NOON)
            await desk.give_back(msgspec.structs.replace(told, type="FulfilmentCancelled", reason="cancelled"))
            return label
        finally:
            await post.close()

    label = asyncio.run(work())

    assert isinstance(label, Label)
    assert label.tracking == "EZ-F1"
    assert (platform.double.bought, platform.double.refunds) == ({"F1": 1}, {"F1": 1})
    assert [(record.key, record.kind) for record in log.tried] == [("t/b-wms/F1", "tracking")] * 2


def test_who_buys_by_hand_finds_the_request_in_the_folder(tmp_path: Path) -> None:
    terms = LabelTerms(by="file", url=tmp_path.as_uri(), sender=KEEPER, sender_region="US-NV")

    async def work() -> Label | Refused | None:
        post = Post(ssl.create_default_context())
        desk = desk_of(Partner(name="reno", url="", secret=b"", labels=terms), post, lambda _: WEI, Log(), known())
        assert desk is not None
        return await desk.label(parcel(1), NOON)

    assert asyncio.run(work()) is None
    assert [file.name for file in tmp_path.iterdir()] == ["F1.csv"]
    assert "F1,USPS,Priority,900,Wei Chen" in (tmp_path / "F1.csv").read_text()


def known() -> Reference:
    reference = Reference()
    for shop, channel, pool, active in (
        ("b-wms", "warehouse", "us", True),
        ("a-wms", "warehouse", "eu", True),
        ("old-wms", "warehouse", "us", False),
        ("web", "canonical", "us", True),
        ("c-wms", "warehouse", "us", True),
    ):
        reference.apply(ShopRecord(ref=ShopRef(tenant="t", shop=shop, channel=channel, pool=pool), active=active))
    return reference


def test_the_log_hears_of_labels_through_the_pools_own_warehouse_feed() -> None:
    reference = known()

    assert [found and found.shop for found in (feed_of(reference, pool) for pool in ("us", "eu", "cn"))] == ["b-wms", "a-wms", None]
