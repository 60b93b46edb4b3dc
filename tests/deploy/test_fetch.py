"""A polled shop is asked at its own address with its own credentials, and a platform that does not answer is a ConnectionError."""

from collections.abc import Callable

import httpx
import pytest
from msgspec.structs import replace

from connectors.contract import Fetched, ShopRef
from deploy.fetch import MOST_BYTES, Fetcher, credentials

HOLT = ShopRef(tenant="lin", shop="holt", channel="woocommerce", pool="east", url="https://holt.example/shop/")


def fetcher(answer: Callable[[httpx.Request], httpx.Response], secret: bytes | None = b"ck_1:cs_2") -> Fetcher:
    return Fetcher(httpx.Client(transport=httpx.MockTransport(answer)), {"holt": secret}.get)


def test_it_asks_the_shops_address_with_its_credentials() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"X-WP-TotalPages": "2"}, content="[茶]".encode())

    got = fetcher(answer)(HOLT)("/wp-json/wc/v3/orders", {"modified_after": "2026-03-01T10:00:00"})
    assert (got.status, got.headers["x-wp-totalpages"], got.body.decode()) == (200, "2", "[茶]")
    assert str(asked[0].url) == "https://holt.example/shop/wp-json/wc/v3/orders?modified_after=2026-03-01T10%3A00%3A00"
    assert asked[0].headers["authorization"] == "Basic Y2tfMTpjc18y"


def test_options_for_the_channel_are_no_part_of_the_address() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200)

    fetcher(answer)(replace(HOLT, url="https://spapi.example?orders=v0&marketplaceIds=A1"))("/orders/v0/orders", {"MarketplaceIds": "A1"})
    assert asked == ["https://spapi.example/orders/v0/orders?MarketplaceIds=A1"]


def test_a_status_that_is_no_success_is_for_the_channel_to_judge() -> None:
    busy = httpx.Response(429, headers={"retry-after": "7"})
    assert fetcher(lambda _: busy)(HOLT)("/orders", {}) == Fetched(429, {"retry-after": "7"}, b"")


def test_a_redirect_is_not_followed_because_it_would_take_the_credentials_elsewhere() -> None:
    away = httpx.Response(302, headers={"location": "https://elsewhere.example/"})
    assert (
        fetcher(lambda request: away if request.url.host == "holt.example" else pytest.fail("followed"))(HOLT)("/orders", {}).status == 302
    )


def test_a_platform_that_does_not_answer_is_a_connection_error_that_tells_no_secret() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout(f"no answer of {request.url}")

    with pytest.raises(ConnectionError) as caught:
        fetcher(answer)(HOLT)("/orders", {"consumer_key": "ck_1"})
    assert str(caught.value) == "ConnectTimeout"


def test_an_endless_answer_is_cut_off() -> None:
    endless = httpx.Response(200, content=(b"x" * (1 << 20) for _ in range((MOST_BYTES >> 20) + 2)))
    with pytest.raises(ConnectionError, match="64 MB"):
        fetcher(lambda _: endless)(HOLT)("/orders", {})


def test_a_shop_without_address_or_credentials_is_not_asked() -> None:
    unasked = ShopRef(tenant="lin", shop="holt", channel="woocommerce", pool="east")
    with pytest.raises(ConnectionError, match="url"):
        fetcher(lambda _: httpx.Response(200))(unasked)
    with pytest.raises(ConnectionError, match="secret file"):
        fetcher(lambda _: httpx.Response(200), None)(HOLT)


@pytest.mark.parametrize(
    ("secret", "header"),
    [
        (b"ck_1:cs_2", ("authorization", "Basic Y2tfMTpjc18y")),
        (b"x-amz-access-token: Atza|IwEBI", ("x-amz-access-token", "Atza|IwEBI")),
        (b"Atza|IwEBI", ("authorization", "Bearer Atza|IwEBI")),
    ],
)
def test_the_secret_says_by_its_form_how_it_is_sent(secret: bytes, header: tuple[str, str]) -> None:
    assert credentials(secret) == dict([header])
