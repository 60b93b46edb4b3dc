"""The envelope of events: one record of topic `decisions` per command: output, state change and idempotency anchor at once."""

import hashlib

import msgspec

from streams.commands import Cause
from tables.events import AnyEvent

GENESIS = "0" * 16
PIECE = 2_047


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`seq` counts the decisions of a pool from 1; `src_offset` is the offset of the command in the same partition number of
    `commands`; `command_id` names what was asked; `decider` is the version of the code that decided; `prev` the `link` of the
    partition's previous decision record (GENESIS for the first)."""

    pool: str
    seq: int
    src_offset: int
    command_id: str
    cause: Cause
    decider: int
    policy_version: int
    prev: str
    events: tuple[AnyEvent, ...]


encode_decision = msgspec.json.Encoder().encode
decode_decision = msgspec.json.Decoder(Decision).decode


def link(record: bytes) -> str:
    """The hash that the next decision of the partition carries: blake2b over the record's bytes, 8 bytes as hex. The record
    holds the previous link, so one link covers the whole log before it."""
    if len(record) <= PIECE:
        return hashlib.blake2b(record, digest_size=8).hexdigest()
    digest = hashlib.blake2b(digest_size=8)
    # hashlib lets go of the interpreter lock for 2,048 bytes or more, and getting it back takes up to 5 ms in a busy process
    for start in range(0, len(record), PIECE):
        digest.update(record[start : start + PIECE])
    return digest.hexdigest()
