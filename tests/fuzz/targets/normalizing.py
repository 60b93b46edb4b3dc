"""The stage between `raw` and `commands`, and the ledger behind it: whatever a raw record holds becomes commands, or one dead letter."""

import asyncio
from collections.abc import Iterator
from functools import cache

from connectors.contract import ShopRef
from connectors.registry import channels
from streams.agents.normalize import Normalize
from streams.deadletter import DeadLetter, decode_dead_letter
from streams.ledger import Ledger
from streams.produce import Outgoing
from streams.read import Record
from streams.reference import ListingRecord, NodeRecord, PoolRecord, Reference, ShopRecord
from streams.topics import COMMANDS, DEAD_LETTERS
from tests.fuzz.planted import discreet
from tests.fuzz.seeds import head, payloads
from tests.fuzz.target import Target, must
from tests.fuzz.targets.channels import WORDS
from tests.streams.shells import Sent

NO_LIMIT = 1 << 40


def targets() -> Iterator[Target]:
    yield Target(name="normalize", seeds=_seeds, take=_take, words=WORDS)


def _seeds() -> list[bytes]:
    return [
        head({**_headers(channel), "kind": payload.kind, "external_id": payload.external_id}, payload.body)
        for channel in channels()
        for payload in payloads(channel)
    ]


def _headers(channel: str) -> dict[str, str]:
    return {"tenant": "acme", "shop": f"{channel}-shop", "channel": channel, "delivery_id": "d-1", "received_at": "1772366400000"}


@cache
def _reference() -> Reference:
    found = Reference()
    found.apply(PoolRecord(pool="north", partition=0, partitions=4))
    found.apply(NodeRecord(node="HAMBURG", pool="north"))
    for channel in channels():
        ref = ShopRef(tenant="acme", shop=f"{channel}-shop", channel=channel, pool="north", currency="GBP")
        found.apply(ShopRecord(ref=ref, unknown_listing="as_sku"))
        found.apply(ListingRecord(shop=ref.shop, listing="OOLONG", parts=(("SKU-OOLONG", 1), ("SKU-BOX", 1_000_000))))
    return found


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _take(data: bytes) -> str:
    record = _record(data)
    sent = Sent()
    stage = Normalize(_reference(), channels(), lambda person: "sealed", sent, NO_LIMIT)
    _loop().run_until_complete(stage.take(2, [record]))
    letters = [decode_dead_letter(found.value) for found in sent.records if found.topic == DEAD_LETTERS.name]
    commands = [found for found in sent.records if found.topic == COMMANDS.name]
    must(len(letters) + len(commands) == len(sent.records), "it writes where it may not")
    must((len(letters) == 1) != (len(commands) > 0), f"it ends in {len(letters)} dead letters and {len(commands)} commands")
    return _commands(commands, data) if commands else _letter(letters[0], record, data)


def _record(data: bytes) -> Record:
    lines, _, body = data.partition(b"\n\n")
    pairs = [line.partition(b": ") for line in lines.split(b"\n")]
    # the client library hands header names on as text
    headers = [(name.decode("utf-8", "replace"), value) for name, _, value in pairs]
    return Record(2, 7, 1_772_366_400_500, b"acme/shop/1", headers, body)


def _letter(letter: DeadLetter, record: Record, data: bytes) -> str:
    must((letter.body(), letter.original_headers()) == (record.value, list(record.headers)), "the original is not kept to the byte")
    must((letter.partition, letter.offset) == (2, 7), "it says another place")
    must(letter.code and letter.sentence, "it says nothing")
    must(letter.code not in {"internal_error", "channel_error"}, f"{letter.code}: {letter.sentence}")
    discreet(letter.sentence, data)
    return letter.code


def _commands(commands: list[Outgoing], data: bytes) -> str:
    decided = Ledger(0).decide([(offset, command.key, command.value) for offset, command in enumerate(commands)])
    must(len(decided) == len(commands), "a command is not decided")
    for record in (*(command.value for command in commands), *(record for _, record in decided)):
        must(b"decider_failed" not in record, f"the decider fails: {record[:300]!r}")
        discreet(record.decode(), data)
    return f"{len(commands) > 1}"
