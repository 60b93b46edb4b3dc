"""Fulfilment orders for the simulated warehouses of the tests, and what they may be like."""

from hypothesis import strategies as st

from connectors.contract import FulfilmentLine
from connectors.partner import Partner
from deploy.warehouse.habits import HOUR, Habits
from deploy.warehouse.words import Ask, Job, Lines

NOON = 1_772_366_400_000
WEBHOOK = Partner(name="reno-wms", url="http://127.0.0.1:8700/reno", secret=b"lapsang", nodes=("reno",))
QIMEN = Partner(
    name="lantern-wms",
    url="http://127.0.0.1:8700/lantern",
    secret=b"nine-gates",
    form="qimen",
    nodes=("shanghai",),
    options={"app_key": "21000001", "customer": "c-lantern", "owner": "LANTERN"},
)
LINES = (FulfilmentLine("1", "CUP", 3), FulfilmentLine("2", "POT", 1), FulfilmentLine("3", "CUP", 2))


def job(id: str = "F1", lines: Lines = LINES, partner: Partner = WEBHOOK) -> Job:
    [node] = partner.nodes
    return Job(event=f"event of {id}", id=id, partner=partner.name, node=node, shop="web", order="1001", lines=lines, at=NOON)


def ask(hours: float, lines: Lines = LINES, *, final: bool, event: str = "c1", id: str = "F1") -> Ask:
    return Ask(event=event, id=id, lines=lines, at=NOON + int(hours * HOUR), final=final)


shares = st.sampled_from([0.0, 0.5, 1.0])
habits = st.builds(
    Habits,
    seed=st.integers(0, 1_000),
    speed=st.sampled_from([0.5, 1.0, 14_400.0, 1e9]),
    refuse=shares,
    short=shares,
    parcels=shares,
    returns=shares,
    late_cancel=shares,
)
some_lines = st.lists(
    st.builds(FulfilmentLine, st.sampled_from("1234"), st.sampled_from(["CUP", "POT", "LAMP"]), st.integers(1, 4)),
    min_size=1,
    max_size=4,
    unique_by=lambda line: (line.line, line.sku),
).map(tuple)
jobs = st.builds(job, st.integers(0, 1_000).map(lambda number: f"F{number}"), some_lines)
