"""Doubles of platforms over HTTP: each shop's under a path of its own, with outages and answers that are lost."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qsl, urlsplit

from connectors.writeback.outward import Reply, Request
from tests.connectors.writeback.double import Platform


class Site:
    """`down`: shops that answer nothing. Of the others every `loses`th answer is lost, after the platform has done what it was asked."""

    def __init__(self, platforms: Mapping[str, Platform], loses: int) -> None:
        self.platforms = platforms
        self.down: set[str] = set()
        self.credentials: set[str] = set()
        self._loses = loses
        self._count = count(1)
        self._lock = threading.Lock()

    def take(self, shop: str, request: Request) -> Reply | None:
        with self._lock:
            if shop in self.down:
                return None
            reply = self.platforms[shop].answer(request, time.monotonic())
            return None if next(self._count) % self._loses == 0 else reply


def bucket(path: str) -> tuple[str, float]:
    """Which of the platform's buckets a request draws on, and how much."""
    for word, name in (("graphql", "graphql"), ("wc/v3", "rest"), ("/listings/", "listings")):
        if word in path:
            return name, 20.0 if name == "graphql" else 1.0
    return "shipments", 1.0


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """-> the address; a shop's url is `<address>/<shop>`."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            at = urlsplit(self.path)
            _, shop, path = at.path.split("/", 2)
            name, cost = bucket(f"/{path}")
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            site.credentials.add(self.headers.get("authorization") or self.headers.get("x-shopify-access-token") or "")
            asked = {"method": self.command, "path": f"/{path}", "query": dict(parse_qsl(at.query)), "body": body}
            reply = site.take(shop, Request(bucket=name, cost=cost, **asked))  # type: ignore[arg-type]
            if reply is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for header, value in reply.headers.items():
                self.send_header(header, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_PATCH = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
