"""An import folder -> a business that is right in all its parts, or every problem it has."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from connectors.forms import FORMS
from connectors.registry import channels
from deploy.business.book import Business, business_of
from deploy.business.carriers import BandForm, CarriersForm, ServiceForm, WeightForm, ZoneForm
from deploy.business.check import Placed, Sheets, cross_check, cross_check_partners
from deploy.business.forms import (
    FilterForm,
    FlowForm,
    Form,
    HoldForm,
    ListingForm,
    NodeForm,
    PolicyForm,
    PresaleForm,
    RuleForm,
    SegmentForm,
    ShopFlowForm,
    ShopForm,
    StockForm,
    ToleranceForm,
    WavesForm,
)
from deploy.business.incoming import IncomingForm
from deploy.business.partner_form import KnownPartner, LabelsForm, PartnerForm, SenderForm
from deploy.business.sheets import Entry, Problem, Unreadable, hint, read_document, read_list, read_rows
from deploy.business.suppliers import PriceForm
from deploy.business.told import told_problems

F = TypeVar("F", bound=Form)
PARTNERS = "partners.yaml"
CARRIERS = "carriers.yaml"
LONGEST = 80  # characters of a value that is told


def load_business(folder: Path) -> Business | list[Problem]:
    """Read and check all of a folder. A list (never empty) holds every problem found, by file and line."""
    if not folder.is_dir():
        return [Problem(str(folder), 0, "there is no such folder; name the one that holds nodes.csv, shops.yaml, …")]
    problems: list[Problem] = []
    on_order = folder / "incoming.csv"
    sheets = Sheets(
        nodes=_sheet(folder / "nodes.csv", NodeForm, problems),
        shops=_sheet(folder / "shops.yaml", ShopForm, problems),
        segments=_sheet(folder / "segments.yaml", SegmentForm, problems),
        listings=_sheet(folder / "listings.csv", ListingForm, problems),
        stock=_sheet(folder / "stock.csv", StockForm, problems),
        policy=_sheet(folder / "policy.yaml", PolicyForm, problems),
        partners=_perhaps(folder / PARTNERS, PartnerForm, problems),
        carriers=_perhaps(folder / CARRIERS, CarriersForm, problems),
        items=_perhaps(folder / "items.csv", WeightForm, problems),
        prices=_perhaps(folder / "prices.csv", PriceForm, problems),
        incoming=_sheet(on_order, IncomingForm, problems) if on_order.exists() else None,
    )
    broken = frozenset(problem.file for problem in problems)
    sheets = msgspec.structs.replace(sheets, broken=broken)
    problems += [*cross_check(sheets, channels()), *told_problems(sheets), *cross_check_partners(sheets.partners, FORMS)]
    secrets = dict(_secrets(((at, at.form.shop, at.form.secret_file) for at in sheets.shops), folder, problems))
    partners = _with_secrets(sheets.partners, folder, problems)
    return sorted(problems) or msgspec.structs.replace(business_of(sheets, secrets), partners=partners)


def load_partners(file: Path) -> tuple[KnownPartner, ...] | list[Problem]:
    """A partners file alone, each partner with the files of its secrets; which nodes there are, it does not ask."""
    problems: list[Problem] = []
    sheet = _sheet(file, PartnerForm, problems)
    problems += cross_check_partners(sheet, FORMS)
    partners = _with_secrets(sheet, file.parent, problems)
    return sorted(problems) or partners


def load_policy(file: Path) -> PolicyForm | list[Problem]:
    """A policy file alone; which nodes there are, it does not ask."""
    problems: list[Problem] = []
    sheet = _sheet(file, PolicyForm, problems)
    return problems or sheet[0].form


# ---------------------------------------------------------------------------------------------- one file
def _sheet(path: Path, form: type[F], problems: list[Problem]) -> tuple[Placed[F], ...]:
    found: list[Placed[F]] = []
    try:
        for entry in _entries(path, form):
            if isinstance(entry, Problem):
                problems.append(entry)
                continue
            try:
                found.append(Placed(entry, form.model_validate(entry.values)))
            except ValidationError as error:
                problems.extend(explain(entry, form, error))
    except Unreadable as unreadable:
        problems.append(unreadable.problem)
    return tuple(found)


def _perhaps(path: Path, form: type[F], problems: list[Problem]) -> tuple[Placed[F], ...]:
    """Of a file that a folder need not have."""
    return _sheet(path, form, problems) if path.exists() else ()


def _entries(path: Path, form: type[Form]) -> Iterable[Entry | Problem]:
    if form in (PolicyForm, CarriersForm):
        return [read_document(path)]
    if path.suffix == ".yaml":
        return read_list(path)
    required = tuple(name for name, field in form.model_fields.items() if field.is_required())
    return read_rows(path, required, tuple(form.model_fields))


def explain(entry: Entry, form: type[Form], error: ValidationError) -> Iterator[Problem]:
    """pydantic's errors as sentences that say what to do, one a field."""
    seen = set()
    for detail in error.errors(include_url=False):
        if (path := detail["loc"]) not in seen:
            seen.add(path)
            yield Problem(entry.file, entry.at(path), _sentence(path, form, detail))


