"""Labels: the file for those who buy by hand, and the conversation with EasyPost, whatever it answers."""

import csv
import io
import json
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Fetched, Person
from connectors.easypost_labels import Call, begin, buy, go_on, ounces
from connectors.labels import COLUMNS, Label, LabelRefused, LabelRequest, labels_file
from tests.connectors.cases import SAMPLES

KEEPER = Person(name="Ida Lantern", company="Lighthouse", street=("1 Cape Road",), city="Reno", postcode="89501", country="US")
BUYER = Person(
    name="Wilma Quince", phone="+1 (555) 010", street=("9 Oak Row", "Flat 2", "Bell 3"), city="Brookhaven", postcode="11719", country="US"
)
ASKED = LabelRequest(
    reference="F55/1",
    carrier="USPS",
    service="Priority",
    grams=900,
    sender=KEEPER,
    sender_region="US-NV",
    recipient=BUYER,
    recipient_region="US-NY",
)
RATE = {"id": "rate_1", "carrier": "USPS", "service": "Priority", "rate": "7.42", "currency": "USD"}
SHIPMENT: dict[str, Any] = {"id": "shp_1", "reference": "F55/1", "tracking_code": None, "postage_label": None, "rates": [RATE]}
BOUGHT = SHIPMENT | {"tracking_code": "EZ1", "postage_label": {"label_url": "https://example.com/l.png"}, "selected_rate": RATE}
LABEL = Label(
    reference="F55/1", carrier="USPS", service="Priority", tracking="EZ1", price=742, currency="USD", url="https://example.com/l.png"
)


class Double:
    """EasyPost as far as it matters: a shipment by reference, and its label once it was bought. `lost`: answers that never arrive."""

    def __init__(self, *lost: int) -> None:
        self.calls: list[Call] = []
        self.made = self.bought = 0
        self._lost = set(lost)

    def send(self, call: Call) -> Fetched:
        self.calls.append(call)
        answer = self._answer(call)
        if len(self.calls) in self._lost:
            raise ConnectionError("the answer was lost")
        return answer

    def _answer(self, call: Call) -> Fetched:
        if call.path.endswith("/buy"):
            self.bought += 1
        elif call.body:
            self.made += 1
        elif not self.made:
            return Fetched(404, {}, b'{"error": {"code": "NOT_FOUND"}}')
        return Fetched(200, {}, json.dumps(BOUGHT if self.bought else SHIPMENT).encode())


def answered(status: int, body: Any, asked: Call | None = None) -> Call | Label | LabelRefused:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return go_on(ASKED, begin(ASKED) if asked is None else asked, Fetched(status, {}, encoded))


# ---------------------------------------------------------------------------------------------- EasyPost
def test_a_label_is_bought_in_three_calls() -> None:
    platform = Double()

    assert buy(ASKED, platform.send) == LABEL
    assert [call.path for call in platform.calls] == ["/v2/shipments/F55%2F1", "/v2/shipments", "/v2/shipments/shp_1/buy"]
    assert json.loads(platform.calls[2].body) == {"rate": {"id": "rate_1"}}


def test_a_shipment_is_asked_for_as_easypost_reads_it() -> None:
    made = answered(404, {})

    assert isinstance(made, Call)
    assert json.loads(made.body)["shipment"] == {
        "reference": "F55/1",
        "from_address": {
            **{"name": "Ida Lantern", "company": "Lighthouse", "street1": "1 Cape Road", "city": "Reno"},
            **{"state": "NV", "zip": "89501", "country": "US"},
        },
        "to_address": {
            **{"name": "Wilma Quince", "street1": "9 Oak Row", "street2": "Flat 2, Bell 3", "city": "Brookhaven"},
            **{"state": "NY", "zip": "11719", "country": "US", "phone": "+1 (555) 010"},
        },
        "parcel": {"weight": 31.8},
    }


@pytest.mark.parametrize("lost", [(1,), (2,), (3,), (1, 3), (2, 4)])
def test_whatever_answer_is_lost_one_shipment_is_made_and_one_label_bought(lost: tuple[int, ...]) -> None:
    platform = Double(*lost)

    for _ in lost:
        with pytest.raises(ConnectionError):
            buy(ASKED, platform.send)

    assert buy(ASKED, platform.send) == LABEL
    assert (platform.made, platform.bought) == (1, 1)


