"""Points in time as integer milliseconds since the epoch, out of what platforms and people write."""

from datetime import UTC, datetime, timedelta, timezone

from connectors.contract import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHINA = timezone(timedelta(hours=8))
_MILLISECOND = timedelta(milliseconds=1)
_END = (datetime(2200, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND


class Naive(ValueError):
    """A local time of nobody knows where."""


def to_millis(moment: datetime) -> Millis:
    """Raises Naive without a zone, ValueError before 1970 or after 2199."""
    if moment.tzinfo is None:
        raise Naive("the time has no zone")
    millis = (moment - _EPOCH) // _MILLISECOND
    if not 0 <= millis < _END:
        raise ValueError("the time is not between 1970 and 2200")
    return Millis(millis)


def zoned(text: str) -> Millis:
    """ISO 8601 with an offset or Z."""
    return to_millis(_parsed(text))


def gmt(text: str) -> Millis:
    """ISO 8601 that is UTC by its field's name, so it may leave the zone out."""
    moment = _parsed(text)
    return to_millis(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def china(text: str) -> Millis:
    """ISO 8601 as Chinese platforms write it: without a zone it is GMT+8."""
    moment = _parsed(text)
    return to_millis(moment if moment.tzinfo else moment.replace(tzinfo=_CHINA))


def iso(millis: int) -> str:
    """2026-03-01T09:00:00.000Z"""
    return (_EPOCH + timedelta(milliseconds=millis)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parsed(text: str) -> datetime:
    if len(text) < len("2026-03-01T09:00"):
        raise ValueError("the time is not ISO 8601")
    return datetime.fromisoformat(text)
