"""The simulated warehouses at work: over real sockets, against the real gateway, with a journal that is killed at any byte."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from msgspec.structs import replace

from connectors.contract import Fulfilment, Millis, RawRecord, ShopRef
from connectors.door import Door
from connectors.forms import FORMS
from connectors.gateway import configure, create_gateway
from connectors.partner import Accepted, Again, Delivery, Partner, Reply
from connectors.registry import channels
from connectors.wire import Limits
from deploy.edge import listen, now
from deploy.faults import Fault
from deploy.settings import Settings
from deploy.warehouse.books import Books
from deploy.warehouse.desk import Desk
from deploy.warehouse.habits import DAY, Habits, Outage
from deploy.warehouse.journal import Journal
from deploy.warehouse.running import Asked, play
from deploy.warehouse.serving import addresses
from tests.conftest import free_port, make_settings
from tests.connectors.border import FakeProducer, door
from tests.connectors.lines import Server
from tests.deploy.warehouse.jobs import QIMEN, WEBHOOK
from tests.deploy.warehouse.test_forms import TOLD, sent

SHOPS = {"reno-wms": "warehouse", "lantern-wms": "qimen", "post": "easypost"}
QUICK = Habits(speed=DAY / 20, returns=1.0, parcels=1.0, seed=3)
PATIENCE_S = 20


class Place(NamedTuple):
    settings: Settings
    asked: Asked
    partners: dict[str, Partner]
    broker: FakeProducer
    inside: Door

    def taken(self, shop: str) -> list[RawRecord]:
        return [record for sent in self.broker.log if (record := sent.raw()).shop == shop]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    port, at = free_port(), free_port()
    partners = {one.name: replace(one, url=f"http://127.0.0.1:{at}/{one.name}") for one in (WEBHOOK, QIMEN)}
    entries = [
        {"partner": one.name, "url": one.url, "form": one.form, "nodes": list(one.nodes), "secret_file": one.name, "options": one.options}
        for one in partners.values()
    ]
    (tmp_path / "secrets").mkdir()
    for name, secret in (*((one.name, one.secret) for one in partners.values()), *((shop, b"feed") for shop in SHOPS)):
        (tmp_path / ("secrets" if secret == b"feed" else ".") / name).write_bytes(secret)
    (tmp_path / "partners.yaml").write_text(json.dumps(entries))
    shops = {shop: ShopRef(tenant="acme", shop=shop, channel=channel, pool="us") for shop, channel in SHOPS.items()}
    broker = FakeProducer()
    inside = door(broker, shops, channels=channels(), secret=lambda _: b"feed", now=now, max_body=1 << 20)
    asked = Asked(tmp_path / "partners.yaml", (), f"http://127.0.0.1:{port}", "{partner}", "", tmp_path / "journal.jsonl")
    return Place(make_settings(home=tmp_path, metrics_port=0, gateway_port=port), asked, partners, broker, inside)


@contextlib.asynccontextmanager
async def gateway(place: Place) -> AsyncIterator[None]:
    server = Server(configure(create_gateway(place.inside), Limits()))
    serving = asyncio.create_task(server.serve(sockets=[listen("127.0.0.1", place.settings.gateway_port)]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def playing(place: Place, habits: Habits = QUICK) -> AsyncIterator[httpx.AsyncClient]:
    stop = asyncio.Event()
    task = asyncio.create_task(play(place.settings, place.asked, habits, stop))
    async with httpx.AsyncClient() as client:
        yield client
        stop.set()
        await task


async def deliver(client: httpx.AsyncClient, told: Fulfilment, partner: Partner) -> Accepted | Again | object:
    """As `yipan deliver` does, once somebody listens."""
    request = FORMS[partner.form].request(Delivery(fulfilment=told, recipient=None, at=Millis(now()), decided_at=Millis(now())), partner)
    while True:
        try:
            answer = await client.post(request.url, content=request.body, headers=dict(request.headers))
        except httpx.ConnectError:
            await asyncio.sleep(0.01)
            continue
        return FORMS[partner.form].answer(Reply(answer.status_code, answer.headers, answer.content))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


def told(number: int, partner: Partner) -> Fulfilment:
    return replace(TOLD, id=f"F{number}", order=f"{number}", src_offset=number, node=partner.nodes[0])


# ---------------------------------------------------------------------------------------------- the whole life
def test_a_fulfilment_lives_its_life_through_the_gateway_in_either_form(place: Place) -> None:
    async def story() -> None:
        async with gateway(place), playing(place) as client:
            for partner in place.partners.values():
                assert await deliver(client, told(1, partner) if partner.form == "webhook" else told(2, partner), partner) == Accepted()
            await until(lambda: "returnorder.confirm" in kinds(place, "lantern-wms") and "inspection" in kinds(place, "reno-wms"))

    asyncio.run(story())
    # two parcels of four scans each; Qimen follows them to the door only, and says of a return at once what was found
    assert kinds(place, "reno-wms") == {"progress": 4, "shipment": 2, "tracking": 8, "return": 1, "inspection": 1}
    assert kinds(place, "lantern-wms") == {"orderprocess.report": 6, "deliveryorder.confirm": 2, "returnorder.confirm": 1}


def kinds(place: Place, shop: str) -> Counter[str]:
    return Counter(record.kind for record in place.taken(shop))


def test_parcels_are_told_by_an_aggregator_where_there_is_one(place: Place) -> None:
    async def story() -> None:
        async with gateway(place), playing(place._replace(asked=place.asked._replace(parcels="post"))) as client:
            await deliver(client, told(1, place.partners["reno-wms"]), place.partners["reno-wms"])
            await until(lambda: kinds(place, "post")["tracker"] == 8)

    asyncio.run(story())
    assert kinds(place, "reno-wms")["tracking"] == 0


def test_a_gateway_that_is_away_is_told_all_of_it_later_and_a_duplicate_is_the_same_bytes(place: Place) -> None:
    habits = Habits(speed=DAY / 20, returns=0.0, parcels=0.0, duplicate=1.0)

    async def story() -> None:
        async with playing(place, habits) as client:
            await deliver(client, told(1, place.partners["reno-wms"]), place.partners["reno-wms"])
            async with gateway(place):
                await until(lambda: kinds(place, "reno-wms")["tracking"] >= 8)

    asyncio.run(story())
    bodies = Counter(record.body for record in place.taken("reno-wms"))
    assert set(bodies.values()) == {2}


# ---------------------------------------------------------------------------------------------- outages
@pytest.mark.parametrize("outage", ["unavailable", "closed"])
def test_in_an_outage_nothing_is_taken_and_nothing_is_lost(place: Place, outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    now_out: list[Outage] = [outage]
    monkeypatch.setattr(Habits, "outage", lambda *_: now_out[0])
    partner = place.partners["reno-wms"]

    async def story() -> None:
        async with gateway(place), playing(place) as client:
            with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):
                assert isinstance(await deliver(client, told(1, partner), partner), Again)
            assert not place.asked.journal.read_bytes()
            now_out[0] = ""
            assert await deliver(client, told(1, partner), partner) == Accepted()
            await until(lambda: kinds(place, "reno-wms")["inspection"] == 1)

    asyncio.run(story())


# ---------------------------------------------------------------------------------------------- the journal
def test_what_was_acknowledged_survives_a_kill_and_is_taken_once(tmp_path: Path) -> None:
    path, habits = tmp_path / "journal.jsonl", Habits()

    async def take(desk: Desk, number: int) -> bool:
        return await desk.take(sent(told(number, WEBHOOK), WEBHOOK, now()), WEBHOOK)

    async def before() -> None:
        desk = Desk(Books(habits), Journal(path), now)
        assert await asyncio.gather(*(take(desk, number % 20) for number in range(60))) == [True] * 20 + [False] * 40

    asyncio.run(before())
    # the process is gone without a word; a line was under way
    (tmp_path / "copy.jsonl").write_bytes(path.read_bytes() + b'{"type":"job","ev')

    async def after() -> None:
        journal = Journal(tmp_path / "copy.jsonl")
        desk = Desk(Books(habits), journal, now)
        assert desk.books.counts == {"job": 20}
        assert [await take(desk, number) for number in range(21)] == [False] * 20 + [True]
        journal.close()

    asyncio.run(after())
    assert len((tmp_path / "copy.jsonl").read_bytes().splitlines()) == 21


def test_a_journal_cut_at_any_byte_is_read_and_one_damaged_inside_is_not(tmp_path: Path) -> None:
    async def write() -> None:
        journal = Journal(tmp_path / "whole")
        desk = Desk(Books(Habits()), journal, now)
        for number in range(3):
            await desk.take(sent(told(number, WEBHOOK), WEBHOOK, now()), WEBHOOK)
        journal.close()

    asyncio.run(write())
    whole = (tmp_path / "whole").read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(0, len(whole) + 1, 7):
        (tmp_path / "cut").write_bytes(whole[:cut])
        journal = Journal(tmp_path / "cut")
        assert len([*journal.entries()]) == sum(end <= cut for end in ends)
        journal.close()

    (tmp_path / "damaged").write_bytes(whole.replace(b'"at"', b'"ta"', 1))
    with pytest.raises(Fault, match="damaged at byte 0"):
        [*Journal(tmp_path / "damaged").entries()]


def test_a_journal_belongs_to_one_process(tmp_path: Path) -> None:
    held = Journal(tmp_path / "journal")
    with pytest.raises(Fault, match="stop it first"):
        Journal(tmp_path / "journal")
    held.close()


# ---------------------------------------------------------------------------------------------- whom it plays
def test_only_partners_at_this_machine_that_speak_its_forms_are_played() -> None:
    far, files = replace(WEBHOOK, name="far", url="https://wms.example/hook"), replace(WEBHOOK, name="files", form="x12")

    assert [*addresses([far, WEBHOOK, files, QIMEN], ()).values()] == [WEBHOOK, QIMEN]
    assert [*addresses([WEBHOOK, QIMEN], ["lantern-wms"]).values()] == [QIMEN]
    for named in (["far"], ["nobody"]):
        with pytest.raises(Fault):
            addresses([far, WEBHOOK], named)
    with pytest.raises(Fault, match="nobody would call"):
        addresses([far], ())
