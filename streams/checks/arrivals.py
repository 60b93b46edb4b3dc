"""What nodes are told is to come to them: those that asked for it, of all that is announced to them, and of no more of a return than is
asked for."""

from streams.checks.findings import Findings
from streams.checks.orders import Orders
from streams.checks.promises import Return, Units, count
from tables import events as e


class Arrivals:
    """Of one pool; `settle` after each decision."""

    def __init__(self, findings: Findings, orders: Orders) -> None:
        self._findings = findings
        self._orders = orders
        self._asked: set[str] = set()  # nodes that want to know
        self._announced: dict[tuple[str, str], Units] = {}  # by this decision, to nodes that want to know

    def node_set(self, node: e.Node) -> None:
        self._asked.discard(node.node)
        if node.arrivals:
            self._asked.add(node.node)

    def announced(self, event: e.SupplyAnnounced) -> None:
        if event.node in self._asked:
            self._announced[event.node, event.supply] = {("", sku): units for sku, units in event.lines if units}

    def expected(self, event: e.ArrivalExpected) -> None:
        if event.node not in self._asked:
            self._note(f"{event.node} is told of {event.name}, and did not ask")
        if event.kind == "return":
            self._returns(event)
        elif self._announced.pop((event.node, event.name), None) != count(event.rows):
            self._note(f"{event.node} is told of other units than are announced as {event.name}")

    def _returns(self, event: e.ArrivalExpected) -> None:
        room = count(self._orders.get(event.order).returns.get(event.name, Return()).rows)
        for place, units in count(event.rows).items():
            if units > (left := room.get(place, 0)):
                about = f"{event.order}: {event.node} is told that {units} of {place[1]} (line {place[0]}) come back as {event.name}"
                self._findings.note("returns", f"{about}, {left} are asked for")

    def settle(self) -> None:
        for node, name in self._announced:
            self._note(f"{node} is not told of {name}, which is announced to it")
        self._announced.clear()

    def _note(self, sentence: str) -> None:
        self._findings.note("fulfilments", sentence)
