"""Settings come from the environment alone, are shown without their secrets, and reach child processes whole."""

import pytest
from pydantic import SecretStr

from deploy import clients
from deploy.faults import Fault
from deploy.settings import Settings, environment, load_settings, shown
from tests.conftest import make_settings

SECRET = "tea-and-scones"


def test_every_setting_says_what_it_is_for() -> None:
    assert [row.variable for row in shown(make_settings()) if not row.purpose] == []


def test_secrets_are_masked() -> None:
    settings = make_settings(kafka_sasl_password=SecretStr(SECRET), clickhouse=f"clickhouse://halyard:{SECRET}@db:8123/tea")

    values = {row.variable: row.value for row in shown(settings)}

    assert SECRET not in str(values)
    assert values["YIPAN_CLICKHOUSE"] == "clickhouse://halyard:***@db:8123/tea"


@pytest.mark.parametrize("password", [SECRET, f"{SECRET}@home", f"{SECRET}/1:2", f"@{SECRET}"])
@pytest.mark.parametrize(
    "address", ["clickhouse://halyard:{}@db:8123/tea", "s3://:{}@bucket/x", "clickhouse://db:8123/tea?password={}&x=1"]
)
def test_a_password_in_an_address_is_masked_whatever_it_is(address: str, password: str) -> None:
    settings = make_settings(clickhouse=address.format(password), snapshots=address.format(password))

    assert SECRET not in str(shown(settings))


def test_what_is_not_the_default_is_marked() -> None:
    assert [row.variable for row in shown(make_settings(partitions=12)) if not row.default] == ["YIPAN_PARTITIONS"]


def test_a_child_process_finds_the_same_settings_with_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(partitions=12, kafka_sasl_password=SecretStr(SECRET))

    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    assert Settings() == settings


def test_a_wrong_setting_is_named_with_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIPAN_PARTITIONS", "four")
    monkeypatch.setenv("YIPAN_KAFKA_SECURITY_PROTOCOL", "TLS")

    with pytest.raises(Fault, match=r"YIPAN_KAFKA_SECURITY_PROTOCOL: .*'SSL'.*YIPAN_PARTITIONS: .*valid integer"):
        load_settings()


def test_snapshots_go_where_a_url_says_and_one_that_nothing_serves_is_named() -> None:
    clients.snapshot_files(make_settings(snapshots="memory://snapshots")).write("0", "1.snapshot", b"tea")
    assert clients.snapshot_files(make_settings(snapshots="memory://snapshots")).read("0", "1.snapshot") == b"tea"
    with pytest.raises(Fault, match=r"YIPAN_SNAPSHOTS: Protocol not known: pigeon"):
        clients.snapshot_files(make_settings(snapshots="pigeon://roof"))
