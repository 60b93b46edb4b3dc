"""What shipping costs, as ClickHouse sums it up, is what the decisions say."""

from collections import Counter
from typing import Any

from streams.decisions import decode_decision
from tables import events as e
from tests.analytics.conftest import Trade

EVER = {"from": "0", "to": "4000000000000"}


def chosen(trade: Trade) -> list[e.CarrierChosen]:
    return [event for record in trade.house.log for event in decode_decision(record.value).events if isinstance(event, e.CarrierChosen)]


def test_each_fulfilment_has_its_carrier_with_weight_and_price(trade: Trade) -> None:
    sql = "SELECT order_id, fulfilment, parcel, carrier, service, price, currency, days, grams, rates, region FROM carriage"
    found = {row[1]: tuple(row) for row in trade.open_client().query(sql).result_rows}

    def row(event: e.CarrierChosen) -> tuple[Any, ...]:
        about = (event.carrier, event.service, event.price, event.currency, event.days, event.grams, event.table, event.region)
        return event.order, event.fulfilment, event.fulfilment, *about

    assert found == {event.fulfilment: row(event) for event in chosen(trade)}


def test_what_a_service_costs_is_the_sum_of_its_parcels(trade: Trade) -> None:
    costs: Counter[str] = Counter()
    parcels: Counter[str] = Counter()
    for event in chosen(trade):
        costs[event.service] += event.price
        parcels[event.service] += 1

    rows = {row["service"]: row for row in trade.reader.ask("carriage_by_carrier", EVER).dicts()}

    assert {"", "land"} <= parcels.keys()
    assert {service: (row["parcels"], row["minor_units"]) for service, row in rows.items()} == {
        service: (parcels[service], costs[service]) for service in parcels
    }
