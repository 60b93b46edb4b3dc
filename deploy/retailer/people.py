"""Invented people: a household is always the same person at the same address, in one of twenty states."""

from typing import NamedTuple


class Place(NamedTuple):
    """`lat`, `lon`: the middle of the state, roughly."""

    state: str
    name: str
    city: str
    zip: int
    lat: float
    lon: float


class Customer(NamedTuple):
    number: int
    first: str
    last: str
    street: str
    zip: str
    phone: str
    email: str
    place: Place

    @property
    def region(self) -> str:
        return f"US-{self.place.state}"


PLACES = (
    Place("KY", "Kentucky", "Louisville", 40202, 37.5, -85.3),
    Place("OH", "Ohio", "Columbus", 43004, 40.3, -82.8),
    Place("IN", "Indiana", "Indianapolis", 46201, 39.9, -86.3),
    Place("IL", "Illinois", "Chicago", 60601, 40.0, -89.2),
    Place("MI", "Michigan", "Lansing", 48901, 43.3, -84.5),
    Place("PA", "Pennsylvania", "Harrisburg", 17101, 40.9, -77.8),
    Place("NY", "New York", "Albany", 12201, 42.9, -75.5),
    Place("NJ", "New Jersey", "Trenton", 8601, 40.2, -74.7),
    Place("VA", "Virginia", "Richmond", 23218, 37.5, -78.9),
    Place("NC", "North Carolina", "Raleigh", 27601, 35.6, -79.4),
    Place("GA", "Georgia", "Atlanta", 30301, 32.6, -83.4),
    Place("FL", "Florida", "Orlando", 32801, 28.6, -82.4),
    Place("TN", "Tennessee", "Nashville", 37201, 35.9, -86.4),
    Place("TX", "Texas", "Dallas", 75201, 31.5, -99.3),
    Place("CO", "Colorado", "Denver", 80201, 39.0, -105.5),
    Place("AZ", "Arizona", "Phoenix", 85001, 34.3, -111.7),
    Place("NV", "Nevada", "Reno", 89501, 39.3, -116.6),
    Place("CA", "California", "Sacramento", 94203, 37.2, -119.5),
    Place("OR", "Oregon", "Salem", 97301, 43.9, -120.6),
    Place("WA", "Washington", "Olympia", 98501, 47.4, -120.4),
)
_FIRST = (
    *("Ada", "Bram", "Cleo", "Dario", "Edda", "Flint", "Greta", "Hale", "Imke", "Jory", "Kestrel", "Linus", "Maren", "Nico", "Odile"),
    *("Perrin", "Quill", "Runa", "Soren", "Tamsin", "Ulla", "Vero", "Wren", "Xenia", "Yorick", "Zelda", "明", "Ásta", "José", "Zoë"),
)
_LAST = (
    *("Alderbrook", "Birchmoor", "Copperfield", "Dunwater", "Elmsworth", "Fernsby", "Greycastle", "Holloway", "Ironwood", "Juniper"),
    *("Kettlewell", "Larkspur", "Meadowcroft", "Nettlefold", "Oakhanger", "Pennywhistle", "Quickthorn", "Rookhope", "Saltmarsh"),
    *("Thistledown", "Underhill", "Vinterberg", "Wildgoose", "Yarrow", "李", "O'Marsh", "Núñez"),
)
_STREETS = ("Bramble Lane", "Chestnut Way", "Dovecote Row", "Ember Street", "Foxglove Court", "Gull Avenue", "Heron Road", "Ivy Passage")


def customer(household: int) -> Customer:
    # odd multipliers spread neighbouring numbers over the tables
    place = PLACES[household * 7 % len(PLACES)]
    first, last = _FIRST[household * 11 % len(_FIRST)], _LAST[household * 13 % len(_LAST)]
    return Customer(
        number=household,
        first=first,
        last=last,
        street=f"{household % 890 + 10} {_STREETS[household * 5 % len(_STREETS)]}",
        zip=f"{place.zip + household % 40:05}",
        phone=f"+1 555 01{household % 100:02}",
        email=f"household-{household}@example.com",
        place=place,
    )
