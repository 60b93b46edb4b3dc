"""The clock of a time zone as a table, so that whoever reads it needs to know nothing of time zones."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tables.calendar import Clock

# Always the same years, so that a policy imported again is the same policy; after them the clock stays as it was last set.
BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@cache
def clock_of(zone: str) -> Clock:
    """When the clocks of an IANA zone are set, from BEGIN to END, to the minute."""
    place = ZoneInfo(zone)
    found = [(0, _ahead(place, BEGIN))]
    day = BEGIN
    while day < END:
        if _ahead(place, day + DAY) != found[-1][1]:
            change = _first(place, day, found[-1][1])
            found.append((int(change.timestamp()) * 1000, _ahead(place, change)))
        day += DAY
    return tuple(found)


def _first(place: ZoneInfo, begin: datetime, before: int) -> datetime:
    """The first minute of the day that begins then at which the clock no longer shows what it did."""
    early, late = 0, 24 * 60
    while early + 1 < late:
        middle = (early + late) // 2
        early, late = (middle, late) if _ahead(place, begin + middle * MINUTE) == before else (early, middle)
    return begin + late * MINUTE


def _ahead(place: ZoneInfo, at: datetime) -> int:
    """Minutes ahead of UTC."""
    offset = at.astimezone(place).utcoffset()
    return int(offset / MINUTE) if offset is not None else 0
