"""Dead letters as people look for them, and the way back for those whose cause is gone."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from streams.deadletter import DeadLetter, Verdict, decode_dead_letter
from streams.read import Log, Record
from streams.topics import DEAD_LETTERS, RAW

Place = tuple[int, int]  # partition and offset in `dead-letters`
Entry = tuple[str, bytes, list[tuple[str, str | bytes | None]]]  # key, value, headers


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters are meant; what is "" or None leaves the choice open."""

    code: str = ""
    shop: str = ""
    verdict: Verdict | None = None
    place: Place | None = None

    def takes(self, place: Place, letter: DeadLetter) -> bool:
        return (
            self.place in (None, place)
            and self.code in ("", letter.code)
            and self.shop in ("", letter.shop)
            and self.verdict in (None, letter.verdict)
        )


class Letter(msgspec.Struct, frozen=True):
    """A dead letter and where it lies; `at`: when it was written, milliseconds."""

    partition: int
    offset: int
    at: int
    letter: DeadLetter


class Count(msgspec.Struct, frozen=True):
    verdict: Verdict
    stage: str
    code: str
    shop: str
    letters: int


def letters(log: Log, choice: Choice) -> Iterator[Letter]:
    """Those chosen, partition by partition, oldest first. What is not a dead letter is passed over: the check tells of it."""
    low, ends = log.low(DEAD_LETTERS.name), log.ends(DEAD_LETTERS.name)
    if choice.place is not None:
        partition, offset = choice.place
        if not low.get(partition, 0) <= offset < ends.get(partition, 0):
            return
        low, ends = {partition: offset}, {partition: offset + 1}
    for partition in sorted(ends):
        for batch in log.read(DEAD_LETTERS.name, {partition: low[partition]}, {partition: ends[partition]}):
            for record in batch:
                found = letter_of(record)
                if found and choice.takes((record.partition, record.offset), found.letter):
                    yield found


def letter_of(record: Record) -> Letter | None:
    """None for what is no dead letter."""
    try:
        return Letter(record.partition, record.offset, record.timestamp, decode_dead_letter(record.value))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def counts(found: Iterable[Letter]) -> tuple[Count, ...]:
    """How many of each class, stage, reason and shop, most first."""
    counted = Counter((one.letter.verdict, one.letter.stage, one.letter.code, one.letter.shop) for one in found)
    return tuple(Count(*about, letters) for about, letters in sorted(counted.items(), key=lambda entry: (-entry[1], entry[0])))


class Replay(msgspec.Struct, frozen=True):
    """`entries` go to `raw` once more, byte for byte, each original once; `kept_back`: letters that cannot, by reason."""

    entries: tuple[Entry, ...]
    kept_back: dict[str, int]


def replay(found: Iterable[Letter]) -> Replay:
    """What may be sent in again. A record that was dead-lettered twice, as after a crash, is sent once."""
    entries: list[Entry] = []
    kept_back: Counter[str] = Counter()
    seen: set[tuple[int, int]] = set()
    for one in found:
        letter = one.letter
        if letter.topic != RAW.name:
            kept_back[f"of topic {letter.topic}, not of {RAW.name}"] += 1
        elif not letter.original:
            kept_back["too large to be kept whole, or empty"] += 1
        elif (letter.partition, letter.offset) in seen:
            kept_back["the same record again"] += 1
        else:
            seen.add((letter.partition, letter.offset))
            entries.append((letter.key, letter.body(), [*letter.original_headers()]))
    return Replay(tuple(entries), dict(kept_back))
