"""Dead letters as the stages send them, and the limit on how many in a row a stage may send."""

from streams.deadletter import DeadLetter, encode_dead_letter, pack
from streams.intake import Record, Stopped
from streams.metrics import DEAD_LETTERS as COUNT
from streams.produce import Outgoing
from streams.topics import DEAD_LETTERS

# Room for the envelope of a record that carries another one.
MARGIN = 64 << 10


class Letters:
    """Of one stage and the topic it reads."""

    def __init__(self, stage: str, topic: str, limit: int) -> None:
        self._stage = stage
        self._topic = topic
        self._limit = limit
        self._row = 0

    def accepted(self) -> None:
        self._row = 0

    def ignored(self, partition: int, record: Record, shop: str, code: str, sentence: str) -> Outgoing:
        self._row = 0
        return self._letter("ignored", partition, record, shop, code, sentence)

    def rejected(self, partition: int, record: Record, shop: str, code: str, sentence: str) -> Outgoing:
        """Raises Stopped above the limit: the fault is then rather ours than the records'."""
        self._row += 1
        if self._row > self._limit:
            raise Stopped(
                f"{self._row} records of {self._topic} in a row were rejected, the last one ({self._topic}[{partition}] offset "
                f"{record.offset}) as {code}: {sentence} Repair the cause and restart; from here on nothing was acknowledged."
            )
        return self._letter("rejected", partition, record, shop, code, sentence)

    def _letter(self, verdict: str, partition: int, record: Record, shop: str, code: str, sentence: str) -> Outgoing:
        COUNT.labels(self._stage, verdict, code).inc()
        value = self._encode(verdict, partition, record, shop, code, sentence, record.value or b"")
        if len(value) > DEAD_LETTERS.max_bytes - MARGIN:
            sentence = f"{sentence} The record itself is too large to be kept here; it is still in {self._topic}."
            value = self._encode(verdict, partition, record, shop, code, sentence, b"")
        return Outgoing(DEAD_LETTERS.name, partition, record.key or b"", value)

    def _encode(self, verdict: str, partition: int, record: Record, shop: str, code: str, sentence: str, body: bytes) -> bytes:
        headers, original = pack(list(record.headers or ()), body)
        return encode_dead_letter(
            DeadLetter(
                verdict="ignored" if verdict == "ignored" else "rejected",
                stage=self._stage,
                code=code,
                sentence=sentence,
                topic=self._topic,
                partition=partition,
                offset=record.offset,
                shop=shop,
                key=(record.key or b"").decode(errors="replace"),
                headers=headers,
                original=original,
            )
        )
