"""The fixtures of channels: payloads of invented people, and in `expected.json` what they are of and what they must be parsed to.

After a deliberate change of a channel: `python -m tests.connectors.cases CHANNEL` writes its `expected.json` anew; read the difference.
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from connectors.contract import Channel, Ignored, Millis, Parsed, RawRecord, Rejected, ShopRef
from connectors.registry import channels

FIXTURES = Path(__file__).parent / "fixtures"
DOCS = Path(__file__).parents[2] / "docs"
SAMPLES = Path(__file__).parents[3] / "shared" / "data"
NOON = Millis(1_772_366_400_000)  # 2026-03-01T12:00:00Z
SHOP = ShopRef(tenant="acme", shop="lighthouse", channel="", pool="north", currency="GBP", timezone="Europe/Berlin")


class Case(NamedTuple):
    """`form` is the ending of the fixture's name: `json`, or what else a platform writes."""

    name: str
    raw: RawRecord
    expected: Any
    form: str = "json"


def raw_record(channel: str, body: bytes | object, kind: str = "order", external_id: str = "1") -> RawRecord:
    return RawRecord(
        tenant=SHOP.tenant,
        shop=SHOP.shop,
        channel=channel,
        kind=kind,
        external_id=external_id,
        delivery_id="d-1",
        received_at=NOON,
        body=body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode(),
    )


def cases(channel: str, fixtures: Path = FIXTURES) -> list[Case]:
    """All fixtures of a channel. Raises LookupError when it has none, or one of which nobody says what it must become."""
    folder = fixtures / channel
    expected = json.loads((folder / "expected.json").read_text()) if (folder / "expected.json").exists() else {}
    bodies = {path.stem: path for path in sorted(folder.glob("*.*")) if path.name != "expected.json"}
    if not expected or expected.keys() != bodies.keys():
        raise LookupError(
            f"Channel {channel!r} needs payloads in {folder.name}/, each named in its expected.json with kind and external_id."
        )
    return [
        Case(
            name,
            raw_record(channel, path.read_bytes(), expected[name]["kind"], expected[name]["external_id"]),
            expected[name].get("parsed"),
            path.suffix.removeprefix("."),
        )
        for name, path in bodies.items()
    ]


def every_case() -> list[tuple[Channel, Case]]:
    return [(channel, case) for name, channel in channels().items() for case in cases(name)]


def builtins(parsed: Parsed) -> Any:
    """As JSON would hold it. Sentences are for people and may be rewritten; codes are not."""
    match parsed:
        case Ignored(code=code):
            return {"ignored": code}
        case Rejected(code=code):
            return {"rejected": code}
        case drafts:
            return json.loads(msgspec.json.encode(drafts))


def rewrite(channel: str) -> None:
    path = FIXTURES / channel / "expected.json"
    known = json.loads(path.read_text())
    for case in cases(channel):
        known[case.name]["parsed"] = builtins(channels()[channel].parse(case.raw, SHOP))
    path.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    rewrite(sys.argv[1])