@pytest.mark.parametrize(
    ("status", "body", "code", "passing"),
    [
        (429, {}, "unavailable", True),
        (503, b"<html>later</html>", "unavailable", True),
        (401, {}, "status_401", False),
        (302, {}, "status_302", False),
        (200, b"not JSON", "unreadable", False),
        (200, [], "unreadable", False),
        (200, SHIPMENT | {"id": None}, "unreadable", False),
        (200, SHIPMENT | {"rates": [RATE | {"rate": "1e99"}]}, "unreadable", False),
        (200, SHIPMENT | {"rates": []}, "no_rate", False),
        (200, SHIPMENT | {"rates": [RATE | {"service": "Express"}]}, "no_rate", False),
    ],
)
def test_where_there_is_no_label_a_reason_says_why_and_whether_to_ask_again(status: int, body: Any, code: str, passing: bool) -> None:
    assert answered(status, body) == LabelRefused(reference="F55/1", code=code, passing=passing)


def test_a_purchase_without_a_label_is_not_made_twice_in_a_row() -> None:
    assert answered(200, SHIPMENT, Call("/v2/shipments/shp_1/buy", b"{}", buys=True)) == LabelRefused(
        reference="F55/1", code="no_label", passing=True
    )


def test_a_shipment_that_cannot_be_made_is_not_made_for_ever() -> None:
    assert answered(404, {}, Call("/v2/shipments", b"{}")) == LabelRefused(reference="F55/1", code="status_404")


def test_of_rates_of_one_service_the_cheapest_is_bought() -> None:
    said = answered(200, SHIPMENT | {"rates": [RATE, RATE | {"id": "rate_0"}, RATE | {"id": "rate_2", "rate": "7.41"}]})

    assert isinstance(said, Call)
    assert json.loads(said.body) == {"rate": {"id": "rate_2"}}


@settings(derandomize=True, deadline=None)
@given(grams=st.integers(1, 10**9))
def test_a_weight_in_ounces_is_never_below_the_grams_and_a_tenth_above_at_most(grams: int) -> None:
    tenths = int(ounces(grams).scaleb(1))

    assert (tenths - 1) * 28_349_523_125 < grams * 10**10 <= tenths * 28_349_523_125


@settings(derandomize=True, deadline=None)
@given(status=st.integers(100, 599), body=st.binary(max_size=64) | st.just(json.dumps(BOUGHT).encode()[:-9]))
def test_no_answer_of_easypost_breaks_the_conversation(status: int, body: bytes) -> None:
    for asked in (begin(ASKED), Call("/v2/shipments", b"{}"), Call("/v2/shipments/shp_1/buy", b"{}", buys=True)):
        assert isinstance(answered(status, body, asked), Call | LabelRefused)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the platforms' samples are not there (../shared/data beside the project)")
def test_a_recorded_shipment_is_read_and_its_rate_chosen() -> None:
    [recorded] = yaml.safe_load((SAMPLES / "tracking" / "easypost.test_order_create.yaml").read_text())["interactions"]
    shipment = json.loads(recorded["response"]["body"]["string"])["shipments"][0]
    said = answered(200, shipment)

    assert isinstance(said, Call)
    assert said.path == f"/v2/shipments/{shipment['id']}/buy"
    assert json.loads(said.body)["rate"]["id"] == next(rate["id"] for rate in shipment["rates"] if rate["service"] == "Priority")


# ---------------------------------------------------------------------------------------------- the file
def test_a_file_of_labels_to_buy_has_a_row_for_each() -> None:
    header, row = csv.reader(io.StringIO(labels_file([ASKED])))

    assert tuple(header) == COLUMNS
    assert dict(zip(header, row, strict=True)) == {
        **{"reference": "F55/1", "carrier": "USPS", "service": "Priority", "grams": "900", "name": "Wilma Quince", "company": ""},
        **{"street": "9 Oak Row", "street2": "Flat 2, Bell 3", "city": "Brookhaven", "postcode": "11719"},
        **{"region": "US-NY", "country": "US", "phone": "+1 (555) 010", "email": ""},
    }


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+SUM(1)", "-1+1", "@cmd", "\t=1"])
def test_no_name_becomes_a_formula_in_who_opens_the_file(name: str) -> None:
    asked = msgspec.structs.replace(ASKED, recipient=msgspec.structs.replace(BUYER, name=name, street=()))
    [row] = csv.DictReader(io.StringIO(labels_file([asked])))

    assert row["name"] == f"'{name}"
    assert row["street"] == ""
