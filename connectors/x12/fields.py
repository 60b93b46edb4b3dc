"""What single elements of X12 say: units, names, goods, times. Each raises `Unusable` with a sentence that says which element."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.contract import Millis, StockLine
from connectors.payload import MOST_STOCK, Unusable
from connectors.times import to_millis
from connectors.x12.segments import Segment, at

# element 355; a case or a pallet holds nobody knows how many
EACHES = frozenset({"", "EA", "EACH", "UN", "PC", "PCE"})
# element 623: the zones that need no table of summer times, and the North American ones that say "whatever is the time there"
ZONES = {
    "": "",
    "LT": "",
    "UT": "UTC",
    "GM": "UTC",
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}
# element 235, the depositor's own number first
OURS_AS_DEPOSITOR = ("SK", "VN", "VP", "BP", "IN", "UP", "UK", "EN")
OURS_AS_BUYER = ("SK", "BP", "IN", "PI", "VN", "VP", "UP", "UK", "EN")

_UNITS = re.compile(r"([0-9]{1,10})(?:\.0*)?")
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])(?:([0-5][0-9])([0-9]{0,2}))?")
LONGEST_NAME = 200


def name(text: str, element: str) -> str:
    """1 to 200 printable characters."""
    if not text or len(text) > LONGEST_NAME or not text.isprintable():
        raise Unusable("bad_id", f"{element} must say a number or a name.")
    return text


def printable(text: str) -> str:
    """A carrier or a tracking number as it is written, without what no person can read."""
    return "".join(filter(str.isprintable, text))[:LONGEST_NAME]


def units(text: str, unit: str, element: str) -> int:
    """0 to 10^9 of single units."""
    found = _UNITS.fullmatch(text)
    if found is None or int(found[1]) > MOST_STOCK:
        raise Unusable("bad_quantity", f"{element} must be a whole number of units.")
    if unit not in EACHES:
        raise Unusable("bad_unit", f"{element} counts something else than single units: have the quantity told in EA.")
    return int(found[1])


def goods(segment: Segment, pairs_from: int, ours: Iterable[str], upc: int = 0) -> str:
    """The SKU among (qualifier, id) pairs that begin at element `pairs_from`: the first qualifier of `ours` that is told. `upc`: the
    element with the case code, which serves where there is no pair."""
    told = {at(segment, place): at(segment, place + 1) for place in range(pairs_from, len(segment) - 1, 2)}
    found = next((told[qualifier] for qualifier in ours if told.get(qualifier)), "") or (at(segment, upc) if upc else "")
    if not found:
        raise Unusable("no_sku", f"{segment[0]} names no goods: our number must stand in it under {' or '.join(list(ours)[:2])}.")
    return name(found, segment[0])


def summed(lines: Iterable[tuple[str, int]]) -> tuple[StockLine, ...]:
    """One line a SKU, in the order in which they first came. Raises where the sum is beyond 10^9."""
    total: dict[str, int] = {}
    for sku, quantity in lines:
        total[sku] = total.get(sku, 0) + quantity
    if max(total.values(), default=0) > MOST_STOCK:
        raise Unusable("bad_quantity", "The units of one SKU are together more than 1,000,000,000.")
    return tuple([StockLine(sku=sku, quantity=quantity) for sku, quantity in total.items()])


def zone(code: str, local: str) -> tzinfo:
    """`code`: element 623, "" for the local time of the shop, whose zone is `local`."""
    if code not in ZONES:
        raise Unusable("unknown_zone", f"The time zone is none of {', '.join(sorted(filter(None, ZONES)))}: have one of these written.")
    try:
        return ZoneInfo(ZONES[code] or local)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unusable("unknown_zone", "The time zone of the shop is not known: set it to a name such as America/Chicago.") from None


def moment(date: str, time: str, where: tzinfo, element: str) -> Millis:
    """`date` CCYYMMDD; `time` HHMM, HHMMSS or with hundredths behind."""
    clock = _TIME.fullmatch(time)
    try:
        if clock is None or len(date) != 8 or not (date.isascii() and date.isdigit()):
            raise ValueError("no such time")
        day = datetime(int(date[:4]), int(date[4:6]), int(date[6:]), int(clock[1]), int(clock[2]), int(clock[3] or 0), tzinfo=where)
        return to_millis(day.astimezone(UTC))
    except (ValueError, OverflowError):
        raise Unusable("bad_time", f"{element} must be a date (CCYYMMDD) and a time (HHMM) between 1970 and 2200.") from None
