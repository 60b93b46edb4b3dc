"""What is published of orders and stock goes forward only: no older status, no older level after a newer one of the same key."""

from collections.abc import Callable
from typing import Literal

import msgspec

from streams.checks.findings import Findings
from streams.read import Record
from streams.topics import AVAILABILITY, ORDER_STATUS


class _Status(msgspec.Struct):
    position: int


class _Level(msgspec.Struct):
    version: int


_status = msgspec.json.Decoder(_Status).decode
_level = msgspec.json.Decoder(_Level).decode
Published = Literal["order-status", "availability"]
VERSION_OF: dict[str, Callable[[bytes], int]] = {
    ORDER_STATUS.name: lambda value: _status(value).position,
    AVAILABILITY.name: lambda value: _level(value).version,
}


class Versions:
    """The highest version of each key of one topic."""

    def __init__(self, topic: str, findings: Findings) -> None:
        self.topic = topic
        self._version = VERSION_OF[topic]
        self._findings = findings
        self._highest: dict[bytes, int] = {}

    def came(self, record: Record) -> None:
        if not record.value:  # a tombstone: the key is no more
            return
        self._findings.place = (self.topic, record.partition, record.offset)
        try:
            version = self._version(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._findings.note("readable", f"not of this topic: {error}")
            return
        highest = self._highest.get(record.key, version)
        if version < highest:
            self._findings.note("versions", f"{record.key.decode(errors='replace')} goes back from {highest} to {version}")
        self._highest[record.key] = max(highest, version)
