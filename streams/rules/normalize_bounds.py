"""What no honest record goes beyond. Within it quantity x bundle units and quantity x price stay 64-bit integers."""

from collections.abc import Sequence

from connectors.contract import Ignored, Rejected
from streams.commands import AnyCommand

MOST_UNITS = 1_000_000_000
MOST_MONEY = 1_000_000_000_000
LAST_MILLIS = 253_402_300_800_000  # the year 10000

Outcome = Sequence[AnyCommand] | Ignored | Rejected
