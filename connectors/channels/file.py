"""Order files: CSV or Excel, one row a line, a header row on top (docs/order-files.md). Dealers and B2B customers send them.

`read_orders` makes one canonical order of the rows that name the same order; each becomes a raw record of its own. An order with one
bad row is refused whole: half an order is worse than a question.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import UNSET

from connectors import order_form
from connectors.contract import Fetch, Ignored, Millis, Parsed, Person, Polled, RawRecord, Received, Refusal, ShopRef, Webhook
from connectors.money import EXPONENTS, minor_units
from connectors.order_columns import find_columns, read_cells
from connectors.payload import MOST_LINES
from connectors.regions import region
from connectors.sheets import Row, Unreadable, read_rows


class RowProblem(msgspec.Struct, frozen=True):
    """Why a row was not taken. `row` is what a person sees beside it, 0 for the whole file; `column` is one of ours, or ""."""

    row: int
    column: str
    sentence: str


class FileReport(msgspec.Struct, frozen=True):
    """`orders`: (external id, body of the raw record), in the order of the file. `refused`: every row that was not taken, by row."""

    orders: tuple[tuple[str, bytes], ...]
    refused: tuple[RowProblem, ...]


class _Read(msgspec.Struct, frozen=True):
    """A row that could be read as far as `problems` says."""

    row: int
    values: dict[str, Any]
    problems: list[RowProblem]


class File:
    name = "file"
    polls = False

    def receive(self, hook: Webhook, secret: bytes) -> Received | Refusal:
        return Refusal("no_webhooks", "Order files come to /files/{shop}.")

    def parse(self, raw: RawRecord, shop: ShopRef) -> Parsed:
        """A record is one order of a file in the canonical form, as `read_orders` made it."""
        if raw.kind != "order":
            return Ignored("other_kind", "An order file holds orders only.")
        return order_form.parse_form(raw.body)

    def poll(self, fetch: Fetch, shop: ShopRef, cursor: str, now: Millis) -> Polled:
        """Files are brought; there is nothing to ask for."""
        return Polled(items=(), cursor=cursor, more=False)


def read_orders(data: bytes, filename: str, shop: ShopRef) -> FileReport:
    """The orders of a file, and what was refused. Pure; never raises, whatever the bytes are. Times without a zone are local times
    of `shop.timezone`; rows without a currency are in `shop.currency`."""
    try:
        rows = read_rows(data, filename)
        if len(rows) < 2:
            raise Unreadable("The file has no row below its header.")
        places, zone = find_columns(rows[0]), _zone(shop)
    except Unreadable as reason:
        return FileReport((), (RowProblem(reason.row, "", reason.sentence),))
    return _report([_read(row, places, zone, shop) for row in rows[1:]])


def _zone(shop: ShopRef) -> ZoneInfo:
    try:
        return ZoneInfo(shop.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unreadable("The time zone of the shop is not known: set it to a name such as Europe/Berlin.") from None


def _read(row: Row, places: dict[str, int], zone: ZoneInfo, shop: ShopRef) -> _Read:
    values, problems = read_cells(row, places, zone)
    values.setdefault("currency", shop.currency)
    if values["currency"] not in EXPONENTS:
        problems.append(("currency", "Neither the row nor the shop says a currency."))
    for column in ("price", "discount", "tax") if values["currency"] in EXPONENTS else ():
        try:
            values[column] = minor_units(values.get(column, Decimal(0)), values["currency"])
        except ValueError as fault:
            problems.append((column, f"The {column} does not fit: {fault}."))
    return _Read(row.number, values, [RowProblem(row.number, column, sentence) for column, sentence in problems])


def _report(rows: list[_Read]) -> FileReport:
    """Rows of one order need not stand together."""
    grouped: dict[str, list[_Read]] = {}
    for row in rows:
        grouped.setdefault(row.values.get("order", ""), []).append(row)
    orders: list[tuple[str, bytes]] = []
    refused: list[RowProblem] = []
    for order, lines in grouped.items():
        if problems := _problems(lines):
            refused += problems
        else:
            orders.append((order, msgspec.json.encode(_form(order, lines))))
    return FileReport(tuple(orders), tuple(sorted(refused, key=lambda problem: (problem.row, problem.column))))


def _problems(lines: list[_Read]) -> list[RowProblem]:
    """Empty when the order can be taken; else one or more for every row of it."""
    found = [problem for line in lines for problem in line.problems] or _together(lines)
    named = {problem.row for problem in found}
    if not found or "order" not in lines[0].values:
        return found
    rest = f"The row is right, but its order is refused for row {min(named)}."
    return found + [RowProblem(line.row, "", rest) for line in lines if line.row not in named]


def _together(lines: list[_Read]) -> list[RowProblem]:
    """What no row shows alone."""
    if len(lines) > MOST_LINES:
        return [RowProblem(lines[0].row, "order", f"The order has more than {MOST_LINES} rows: split it.")]
    found: list[RowProblem] = []
    seen: set[str] = set()
    for ordinal, line in enumerate(lines, 1):
        name = line.values.get("line", str(ordinal))
        if name in seen:
            found.append(RowProblem(line.row, "line", "Another row of the order has the same line number."))
        if line.values["currency"] != lines[0].values["currency"]:
            found.append(RowProblem(line.row, "currency", "The rows of one order have one currency."))
        seen.add(name)
    return found


def _form(order: str, lines: list[_Read]) -> order_form.Order:
    """What holds for the whole order is taken from the first row that says it."""
    head: dict[str, Any] = {}
    for line in reversed(lines):
        head |= line.values
    ordered_at = head["ordered_at"].astimezone(UTC)
    updated_at: datetime = max((line.values["updated_at"] for line in lines if "updated_at" in line.values), default=ordered_at)
    return order_form.Order(
        order=order,
        number=head.get("reference", order),
        updated_at=updated_at.astimezone(UTC),
        placed_at=ordered_at,
        currency=head["currency"],
        region=_region(head.get("country", ""), head.get("region", "")),
        priority=head.get("priority", 0),
        recipient=_person(head),
        lines=tuple([_line(line.values, ordinal) for ordinal, line in enumerate(lines, 1)]),
    )


def _line(values: dict[str, Any], ordinal: int) -> order_form.Line:
    line = values.get("line", str(ordinal))
    off, tax = values["discount"] or UNSET, values["tax"] or UNSET
    return order_form.Line(line, values["sku"], values["quantity"], values["price"], discount=off, tax=tax)


def _region(country: str, subdivision: str) -> str:
    """A region that says its country itself needs no country column."""
    return region(country or subdivision.partition("-")[0], subdivision)


def _person(head: dict[str, Any]) -> Person | None:
    person = Person(
        name=head.get("name", ""),
        company=head.get("company", ""),
        phone=head.get("phone", ""),
        email=head.get("email", ""),
        street=tuple([head[part] for part in ("street", "street2") if part in head]),
        city=head.get("city", ""),
        postcode=head.get("postcode", ""),
        country=head.get("country", ""),
    )
    return person if person != Person() else None


CHANNEL = File()
