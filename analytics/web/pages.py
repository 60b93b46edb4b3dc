"""The pages and the read-only queries behind them, as one Starlette application. No build step, nothing from outside."""

import logging
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from analytics.catalogue import BadParameter
from analytics.peek import Peek
from analytics.reader import Reader

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
PAGES = {
    "overview": "Overview",
    "nodes": "Nodes",
    "shortages": "Shortages",
    "demand": "Demand",
    "order": "Orders",
    "dead-letters": "Dead letters",
}
# Everything comes from here, and nothing may be framed elsewhere.
SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

Health = Callable[[], dict[str, Any]]


def create_pages(reader: Reader, peek: Peek, health: Health) -> Starlette:
    """`health()`: what `/health` answers; its `ok` decides between 200 and 503."""
    answers = _Answers(reader, peek, health)
    return Starlette(
        routes=[
            Route("/api/q/{name}", answers.query),
            Route("/api/lag", answers.lag),
            Route("/api/raw/{partition:int}/{offset:int}", answers.raw),
            Route("/health", answers.health),
            Route("/metrics", _metrics),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Route("/", _page("overview")),
            *(Route(f"/{name}", _page(name)) for name in PAGES),
        ]
    )


class _Answers:
    """What is asked under `/api`. Plain functions: Starlette runs them in threads, as ClickHouse and Kafka are waited for."""

    def __init__(self, reader: Reader, peek: Peek, health: Health) -> None:
        self._reader, self._peek, self._health = reader, peek, health

    def query(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._reader.catalogue:
            return _problem(404, f"there is no query {name!r}")
        try:
            return _json(self._reader.ask(name, dict(request.query_params)))
        except BadParameter as wrong:
            return _problem(400, str(wrong))
        # the sentence goes out, the engine's own words stay in the log: they may name hosts and users
        except Exception as wrong:
            log.warning("query %s failed: %s", name, str(wrong)[:200])
            return _problem(503, "ClickHouse does not answer this query now; try again in a moment")

    def lag(self, request: Request) -> Response:
        """By partition of `raw`: how many records it ever held, and how many of them have no outcome yet."""
        try:
            ends = self._peek.raw_ends()
            taken = {row[0]: row[1] for row in self._reader.ask("progress").rows}
        except Exception as wrong:
            log.warning("the lag is not known: %s", str(wrong)[:200])
            return _problem(503, "Kafka or ClickHouse does not answer; the lag is not known now")
        return _json([{"partition": part, "end": end, "waiting": max(0, end - 1 - taken.get(part, -1))} for part, end in ends.items()])

    def raw(self, request: Request) -> Response:
        try:
            return _json(self._peek.raw(request.path_params["partition"], request.path_params["offset"]))
        except Exception as wrong:
            log.warning("a raw record cannot be read: %s", str(wrong)[:200])
            return _problem(503, "Kafka does not answer; the raw record cannot be shown now")

    def health(self, request: Request) -> Response:
        told = self._health()
        return _json(told, 200 if told.get("ok") else 503)


def _metrics(request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _page(name: str) -> Callable[[Request], Response]:
    """A page is a fragment of HTML in the layout, and a script of the same name."""
    layout = Template((HERE / "layout.html").read_text(encoding="utf-8"))
    body = (HERE / "pages" / f"{name}.html").read_text(encoding="utf-8")
    links = "".join(f'<a href="/{other}"{" aria-current=page" if other == name else ""}>{title}</a>' for other, title in PAGES.items())
    html = layout.substitute(name=name, title=PAGES[name], links=links, body=body)

    def page(request: Request) -> Response:
        return HTMLResponse(html, headers=SAFE)

    return page


def _json(value: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def _problem(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status)
