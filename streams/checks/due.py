"""Which fulfilments are due by the decisions of a partition, and which came: 32 bytes for each, so that a long log fits into memory."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from typing import Literal

import msgspec

from connectors.contract import Fulfilment
from streams.checks.findings import Findings
from streams.read import Record
from streams.topics import DECISIONS, FULFILMENTS
from tables.events import NODE_SAID, ArrivalExpected, CancelRequested, CarrierChosen, FulfilmentReleased, Reserved, Unreserved

decode_fulfilment = msgspec.json.Decoder(Fulfilment).decode
units_of = attrgetter("line", "sku", "quantity")
EXCUSED, OPEN, MET = 2, 0, 1
SHORT = (1 << 32) - 1
Telling = Reserved | FulfilmentReleased | Unreserved | CancelRequested | ArrivalExpected
NO_ORDER = "//"  # of supply
Met = Literal["repeated", "unknown", "other", "changed"]
Way = tuple[str, str, int, str, int, int, str]  # how it is to be carried
ANY_WAY: Way = ("", "", 0, "", 0, 0, "")
_COMPLAINTS: dict[Met, str] = {
    "unknown": "no decision says so",
    "other": "its decision says another node, order, carrier or other units",
    "changed": "comes again, and differs",
}


class Due:
    """Fulfilments due and met of one partition. `waits` counts milliseconds from a raw record to the first fulfilment that it led to.
    Parallel arrays in the order of the decisions; of ids, units and records there are 32 bits of their hash."""

    def __init__(self, partition: int, findings: Findings) -> None:
        self.partition = partition
        self.records = 0
        self.repeated = 0
        self.met = 0
        self.waits: Counter[int] = Counter()
        self._findings = findings
        self._offset, self._src, self._began = array("q"), array("q"), array("I")
        self._name, self._owed, self._record = array("I"), array("I"), array("I")
        self._state = bytearray()
        self._highest = -1  # src_offset of what came
        self._latest = -1  # index of what came
        self._deleted = False

    def owe(self, offset: int, src: int, pool: str, event: Telling, began: int, carried: CarrierChosen | None = None) -> None:
        """The decision at `offset` about the command at `src` has this event; it follows from a raw record appended at `began`
        (0: from none). `carried`: who is to carry it."""
        match event:
            case Reserved(later=False):
                self._owe(offset, src, "FulfilmentOrdered", pool, event, began, _way(carried))
            case FulfilmentReleased():
                self._owe(offset, src, "FulfilmentOrdered", pool, event, 0, _way(carried))
            case Unreserved(reason=reason, untold=False) if reason not in NODE_SAID:
                self._owe(offset, src, "FulfilmentCancelled", pool, event, 0, ANY_WAY)
            case CancelRequested():
                self._owe(offset, src, "FulfilmentCancelled", pool, event, 0, ANY_WAY, final=False)
            case ArrivalExpected(kind=kind):
                self._owe(offset, src, "ReturnExpected" if kind == "return" else "SupplyExpected", pool, event, 0, ANY_WAY)

    def _owe(self, offset: int, src: int, kind: str, pool: str, event: Telling, began: int, way: Way, *, final: bool = True) -> None:
        self._offset.append(offset)
        self._src.append(src)
        self._began.append(began)
        name = event.name if isinstance(event, ArrivalExpected) else event.fulfilment
        self._name.append(hash((kind, name)) & SHORT)
        rows = event.rows
        # lines may come in any order
        self._owed.append(hash((event.order or NO_ORDER, event.node, pool, final, way, len(rows), frozenset(map(units_of, rows)))) & SHORT)
        self._record.append(0)
        self._state.append(OPEN)

    # ------------------------------------------------------------------------------------------ what comes
    def deleted(self) -> None:
        """The beginning of the topic was deleted by age: what lies before the first that is kept may have been there."""
        self._deleted = True

    def ended(self) -> None:
        """The topic has nothing more by now."""
        if self._deleted:
            self._excuse(len(self._src))

    def came(self, record: Record, at: int, decided: int) -> bool:
        """A record of `fulfilments`, appended at `at` (as `began` counts). `decided`: the highest src_offset decided so far. False: it
        is of a decision that was not read yet, and is to be shown again later."""
        self._findings.place = (FULFILMENTS.name, record.partition, record.offset)
        try:
            told = decode_fulfilment(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._findings.note("readable", f"not a fulfilment: {error}")
            return True
        if self._deleted:
            self._excuse(bisect_left(self._src, told.src_offset + 1))
        if told.src_offset > decided and told.partition == record.partition:
            return False
        self._judge(told, record, at)
        return True

    def _judge(self, told: Fulfilment, record: Record, at: int) -> None:
        self.records += 1
        order = f"{told.tenant}/{told.shop}/{told.order}"
        if told.partition != record.partition:
            self._complain(told, f"lies in partition {record.partition}, and is of a decision in {told.partition}")
        elif order.encode() != record.key:
            self._complain(told, "its key is that of another order")
        else:
            found = self._meet(told, order, hash(record.value) & SHORT)
            if isinstance(found, int):
                self._take(found, told, at)
            elif found == "repeated":
                self.repeated += 1
            else:
                self._complain(told, _COMPLAINTS[found])

    def _complain(self, told: Fulfilment, sentence: str) -> None:
        about = f"{told.type} {told.id} of {told.tenant}/{told.shop}/{told.order} at {told.node}"
        self._findings.note("fulfilments", f"{about}: {sentence}")

    def _meet(self, told: Fulfilment, order: str, record: int) -> Met | int:
        """The index of what it fulfils; or what is the matter with it."""
        src, name = told.src_offset, hash((told.type, told.id)) & SHORT
        lines, price = told.lines, (told.carriage, told.carriage_currency)
        way: Way = (told.carrier, told.service, *price, told.transit_days, told.grams, told.region)
        owed = hash((order, told.node, told.pool, told.final, way, len(lines), frozenset(map(units_of, lines)))) & SHORT
        self._highest = max(self._highest, src)
        wrong: Met = "unknown"
        known = self._src
        i = self._latest + 1
        if not (i < len(known) and known[i] == src and (i == 0 or known[i - 1] != src)):
            i = bisect_left(known, src)
        while i < len(known) and known[i] == src:
            if self._name[i] == name:
                if self._state[i] == MET and self._record[i] == record:
                    return "repeated"
                if self._owed[i] == owed and self._state[i] != MET:
                    self._record[i], self._state[i] = record, MET
                    return i
                wrong = "changed" if self._owed[i] == owed else "other"
            i += 1
        return wrong

    def _take(self, i: int, told: Fulfilment, at: int) -> None:
        self.met += 1
        if i < self._latest:
            self._complain(told, "comes after one of a later decision, so that who keeps the highest place never sees it")
        self._latest = max(self._latest, i)
        first = i == 0 or self._src[i - 1] != self._src[i]
        if first and self._began[i]:
            self.waits[max(0, at - self._began[i])] += 1

    def _excuse(self, before: int) -> None:
        self._deleted = False
        for i in range(before):
            self._state[i] = self._state[i] or EXCUSED

    # ------------------------------------------------------------------------------------------ what is missing
    def missing(self, committed: int | None) -> tuple[int, int]:
        """(due and passed by, due and still to come). What lies before the committed offset was passed by; where none is known, what
        lies before a fulfilment that came."""
        passed = behind = 0
        for i in self._open():
            if self._src[i] < self._highest if committed is None else self._offset[i] < committed:
                passed += 1
                self._findings.place = (DECISIONS.name, self.partition, self._offset[i])
                self._findings.note("fulfilments", f"a fulfilment or a cancel is due (command {self._src[i]}) and missing")
            else:
                behind += 1
        return passed, behind

    def open(self) -> int:
        """How many are due and have not come."""
        return self._state.count(OPEN)

    def first_open(self) -> int | None:
        """The offset of the first decision whose fulfilments are not all there."""
        first = self._state.find(OPEN)
        return self._offset[first] if first >= 0 else None

    def _open(self) -> Iterator[int]:
        i = self._state.find(OPEN)
        while i >= 0:
            yield i
            i = self._state.find(OPEN, i + 1)


def _way(by: CarrierChosen | None) -> Way:
    return (by.carrier, by.service, by.price, by.currency, by.days, by.grams, by.region) if by and by.service else ANY_WAY
