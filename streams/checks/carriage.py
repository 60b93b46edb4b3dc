"""Who carries what nodes are told to ship: the choice made again from the table, the weights and the orders that the log says."""

from collections import Counter
from collections.abc import Iterator, Sequence

from streams.checks.findings import Findings
from streams.checks.orders import Orders
from streams.checks.rates import Facts, Table, Wanted, decode_table, facts
from streams.checks.records import OrderPlaced
from tables import events as e

Told = e.Reserved | e.FulfilmentReleased
Wishes = Sequence[Told | e.CarrierMissing]  # of one parcel
MOST_GRAMS = 1_000_000_000


class Carriage:
    """Of one pool; `settle` after each decision, before its orders are settled. `rates` None: no carrier is chosen."""

    def __init__(self, findings: Findings, orders: Orders) -> None:
        self.rates: Table | None = None
        self._findings = findings
        self._orders = orders
        self._grams: dict[str, int] = {}
        self._nodes: dict[str, e.Node] = {}
        self._now = 0
        self._came: dict[str, int] = {}  # orders placed by this decision, and when they were received
        self._told: list[Told] = []
        self._chosen: list[e.CarrierChosen] = []

    # ------------------------------------------------------------------------------------------ what is said
    def rates_set(self, event: e.RatesSet) -> None:
        table = decode_table(event.table)
        self.rates = table if table.services else None

    def weights_set(self, event: e.WeightsSet) -> None:
        self._grams.update(event.weights)

    def node_set(self, node: e.Node) -> None:
        self._nodes[node.node] = node

    def ticked(self, at: int) -> None:
        self._now = at

    def placed(self, event: OrderPlaced) -> None:
        self._came[event.order] = event.received_at

    def told(self, event: Told) -> None:
        if isinstance(event, e.FulfilmentReleased) or not event.later:
            self._told.append(event)

    def chosen(self, event: e.CarrierChosen) -> None:
        self._chosen.append(event)

    def labelled(self, event: e.Tracked) -> None:
        if event.fulfilment and event.fulfilment not in self._orders.get(event.order).promises:
            self._note(f"{event.order}: {event.fulfilment} is to leave as {event.tracking}, and nothing of it is reserved")

    # ------------------------------------------------------------------------------------------ what follows of it
    def given_to_nobody(self) -> list[e.CarrierChosen]:
        return [event for event in self._chosen if not event.service]

    def takes(self, together: Sequence[e.CarrierMissing]) -> str:
        """Who would carry these of one parcel; "" nobody."""
        node = self._nodes.get(together[0].node, e.Node(node=""))
        if self.rates is None or (self.rates.kinds and node.kind not in self.rates.kinds):
            return "whoever its node takes"
        grams, service, *_ = facts(self.rates, self._wanted(self.rates, node, together))
        return service or ("" if grams == together[0].grams else f"a parcel of {grams} g")

    def settle(self) -> None:
        if self._told or self._chosen:
            due = dict(self._due()) if self.rates else {}
            times = Counter(event.fulfilment for event in self._chosen)
            for event in self._chosen:
                found = (event.grams, event.service, event.carrier, event.price, event.days)
                wanted = due.pop(event.fulfilment, None)
                if times[event.fulfilment] == 1 and wanted != found:
                    self._note(f"{event.order}: {event.fulfilment} goes by {_said(found)}, the table says {_said(wanted)}")
            for name in due:
                self._note(f"{name} is told to its node, and nobody is chosen to carry it")
            for name, count in times.items():
                if count > 1:
                    self._note(f"{name} is given to a carrier {count} times")
        self._told.clear()
        self._chosen.clear()
        self._came.clear()

    def _due(self) -> Iterator[tuple[str, Facts]]:
        parcels: dict[str, list[Told]] = {}
        for event in self._told:
            name = event.group if isinstance(event, e.FulfilmentReleased) else ""
            parcels.setdefault(name or event.fulfilment, []).append(event)
        assert self.rates is not None
        for together in parcels.values():
            node = self._nodes.get(together[0].node, e.Node(node=""))
            if self.rates.kinds and node.kind not in self.rates.kinds:
                continue
            found = facts(self.rates, self._wanted(self.rates, node, together))
            yield from ((event.fulfilment, found) for event in together)

    def _wanted(self, table: Table, node: e.Node, together: Wishes) -> Wanted:
        units = [(row.sku, row.quantity) for event in together for row in event.rows]
        weights = [self._grams.get(sku, table.default_grams) * count for sku, count in units]
        orders = {event.order: self._orders.get(event.order) for event in together}
        now = max(self._now, *(self._came.get(key, 0) for key in orders))
        day, minute = table.local(node.node, now)
        promises = [
            table.local(node.node, known.placed_at)[0] + days - day
            for known in orders.values()
            if (days := table.promises.get(known.shop, table.promise_days)) is not None
        ]
        grams = min(MOST_GRAMS, sum(weights)) if all(weights) else 0
        to, methods = orders[together[0].order].region, tuple(known.how for known in orders.values())
        return Wanted(grams, node.region, to, min(promises, default=None), minute, methods)

    def _note(self, sentence: str) -> None:
        self._findings.note("carriers", sentence)


def _said(found: Facts | None) -> str:
    if found is None:
        return "nothing"
    grams, service, carrier, price, days = found
    return f"{service or 'nobody'} of {carrier or 'nobody'} ({grams} g, {price}, {days} days)"
