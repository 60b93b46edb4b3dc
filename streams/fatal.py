"""How a stage ends when going on would lose or repeat something: it says why and is gone; it restarts and replays."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

log = logging.getLogger(__name__)

EXIT_FATAL = 3
_instead: list[Callable[[str], NoReturn]] = []


@contextmanager
def dying(end: Callable[[str], NoReturn]) -> Iterator[None]:
    """Within it `die` calls `end` with the reason: a simulation runs many processes in one, and only one of them is to die."""
    _instead.append(end)
    try:
        yield
    finally:
        _instead.pop()


def die(why: str, cause: BaseException | None = None) -> NoReturn:
    """End the process at once, from any thread. No clean-up: nothing undelivered may be committed on the way out."""
    if _instead:
        _instead[-1](why)
    log.critical("ending: %s", why, exc_info=cause)
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(EXIT_FATAL)
