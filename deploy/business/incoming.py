"""incoming.csv: what is on order for which node, and when it is expected (docs/business.md).

The file is the whole of it: what an import said, and the next one does not say any more, is called off. That is said as of when it was
announced, so that it never undoes what anybody else, such as a supplier's ship notice, has said of the same goods since.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from urllib.parse import quote, unquote
from zlib import crc32

import msgspec
from pydantic import BeforeValidator, Field

from deploy.business.forms import Form, Name, Sku, Units
from streams.commands import AnnounceSupply
from streams.reference import ImportRecord, Reference

BUCKETS = 64  # of a node's references: a record each
DOCUMENT_LINES = 500
END_OF_DAY = time(23, 59, 59)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

Said = tuple[int, int, int]  # units, expected at, as of when that was said
Lines = Mapping[str, tuple[int, int]]  # SKU -> units, expected at
Orders = Mapping[tuple[str, str], Lines]  # node, reference -> what is on order


def moment(given: Any) -> int:
    """A day (its end, UTC) or a time with its zone, ISO 8601 -> milliseconds."""
    text = str(given).strip()
    at = datetime.combine(date.fromisoformat(text), END_OF_DAY, UTC) if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    if at.tzinfo is None or not 1970 < at.year < 9999:
        raise ValueError("no zone, or no year of ours")
    return int(at.timestamp() * 1_000)


class IncomingForm(Form):
    """A row: units in all of an order of goods, those that have come already among them."""

    node: Name
    reference: Sku
    sku: Sku
    units: Units
    expected: Annotated[int, BeforeValidator(moment)] = Field(
        description="a day such as 2027-03-31 (its end, UTC), or a time with its zone such as 2027-03-31T14:00+02:00"
    )


def orders_of(forms: Iterable[IncomingForm]) -> dict[str, dict[str, dict[str, tuple[int, int]]]]:
    """By node and reference."""
    found: dict[str, dict[str, dict[str, tuple[int, int]]]] = {}
    for form in forms:
        found.setdefault(form.node, {}).setdefault(form.reference, {})[form.sku] = (form.units, form.expected)
    return found


# ---------------------------------------------------------------------------------------------- what imports before said
class Remembered:
    """What was announced of the orders to some nodes of a pool. `doubtful`: orders of which an import that was cut off may have said
    something else, at that time."""

    def __init__(self, pool: str, nodes: Iterable[str], reference: Reference, doubtful: Mapping[str, int]) -> None:
        self._pool = pool
        self._nodes = frozenset(nodes)
        self.said: dict[tuple[str, str], dict[str, Said]] = {}
        for record in reference.imports.values():
            if record.pool == pool and record.what.startswith("incoming/") and (node := record.what.split("/")[1]) in self._nodes:
                for name, lines in msgspec.json.decode(record.value, type=dict[str, dict[str, Said]]).items():
                    self.said[node, name] = lines
        names = [name for name in doubtful if name.startswith(f"import/{pool}/incoming/")]
        self._doubtful = {_order(name): doubtful[name] for name in names}

    def changes(self, incoming: Mapping[str, Mapping[str, Lines]] | None) -> dict[tuple[str, str], Lines]:
        """The orders of which the folder says something else; None: it says nothing of any."""
        if incoming is None:
            return {}
        now = {(node, name): lines for node, orders in incoming.items() for name, lines in orders.items()}
        doubtful = [order for order in self._doubtful if order[0] in self._nodes]
        all_of_them = {order: now.get(order, {}) for order in dict.fromkeys((*now, *self.said, *doubtful))}
        return {order: lines for order, lines in all_of_them.items() if order in self._doubtful or self._lines(order) != lines}

    def name(self, order: tuple[str, str]) -> str:
        return f"import/{self._pool}/incoming/{order[0]}/{quote(order[1], safe='')}"

    def _lines(self, order: tuple[str, str]) -> dict[str, tuple[int, int]]:
        return {sku: said[:2] for sku, said in self.said.get(order, {}).items()}

    # ------------------------------------------------------------------------------------------ telling
    def announcements(self, new: Orders, version: int) -> Iterator[AnnounceSupply]:
        """What has changed of these orders: first what is called off."""
        for order, lines in new.items():
            said = self.said.get(order, {})
            parts: dict[tuple[int, int], list[tuple[str, int]]] = {}  # as of when, expected at
            for sku in said.keys() - lines.keys():
                parts.setdefault((said[sku][2], said[sku][1]), []).append((sku, 0))
            if (cut_off := self._doubtful.get(order)) is not None:
                parts[cut_off, cut_off] = []
            for sku, (units, expected_at) in lines.items():
                if cut_off is not None or said.get(sku, ())[:2] != (units, expected_at):
                    parts.setdefault((version, expected_at), []).append((sku, units))
            for number, (at, expected_at) in enumerate(sorted(parts), 1):
                yield from self._documents(order, at, expected_at, sorted(parts[at, expected_at]), f"{version}#{number}")

    def _documents(
        self, order: tuple[str, str], at: int, expected_at: int, lines: list[tuple[str, int]], number: str
    ) -> Iterator[AnnounceSupply]:
        node, name = order
        for start in range(0, max(1, len(lines)), DOCUMENT_LINES):
            yield AnnounceSupply(
                pool=self._pool,
                cause=("import", 0, 0, 0),
                document=f"import/{node}/{name}/{number}.{start}",
                supply=name,
                node=node,
                at=at,
                expected_at=expected_at,
                lines=tuple(lines[start : start + DOCUMENT_LINES]),
            )

    def records(self, new: Orders, version: int) -> Iterator[ImportRecord]:
        """The buckets that change, whole."""
        buckets = dict.fromkeys([_bucket(order) for order in new])
        said = {**self.said, **{order: self._now(order, lines, version) for order, lines in new.items()}}
        for what in buckets:
            held = {order[1]: lines for order, lines in said.items() if lines and _bucket(order) == what}
            value = msgspec.json.encode(held, order="deterministic").decode()
            yield ImportRecord(pool=self._pool, what=what, value=value, version=version)

    def _now(self, order: tuple[str, str], lines: Lines, version: int) -> dict[str, Said]:
        said = {} if order in self._doubtful else self.said.get(order, {})
        return {sku: said[sku] if said.get(sku, ())[:2] == line else (*line, version) for sku, line in lines.items()}


def _bucket(order: tuple[str, str]) -> str:
    return f"incoming/{order[0]}/{crc32(order[1].encode()) % BUCKETS}"


def _order(name: str) -> tuple[str, str]:
    *_, node, reference = name.split("/")
    return node, unquote(reference)
