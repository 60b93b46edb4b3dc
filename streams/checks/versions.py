"""What is published of orders and stock goes forward only: no older status, no older level after a newer one of the same key."""

from collections.abc import Callable

import msgspec

from streams.checks.findings import Findings
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
    """Versions of one topic. Who publishes goes forward over all keys of a partition; only where that is not so is it looked at key by
    key, in a second reading."""

    def __init__(self, topic: str, findings: Findings) -> None:
        self.topic = topic
        self._version = VERSION_OF[topic]
        self._findings = findings
        self._highest: dict[int, int] = {}
        self._suspects: dict[int, dict[bytes, int]] = {}  # by partition, keys that came late, and the last offset of each

    def came(self, decided: Positions, record: Record) -> None:
        """`decided`: where the decisions end, by partition; versions are offsets of those in the same partition."""
        if not record.value:  # a tombstone: the key is no more
            return
        partition = record.partition
        self._findings.place = (self.topic, partition, record.offset)
        try:
            key, version = self._version(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._findings.note("readable", f"not of this topic: {error}")
            return
        if key.encode() != record.key:
            self._findings.note("versions", f"it is of {key}, and its key says {record.key.decode(errors='replace')}")
        if not 0 <= version < decided.get(partition, 0):
            self._findings.note("versions", f"{key} follows from decision {version}, which is not there")
        elif version >= self._highest.get(partition, 0):
            self._highest[partition] = version
        else:
            self._suspects.setdefault(partition, {})[record.key] = record.offset

    def suspicious(self) -> dict[int, int]:
        """Up to where partitions are to be read again from their beginning."""
        return {partition: 1 + max(late.values()) for partition, late in self._suspects.items()}

    def came_again(self, highest: dict[bytes, int], record: Record) -> None:
        """The second reading of a partition. `highest`: of each key so far."""
        if record.key not in self._suspects[record.partition] or not record.value:
            return
        self._findings.place = (self.topic, record.partition, record.offset)
        version = self._version(record.value)[1]
        before = highest.setdefault(record.key, version)
        if version < before:
            self._findings.note("versions", f"{record.key.decode(errors='replace')} goes back from {before} to {version}")
        highest[record.key] = max(before, version)
