"""810, invoice -> the bill of a purchase: prices of single units, freight, and a total that must come out."""

from decimal import Decimal, InvalidOperation

from connectors.contract import BillDraft, BilledLine, Draft, Ignored, Rejected
from connectors.money import EXPONENTS, MOST_MINOR_UNITS, minor_units
from connectors.payload import Unusable
from connectors.x12.fields import OURS_AS_BUYER, goods, name, units
from connectors.x12.paper import Paper
from connectors.x12.segments import Segment, at

# element 640: a credit memo gives back, a debit memo asks for what no purchase says
CREDIT = frozenset({"CA", "CC", "CN", "CR"})
# element 248
ALLOWANCE, CHARGE = "A", "C"
LONGEST_AMOUNT = 20

_CREDIT = Rejected("credit_memo", "This gives money back (BIG07), which no purchase is billed: book it by hand, then note it in the books.")


def read_810(paper: Paper) -> tuple[Draft, ...] | Ignored | Rejected:
    """Named after its number and day (BIG02, BIG01), so that the same bill in a new interchange is the same."""
    big = paper.one("BIG")
    if at(big, 7) in CREDIT:
        return _CREDIT
    currency = _currency(paper)
    lines = tuple([_line(segment, currency) for segment in paper.all("IT1") if units(at(segment, 2), at(segment, 3), "IT102")])
    if not lines:
        return Rejected("no_lines", "No IT1 tells of goods: have the invoice sent again, whole.")
    freight = _beside(paper, currency)
    total = sum(line.quantity * line.price for line in lines) + freight
    billed = sum(_hundredths(at(segment, 1), currency, "TDS01") for segment in paper.all("TDS"))
    if billed != total or freight < 0:
        return Rejected(
            "wrong_total",
            "TDS01 is not what goods (IT1), charges and allowances (SAC) come to, freight at least 0: there are taxes or discounts in it "
            "that are not read. Have it billed without, or settle it by hand.",
        )
    return (
        BillDraft(
            document=f"{paper.sender}/{at(big, 1)}/{name(at(big, 2), 'BIG02')}",
            fulfilment=name(at(big, 4), "BIG04"),
            currency=currency,
            billed_at=paper.happened(at(big, 1), "", "", "BIG01"),
            lines=lines,
            freight=freight,
        ),
    )


def _currency(paper: Paper) -> str:
    told = next((at(segment, 2) for segment in paper.all("CUR")), "") or paper.currency
    if told not in EXPONENTS:
        raise Unusable("unknown_currency", "CUR02 is no currency of ISO 4217, and the feed has none: have it told.")
    return told


def _line(segment: Segment, currency: str) -> BilledLine:
    quantity = units(at(segment, 2), at(segment, 3), "IT102")
    sku = goods(segment, 6, OURS_AS_BUYER)
    return BilledLine(sku=sku, quantity=quantity, price=_amount(_decimal(at(segment, 4), "IT104"), currency, "IT104"))


def _beside(paper: Paper, currency: str) -> int:
    """Minor units of all that is charged besides goods, less what is allowed."""
    freight = 0
    for segment in paper.all("SAC"):
        if at(segment, 1) in (ALLOWANCE, CHARGE) and at(segment, 5):
            amount = _hundredths(at(segment, 5), currency, "SAC05")
            freight += amount if at(segment, 1) == CHARGE else -amount
    return freight


def _hundredths(text: str, currency: str, element: str) -> int:
    """Element type N2: two decimals are implied, whatever the currency has."""
    return _amount(_decimal(text, element).scaleb(-2), currency, element)


def _decimal(text: str, element: str) -> Decimal:
    try:
        if len(text) > LONGEST_AMOUNT or not text.isascii():
            raise InvalidOperation
        return Decimal(text)
    except InvalidOperation:
        raise Unusable("bad_price", f"{element} must be an amount of money.") from None


def _amount(amount: Decimal, currency: str, element: str) -> int:
    try:
        found = minor_units(amount, currency)
    except ValueError:
        found = -1
    if not 0 <= found <= MOST_MINOR_UNITS:
        raise Unusable("bad_price", f"{element} must be an amount from 0 to 10^12, of no more decimals than its currency has.")
    return found
