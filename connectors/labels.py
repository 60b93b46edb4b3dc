"""Labels to be bought: what a carrier, or who buys of it, is asked for, what is answered, and the file form for those who buy by hand."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Literal, Protocol

import msgspec

from connectors.contract import Person

COLUMNS = (
    *("reference", "carrier", "service", "grams", "name", "company", "street", "street2"),
    *("city", "postcode", "region", "country", "phone", "email"),
)
# What a spreadsheet would run as a formula; a phone number with its country code is none.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_PHONE = re.compile(r"\+[0-9 ()/-]+")


class LabelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`reference` names the parcel for ever: asked again under it, no second label is bought. Regions as ISO 3166-2."""

    reference: str
    carrier: str
    service: str
    grams: int
    sender: Person
    sender_region: str
    recipient: Person
    recipient_region: str


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One that was bought. `price` in minor units of `currency`; `url`: where it is to be printed from."""

    reference: str
    carrier: str
    service: str
    tracking: str
    price: int
    currency: str
    url: str


class LabelRefused(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is none. `passing`: worth asking again later, under the same reference."""

    reference: str
    code: str
    passing: bool = False


class LabelTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How the labels of a partner's parcels are asked for. `url`: EasyPost's API, or the folder (`file:///…`) for those who buy by hand.
    `key`: of the account."""

    by: Literal["easypost", "file"]
    url: str
    sender: Person
    sender_region: str
    key: bytes = b""

    def __repr__(self) -> str:
        """Without key and address: a repr ends up in logs."""
        return f"LabelTerms({self.by!r})"


class Seller(Protocol):
    """Who is asked for labels."""

    async def buy(self, request: LabelRequest) -> Label | LabelRefused | None:
        """One label for ever under one reference. None: it was asked for, and somebody buys it by hand. Raises ConnectionError."""
        ...

    async def give_back(self, reference: str) -> LabelRefused | None:
        """One that was not used, if there is one. Raises ConnectionError."""
        ...


def subdivision(region: str) -> str:
    """`US-CA` -> `CA`; "" of a country alone."""
    return region.partition("-")[2]


def labels_file(requests: Iterable[LabelRequest]) -> str:
    """CSV (RFC 4180) of labels to buy, in the columns of COLUMNS. No cell of it is a formula."""
    return _csv([COLUMNS, *map(_row, requests)])


def bought_row(label: Label) -> str:
    """The same of one label that was bought: reference, carrier, service, tracking, price, currency, url."""
    return _csv([(label.reference, label.carrier, label.service, label.tracking, str(label.price), label.currency, label.url)])


def _csv(rows: Iterable[tuple[str, ...]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([[_plain(cell) for cell in row] for row in rows])
    return written.getvalue()


def _row(request: LabelRequest) -> tuple[str, ...]:
    to = request.recipient
    first, second = (*to.street, "", "")[:2] if len(to.street) < 3 else (to.street[0], ", ".join(to.street[1:]))
    return (
        *(request.reference, request.carrier, request.service, str(request.grams), to.name, to.company, first, second),
        *(to.city, to.postcode, request.recipient_region, to.country, to.phone, to.email),
    )


def _plain(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _PHONE.fullmatch(cell) else cell
