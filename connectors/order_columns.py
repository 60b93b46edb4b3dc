"""The columns of an order file: what they are called in the languages people write them in, and how a cell is read."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from connectors.money import EXPONENTS
from connectors.payload import MOST_UNITS
from connectors.sheets import Cell, Row, Unreadable
from connectors.times import to_millis

_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
# The year comes first, or points say that the day does. 03/04/2026 is two days, depending on who wrote it.
_MOMENTS = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%d.%m.%Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S")


class Column(NamedTuple):
    """`aliases` are separated by `|`. `read` turns a cell that is not empty into a value or raises ValueError with a sentence."""

    read: Callable[[Cell, ZoneInfo], Any]
    aliases: str
    required: bool = False


def _text(cell: Cell, _: ZoneInfo) -> str:
    """Excel keeps the number 1001 as 1001.0."""
    whole = isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15
    text = _CONTROL.sub(" ", str(int(cell) if isinstance(cell, float) and whole else cell)).strip()
    if text in _ERRORS:
        raise ValueError("The cell holds an error of its spreadsheet.")
    if len(text) > 200:
        raise ValueError("The cell has more than 200 characters.")
    return text


def _quantity(cell: Cell, zone: ZoneInfo) -> int:
    text = _text(cell, zone)
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MOST_UNITS:
        raise ValueError(f"A quantity is a whole number from 1 to {MOST_UNITS}, without separators.")
    return int(text)


def _whole(cell: Cell, zone: ZoneInfo) -> int:
    text = _text(cell, zone)
    if not re.fullmatch(r"-?[0-9]{1,3}", text):
        raise ValueError("A priority is a whole number from -999 to 999.")
    return int(text)


def _price(cell: Cell, zone: ZoneInfo) -> Decimal:
    """12.5, 12,50 and 1234.50; but 1,234 is refused, for it is two prices."""
    # a computed price in a sheet carries the noise of binary fractions
    text = repr(round(cell, 8)) if isinstance(cell, float) else _text(cell, zone)
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", text):
        text = text.replace(",", ".")
    try:
        price = Decimal(text if re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?(e-[0-9]+)?", text) else "none")
    except InvalidOperation:
        raise ValueError("A price is a plain number such as 12.50, without currency or thousands separator.") from None
    return price


def _currency(cell: Cell, zone: ZoneInfo) -> str:
    code = _text(cell, zone).upper()
    if code not in EXPONENTS:
        raise ValueError("The currency is not a three-letter code of ISO 4217.")
    return code


def _moment(cell: Cell, zone: ZoneInfo) -> datetime:
    """Local time of the shop where the cell says no other zone; a date alone is its midnight."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time())
    moment = cell if isinstance(cell, datetime) else _read_moment(_text(cell, zone))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        to_millis(moment)
    except (ValueError, OverflowError):
        raise ValueError("The time is not between 1970 and 2200.") from None
    return moment


def _read_moment(text: str) -> datetime:
    for form in (day + clock for day in _MOMENTS for clock in _CLOCKS):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 (the shop's zone follows)
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("A time is written 2026-03-01 14:30 or 01.03.2026 14:30; with slashes the year comes first.") from None


COLUMNS: Mapping[str, Column] = {
    "order": Column(_text, "order id|order number|order no|po|po number|bestellung|bestellnummer|auftrag|订单号|订单编号", True),
    "ordered_at": Column(_moment, "order date|date|placed at|ordered|bestelldatum|auftragsdatum|datum|下单时间|订单日期|日期", True),
    "sku": Column(_text, "item|item number|article|article number|product code|part number|artikel|artikelnummer|商品编码|货号", True),
    "quantity": Column(_quantity, "qty|units|pieces|menge|anzahl|stück|数量", True),
    "price": Column(_price, "unit price|price each|preis|einzelpreis|stückpreis|单价"),
    "discount": Column(_price, "line discount|rabatt|nachlass|折扣|优惠"),
    "tax": Column(_price, "line tax|sales tax|vat|steuer|mwst|ust|税额|税费"),
    "currency": Column(_currency, "währung|币种"),
    "line": Column(_text, "line number|line no|position|pos|行号"),
    "reference": Column(_text, "customer reference|your reference|kundenreferenz|客户单号"),
    "updated_at": Column(_moment, "changed at|geändert|修改时间"),
    "priority": Column(_whole, "priorität|优先级"),
    "name": Column(_text, "recipient|ship to|contact|empfänger|收货人|收件人"),
    "company": Column(_text, "dealer|customer|firma|händler|公司"),
    "phone": Column(_text, "telephone|telefon|电话|手机"),
    "email": Column(_text, "e mail|mail|邮箱"),
    "street": Column(_text, "address|address 1|straße|strasse|地址|收货地址"),
    "street2": Column(_text, "address 2|adresszusatz"),
    "city": Column(_text, "town|ort|stadt|城市"),
    "postcode": Column(_text, "zip|zip code|postal code|plz|邮编"),
    "country": Column(_text, "country code|land|国家"),
    "region": Column(_text, "state|province|bundesland|省|省份"),
}

_NAMES = {alias: name for name, column in COLUMNS.items() for alias in (name.replace("_", " "), *column.aliases.split("|"))}


def find_columns(header: Row) -> dict[str, int]:
    """Where each of our columns stands. Raises Unreadable when one is missing or stands twice."""
    places: dict[str, int] = {}
    for place, cell in enumerate(header.cells):
        name = _NAMES.get(re.sub(r"[\W_]+", " ", str(cell or "").casefold()).strip())
        if name in places:
            raise Unreadable(f"Two columns say “{name}”: rename the one that does not.", header.number)
        if name is not None:
            places[name] = place
    missing = [name for name, column in COLUMNS.items() if column.required and name not in places]
    if missing:
        raise Unreadable(f"The header row has no column for {', '.join(missing)}.", header.number)
    return places


def read_cells(row: Row, places: Mapping[str, int], zone: ZoneInfo) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Values by column (none for empty cells), and (column, sentence) of what cannot be read."""
    values: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    for name, place in places.items():
        cell = row.cells[place] if place < len(row.cells) else None
        try:
            if cell is not None and str(cell).strip():
                values[name] = COLUMNS[name].read(cell, zone)
            elif COLUMNS[name].required:
                problems.append((name, "The cell is empty."))
        except ValueError as fault:
            problems.append((name, str(fault)))
    return values, problems
