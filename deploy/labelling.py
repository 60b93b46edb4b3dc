"""Which carrier takes each parcel of a file, and what labels are to be bought: reads the table of rates and the parcels, and chooses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from pydantic import BaseModel, Field, ValidationError

from connectors.labels import LabelRequest
from deploy.business.addresses import AddressForm
from deploy.business.carriers import CarriersForm, table_of
from deploy.business.forms import Region, Sku
from deploy.business.sheets import Entry, Problem, Unreadable, read_document, read_rows
from tables.carriers import Choice, Offer, Parcel, RateTable, choose

F = TypeVar("F", bound=BaseModel)
Grams = Annotated[int, Field(ge=1, le=1_000_000_000)]
Days = Annotated[int, Field(ge=0, le=365)]
Minutes = Annotated[int, Field(ge=0, lt=24 * 60)]


class ParcelForm(AddressForm):
    """A row of parcels.csv; `from` and `to` are regions, `ready` minutes after the sender's midnight."""

    reference: Sku
    origin: Region = Field(alias="from")
    to: Region
    grams: Grams
    promise_days: Days | None = None
    ready: Minutes = 0

    def parcel(self) -> Parcel:
        return Parcel(grams=self.grams, origin=self.origin, to=self.to, promise_days=self.promise_days, ready=self.ready)


class Chosen(msgspec.Struct, frozen=True):
    """`label` None: no service will do."""

    reference: str
    choice: Choice
    label: LabelRequest | None

    def shown(self) -> dict[str, object]:
        """For programs: the choice with all its candidates."""
        chosen = self.choice.chosen
        return {
            "version": self.choice.version,
            "currency": self.choice.currency,
            "service": chosen.service if chosen else "",
            "candidates": [msgspec.structs.asdict(offer) for offer in self.choice.offers],
        }


def choose_labels(table_file: Path, parcels_file: Path, sender_file: Path | None = None) -> list[Chosen] | list[Problem]:
    """A choice for each parcel; or every problem that the files have."""
    try:
        form, rows = _document(table_file, CarriersForm), list(_parcels(parcels_file))
        sender = _document(sender_file, AddressForm) if sender_file else AddressForm()
    except Unreadable as unreadable:
        return [unreadable.problem]
    problems = [row for row in (form, sender, *rows) if isinstance(row, Problem)]
    if problems or isinstance(form, Problem) or isinstance(sender, Problem):
        return problems
    table = table_of(form)
    return [_chosen(table, row, sender) for row in rows if isinstance(row, ParcelForm)]


def _chosen(table: RateTable, form: ParcelForm, sender: AddressForm) -> Chosen:
    choice = choose(table, form.parcel())
    return Chosen(form.reference, choice, _label(form, sender, choice.chosen) if choice.chosen else None)


def _label(form: ParcelForm, sender: AddressForm, chosen: Offer) -> LabelRequest:
    return LabelRequest(
        reference=form.reference,
        carrier=chosen.carrier,
        service=chosen.service,
        grams=form.grams,
        sender=sender.person(form.origin),
        sender_region=form.origin,
        recipient=form.person(form.to),
        recipient_region=form.to,
    )


# ---------------------------------------------------------------------------------------------- the files
def _document(file: Path, form: type[F]) -> F | Problem:
    entry = read_document(file)
    try:
        return form.model_validate(entry.values)
    except ValidationError as faults:
        return _problem(entry, faults)


def _parcels(file: Path) -> Iterator[ParcelForm | Problem]:
    fields = {field.alias or name: field for name, field in ParcelForm.model_fields.items()}
    seen: set[str] = set()
    for row in read_rows(file, tuple(name for name, field in fields.items() if field.is_required()), tuple(fields)):
        if isinstance(row, Problem):
            yield row
            continue
        try:
            form = ParcelForm.model_validate(row.values)
        except ValidationError as faults:
            yield _problem(row, faults)
            continue
        yield form if form.reference not in seen else Problem(file.name, row.line, "its reference is that of a row above; give it its own")
        seen.add(form.reference)


def _problem(entry: Entry, faults: ValidationError) -> Problem:
    """The first fault. What was written is not repeated: in a parcel it is a person's."""
    first = faults.errors(include_url=False, include_context=False, include_input=False)[0]
    return Problem(entry.file, entry.at(first["loc"]), f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}")
