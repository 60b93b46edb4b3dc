"""The one producer of the border: what it says is published was acknowledged by every replica that must have it."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.contract import RawRecord

RAW_TOPIC = "raw"
PATIENCE = 3.0  # seconds; a platform that waits for our answer gives up after 5
IDLE_POLL = 0.1

Entry = tuple[str, bytes, list[tuple[str, str | bytes | None]]]  # key, value, headers


class Unavailable(Exception):
    """Not acknowledged in time. Some of it may still arrive: whoever sends it again is met by the rules against repetition."""


class Publisher:
    """`producer` is idempotent, partitions by murmur2 and gives a record up after about PATIENCE seconds. `fatal` says why it can
    never publish again, "" as long as it can."""

    def __init__(self, producer: Producer, topic: str = RAW_TOPIC, patience: float = PATIENCE) -> None:
        self.fatal = ""
        self._producer = producer
        self._topic = topic
        self._patience = patience
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="publish", daemon=True)
        self._thread.start()

    async def publish(self, records: Sequence[RawRecord]) -> None:
        """Returns once all are acknowledged; raises Unavailable otherwise."""
        await self.send(self._topic, [(record.key, record.body, [*record.headers()]) for record in records])

    async def send(self, topic: str, entries: Sequence[Entry]) -> None:
        """The same for records of another topic."""
        if not entries:
            return
        batch = _Batch(len(entries))
        try:
            for key, value, headers in entries:
                self._producer.produce(topic, value, key, headers=headers, on_delivery=batch.delivered)
            # not wait_for: before Python 3.12 it swallows a cancel that comes with the acknowledgement
            async with asyncio.timeout(self._patience):
                await asyncio.wrap_future(batch.future)
        except BufferError:
            raise Unavailable("More is waiting for the broker than may wait.") from None
        except TimeoutError:
            raise Unavailable("The broker did not acknowledge in time.") from None
        except KafkaException as failure:
            raise self._unavailable(failure.args[0]) from None

    def close(self) -> None:
        """Waits a little for what is on its way."""
        self._closing.set()
        self._thread.join()
        self._producer.flush(self._patience)

    def _unavailable(self, error: KafkaError) -> Unavailable:
        if error.fatal():
            self.fatal = error.str()
        return Unavailable(f"The broker did not take it: {error.str()}.")

    def _serve(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(IDLE_POLL)


class _Batch:
    """Counts the acknowledgements of one batch and settles its future once. Called from one thread at a time: the one that polls."""

    def __init__(self, records: int) -> None:
        self.future: Future[None] = Future()
        self._open = records
        self._error: KafkaError | None = None

    def delivered(self, error: KafkaError | None, _: Message) -> None:
        self._error = self._error or error
        self._open -= 1
        if self._open or not self.future.set_running_or_notify_cancel():
            return
        if self._error is None:
            self.future.set_result(None)
        else:
            self.future.set_exception(KafkaException(self._error))
