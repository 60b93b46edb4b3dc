import shutil
from pathlib import Path

import pytest

from tests.deploy.halyard import EXAMPLE, Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    shutil.copytree(EXAMPLE, tmp_path / "halyard")
    return Folder(tmp_path / "halyard")
