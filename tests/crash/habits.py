"""How the warehouses under fire work: a day is half a second, and of themselves they are away for two seconds in twenty."""

from deploy.warehouse.habits import DAY, HOUR, Habits

HABITS = Habits(
    speed=172_800.0,
    latency=2 * DAY,
    spread=DAY,
    transit=2 * DAY,
    transit_spread=DAY,
    refuse=0.01,
    short=0.02,
    parcels=0.15,
    returns=0.1,
    duplicate=0.05,
    late_cancel=0.2,
    tell=0.5,
    outage_every=20.0,
    outage_for=2.0,
)
# the same, as `yipan warehouse` is told
FLAGS = (
    *("--speed", str(HABITS.speed)),
    *("--latency", f"{HABITS.latency // HOUR}h", "--spread", f"{HABITS.spread // HOUR}h", "--transit", f"{HABITS.transit // HOUR}h"),
    *("--refuse", str(HABITS.refuse), "--short", str(HABITS.short), "--split", str(HABITS.parcels), "--returns", str(HABITS.returns)),
    *("--duplicate", str(HABITS.duplicate), "--late-cancel", str(HABITS.late_cancel), "--tell", str(HABITS.tell)),
    *("--outage", f"{HABITS.outage_every}:{HABITS.outage_for}"),
)
