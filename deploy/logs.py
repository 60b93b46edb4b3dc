"""The log of a process: on standard error, one line an event, without what a broker that is away makes clients repeat."""

import logging
import re
import time
from collections.abc import Callable

QUIET_S = 10.0
MOST_REMEMBERED = 1_000
# librdkafka, and what Faust stands on; a logger's filter does not hold for those below it
CLIENTS = ("kafka", "aiokafka", "aiokafka.consumer.fetcher", "aiokafka.consumer.group_coordinator", "mode.timers")
# what anybody can make the gateway say, as often as he likes
OUTSIDE = ("connectors.door", "uvicorn.error")
REPETITIVE = CLIENTS + OUTSIDE


def set_up_logging() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    sparing = Sparing()
    for name in REPETITIVE:
        logging.getLogger(name).addFilter(sparing)


class Sparing(logging.Filter):
    """The same line, its numbers aside, passes once in QUIET_S: every client says twenty times a second that a broker is away.
    Warnings about the configuration never pass: it is chosen with care."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if text.startswith("CONFWARN"):
            return False
        alike, now = re.sub(r"\d+", "", text), self._clock()
        if now - self._said.get(alike, -QUIET_S) < QUIET_S:
            return False
        if len(self._said) >= MOST_REMEMBERED:
            self._said.clear()
        self._said[alike] = now
        return True
