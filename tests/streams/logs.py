"""What a story leaves on the topics: all of them in memory, to be checked, and to be damaged first."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from connectors.contract import Availability, Fulfilment, OrderStatus
from streams.check import check
from streams.checks.findings import Invariant
from streams.checks.report import Report
from streams.commands import AnyCommand, decode_command, encode_command
from streams.deadletter import DeadLetter, encode_dead_letter
from streams.decisions import GENESIS, Decision, decode_decision, encode_decision, link
from streams.read import MemoryLog, Record
from streams.replay import Replayed, replay
from streams.rules.fulfil import fulfil
from tables.events import AnyEvent
from tests.story import POOL, Story

Topics = dict[str, dict[int, list[Record]]]
Events = Callable[[tuple[AnyEvent, ...]], Iterable[AnyEvent]]


class Logs:
    """One partition of each topic. A raw record for each command, appended 40 ms before the fulfilment that it leads to."""

    def __init__(self, story: Story) -> None:
        self.commands: list[AnyCommand] = [decode_command(value) for _, _, value in story.commands]
        self.decisions = [decode_decision(record) for record in story.records]
        self.raw = len({command.cause for command in self.commands})
        self.letters: list[DeadLetter] = []
        self.told = [told for decision in self.decisions for told in fulfil(decision, 0)]
        self.statuses: list[tuple[str, bytes]] = []
        self.levels: list[tuple[str, bytes]] = []
        self.chained = True
        self.committed: dict[str, dict[int, int]] | None = None

    # ------------------------------------------------------------------------------------------ damage
    def find(self, kind: type[AnyEvent], nth: int = 0) -> int:
        """The index of the nth decision with such an event."""
        return [i for i, decision in enumerate(self.decisions) if any(isinstance(event, kind) for event in decision.events)][nth]

    def change(self, index: int, **fields: Any) -> None:
        self.decisions[index] = msgspec.structs.replace(self.decisions[index], **fields)

    def rewrite(self, index: int, events: Events) -> None:
        """Put other events into a decision; everything that follows from them follows from the new ones."""
        self.change(index, events=tuple(events(self.decisions[index].events)))
        self.told = [told for decision in self.decisions for told in fulfil(decision, 0)]

    def ignore(self, offset: int, code: str = "ping", verdict: str = "ignored") -> None:
        about: dict[str, Any] = {"verdict": verdict, "stage": "normalize", "code": code, "sentence": "Nothing to do.", "topic": "raw"}
        place: dict[str, Any] = {"partition": 0, "offset": offset, "shop": "web", "key": "acme/web/1", "headers": ()}
        self.letters.append(DeadLetter(**about, **place, original=b64encode(b"{}").decode()))

    def status(self, order: str, position: int) -> tuple[str, bytes]:
        about = OrderStatus(tenant="acme", shop="web", order=order, status="reserved", revision=1, position=position, ordered=1)
        return f"acme/web/{order}", msgspec.json.encode(about)

    def level(self, sku: str, version: int) -> tuple[str, bytes]:
        return f"web/{sku}", msgspec.json.encode(Availability(shop="web", sku=sku, units=1, version=version))

    # ------------------------------------------------------------------------------------------ the topics
    def topics(self) -> Topics:
        raw = [Record(0, offset, 1_000 + offset, b"acme/web/1", (), b"{}") for offset in range(self.raw)]
        return {
            "raw": {0: raw},
            "commands": {0: records((POOL, encode_command(command)) for command in self.commands)},
            "decisions": {0: records((decision.pool, record) for decision, record in self.linked())},
            "fulfilments": {0: [_told(offset, told, self.decisions) for offset, told in enumerate(self.told)]},
            "dead-letters": {0: records((letter.key, encode_dead_letter(letter)) for letter in self.letters)},
            "order-status": {0: records(self.statuses)},
            "availability": {0: records(self.levels)},
        }

    def linked(self) -> Iterable[tuple[Decision, bytes]]:
        """The decisions in a sound chain, unless that is what was damaged."""
        chain = GENESIS
        for decision in self.decisions:
            whole = msgspec.structs.replace(decision, prev=chain) if self.chained else decision
            record = encode_decision(whole)
            chain = link(record)
            yield decision, record

    def check(self) -> Report:
        return check(MemoryLog(self.topics()), committed=self.committed)

    def replay(self) -> Replayed:
        return replay(MemoryLog(self.topics()), progress=lambda *_: None)


def _told(offset: int, told: Fulfilment, decisions: list[Decision]) -> Record:
    caused = {decision.src_offset: decision.cause[2] for decision in decisions}.get(told.src_offset, 0)
    return Record(0, offset, 1_000 + caused + 40, f"{told.tenant}/{told.shop}/{told.order}".encode(), (), msgspec.json.encode(told))


def records(values: Iterable[tuple[str, bytes]]) -> list[Record]:
    return [Record(0, offset, 5_000 + offset, key.encode(), (), value) for offset, (key, value) in enumerate(values)]


def broken(report: Report) -> set[Invariant]:
    return {violation.invariant for violation in report.violations}
