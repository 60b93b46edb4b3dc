"""The catalogue of named, typed, read-only queries: one file each in `queries/`, used by the pages, by Grafana and by other processes.

A file begins with `-- key: value` lines: `title`, `about`, `panel` (how Grafana draws it: timeseries, barchart, table, stat; none: not
there), `unit`, and `default NAME` for parameters. Parameters are written `{name:Type}` as ClickHouse does.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

QUERIES = Path(__file__).parent / "queries"
LATEST_MS = 7_258_118_399_999
LONGEST_TEXT = 400

_PARAMETER = re.compile(r"\{(\w+):([^}]+)\}")
_HEADER = re.compile(r"-- ([a-z ]\w*(?: \w+)?): *(.*)")


class BadParameter(Exception):
    """A parameter that is missing or not of its type; the message says which and what is expected."""


class Query(NamedTuple):
    """`parameters`: name -> ClickHouse type, as the text has them; `defaults`: the text of those that may be left out."""

    name: str
    sql: str
    title: str
    about: str
    panel: str
    unit: str
    parameters: Mapping[str, str]
    defaults: Mapping[str, str]

    def bind(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Texts as a URL has them -> values of the parameters' types. Raises BadParameter; unknown names are refused too."""
        if unknown := given.keys() - self.parameters.keys():
            raise BadParameter(f"{self.name} knows no parameter {sorted(unknown)[0]!r}")
        return {name: self._value(name, kind, given) for name, kind in self.parameters.items()}

    def _value(self, name: str, kind: str, given: Mapping[str, str]) -> Any:
        text = given.get(name, self.defaults.get(name))
        if text is None:
            raise BadParameter(f"{self.name} needs the parameter {name!r} ({kind})")
        try:
            return _READERS[kind](text)
        except (ValueError, OverflowError, OSError):
            raise BadParameter(f"{name!r} of {self.name} must be {_EXPECTED[kind]}") from None


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise ValueError(text)
    return text


def _count(text: str) -> int:
    number = int(text)
    if not 0 < number < 1 << 32:
        raise ValueError(text)
    return number


def _offset(text: str) -> int:
    number = int(text)
    if not 0 <= number < 1 << 63:
        raise ValueError(text)
    return number


def _moment(text: str) -> str:
    """ms since the epoch -> what ClickHouse reads as DateTime64(3, 'UTC')."""
    # a text and not a datetime, because the client sends a datetime without its milliseconds
    ms = min(max(int(text), 0), LATEST_MS)
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


_READERS = {"String": _text, "UInt32": _count, "UInt64": _offset, "DateTime64(3, 'UTC')": _moment, "Date32": _day}
_EXPECTED = {
    "String": f"a text of at most {LONGEST_TEXT} characters",
    "UInt32": "a whole number above zero",
    "UInt64": "a whole number from zero",
    "DateTime64(3, 'UTC')": "milliseconds since 1970",
    "Date32": "a day like 2026-11-25",
}


def parse_query(name: str, text: str) -> Query:
    """Raises ValueError when the file has no title or a parameter of a type that nobody can give."""
    lines = text.splitlines()
    header = {match[1]: match[2] for line in lines if (match := _HEADER.fullmatch(line))}
    sql = "\n".join(line for line in lines if not line.startswith("--")).strip()
    parameters = {match[1]: match[2] for match in _PARAMETER.finditer(sql)}
    if "title" not in header or (strange := set(parameters.values()) - _READERS.keys()):
        raise ValueError(f"queries/{name}.sql: " + ("needs a title" if "title" not in header else f"unknown type {strange}"))
    defaults = {key.removeprefix("default "): value for key, value in header.items() if key.startswith("default ")}
    about, panel, unit = (header.get(key, "") for key in ("about", "panel", "unit"))
    return Query(name, sql, header["title"], about, panel, unit, parameters, defaults)


def read_catalogue(folder: Path = QUERIES) -> dict[str, Query]:
    return {path.stem: parse_query(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.sql"))}
