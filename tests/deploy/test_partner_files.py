"""Partners that are told by files: what partners.yaml may say of them, and that the process drops what they are told."""

import asyncio
import ssl
from pathlib import Path

import pytest

from connectors.forms import FORMS
from connectors.partner import Delivery
from deploy.business import Problem
from deploy.business.load import load_partners
from deploy.business.partners import read_partners
from deploy.post import Post
from tests.connectors.cases import NOON
from tests.connectors.test_x12_orders import ADA, ORDERED

GULL = """\
- partner: gull
  form: x12
  url: file:///srv/edi/gull/orders
  secret_file: gull.secret
  nodes: [RENO]
  options: {sender: YIPAN, receiver: GULLWHSE}
"""


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    (tmp_path / "gull.secret").write_bytes(b"gull-and-anchor")
    file = tmp_path / "partners.yaml"
    file.write_text(GULL)
    return file


def test_a_partner_may_be_a_folder(partners: Path) -> None:
    [gull] = read_partners(partners)

    assert (gull.form, gull.url, gull.options["receiver"]) == ("x12", "file:///srv/edi/gull/orders", "GULLWHSE")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("form: x12", "form: webhook", "told by files"),
        ("file:///srv", "https://gull.example", "told by files"),
        ("file:///srv", "file://srv", "file:///"),
        ("options: {sender: YIPAN, receiver: GULLWHSE}", "options: {sender: YIPAN}", "options.receiver"),
    ],
)
def test_what_does_not_fit_a_folder_is_named(partners: Path, old: str, new: str, said: str) -> None:
    assert old in GULL
    partners.write_text(GULL.replace(old, new))

    problems = load_partners(partners)

    assert [said in problem.sentence for problem in problems if isinstance(problem, Problem)] == [True], problems


def test_what_is_sent_to_a_folder_lies_in_it(partners: Path, tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    partners.write_text(GULL.replace("file:///srv/edi/gull/orders", folder.as_uri()))
    [gull] = read_partners(partners)

    async def send() -> int:
        post = Post(ssl.create_default_context())
        try:
            delivery = Delivery(fulfilment=ORDERED, recipient=ADA, at=NOON, decided_at=NOON)
            return (await post.send(FORMS["x12"].request(delivery, gull), 5.0)).status
        finally:
            await post.close()

    assert asyncio.run(send()) == 201
    assert [path.name for path in folder.iterdir()] == ["940-0-72-2.edi"]
