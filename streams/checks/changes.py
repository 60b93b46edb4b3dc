"""Units that nodes found or lost: each document is booked once, as it says, and not at all where a count has seen it before."""

from collections import Counter
from collections.abc import Sequence

from streams.checks.findings import Findings
from tables import events as e

# For so long a document is known again.
_WEEK = 7 * 86_400_000

Cell = tuple[str, str, str]  # node, bucket, SKU


class Changes:
    """Of one pool; `settle` after each decision."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._now = 0
        self._marks: dict[tuple[str, str], int] = {}  # by node and SKU, up to when its last count speaks
        self._seen: dict[str, int] = {}  # by document, when it was booked
        self._changed = False  # whether this decision tells of a change, or books one
        self._told: Counter[Cell] = Counter()  # what it is to book
        self._booked: Counter[Cell] = Counter()  # and does

    def ticked(self, at: int) -> None:
        self._now = at
        self._seen = {document: seen for document, seen in self._seen.items() if at - seen <= _WEEK}

    def counted(self, event: e.StockCounted) -> None:
        self._marks.update(dict.fromkeys([(event.node, sku) for sku in event.skus], event.counted_at))

    def changed(self, event: e.StockChanged) -> None:
        self._changed = True
        if event.document in self._seen:
            self._findings.note("stock changes", f"document {event.document} is booked again")
        self._seen[event.document] = max(event.at, self._now)
        seen = self._seen_by_counts(event)
        if seen != set(event.counted):
            self._findings.note("stock changes", f"{event.document}: counts have seen {sorted(seen)}, {sorted(event.counted)} are left out")
        for sku, units in event.lines:
            if sku not in seen:
                self._told[event.node, event.bucket, sku] += units

    def _seen_by_counts(self, event: e.StockChanged) -> set[str]:
        """Counts are about good units."""
        if event.bucket != "on_hand":
            return set()
        return {sku for sku, _ in event.lines if event.at <= self._marks.get((event.node, sku), -1)}

    def moved(self, event: e.StockMoved) -> None:
        """By a change."""
        self._changed = True
        for move in event.moves:
            self._booked[move.from_node, move.from_place, move.sku] -= move.quantity
            self._booked[move.to_node, move.to_place, move.sku] += move.quantity

    def written_off(self, node: str, rows: Sequence[e.Row]) -> None:
        """Promised units that are not there."""
        for row in rows:
            self._booked[node, "on_hand", row.sku] -= row.quantity

    def settle(self) -> None:
        if self._changed:
            for node, bucket, sku in sorted({*self._told, *self._booked}):
                told, booked = self._told[node, bucket, sku], self._booked[node, bucket, sku]
                if node and told != booked:
                    self._findings.note("stock changes", f"{node} tells of {told:+d} {sku} in {bucket}, {booked:+d} are booked")
            self._changed = False
            self._told.clear()
        self._booked.clear()
