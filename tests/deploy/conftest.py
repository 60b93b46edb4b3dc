import shutil
from pathlib import Path

import pytest

from tests.deploy.halyard import EXAMPLE, Folder

# What a business need not have.
OPTIONAL = ("carriers.yaml", "items.csv", "prices.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The example's six files."""
    shutil.copytree(EXAMPLE, tmp_path / "halyard", ignore=shutil.ignore_patterns(*OPTIONAL))
    return Folder(tmp_path / "halyard")
