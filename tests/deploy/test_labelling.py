"""`yipan labels`: a table and a file of parcels, as docs/carriers.md shows them."""

import csv
import io
import json
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from deploy import cli
from deploy.faults import Fault

PAGE = (Path(__file__).parents[2] / "docs" / "carriers.md").read_text()
TABLE, PARCELS = (re.findall(rf"```{form}\n(.*?)```", PAGE, re.DOTALL)[0] for form in ("yaml", "csv"))


def labels(folder: Path, table: str = TABLE, parcels: str = PARCELS, *options: str) -> Result:
    (folder / "carriers.yaml").write_text(table)
    (folder / "parcels.csv").write_text(parcels)
    return CliRunner().invoke(cli.app, ["labels", str(folder / "carriers.yaml"), str(folder / "parcels.csv"), *options])


def test_the_documentations_parcels_get_the_labels_it_promises(tmp_path: Path) -> None:
    answer = labels(tmp_path)

    assert answer.exit_code == 0
    assert [(row["reference"], row["carrier"], row["service"], row["name"]) for row in csv.DictReader(io.StringIO(answer.stdout))] == [
        ("F55e687fc4466", "USPS", "gull-ground", "Ida Lantern"),
        ("F55e687fc4467", "FedEx", "heron-air", "Wilma Quince"),
    ]


def test_as_json_each_choice_shows_all_its_candidates(tmp_path: Path) -> None:
    choices = json.loads(labels(tmp_path, TABLE, PARCELS, "--json").stdout)["choices"]

    assert [(choice["reference"], choice["choice"]["version"], choice["choice"]["service"]) for choice in choices] == [
        ("F55e687fc4466", 3, "gull-ground"),
        ("F55e687fc4467", 3, "heron-air"),
    ]
    assert [candidate["excluded"] for candidate in choices[1]["choice"]["candidates"]] == ["too_late", ""]


def test_a_parcel_that_no_service_takes_is_named_with_the_reasons(tmp_path: Path) -> None:
    answer = labels(tmp_path, TABLE, "reference,from,to,grams\nF1,US-NV,CN,1001\nF2,US-NV,US,1\n")

    assert answer.exit_code == 1
    assert answer.stderr == "F1 is taken by no service: gull-ground no_zone, heron-air too_heavy\n"
    assert [row["reference"] for row in csv.DictReader(io.StringIO(answer.stdout))] == ["F2"]


def bought(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response]) -> Result:
    """With an EasyPost that answers so."""
    client = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(httpx, "Client", lambda: client)
    (folder / "key").write_text("EZAK-lamp\n")
    (folder / "sender.yaml").write_text("name: Keeper\nstreet: 1 Cape Road\ncity: Reno\npostcode: 89501\n")
    return labels(folder, TABLE, PARCELS, "--easypost", str(folder / "key"), "--sender", str(folder / "sender.yaml"))


def test_labels_are_bought_of_easypost_and_each_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def easypost(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path))
        assert request.headers["authorization"] == f"Basic {b64encode(b'EZAK-lamp:').decode()}"
        if request.method == "GET":
            return httpx.Response(404)
        rate = {"id": "rate_1", "carrier": "USPS", "service": "gull-ground", "rate": "4.20", "currency": "USD"}
        label = {"tracking_code": "EZ1", "postage_label": {"label_url": "https://example.com/l"}, "selected_rate": rate}
        return httpx.Response(201, json={"id": "shp_1", "rates": [rate]} | (label if request.url.path.endswith("buy") else {}))

    answer = bought(tmp_path, monkeypatch, easypost)

    assert answer.stdout == "F55e687fc4466,USPS,gull-ground,EZ1,420,USD,https://example.com/l\n"
    assert answer.stderr == "F55e687fc4467 got no label: no_rate\n"
    assert answer.exit_code == 1
    assert [path for method, path in asked if method == "POST"] == ["/v2/shipments", "/v2/shipments/shp_1/buy", "/v2/shipments"]


def test_an_easypost_that_does_not_answer_is_an_expected_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def easypost(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to EZAK-lamp")

    answer = bought(tmp_path, monkeypatch, easypost)

    assert isinstance(answer.exception, Fault)
    assert str(answer.exception) == "EasyPost does not answer (ConnectError); ask again, no label is bought twice."


def test_a_label_is_not_bought_without_a_sender(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("EZAK-lamp")

    assert labels(tmp_path, TABLE, PARCELS, "--easypost", str(tmp_path / "key")).exit_code == 2


@pytest.mark.parametrize(
    ("table", "parcels", "problem"),
    [
        (TABLE.replace("price: 420", "price: 4.20"), PARCELS, "carriers.yaml:10: services.0.zones.0.bands.0.price"),
        (TABLE.replace("currency: USD", "currency: XXX"), PARCELS, "carriers.yaml:2: currency"),
        ("- a list", PARCELS, "carriers.yaml:1: the whole"),
        ("{", PARCELS, "carriers.yaml:"),
        ("a: &b [*b]", PARCELS, "carriers.yaml:1: YAML aliases"),
        (TABLE, PARCELS.replace("400", "-4"), "parcels.csv:2: grams"),
        (TABLE, PARCELS.replace("US-CA", "Cornwall"), "parcels.csv:2: to"),
        (TABLE, PARCELS.replace("4467", "4466"), "parcels.csv:3: its reference is that of a row above"),
        (TABLE, PARCELS.replace("grams", "ounces"), "parcels.csv:1: unknown column 'ounces'"),
        (TABLE, "", "parcels.csv:0: the file is empty"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line_and_nothing_is_chosen(
    tmp_path: Path, table: str, parcels: str, problem: str
) -> None:
    answer = labels(tmp_path, table, parcels)

    assert answer.exit_code == 1
    assert answer.stderr.startswith(problem)
    assert "Cornwall" not in answer.stderr
    assert answer.stdout == ""
