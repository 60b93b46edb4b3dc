"""The GET of a polled shop: its address from the reference, its credentials from its secret file, read anew for each page."""

from base64 import b64encode
from collections.abc import Callable, Mapping

import httpx

from connectors.contract import Fetch, Fetched, ShopRef

SECONDS = 20.0
MOST_BYTES = 64 << 20


class Fetcher:
    """`opening` looks up what opens a shop's API. Redirects are not followed: they would take the credentials elsewhere."""

    def __init__(self, client: httpx.Client, opening: Callable[[str], bytes | None]) -> None:
        self._client = client
        self._opening = opening

    def __call__(self, shop: ShopRef) -> Fetch:
        """Raises ConnectionError when the shop has no address or no credentials; the GET raises it when the platform does not answer."""
        secret = self._opening(shop.shop)
        if not shop.url or not secret:
            raise ConnectionError("it has no url in shops.yaml, or no secret file")
        headers = credentials(secret)

        # what follows a question mark are options for the channel
        address = shop.url.partition("?")[0].rstrip("/")

        def fetch(path: str, query: Mapping[str, str]) -> Fetched:
            return self._get(address + path, dict(query), headers)

        return fetch

    def _get(self, url: str, query: dict[str, str], headers: dict[str, str]) -> Fetched:
        try:
            with self._client.stream("GET", url, params=query, headers=headers, timeout=SECONDS) as answer:
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise ConnectionError(f"its answer is larger than {MOST_BYTES >> 20} MB")
                return Fetched(answer.status_code, dict(answer.headers), bytes(body))
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            # its text may hold the query, and in it what opens the API
            raise ConnectionError(type(failure).__name__) from None


def credentials(secret: bytes) -> dict[str, str]:
    """The headers a secret asks for: `Header-Name: value` is that header (Amazon's `x-amz-access-token: …`), `key:secret` basic
    authentication (WooCommerce's consumer key and secret), all else a bearer token."""
    name, separator, value = secret.decode("latin-1").partition(": ")
    if separator:
        return {name: value}
    if b":" in secret:
        return {"authorization": f"Basic {b64encode(secret).decode()}"}
    return {"authorization": f"Bearer {secret.decode('latin-1')}"}
