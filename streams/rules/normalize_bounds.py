"""What no honest record goes beyond, and which names a sentence may repeat. Within the bounds quantity x bundle units stays a 64-bit
integer."""

import re
from collections.abc import Sequence

from connectors.contract import Ignored, Rejected
from streams.commands import AnyCommand

MOST_UNITS = 1_000_000_000
MOST_MONEY = 1_000_000_000_000
LAST_MILLIS = 253_402_300_800_000  # the year 10000

# no blanks and no @: it is nobody's name, address or telephone number
_PLAIN = re.compile(r"[\w.#/:-]{1,64}")

Outcome = Sequence[AnyCommand] | Ignored | Rejected


def told(name: str) -> str:
    """The name of a thing as a sentence may repeat it; what is no such name is left out."""
    return name if _PLAIN.fullmatch(name) else "…"
