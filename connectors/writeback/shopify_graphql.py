"""How Shopify's GraphQL is asked, and how its answers are read."""

from typing import Any

import msgspec

from connectors.writeback.outward import Again, Refused, Reply, Request, trouble
from connectors.writeback.reading import at, decoded, rows, text

PATH = "/admin/api/2026-10/graphql.json"
UNKNOWN = Refused("not_found", "Shopify knows no such order: was it deleted, or is the key another shop's?")


def graphql(query: str, variables: dict[str, Any], cost: float) -> Request:
    body = msgspec.json.encode({"query": query, "variables": variables})
    return Request(method="POST", path=PATH, bucket="graphql", body=body, cost=cost)


def data_of(reply: Reply) -> dict[str, Any] | Again | Refused:
    if wrong := trouble(reply):
        return wrong
    answer = decoded(reply)
    errors = at(answer, "errors")
    if not errors and isinstance(data := at(answer, "data"), dict):
        return data
    codes = [at(error, "extensions", "code") for error in rows(errors)]
    if "THROTTLED" in codes:
        return Again("too_fast", 1.0, limited=True)
    if not codes or "INTERNAL_SERVER_ERROR" in codes:
        return Again("no_answer")
    return Refused(str(codes[0] or "error").lower(), "Shopify did not understand the request: does the key have the access it needs?")


def refused(error: dict[str, Any]) -> Refused:
    return Refused(text(error.get("code")).lower() or "user_error", f"Shopify says: {text(error.get('message'))}")


def gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_of(gid: Any) -> str:
    return str(gid).rpartition("/")[2]
