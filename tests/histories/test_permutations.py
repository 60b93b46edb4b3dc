"""Whatever order partners' messages come in, it ends the same: only what a node says of one and the same units, answers to cancels and
confirmations, keeps its order."""

from itertools import permutations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.rules.observe import STAGES
from tables.evolve_parcels import RANK
from tests.histories.messages import written
from tests.histories.spoken import FORMS, said
from tests.histories.window import MINUTE, NODES, SEEN, Message, Window, feed, kept

fast = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
moments = st.integers(1, 60).map(lambda minute: written(SEEN + minute * MINUTE))
NAMES = Window().fulfilments
orders = st.sampled_from(sorted(NAMES.keys() - {"6 of kiln"}))
PARCELS = ("P-1", "P-2", "p -2", "OLD-5")


def lines(**units: int) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]


def billed(units: int, price: int) -> list[dict[str, Any]]:
    return [{"sku": "POT", "quantity": units, "price": price}]


def numbered(kind: str, **about: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind), **about})


progress = numbered("progress", fulfilment=orders, stage=st.sampled_from(STAGES), at=moments)
tracking = numbered("tracking", tracking=st.sampled_from(PARCELS), status=st.sampled_from(sorted(RANK)), at=moments)
receipt = numbered(
    "receipt",
    node=st.sampled_from(NODES),
    received_at=moments,
    lines=st.builds(lines, KETTLE=st.integers(1, 9)),
    supply=st.sampled_from(["", "PO-1"]),
)
announced = numbered(
    "supply",
    supply=st.just("PO-1"),
    node=st.sampled_from(NODES),
    told_at=moments,
    expected_at=moments,
    lines=st.sampled_from([[], lines(KETTLE=0), lines(KETTLE=30), lines(KETTLE=9, CUP=4)]),
)
bill = numbered("bill", fulfilment=st.just("6 of kiln"), currency=st.just("EUR"), billed_at=moments, lines=st.just(billed(1, 1_900)))
scrapped = numbered("move", node=st.sampled_from(NODES), to_bucket=st.just("damaged"), moved_at=moments, lines=st.just(lines(CUP=2)))
lamps = st.builds(lines, LAMP=st.sampled_from([-2, 3]))
lost = numbered("change", node=st.sampled_from(NODES), changed_at=moments, lines=lamps, reason=st.just("KC"))
moved = numbered("move", node=st.just("east"), to_node=st.just("north"), moved_at=moments, lines=st.builds(lines, LAMP=st.integers(1, 5)))
back = numbered(
    "return", shop=st.just("web"), order=st.just("5"), node=st.sampled_from(NODES), returned_at=moments, lines=st.just(lines(KETTLE=1))
)


