"""The addresses at which partners.yaml says that warehouses are, on this machine: requests to the desk, answers in each one's form."""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from aiohttp import web

from connectors.partner import Partner
from connectors.qimen_answers import answer_xml
from deploy.faults import Fault
from deploy.warehouse.desk import Desk
from deploy.warehouse.habits import Outage
from deploy.warehouse.hearing import Request, Unheard

SPOKEN = ("webhook", "qimen")
HERE = ("127.0.0.1", "localhost")
MOST_BYTES = 8 << 20


class Address(NamedTuple):
    port: int
    path: str


def addresses(partners: Iterable[Partner], names: Iterable[str]) -> dict[Address, Partner]:
    """Those that are played: the ones named, or all at this machine whose form is spoken. Raises Fault."""
    known = {partner.name: partner for partner in partners}
    if unknown := [name for name in names if name not in known]:
        raise Fault(f"No partner is called {unknown[0]}: partners.yaml has {', '.join(known) or 'none'}.")
    played = [known[name] for name in names] or [partner for partner in known.values() if _is_here(partner)]
    if strangers := [partner.name for partner in played if not _is_here(partner)]:
        raise Fault(f"{strangers[0]} is not at this machine (http://127.0.0.1:…) or speaks neither of {', '.join(SPOKEN)}.")
    if not played:
        raise Fault("partners.yaml has no partner at http://127.0.0.1:… that speaks webhook or qimen: nobody would call here.")
    return {Address(urlsplit(partner.url).port or 80, urlsplit(partner.url).path or "/"): partner for partner in played}


def _is_here(partner: Partner) -> bool:
    return partner.form in SPOKEN and urlsplit(partner.url).scheme == "http" and urlsplit(partner.url).hostname in HERE


def application(desk: Desk, played: dict[Address, Partner], outage: Callable[[], Outage]) -> web.Application:
    """`POST` of what is asked; `GET /` of any port says how far the work is, also in an outage."""

    async def take(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        partner = played.get(Address(request.transport.get_extra_info("sockname")[1], request.path))
        if partner is None:
            return web.Response(status=404)
        match outage():
            case "closed":
                request.transport.abort()
                return web.Response(status=503)
            case "unavailable":
                return web.Response(status=503, headers={"Retry-After": "1"})
        return await _answer(desk, partner, request)

    async def look(_: web.Request) -> web.Response:
        counts = desk.books.counts
        return web.json_response({"open": len(desk.books.open), "late_ms": desk.late_ms(), **counts})

    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_get("/", look)
    app.router.add_post("/{path:.*}", take)
    return app


async def _answer(desk: Desk, partner: Partner, request: web.Request) -> web.Response:
    heard = Request({name.lower(): value for name, value in request.headers.items()}, dict(request.query), await request.read())
    try:
        await desk.take(heard, partner)
    except Unheard as reason:
        return _said(partner, reason.status, reason.code)
    return _said(partner, 200, "0")


def _said(partner: Partner, status: int, code: str) -> web.Response:
    if partner.form == "qimen":
        return web.Response(body=answer_xml(code, "" if code == "0" else code), content_type="application/xml", charset="utf-8")
    return web.json_response({"code": code}, status=status)
