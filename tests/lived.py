"""Stories with a clock, and histories of one order as nodes, carriers and customers leave them: late, in any order, several fulfilments."""

from typing import Any

from hypothesis import strategies as st

from streams.commands import AnyCommand
from streams.critical_path import Told
from streams.decisions import Decision, decode_decision
from tables.calendar import Waves
from tables.flow import Flow
from tables.policy import Policy, Rule
from tests.story import Story, key, line

HOUR = 3_600_000
NODES = ("hangzhou", "shanghai")
TEAS = ("LONGJING", "KEEMUN")
NOONS = Waves(tuple(day * 24 * 60 + 12 * 60 for day in range(7)), "UTC")
MOMENTS = st.integers(0, 400).map(lambda tens: tens * HOUR // 10)


class Lived(Story):
    """Each decision is made at `now`, in milliseconds, which whoever tells the story sets."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.times: list[int] = []

    def ask(self, command: AnyCommand) -> Decision:
        self.times.append(self.now)
        return super().ask(command)

    def told(self, order: str = "1") -> list[Told]:
        """What the log holds of one order."""
        decisions = zip(self.times, map(decode_decision, self.records), strict=True)
        return [(at, event) for at, decision in decisions for event in decision.events if getattr(event, "order", "") == key(order)]


def teahouse(units: int = 9, *, waves: bool = False) -> Lived:
    """`waves`: hangzhou is told at noon of each day, and no sooner."""
    story = Lived()
    story.segment("b2c", ratio=10_000)
    story.node("hangzhou", priority=0, cancel="confirm")
    story.node("shanghai", priority=1)
    story.shop("web")
    flow = Flow(waves={"hangzhou": NOONS}, clocks={"UTC": ((0, 0),)}) if waves else None
    story.policy(Policy(rule=Rule(shortage="partial"), flow=flow))
    if units:
        story.receive("hangzhou", LONGJING=units, KEEMUN=units)
    return story


# ---------------------------------------------------------------------------------------------- anything that may happen to an order
_RARE = st.one_of(
    st.tuples(st.just("refuse"), st.integers(0, 2), st.sampled_from(("no_capacity", "short", "cancelled"))),
    st.tuples(st.just("back"), st.sampled_from(TEAS), MOMENTS),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("amend"), st.integers(1, 4)),
)
_OFTEN = st.one_of(
    st.tuples(st.just("receive"), st.sampled_from(NODES), st.sampled_from(TEAS), st.integers(1, 3)),
    st.tuples(st.just("release"), st.sampled_from(("payment", "address"))),
    st.tuples(st.just("progress"), st.integers(0, 1), st.sampled_from(("accepted", "picking", "picked", "packed")), MOMENTS),
)
_PARCELS = st.one_of(
    st.tuples(st.just("ship"), st.integers(0, 1), st.sampled_from(("P1", "P2", "")), MOMENTS),
    st.tuples(st.just("track"), st.sampled_from(("P1", "P2")), st.sampled_from(("delivered", "in_transit", "label", "returning")), MOMENTS),
)
STEPS = st.one_of(_PARCELS, _PARCELS, _PARCELS, _OFTEN, _OFTEN, _RARE)
# units of each tea, holds of the order, whether there are waves, and (hours, what happens then)
History = tuple[int, list[str], bool, list[tuple[int, Any]]]
HISTORIES = st.tuples(
    st.sampled_from((9, 9, 9, 3, 1, 0)),
    st.sampled_from(([], [], [], ["payment"], ["payment", "address"])),
    st.sampled_from((False, False, True)),
    st.lists(st.tuples(st.integers(0, 30), STEPS), min_size=3, max_size=16),
)


def live(history: History) -> Lived:
    """Order `1`, placed at 1:00, received at 2:00 and decided at 3:00, and what is then said of it."""
    units, holds, waves, steps = history
    story = teahouse(units, waves=waves)
    story.now = 3 * HOUR
    _place(story, 2, 2 * HOUR, holds=tuple(holds))
    for pause, (what, *about) in steps:
        story.now += pause * HOUR
        if waves:
            story.tick(story.now)
        _step(story, what, about)
    return story


def _place(story: Lived, units: int, at: int, **more: Any) -> None:
    lines = (line("LONGJING", units), line("KEEMUN"))
    story.place("1", *lines, at=at, placed_at=HOUR, **more)


def _step(story: Lived, what: str, about: list[Any]) -> None:
    fulfilments = list(story.order("1").open_fulfilments)
    match what, about:
        case "receive", [node, tea, units]:
            story.receive(node, **{tea: units})
        case "release", [reason]:
            story.release("1", reason)
        case ("progress", [nth, stage, at]) if nth < len(fulfilments):
            story.progress(fulfilments[nth], stage, at=at)
        case ("ship", [nth, tracking, at]) if nth < len(fulfilments):
            story.ship(fulfilments[nth], at=at, tracking=tracking)
        case "track", [tracking, status, at]:
            story.track(tracking, status, at=at)
        case ("refuse", [nth, reason]) if nth < len(fulfilments):
            story.refuse(fulfilments[nth], reason)
        case "back", [tea, at]:
            story.take_back("1", ("", tea, 1), node="hangzhou", at=at)
        case "cancel", []:
            story.cancel("1", at=story.now)
        case "amend", [units]:
            _place(story, units, story.now)
        case _:
            pass
