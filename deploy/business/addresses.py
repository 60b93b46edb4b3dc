"""An address as files of ours write it."""

from typing import Annotated

from pydantic import Field

from connectors.contract import Person
from deploy.business.forms import Form

Cell = Annotated[str, Field(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]


class AddressForm(Form):
    """An address without its country, which the region says."""

    name: Cell = ""
    company: Cell = ""
    street: Cell = ""
    street2: Cell = ""
    city: Cell = ""
    postcode: Cell = ""
    phone: Cell = ""
    email: Cell = ""

    def person(self, region: str) -> Person:
        return Person(
            name=self.name,
            company=self.company,
            phone=self.phone,
            email=self.email,
            street=tuple([street for street in (self.street, self.street2) if street]),
            city=self.city,
            postcode=self.postcode,
            country=region[:2],
        )
