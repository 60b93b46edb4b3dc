"""Cities by name, as people write them."""


def folded(city: str) -> str:
    """The same for every way to write a name: case, blanks and 市 behind it do not matter."""
    return " ".join(city.casefold().split()).removesuffix("市")
