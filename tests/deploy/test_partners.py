"""partners.yaml: checked with the rest of a business, kept with its secrets, and found again as it was said."""

import shutil
import stat
from pathlib import Path

import pytest

from deploy.business.load import load_partners
from deploy.business.partners import keep_partners, read_partners
from deploy.delivering import Opener, letter
from deploy.faults import Fault
from deploy.local import Stack
from deploy.sealing import Sealer, create_key
from streams.deadletter import decode_dead_letter
from tests.conftest import make_settings
from tests.connectors.partners import WEI, MemoryTopic, fulfilment
from tests.deploy.halyard import EXAMPLE, Folder

GOOD = """
- partner: reno-wms
  nodes: [reno-dc]
  url: https://wms.reno.example/hooks/yipan?site=2
  secret_file: secrets/reno-wms
  opens_recipient: true
  give_up_hours: 1.5
- partner: tills
  kinds: [store, dealer]
  url: https://tills.example/
  secret_file: secrets/reno-wms
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "reno-wms").write_text("lapsang\n")
    return tmp_path


def problems(folder: Path, text: str) -> list[str]:
    (folder / "partners.yaml").write_text(text)
    found = load_partners(folder / "partners.yaml")
    assert isinstance(found, list)
    return [f"{problem.line}: {problem.sentence}" for problem in found]


def test_what_an_import_keeps_is_found_as_it_was_said(folder: Path, tmp_path: Path) -> None:
    (folder / "partners.yaml").write_text(GOOD)
    loaded = load_partners(folder / "partners.yaml")
    assert not isinstance(loaded, list)
    kept = tmp_path / "home" / "partners" / "partners.yaml"

    keep_partners(loaded, kept)

    reno, tills = read_partners(kept)
    assert (reno.name, reno.nodes, reno.opens_recipient, reno.give_up_seconds) == ("reno-wms", ("reno-dc",), True, 5_400)
    assert (reno.secret, reno.url) == (b"lapsang", "https://wms.reno.example/hooks/yipan?site=2")
    assert (tills.kinds, tills.opens_recipient, tills.form) == (("store", "dealer"), False, "webhook")
    for file in kept.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "lapsang" not in kept.read_text()


LABELLED = (
    GOOD
    + """\
  labels:
    by: easypost
    key_file: secrets/easypost
    sender: {region: US-NV, company: Lighthouse, street: 1 Cape Road, city: Reno, postcode: "89501"}
