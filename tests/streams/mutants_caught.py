"""All mutants against the checker: `python -m tests.streams.mutants_caught` prints how many were planted, and how many it caught."""

import json
import sys

from streams.checks.findings import Invariant
from tests.story import Story
from tests.streams import (
    mutants_of_carriers,
    mutants_of_changes,
    mutants_of_dates,
    mutants_of_gifts,
    mutants_of_holds,
    mutants_of_purchases,
    mutants_of_returns,
    mutants_of_supply,
    mutants_of_the_log,
    mutants_of_the_money,
    mutants_of_the_rules,
    mutants_of_the_way,
    mutants_of_waves,
)
from tests.streams.logs import Logs, broken
from tests.streams.mutants import MUTANTS
from tests.streams.shopping import busy_day

PLANTED = (
    mutants_of_carriers,
    mutants_of_gifts,
    mutants_of_changes,
    mutants_of_dates,
    mutants_of_holds,
    mutants_of_purchases,
    mutants_of_returns,
    mutants_of_supply,
    mutants_of_the_log,
    mutants_of_the_money,
    mutants_of_the_rules,
    mutants_of_the_way,
    mutants_of_waves,
)

# What the checker is to prove, and the invariants that stand for it; each has mutants.
PROMISES: dict[str, tuple[Invariant, ...]] = {
    "1 completeness": ("raw outcome", "one decision", "readable"),
    "2 one effective decision": ("one order", "cause", "sequence"),
    "3 conservation": ("conservation", "below zero", "protected"),
    "4 all or nothing": ("all or nothing", "reserved lines", "accounted"),
    "5 the chain": ("chain",),
    "6 decided again alike": ("replay",),
    "7 commits": ("commits",),
    "8 fulfilments": ("fulfilments", "versions"),
    "9 what begins ends once": ("reservations", "holds", "deliveries", "returns", "amendments", "inspections", "linked orders", "gifts"),
    "10 money": ("refunds", "purchases"),
    "11 carriers": ("carriers",),
    "12 what nodes tell of stock": ("stock changes",),
    "13 what is announced, who is served first, and who is sold it ahead": ("dates", "in turn", "sold ahead"),
}


def caught(name: str, day: Story) -> bool:
    """Whether the damage breaks the invariant that it is to break."""
    logs = Logs(day)
    MUTANTS[name].damage(logs)
    found = {violation.invariant for violation in logs.replay().violations} if MUTANTS[name].invariant == "replay" else broken(logs.check())
    return MUTANTS[name].invariant in found


def main() -> int:
    day = busy_day()
    missed = [name for name in MUTANTS if not caught(name, day)]
    sys.stdout.write(json.dumps({"planted": len(MUTANTS), "caught": len(MUTANTS) - len(missed), "missed": missed}) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
