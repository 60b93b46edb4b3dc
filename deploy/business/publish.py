"""A checked business -> commands of its pools, then `reference`: the ledger hears of everything before orders can ask for it.

An import that is cut off leaves its version and digest in `reference`: the same folder goes on under that version, so that the ledger
knows what it heard already by its cause; another folder starts anew and says again what the cut-off one had changed.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from connectors.contract import Millis
from deploy.business.book import Business
from deploy.business.difference import Difference, Pending, difference, digest, last_version, pending_of, pending_record, refusals, told
from deploy.business.sheets import Problem
from deploy.faults import Fault
from streams.commands import encode_command
from streams.reference import AnyReference, Reference, encode_reference, record_id
from streams.topics import COMMANDS, REFERENCE

Outgoing = tuple[int, str, bytes]
ACK_SECONDS = 60.0


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did. `version` 0: nothing was ever imported. `published`, `unchanged`: items by kind. `partners`: how
    many are delivered to from here on; 0: as before. `told_shops`: of how many shops the platforms are told."""

    version: int
    pools: dict[str, int]
    published: dict[str, int]
    unchanged: dict[str, int]
    secrets: int
    notes: tuple[str, ...]
    partners: int = 0
    told_shops: int = 0


def publish_business(
    business: Business, reference: Reference, producer: Producer, *, partitions: int, now: Millis, secrets_dir: Path
) -> Imported | list[Problem]:
    """Publish what differs from the imports before; `reference` is all of that topic as it stands. Raises
    Fault without an acknowledgement."""
    if problems := sorted(refusals(business, reference, partitions)):
        return problems
    before, fingerprint = pending_of(reference), digest(business)
    resumed = before if before and before.digest == fingerprint else None
    version = resumed.version if resumed else max(now, last_version(reference) + 1)
    new = difference(business, reference, told(reference, None if resumed else before), version, partitions)
    # editors add a line end
    secrets = sum(keep_secret(secrets_dir, shop, file.read_bytes().strip()) for shop, file in business.secrets.items())
    if new.published or before:
        touched = resumed.changed if resumed else tuple(sorted({*new.changed, *(before.changed if before else ())}))
        publish_difference(producer, new, Pending(version, fingerprint, touched, bool(resumed and resumed.heard)))
    return Imported(
        version=version if new.published else last_version(reference),
        pools=new.partitions,
        published=new.published,
        unchanged=new.unchanged,
        secrets=secrets,
        notes=business.notes,
    )


def publish_difference(producer: Producer, new: Difference, pending: Pending) -> None:
    """Commands, then `reference`. Raises Fault without an acknowledgement; `pending` says how to go on then."""
    if not pending.heard:
        _send_reference(producer, [pending_record(new.version, pending)])
        commands = ((new.partitions[command.pool], command.pool, encode_command(command)) for command in new.commands)
        send(producer, COMMANDS.name, commands)
        _send_reference(producer, [pending_record(new.version, msgspec.structs.replace(pending, heard=True))])
    _send_reference(producer, [*new.records, pending_record(new.version, None)])


def _send_reference(producer: Producer, records: Iterable[AnyReference]) -> None:
    send(producer, REFERENCE.name, ((0, record_id(record), encode_reference(record)) for record in records))


def send(producer: Producer, topic: str, records: Iterable[Outgoing]) -> None:
    """All of them, in order, acknowledged when this returns."""
    failed: list[KafkaError] = []

    def acknowledged(error: KafkaError | None, _message: Message) -> None:
        if error:
            failed.append(error)

    for partition, key, value in records:
        while True:
            try:
                producer.produce(topic, value, key, partition, on_delivery=acknowledged)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    if producer.flush(ACK_SECONDS) or failed:
        reason = failed[0].str() if failed else "no answer in time"
        raise Fault(f"The broker did not take all of {topic} ({reason}); do the same again, it goes on where this ended")


def keep_secret(folder: Path, name: str, secret: bytes) -> bool:
    """Put it where only this user reads it. -> whether it is new."""
    kept = folder / name
    if kept.is_file() and kept.read_bytes() == secret:
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / f".{name}.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    fresh.replace(kept)
    return True