"""
)


def test_the_key_to_labels_is_kept_like_a_secret(folder: Path, tmp_path: Path) -> None:
    (folder / "secrets" / "easypost").write_text("EZAK-1\n")
    (folder / "partners.yaml").write_text(LABELLED)
    loaded = load_partners(folder / "partners.yaml")
    assert not isinstance(loaded, list), loaded
    kept = tmp_path / "home" / "partners" / "partners.yaml"

    keep_partners(loaded, kept)

    reno, tills = read_partners(kept)
    assert (reno.labels, tills.labels and tills.labels.key) == (None, b"EZAK-1")
    assert tills.labels
    assert (tills.labels.sender.street, tills.labels.sender.country) == (("1 Cape Road",), "US")
    assert "EZAK-1" not in kept.read_text() + repr(tills.labels)
    assert stat.S_IMODE((kept.parent / "tills.labels").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("by: parcelpost", "by: easypost", "labels.by is 'parcelpost'; give easypost, or file"),
        ("by: file", "by: easypost", "labels by easypost have a key_file, and labels by file a folder"),
        ("key_file: nowhere", "key_file: secrets/easypost", "there is no file 'nowhere'"),
        ("region: Nevada", "region: US-NV", "labels.sender.region is 'Nevada'; give"),
    ],
)
def test_what_is_wrong_with_labels_is_said_by_line(folder: Path, wrong: str, right: str, said: str) -> None:
    (folder / "secrets" / "easypost").write_text("EZAK-1\n")

    found = problems(folder, LABELLED.replace(right, wrong, 1))

    assert any(said in problem for problem in found), found


def test_a_pool_that_is_to_hear_of_labels_has_a_feed(tmp_path: Path) -> None:
    folder = Folder(Path(shutil.copytree(EXAMPLE, tmp_path / "halyard")))
    folder.write("secret", "lapsang")
    labels = "{by: file, folder: 'file:///srv/labels', sender: {region: US-NV}}"
    entry = f"- {{partner: a, nodes: [reno-dc], url: 'https://a.example/', secret_file: secret, labels: {labels}}}"
    shops = (folder.path / "shops.yaml").read_text()

    folder.write("partners.yaml", entry).business()
    problem = folder.write("shops.yaml", shops.replace("channel: warehouse", "channel: qimen")).problem()

    assert "pool us cannot hear of labels" in problem.sentence


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("form: fax\n  nodes", "nodes", "3: there is no form 'fax'"),
        ("url: wms.reno.example", "url: https://wms.reno.example/hooks/yipan?site=2", "url is 'wms.reno.example'"),
        ("url: https://me:pass@wms.example/", "url: https://wms.reno.example/hooks/yipan?site=2", "without user or password"),
        ("secret_file: nowhere", "secret_file: secrets/reno-wms\n  opens", "there is no file 'nowhere'"),
        ("kinds: [store, shed]", "kinds: [store, dealer]", "kinds.1 is 'shed'; give"),
        ("kinds: [store, dealer]\n  nodes: [reno-dc]", "kinds: [store, dealer]", "node reno-dc is partner reno-wms's already"),
        ("partner: reno-wms\n  kinds", "partner: tills\n  kinds", "partner reno-wms is said twice"),
        ("concurrency: 0\n  nodes", "nodes", "concurrency is '0'; give requests at once, 1 to 256"),
    ],
)
def test_what_is_wrong_is_said_by_line_with_what_to_do(folder: Path, wrong: str, right: str, said: str) -> None:
    wrong = f"{wrong}\n  opens" if right.endswith("opens") else wrong

    assert any(said in problem for problem in problems(folder, GOOD.replace(right, wrong, 1)))


def test_a_partner_of_nobody_is_refused(folder: Path) -> None:
    text = "- {partner: a, url: 'https://a.example/', secret_file: secrets/reno-wms}"

    assert problems(folder, text) == ["1: a partner acts for somebody: give nodes, kinds, or both"]


def test_a_partner_names_only_nodes_of_the_business(tmp_path: Path) -> None:
    folder = Folder(Path(shutil.copytree(EXAMPLE, tmp_path / "halyard")))
    folder.write("secret", "lapsang")
    entry = "- {partner: a, nodes: [reno-dc], url: 'https://a.example/', secret_file: secret}"
    assert len(folder.write("partners.yaml", entry).business().partners) == 1

    problem = folder.write("partners.yaml", entry.replace("reno-dc", "reno-dx")).problem()

    assert (problem.file, problem.line) == ("partners.yaml", 1)
    assert "node 'reno-dx' is not in nodes.csv; did you mean 'reno-dc'?" in problem.sentence


def test_a_wrong_file_is_a_fault_that_names_file_and_line(folder: Path) -> None:
    (folder / "partners.yaml").write_text(GOOD.replace("nodes: [reno-dc]", "nodse: [reno-dc]"))

    with pytest.raises(Fault, match=r"partners.yaml:\d+: 'nodse' is not known here; did you mean 'nodes'"):
        read_partners(folder / "partners.yaml")


def test_deliveries_are_part_of_the_stack_where_partners_are_imported(tmp_path: Path) -> None:
    settings = make_settings(home=tmp_path)
    assert "deliver" not in Stack(settings, 1, print).addresses().metrics

    settings.partners_file.parent.mkdir()
    settings.partners_file.write_text(GOOD)

    assert "deliver" in Stack(settings, 1, print).addresses().metrics


def test_a_key_that_is_not_there_yet_is_waited_for_and_what_no_key_opens_is_not(tmp_path: Path) -> None:
    opener = Opener(tmp_path / "keys")
    with pytest.raises(ConnectionError):
        opener.open("k1.AAAA")

    create_key(tmp_path / "keys")

    assert opener.open(Sealer(tmp_path / "keys").seal(WEI)) == WEI
    with pytest.raises(ValueError, match="not sealed"):
        opener.open("k1.AAAA")


def test_a_dead_letter_names_its_shop_and_keeps_the_record_sealed() -> None:
    [record] = MemoryTopic(fulfilment(3, recipient="k1.AAAA")).records

    told = decode_dead_letter(letter(record, "http_422", "No."))

    assert (told.stage, told.code, told.shop, told.topic, told.offset) == ("deliver", "http_422", "web", "fulfilments", 0)
    assert told.body() == record.value
