"""What is given back of an order: never more than was paid, of no line and at no time, and of a cancelled order only for what is gone."""

from collections import Counter
from collections.abc import Callable

from streams.checks.findings import Findings
from streams.checks.promises import Known
from tables import events as e

CHARGES = ""  # the line that postage and fees are
MOST = 10**12  # no line is worth more


class Money:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def refunded(self, event: e.RefundDue, known: Known) -> None:
        if event.refund in known.refunds:
            self._note("refunds", f"{event.order}: refund {event.refund} is due twice")
        if event.currency != known.currency:
            self._note("refunds", f"{event.order}: {event.currency} is given back, {known.currency or 'nothing'} was paid")
        known.refunds = {**known.refunds, event.refund: (event.cause, event.document, event.lines)}
        for line in event.lines:
            paid, units = _paid(known, line.line), _units(known, line.line)
            due, of = _due(known, line.line)
            told = _told(known, line.line) if line.units else max(0, min(units - of, _told(known, line.line)))
            if due + (paid * told // units if units else 0) > paid or (line.units and of + told > units):
                self._note(
                    "refunds", f"{event.order}: {due} for {of} units of line {line.line!r}, {paid} were paid for {units}, {told} off"
                )
        if event.cause in ("cancelled", "rejected"):
            self._for_what_is_gone(event, known)

    def _for_what_is_gone(self, event: e.RefundDue, known: Known) -> None:
        stays: Counter[str] = Counter()
        for rows in (known.shipped, *[promise.rows for promise in known.promises.values()]):
            for row in rows:
                stays[row.line] += row.quantity
        for line in event.lines:
            units = line.units if line.line else int(bool(stays))
            if units > max(0, _units(known, line.line) - stays[line.line]):
                self._note("refunds", f"{event.order}: {line.amount} for what is shipped or still promised of line {line.line!r}")

    @property
    def _note(self) -> Callable[..., None]:
        return self._findings.note


def _paid(known: Known, name: str) -> int:
    if name == CHARGES:
        return known.charges
    told = dict(known.paid)
    found = next((line for line in known.lines if line.line == name), None)
    return told.get(name, min(MOST, max(0, found.quantity * found.price))) if found else 0


def _each(known: Known, name: str) -> int:
    return next((sum(each for _, each in line.parts) or 1 for line in known.lines if line.line == name), 0)


def _units(known: Known, name: str) -> int:
    return next((line.quantity * _each(known, name) for line in known.lines if line.line == name), 0)


def _due(known: Known, name: str) -> tuple[int, int]:
    lines = [line for _, _, lines in known.refunds.values() for line in lines if line.line == name]
    return sum(line.amount for line in lines), sum(line.units for line in lines)


def _told(known: Known, name: str) -> int:
    """Units whose money the channel has given back itself."""
    ours = {document for cause, document, _ in known.refunds.values() if cause == "reduced"}
    off = [units for reduction, lines in known.reductions.items() if reduction not in ours for line, units in lines if line == name]
    return sum(off) * _each(known, name)
