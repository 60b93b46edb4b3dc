"""Labels bought of EasyPost over HTTP, one parcel after the other."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx

from connectors.contract import Fetched
from connectors.easypost_labels import Call, buy
from connectors.labels import Label, LabelRefused, LabelRequest
from deploy.faults import Fault

URL = "https://api.easypost.com"
SECONDS = 60.0


def buy_labels(requests: Iterable[LabelRequest], client: httpx.Client, key_file: Path, url: str = URL) -> Iterator[Label | LabelRefused]:
    """Each as soon as it is bought. Raises Fault when EasyPost does not answer: what was bought until then is found again next time."""
    key = key_file.read_text().strip()
    if not key:
        raise Fault(f"{key_file} is empty; it must hold the API key of the EasyPost account.")

    def send(call: Call) -> Fetched:
        method, headers = ("POST", {"content-type": "application/json"}) if call.body else ("GET", {})
        try:
            answer = client.request(method, url + call.path, content=call.body, headers=headers, auth=(key, ""), timeout=SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise Fault(f"EasyPost does not answer ({type(failure).__name__}); ask again, no label is bought twice.") from None
        return Fetched(answer.status_code, dict(answer.headers), answer.content)

    for request in requests:
        yield buy(request, send)
