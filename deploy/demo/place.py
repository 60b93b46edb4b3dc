"""Where a demo runs: a home folder of its own, made new each time, and ports that are free."""

import shutil
import socket
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from deploy import process
from deploy.local import lock
from deploy.program import STOP_S
from deploy.settings import Settings

PROCESSES = 16  # metrics ports that are looked for in a row
# of them: that of the warehouses, and behind it the one where they are called
WORLD = 14
_PORTS = {"kafka_port": 2, "gateway_port": 1, "pages_port": 1, "metrics_port": PROCESSES}


def fresh_home(home: Path) -> bool:
    """Empty the folder of an earlier demo; ends what one that was killed has left running. -> whether there was one. Raises Fault
    when a demo is running there."""
    was_there = home.is_dir()
    with lock(home):
        process.sweep((home / "run").glob("*.pid"), STOP_S)
        for path in home.iterdir():
            if path.name != "run":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    return was_there


def demo_settings(settings: Settings, home: Path) -> Settings:
    """The user's settings with a broker, a store and ports of the demo's own. The usual ports, unless something listens there."""
    ports: dict[str, int] = {}
    for name, wanted in _PORTS.items():
        taken = set(ports.values())
        usual = getattr(settings, name)
        ports[name] = next(port for port in count(usual, 20) if port not in taken and free(port, wanted))
    return settings.model_copy(update={"home": home, "kafka": "", "clickhouse": "", "kafka_security_protocol": "PLAINTEXT", **ports})


def free(port: int, how_many: int) -> bool:
    """Whether nothing listens on any of `how_many` ports from `port` on."""
    with ExitStack() as held:
        try:
            for number in range(port, port + how_many):
                held.enter_context(socket.create_server(("127.0.0.1", number)))
        except OSError:
            return False
    return True
