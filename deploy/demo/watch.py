"""Follows the topics while the demo runs: what the pipeline has done, how far it is behind."""

import threading
from collections import Counter
from collections.abc import Callable
from time import monotonic

from confluent_kafka import Consumer, TopicPartition

from streams.read import Log
from streams.topics import COMMANDS, DEAD_LETTERS, DECISIONS, FULFILMENTS, RAW

FOLLOWED = (RAW.name, COMMANDS.name, DECISIONS.name, FULFILMENTS.name, DEAD_LETTERS.name)
QUIET_S = 0.8


class Watch:
    """Counts the records of topics from a thread of its own, read committed. `decided_at`: when the last decision was seen
    (monotonic seconds)."""

    def __init__(self, consumer: Consumer, log: Log, partitions: int) -> None:
        self.counts: Counter[str] = Counter()
        self.decided_at = monotonic()
        self._moved_at = monotonic()
        self._start: Counter[str] = Counter()
        self._consumer = consumer
        # a consumer of its own: asking the one that another thread consumes with may never be answered
        self._log = log
        self._places = [TopicPartition(topic, partition, 0) for topic in FOLLOWED for partition in range(partitions)]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="watch", daemon=True)

    def start(self) -> None:
        self._consumer.assign(self._places)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._consumer.close()

    def mark(self) -> None:
        """Count from here on."""
        self._start = self.counts.copy()

    def done(self, topic: str) -> int:
        return self.counts[topic] - self._start[topic]

    def behind(self, sent: int) -> int:
        """Of `sent` raw records: how many have neither command nor dead letter (some have two, so it may be a little low), and of
        commands, how many have no decision."""
        unread = max(sent, self.done(RAW.name)) - self.done(COMMANDS.name) - self.done(DEAD_LETTERS.name)
        return max(0, unread) + self.done(COMMANDS.name) - self.done(DECISIONS.name)

    def through(self) -> bool:
        """Every command there is by now has been decided."""
        return self.counts[DECISIONS.name] >= sum(self._log.ends(COMMANDS.name).values())

    def quiet(self) -> bool:
        """Nothing has happened for a moment."""
        return self.still_s() > QUIET_S

    def still_s(self) -> float:
        """Seconds since anything happened."""
        return monotonic() - self._moved_at

    def _follow(self) -> None:
        while not self._stopped.is_set():
            messages = self._consumer.consume(5_000, 0.05)
            for message in messages:
                if not message.error():
                    self.counts[message.topic() or ""] += 1
                    self._moved_at = monotonic()
                    if message.topic() == DECISIONS.name:
                        self.decided_at = self._moved_at


def wait_for(what: Callable[[], bool], ending: threading.Event, seconds: float) -> bool:
    """Until `what` holds; False when it does not in time, or when `ending` is set before."""
    end = monotonic() + seconds
    while not what():
        if ending.wait(0.1) or monotonic() > end:
            return False
    return True
