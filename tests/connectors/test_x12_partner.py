"""The form `x12`: 940s as files, whole or not at all, and the partner's 997 read back as its acknowledgement."""

import asyncio
import stat
from pathlib import Path

import msgspec
import pytest

from connectors.contract import Fulfilment, FulfilmentLine, Millis
from connectors.courier import Consumed, Courier, Outside
from connectors.partner import Accepted, Delivery, Partner, Refused, Reply, Request, Undeliverable, Verdict
from connectors.x12.folder import Folders, drop
from connectors.x12.partner import FORM
from tests.connectors.cases import NOON
from tests.connectors.packages import interchange, transaction
from tests.connectors.test_x12_orders import ADA, ENDS, ORDERED

AGREED = {"sender": ENDS.sender, "receiver": ENDS.receiver}
LATER = Millis(NOON + 86_400_000)
SEALED = msgspec.structs.replace(ORDERED, recipient="k1.sealed")


class World:
    """A partner's folders, and a process that delivers into them."""

    def __init__(self, home: Path, acknowledges: bool = True) -> None:
        self.orders, self.answers = home / "orders to ship", home / "acknowledgements"
        self.orders.mkdir()
        self.answers.mkdir()
        options = AGREED | ({"acknowledgements": str(self.answers)} if acknowledges else {})
        self.partner = Partner(name="gull", url=self.orders.as_uri(), secret=b"", form="x12", options=options)
        self.folders = Folders(look_again=0.001)

    def request(self, fulfilment: Fulfilment = ORDERED, at: Millis = NOON) -> Request:
        return FORM.request(Delivery(fulfilment=fulfilment, recipient=ADA, at=at, decided_at=NOON), self.partner)

    def told(self, seconds: float = 5.0) -> Verdict:
        return FORM.answer(asyncio.run(self.folders.send(self.request(), seconds)))

    def acknowledge(self, verdict: str, control: int = 72003, name: str = "997-1.edi") -> None:
        (self.answers / name).write_bytes(interchange("FA", transaction("997", "0001", f"AK1*OW*{control}", f"AK9*{verdict}*1*1*1")))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_without_997s_an_order_is_delivered_once_its_file_is_there(tmp_path: Path) -> None:
    world = World(tmp_path, acknowledges=False)

    assert world.told() == Accepted()
    assert [path.name for path in world.orders.iterdir()] == ["940-0-72-2.edi"]


@pytest.mark.parametrize(
    ("method", "segment"),
    [
        ("", "W66*PP*ZZ"),
        ("Two-day air", "W66*PP*ZZ***Two-day air*****UPSN"),
        ("Pigeon*post~", "W66*PP*ZZ***Pigeon post"),
        ("x" * 40, "W66*PP*ZZ***" + "x" * 35),
    ],
)
def test_a_partner_is_told_the_method_and_the_carrier_that_it_has_for_it(world: World, method: str, segment: str) -> None:
    world.partner = msgspec.structs.replace(world.partner, options={**world.partner.options, "shipping_two_day_air": "UPSN"})
    written = world.request(msgspec.structs.replace(ORDERED, shipping=method)).body.decode()

    assert segment in written.split("~\n")


def test_a_carriers_code_that_x12_has_no_room_for_is_undeliverable(world: World) -> None:
    world.partner = msgspec.structs.replace(world.partner, options={**world.partner.options, "shipping_express": "FEDEX"})

    with pytest.raises(Undeliverable):
        world.request(msgspec.structs.replace(ORDERED, shipping="Express"))


def test_the_partners_997_is_its_acknowledgement(world: World) -> None:
    world.acknowledge("A")

    assert world.told() == Accepted()


def test_an_order_that_the_partner_refuses_needs_a_person(world: World) -> None:
    world.acknowledge("R")

    verdict = world.told()

    assert isinstance(verdict, Refused)
    assert verdict.code == "refused_by_partner"


@pytest.mark.parametrize("file", [b"", b"ISA*00", interchange("FA", transaction("997", "0001", "AK1*OW*99", "AK9*A*1*1*1"))])
def test_nothing_is_taken_for_delivered_while_no_997_speaks_of_it(world: World, file: bytes) -> None:
    (world.answers / "early.edi").write_bytes(file)

    with pytest.raises(ConnectionError):
        world.told(seconds=0.05)


