"""Pages served from a thread on a free port, for tests that look at them from outside."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn

from analytics.peek import Peek, RawView
from analytics.reader import Reader
from analytics.web.pages import create_pages


class StillPeek(Peek):
    """Kafka as it stood: these end offsets and raw records."""

    def __init__(self, ends: Mapping[int, int]) -> None:
        self._ends = dict(ends)

    def raw_ends(self) -> dict[int, int]:
        return self._ends

    def raw(self, partition: int, offset: int) -> RawView:
        if offset % 2:
            return RawView(partition, offset, found=False)
        headers = {
            "channel": "shopify",
            "shop": "leaf-web",
            "kind": "orders/create",
            "delivery_id": f"d-{offset}",
            "received_at": "1778457600000",
        }
        return RawView(partition, offset, True, 1_778_457_600_000, 2_311, headers)


def pages(reader: Reader, ends: Mapping[int, int]) -> Any:
    return create_pages(reader, StillPeek(ends), lambda: {"ok": True, "threads": {"sink": True}, "sink_lag": 0, "by_partition": {}})


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address under which `app` answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)  # so that nobody who comes before the server is refused
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
