"""What is published of orders and stock goes forward only: no older status, no older level after a newer one of the same key."""

from collections.abc import Callable

import msgspec

from streams.checks.findings import Findings
from streams.checks.table import Table
from streams.read import Positions, Record
from streams.topics import AVAILABILITY, ORDER_STATUS


class _Status(msgspec.Struct):
    tenant: str
    shop: str
    order: str
    position: int


class _Level(msgspec.Struct):
    shop: str
    sku: str
    version: int


_status = msgspec.json.Decoder(_Status).decode
_level = msgspec.json.Decoder(_Level).decode


def status_of(value: bytes) -> tuple[str, int]:
    status = _status(value)
    return f"{status.tenant}/{status.shop}/{status.order}", status.position


def level_of(value: bytes) -> tuple[str, int]:
    level = _level(value)
    return f"{level.shop}/{level.sku}", level.version


# Of each topic: the key that a record must have, and its version.
VERSION_OF: dict[str, Callable[[bytes], tuple[str, int]]] = {ORDER_STATUS.name: status_of, AVAILABILITY.name: level_of}


class Versions:
    """The highest version of each key of one topic."""

    def __init__(self, topic: str, findings: Findings) -> None:
        self.topic = topic
        self._version = VERSION_OF[topic]
        self._findings = findings
        self._highest = Table()

    def came(self, decided: Positions, record: Record) -> None:
        """`decided`: where the decisions end, by partition; versions are offsets of those in the same partition."""
        if not record.value:  # a tombstone: the key is no more
            return
        self._findings.place = (self.topic, record.partition, record.offset)
        try:
            key, version = self._version(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._findings.note("readable", f"not of this topic: {error}")
            return
        if key.encode() != record.key:
            self._findings.note("versions", f"it is of {key}, and its key says {record.key.decode(errors='replace')}")
        if not 0 <= version < decided.get(record.partition, 0):
            self._findings.note("versions", f"{key} follows from decision {version}, which is not there")
            return
        highest = self._highest.put(record.key, version)
        if version < highest:
            self._findings.note("versions", f"{key} goes back from {highest} to {version}")
            self._highest.put(record.key, highest)