def test_a_997_that_comes_later_is_heard(world: World) -> None:
    async def both() -> Reply:
        waiting = asyncio.create_task(world.folders.send(world.request(), 5.0))
        while not [*world.orders.glob("940-*")]:
            await asyncio.sleep(0)
        world.acknowledge("E")
        return await waiting

    assert FORM.answer(asyncio.run(both())) == Accepted()


def test_a_997_that_is_still_being_written_is_read_again(world: World) -> None:
    (world.answers / "997-1.edi").write_bytes(b"ISA*00*")
    with pytest.raises(ConnectionError):
        world.told(seconds=0.05)

    world.acknowledge("A")

    assert world.told() == Accepted()


def test_an_attempt_on_another_day_is_the_same_file_to_the_byte(world: World) -> None:
    assert world.request(at=LATER) == world.request()


def test_a_process_that_was_killed_before_its_commit_drops_the_same_file_again(tmp_path: Path) -> None:
    world = World(tmp_path, acknowledges=False)
    record = Consumed(0, 5, b"halyard/halyard-web/5500000028", [("ce_time", b"2026-03-01T12:00:00.000+00:00")], msgspec.json.encode(SEALED))

    first, again = (delivered(world, record, attempt) for attempt in (NOON, LATER))

    assert first == again == world.request().body


def delivered(world: World, record: Consumed, attempt: Millis) -> bytes:
    """By a courier that was just started; the partner takes the file out of the folder."""

    async def bury(letter: Consumed, code: str, sentence: str) -> None:
        raise AssertionError(code)

    partner = msgspec.structs.replace(world.partner, opens_recipient=True)
    outside = Outside(send=Folders().send, open=lambda _: ADA, bury=bury, now=lambda: attempt, random=lambda: 0.0)

    async def deliver() -> None:
        await Courier(partner, FORM, outside).deliver(record, SEALED)

    asyncio.run(deliver())
    (only,) = world.orders.iterdir()
    body = only.read_bytes()
    only.unlink()
    return body


@pytest.mark.parametrize("header", [b"", b"yesterday", b"2026-03-01T12:00:00", b"\xff"])
def test_an_event_that_does_not_say_when_it_was_decided_is_dated_to_no_day(header: bytes) -> None:
    assert Consumed(0, 5, b"", [("ce_time", header)], b"").decided_at == 0


def test_a_file_that_is_there_is_left_alone_and_no_half_of_one_is_ever_seen(tmp_path: Path) -> None:
    drop(tmp_path / "940-1.edi", b"first")
    drop(tmp_path / "940-1.edi", b"second")

    (only,) = tmp_path.iterdir()
    assert only.read_bytes() == b"first"
    assert stat.S_IMODE(only.stat().st_mode) & stat.S_IRWXO == 0


def test_what_a_crash_left_half_written_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / ".940-1.edi.part").write_bytes(b"a half that is longer than the whole")

    drop(tmp_path / "940-1.edi", b"whole")

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"940-1.edi": b"whole"}


def test_a_folder_that_is_not_there_is_a_partner_who_does_not_answer(world: World) -> None:
    world.orders.rmdir()

    with pytest.raises(ConnectionError):
        world.told()


@pytest.mark.parametrize(
    ("options", "lines", "code"),
    [(AGREED, (FulfilmentLine("1", "CUP*CLAY", 1),), "unwritable"), ({"sender": "YIPAN"}, ORDERED.lines, "no_agreement")],
)
def test_what_x12_cannot_say_is_told_to_a_person(options: dict[str, str], lines: tuple[FulfilmentLine, ...], code: str) -> None:
    partner = Partner(name="gull", url="file:///srv/edi", secret=b"", form="x12", options=options)
    delivery = Delivery(fulfilment=msgspec.structs.replace(ORDERED, lines=lines), recipient=ADA, at=NOON)

    with pytest.raises(Undeliverable) as raised:
        FORM.request(delivery, partner)

    assert raised.value.refused.code == code