def counted(least: int, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Counts of nodes that have about 1,000 kettles. Two of one moment cannot both be right."""
    found = st.builds(lines, KETTLE=st.integers(least, most), CUP=st.just(1_000))
    count = numbered("count", node=st.sampled_from(NODES), counted_at=moments, lines=found)
    return st.lists(count, max_size=3, unique_by=lambda one: (one["node"], one["counted_at"]))


@st.composite
def looked_at(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Goods that came back, and what a node found of some of them: after it has told that they are there."""
    found = draw(back)
    disposition = draw(st.sampled_from(["resell", "refurbish", "scrap"]))
    about = {name: found[name] for name in ("shop", "order", "node")}
    inspection = {"type": "inspection", **about, "inspected_at": draw(moments), "lines": [found["lines"][0] | {"disposition": disposition}]}
    return [found, inspection] if draw(st.booleans()) else [found]


# no more than had left: of what nobody can have done, the last that is heard is refused
backs = st.lists(looked_at(), max_size=4)
# two of one moment cannot both be right
supplies = st.lists(announced, max_size=3, unique_by=lambda one: (one["node"], one["told_at"]))
# of two, the first to come is paid for the one that has left
bills = st.lists(bill, max_size=1)
free = st.lists(st.one_of(progress, tracking, receipt, scrapped, moved, lost), max_size=7)
part = numbered("shipment", fulfilment=orders, shipped_at=moments, tracking=st.sampled_from(PARCELS[:3]), lines=st.just(lines(KETTLE=1)))
pot = numbered("shipment", fulfilment=st.just("6 of kiln"), shipped_at=moments, tracking=st.just("P-3"), lines=st.just(lines(POT=1)))
rest = numbered("shipment", fulfilment=orders, shipped_at=moments, tracking=st.sampled_from(PARCELS[:3]))
lack = numbered("rejection", fulfilment=orders, reason=st.just("short"), lines=st.just(lines(CUP=1)), rejected_at=moments)
no = numbered("rejection", fulfilment=orders, reason=st.sampled_from(["no_capacity", "cancelled", "damaged"]))
answers = st.lists(st.one_of(part, rest, lack, no), max_size=4)
pots = st.lists(pot, max_size=2)


@st.composite
def windows(draw: st.DrawFn, counts: st.SearchStrategy[list[dict[str, Any]]]) -> tuple[list[Message], list[Message]]:
    """Messages, and the same in another order."""
    back = [one | {"rma": f"R-{number}"} if len(pair) > 1 else one for number, pair in enumerate(draw(backs)) for one in pair]
    found = [*draw(free), *draw(supplies), *draw(bills), *back, *draw(counts), *draw(pots), *draw(answers)]
    kept_in_order = {one["fulfilment"] for one in found if one["type"] == "rejection" or (one["type"] == "shipment" and "lines" not in one)}
    messages = [
        told(document, number, document.get("fulfilment") in kept_in_order, draw(st.sampled_from(FORMS)))
        for number, document in enumerate(found)
    ]
    again = draw(st.lists(st.sampled_from(messages), max_size=2)) if messages else []
    return messages, kept(messages, draw(st.permutations(messages))) + [message for message in again if not message.chain]


def told(document: dict[str, Any], number: int, ends: bool, form: str) -> Message:
    """In the words of `form`. What a node answers for a fulfilment keeps its order, once one of them
    ends it; so does what it tells of one return."""
    order = document.get("fulfilment")
    named = document | {"document": f"D-{number}"} | ({"fulfilment": NAMES[order]} if order else {})
    answers_for = ends and document["type"] in ("shipment", "rejection")
    chain = f"answers for {order}" if answers_for else document.get("rma", "")
    return (None if "rma" in document else said(form, named, number, chain)) or feed(named, chain)


@fast
@given(windows(counted(990, 1_010)))
def test_partners_may_be_heard_in_any_order(window: tuple[list[Message], list[Message]]) -> None:
    messages, shuffled = window
    as_it_was, as_it_came = Window().tell(messages), Window().tell(shuffled)

    assert as_it_came.ends() == as_it_was.ends()
    as_it_came.assert_checked()


def test_a_count_that_comes_before_the_shipments_it_knows_of_ends_the_same_but_for_what_was_called_back() -> None:
    """It finds promised units missing: they are called back and sourced anew, until the shipments are heard of."""
    minute = [written(SEEN + at * MINUTE) for at in range(31)]
    first: dict[str, Any] = {"type": "shipment", "document": "S-1", "fulfilment": NAMES["1"], "shipped_at": minute[5], "tracking": "P-1"}
    second = first | {"document": "S-2", "fulfilment": NAMES["2"], "shipped_at": minute[20], "tracking": "P-2"}
    counted_8 = {"type": "count", "document": "C-1", "node": "east", "counted_at": minute[10], "lines": lines(KETTLE=8)}
    received_5 = {"type": "receipt", "document": "R-1", "node": "east", "received_at": minute[30], "lines": lines(KETTLE=5)}
    arrived = {"type": "tracking", "document": "T-1", "tracking": "P-1", "status": "delivered", "at": minute[29]}
    ends = []
    for way in permutations([first, second, counted_8, received_5, arrived]):
        window = Window()
        for node in ("east", "west"):  # north is next, whose cancels are final at once
            window.story.move(node, "on_hand", "damaged", at=SEEN - MINUTE, KETTLE=window.story.pool.on_hand(node, "KETTLE"))
        window.tell([feed(document) for document in way]).assert_checked()
        ends.append(window.units())

    assert all(end == ends[0] for end in ends)