def _sentence(path: tuple[str | int, ...], form: type[Form], detail: ErrorDetails) -> str:
    name, form = _field(path, form)
    shown = ".".join([str(part)[:LONGEST] for part in path])
    match detail["type"]:
        case "missing":
            return f"{shown} is missing; give {_wanted(form, name)}"
        case "extra_forbidden":
            return f"{_short(name)} is not known here; {hint(str(name), form.model_fields)}"
        case "model_type" | "dict_type" if not path or not _wanted(form, name):
            return "a mapping of 'name: value' pairs is due here"
        case "value_error" if not path:
            return str(detail["ctx"]["error"])
    return f"{shown} is {_short(detail['input'])}; give {_wanted(form, name)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _wanted(form: type[Form], name: str | int) -> str:
    field = form.model_fields.get(str(name))
    return (field.description if field else None) or "a value of the form that docs/business.md shows"


def _field(path: tuple[str | int, ...], form: type[Form]) -> tuple[str | int, type[Form]]:
    """The form and the field that a path leads to; inside a plain mapping or list, the field that holds it."""
    match path:
        case ("filters", *rest) if rest and issubclass(form, RuleForm):
            return _field(tuple(rest), FilterForm)
        case ("presale", *rest) if rest and issubclass(form, RuleForm):
            return _field(tuple(rest), PresaleForm)
        case ("bill_tolerance", *rest) if rest and issubclass(form, PolicyForm):
            return _field(tuple(rest), ToleranceForm)
        case ("segments", _, *rest) if rest and issubclass(form, PolicyForm):
            return _field(tuple(rest), RuleForm)
        case ("flow", *rest) if rest and issubclass(form, PolicyForm):
            return _field(tuple(rest), FlowForm)
        case ("pools" | "tenants" | "shops", _, *rest) if rest and issubclass(form, FlowForm):
            return _field(tuple(rest), ShopFlowForm)
        case ("services", _, *rest) if rest and issubclass(form, CarriersForm):
            return _field(tuple(rest), ServiceForm)
        case ("zones", _, *rest) if rest and issubclass(form, ServiceForm):
            return _field(tuple(rest), ZoneForm)
        case ("bands", _, *rest) if rest and issubclass(form, ZoneForm):
            return _field(tuple(rest), BandForm)
        case ("waves", _, *rest) if rest and issubclass(form, FlowForm):
            return _field(tuple(rest), WavesForm)
        case ("labels", *rest) if rest and issubclass(form, PartnerForm):
            return _field(tuple(rest), LabelsForm)
        case ("sender", *rest) if rest and issubclass(form, LabelsForm):
            return _field(tuple(rest), SenderForm)
        case ("holds", _, *rest) if rest and issubclass(form, ShopFlowForm):
            return _field(tuple(rest), HoldForm)
    return path[0] if path else "", form


# ---------------------------------------------------------------------------------------------- secrets
def _secrets(named: Iterable[tuple[Placed[F], str, str]], folder: Path, problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    """(entry, whose, the name of the file or "") -> whose, and the file; what is missing or empty is a problem."""
    for at, whose, name in named:
        if not name:
            continue
        file = next((place for place in (folder / name, Path(name)) if _is_file(place)), None)
        if file is None:
            problems.append(at.problem(f"there is no file {name!r}, neither in this folder nor in the working folder", "secret_file"))
        elif not file.read_bytes().strip():
            problems.append(at.problem(f"the file {name!r} is empty; it must hold the secret of {whose}", "secret_file"))
        else:
            yield whose, file


def _with_secrets(partners: tuple[Placed[PartnerForm], ...], folder: Path, problems: list[Problem]) -> tuple[KnownPartner, ...]:
    secrets = dict(_secrets(((at, at.form.partner, at.form.secret_file) for at in partners), folder, problems))
    sold = ((at, at.form.partner, at.form.labels.key_file) for at in partners if at.form.labels)
    keys = dict(_secrets(sold, folder, problems))
    return tuple((at.form, secrets[at.form.partner], keys.get(at.form.partner)) for at in partners if at.form.partner in secrets)


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except OSError:
        return False  # a name too long for any file, for one
