"""Topics in files, a folder a topic and a file a partition: a log that several processes can read at once, without a broker."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from streams.read import Positions, Record

AT_ONCE = 5_000
Row = tuple[int, int, bytes, bytes]  # offset, timestamp, key, value

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(list[Row]).decode


def write(folder: Path, topic: str, partition: int, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
    """(timestamp, key, value) of each record, from offset 0 on."""
    (folder / topic).mkdir(parents=True, exist_ok=True)
    with (folder / topic / str(partition)).open("wb") as file:
        for batch in _batches((offset, *row) for offset, row in enumerate(rows)):
            packed = encode(batch)
            file.write(len(batch).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := [row for _, row in zip(range(AT_ONCE), rows, strict=False)]:
        yield batch


class FileLog:
    """The log in a folder; `most`: as if no partition had more records."""

    def __init__(self, folder: Path, most: int = 1 << 62) -> None:
        self._folder = folder
        self._most = most

    def low(self, topic: str) -> Positions:
        return dict.fromkeys(self._partitions(topic), 0)

    def ends(self, topic: str) -> Positions:
        return {
            partition: min(self._most, sum(count for count, _ in self._frames(topic, partition))) for partition in self._partitions(topic)
        }

    def end(self, topic: str, partition: int) -> int:
        return self.ends(topic)[partition]

    def read(self, topic: str, start: Mapping[int, int], stop: Mapping[int, int]) -> Iterator[Sequence[Record]]:
        for partition, first in start.items():
            last, begun = stop.get(partition, 0), 0
            for count, packed in self._frames(topic, partition, last):
                if begun < last and begun + count > first:
                    rows = decode(packed)[max(0, first - begun) : last - begun]
                    yield [Record(partition, offset, at, key, (), value) for offset, at, key, value in rows]
                begun += count

    def close(self) -> None:
        pass

    def _partitions(self, topic: str) -> list[int]:
        folder = self._folder / topic
        return sorted(int(path.name) for path in folder.iterdir()) if folder.is_dir() else []

    def _frames(self, topic: str, partition: int, wanted: int = 0) -> Iterator[tuple[int, bytes]]:
        """(records, packed) of each batch; what is not `wanted` is skipped over unread."""
        seen = 0
        with (self._folder / topic / str(partition)).open("rb") as file:
            while head := file.read(8):
                count, size = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
                if seen < wanted:
                    yield count, file.read(size)
                else:
                    file.seek(size, 1)
                    yield count, b""
                seen += count
