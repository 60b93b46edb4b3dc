"""How a stage ends when going on would lose or repeat something: it says why and is gone; it restarts and replays."""

import logging
import os
from typing import NoReturn

log = logging.getLogger(__name__)

EXIT_FATAL = 3


def die(why: str, cause: BaseException | None = None) -> NoReturn:
    """End the process at once, from any thread. No clean-up: nothing undelivered may be committed on the way out."""
    log.critical("ending: %s", why, exc_info=cause)
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(EXIT_FATAL)
