"""Order files as dealers send them, CSV and Excel: each order of one is taken whole, or its rows are refused with a sentence each."""

from collections.abc import Iterator

from connectors.channels.file import CHANNEL, read_orders
from connectors.contract import OrderDraft
from tests.connectors.cases import SHOP, raw_record
from tests.connectors.packed import workbook
from tests.fuzz.planted import PERSON, discreet
from tests.fuzz.target import Target, must

HEADER = "order,ordered at,sku,quantity,price,currency,name,street,city,postcode,country,region,phone,email"
ROW = "D-1,2026-03-01 14:30,OOLONG,10,4.50,GBP,{name},{street},{city},{postcode},GB,,{phone},{email}".format(**PERSON)
CSV = f"{HEADER}\n{ROW}\nD-1,2026-03-01,CUP,2,3.00\nD-2,01.03.2026,OOLONG,5,4,50\n"
GERMAN = "Bestellnummer;Datum;Artikel;Menge;Preis;Position\nD-7;2026-03-01;OOLONG;3;12,50;1\nD-7;2026/03/01 10:00;KANNE;1;9;2\n"
CHINESE = "订单号\t下单时间\t货号\t数量\t单价\t币种\nD-8\t2026年03月01日\t乌龙茶\t2\t4.5\tCNY\n"
WORDS = (
    *(b",", b";", b"\t", b'"', b"\n", b"\r\n", b"D-1", b"2026-03-01", b"0.1e-5", b"1e-99999", b"00000000001", b"=1+1", b"#REF!", b'"\n"'),
    *(
        b'<c r="XFD1048576"><v>1</v></c>',
        b'<row r="1048576">',
        b'<row r="-1">',
        b'<dimension ref="A1:XFD1048576"/>',
        b' t="s"',
        b' t="e"',
        b' t="d"',
    ),
    *(
        b' t="b"',
        b' t="inlineStr"',
        b"<f>1+1</f>",
        b'<mergeCell ref="A1:XFD1048576"/>',
        b"<si><t>x</t></si>",
        b"&lol;",
        b"1e308",
        b"99999999999",
    ),
)


def targets() -> Iterator[Target]:
    yield Target(name="file", seeds=_seeds, take=_take, words=WORDS)


def _seeds() -> list[bytes]:
    texts = (CSV, GERMAN, CHINESE)
    return [
        *(text.encode() for text in texts),
        *("\ufeff".encode() + text.encode() for text in texts),
        CSV.encode("utf-16"),
        CSV.encode("latin-1"),
        workbook(CSV),
        workbook(GERMAN.replace(";", ",")),
    ]


def _take(data: bytes) -> str:
    report = read_orders(data, "orders.csv", SHOP)
    must(report.orders or report.refused, "a file ends in nothing")
    for problem in report.refused:
        must(problem.sentence.endswith("."), f"{problem.sentence!r} is no sentence")
        discreet(problem.sentence, data)
    for external_id, body in report.orders:
        parsed = CHANNEL.parse(raw_record("file", body, "order", external_id), SHOP)
        must(isinstance(parsed, tuple) and isinstance(parsed[0], OrderDraft), f"an order of a file cannot be read again: {parsed}")
    return f"{len(report.orders) > 0} {report.refused[0].sentence[:30] if report.refused else ''}"
