"""A shop's secret is a file: put in place, changed or taken away, it counts from the next request on."""

from pathlib import Path

import pytest

from deploy.secrets import ShopSecrets


def test_one_line_signs_and_opens(tmp_path: Path) -> None:
    (tmp_path / "tea").write_text("dragon-well\n")
    assert ShopSecrets(tmp_path).signing("tea") == b"dragon-well"
    assert ShopSecrets(tmp_path).opening("tea") == b"dragon-well"


def test_with_two_lines_the_first_signs_and_the_last_opens(tmp_path: Path) -> None:
    (tmp_path / "tea").write_text("dragon-well\r\nck_1:cs_2\r\n")
    assert ShopSecrets(tmp_path).signing("tea") == b"dragon-well"
    assert ShopSecrets(tmp_path).opening("tea") == b"ck_1:cs_2"


def test_a_changed_file_counts_at_once(tmp_path: Path) -> None:
    secrets = ShopSecrets(tmp_path)
    assert secrets.signing("tea") is None
    (tmp_path / "tea").write_text("dragon-well")
    assert secrets.signing("tea") == b"dragon-well"
    (tmp_path / "new").write_text("silver-need")
    (tmp_path / "new").replace(tmp_path / "tea")
    assert secrets.signing("tea") == b"silver-need"
    (tmp_path / "tea").unlink()
    assert secrets.signing("tea") is None


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "tea").write_text(" \n\n")
    assert ShopSecrets(tmp_path).signing("tea") is None


@pytest.mark.parametrize("name", ["", ".", "..", "../tea", "/etc/passwd", "a\0b", ".hidden", "x" * 5_000])
def test_a_name_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "tea").write_text("dragon-well")
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / ".hidden").write_text("x")
    assert ShopSecrets(folder).signing(name) is None
