"""`yipan demo`, small: a real retailer's orders through real processes, and nothing lost."""

import json
import subprocess
import sys
from pathlib import Path

from deploy.settings import Settings, environment

ROOT = Path(__file__).parent.parent.parent
ORDERS = 200
PATIENCE_S = 240


def test_the_demo_decides_every_order_and_proves_it(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path / "home")
    arguments = ["demo", "--orders", str(ORDERS), "--exit", "--json", str(tmp_path / "out.json")]

    ended = subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads((tmp_path / "out.json").read_text())
    assert (summary["lost"], summary["oversold"], summary["invariants"], summary["surprises"]) == (0, 0, "ok", [])
    assert summary["orders_sent"] == summary["orders_decided"] == ORDERS
    assert summary["raw_records"] > ORDERS
    assert summary["fulfilments"] > ORDERS // 2
    assert summary["p99_ms"] >= summary["p50_ms"] > 0
