"""Records of `reference` that nobody can read: they are left out, and those that are known still hold."""

from typing import cast

import pytest
from confluent_kafka import Consumer, Message

from streams.follow import Follower
from streams.reference import NodeRecord, encode_reference


class Held:
    """A message as the client library hands it on."""

    def __init__(self, value: bytes | None, key: bytes = b"node/hall") -> None:
        self._key, self._value = key, value

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def offset(self) -> int:
        return 7


@pytest.mark.parametrize("value", [b"{}", b"\xff", b'{"type":"node","node":"\xff"}', b"[" * 100_000, b'{"type":"comet"}', b"\0"])
def test_a_record_that_nobody_can_read_is_left_out(value: bytes) -> None:
    follower = Follower(cast(Consumer, None))
    for message in (Held(encode_reference(NodeRecord(node="hall", pool="north"))), Held(value), Held(None, b"\xff/\xff")):
        follower._apply(cast(Message, message))

    assert follower.reference.nodes.keys() == {"hall"}
