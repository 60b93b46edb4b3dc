"""Pains of order systems with partners in them: what nodes and carriers say, in any order, twice, or of a part only."""

from itertools import permutations

from streams.rules.announce import status
from tests.story import Story, key, line, one_shop
from tests.streams.logs import Logs

HAD = {"LAMP": 4, "SHADE": 4}


def lamps() -> Story:
    """Two lamps and two shades of order 7 lie at the hall; the attic has as many again."""
    story = one_shop({"hall": {"LAMP": 4, "SHADE": 4}, "attic": dict(HAD)})
    story.place("7", line("LAMP", 2), line("SHADE", 2))
    return story


def good(story: Story, node: str) -> dict[str, int]:
    return {sku: story.pool.stock[node].good(sku) for sku in HAD}


# ---------------------------------------------------------------------------------------------- P4
def test_p4_what_a_node_refused_in_part_is_given_back_once_when_the_order_is_cancelled() -> None:
    """Elsewhere the part that was refused comes back with the refusal and once more with the cancel."""
    story = lamps()
    story.refuse(story.fulfilment("7"), "no_capacity", ("LAMP", 1))
    story.cancel("7")

    assert (good(story, "hall"), good(story, "attic")) == (HAD, HAD)
    assert {sku: story.pool.free_units("b2c", sku) for sku in HAD} == {"LAMP": 8, "SHADE": 8}
    assert not story.pool.index
    assert Logs(story).check().violations == ()


# ---------------------------------------------------------------------------------------------- P7
def test_p7_nodes_and_carriers_that_are_heard_late_move_nothing_back() -> None:
    ends = set()
    for way in permutations(("picked", "packed", "lamps", "shades", "in_transit", "delivered")):
        story = lamps()
        name = story.fulfilment("7")
        for what in way:
            match what:
                case "lamps":
                    story.ship(name, ("LAMP", 2), tracking="GL-1", document="S-1")
                case "shades":
                    story.ship(name, ("SHADE", 2), tracking="GL-1", document="S-2")
                case "in_transit" | "delivered":
                    story.track("GL-1", "in_transit" if what == "in_transit" else "delivered", at=7 if what == "in_transit" else 9)
                case _:
                    story.progress(name, "picked" if what == "picked" else "packed")
        stands = status(story.pool, key("7"), 0)
        ends.add((stands.status, stands.shipped, stands.delivered, repr(sorted(good(story, "hall").items()))))

    assert ends == {("delivered", 4, 4, "[('LAMP', 2), ('SHADE', 2)]")}


# ---------------------------------------------------------------------------------------------- P12
def test_p12_an_order_of_which_a_part_comes_from_elsewhere_is_shipped_with_the_last_of_it() -> None:
    story = lamps()
    hall = story.fulfilment("7")
    story.refuse(hall, "short", ("SHADE", 2))
    attic = next(name for name in story.order("7").open_fulfilments if name != hall)

    words = []
    for name in (hall, attic):
        story.ship(name)
        words.append(status(story.pool, key("7"), 0).status)

    assert words == ["partially_shipped", "shipped"]
