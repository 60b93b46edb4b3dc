"""Excel workbooks of the parts we want: the smallest that Excel would open, and any that it would not."""

import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"

_TYPES = f"""<Types xmlns="{PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>
<Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/></Types>"""


def _links(*links: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>' for number, (kind, target) in enumerate(links, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{inside}</Relationships>'


def book(sheets: str = '<sheet name="Orders" sheetId="1" r:id="r1"/>') -> str:
    return f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>'


def sheet(rows: str, before: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'


def strings(inside: str, before: str = "") -> str:
    return f'{before}<sst xmlns="{MAIN}">{inside}</sst>'


def workbook(csv: str, parts: Mapping[str, str] | None = None) -> bytes:
    """Of a CSV without quotes: numbers as numbers, the rest as shared strings. `parts` replace its own."""
    shared: list[str] = []
    rows = [
        f'<row r="{number}">{"".join([_cell(place, number, text, shared) for place, text in enumerate(line.split(",")[:26])])}</row>'
        for number, line in enumerate(csv.splitlines(), 1)
    ]
    made = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _links(("officeDocument", BOOK)),
        BOOK: book(),
        "xl/_rels/workbook.xml.rels": _links(("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")),
        SHEET: sheet("".join(rows)),
        STRINGS: strings("".join(f"<si><t>{text}</t></si>" for text in shared)),
    }
    return zipped([(name, inner.encode()) for name, inner in (made | dict(parts or {})).items()])


def _cell(place: int, row: int, text: str, shared: list[str]) -> str:
    if text.replace(".", "", 1).isdigit():
        return f'<c r="{chr(65 + place)}{row}"><v>{text}</v></c>'
    shared.append(text)
    return f'<c r="{chr(65 + place)}{row}" t="s"><v>{len(shared) - 1}</v></c>'


def zipped(parts: Sequence[tuple[str, bytes]]) -> bytes:
    """The same parts give the same bytes, whenever that is."""
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        # of a name that is there twice
        warnings.simplefilter("ignore")
        for name, inner in parts:
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 1, 9, 0, 0)), inner, zipfile.ZIP_DEFLATED)
    return made.getvalue()
