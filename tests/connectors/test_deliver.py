"""Every fulfilment reaches its node's system, in order and at least once, and nobody waits for a partner that is down."""

import asyncio
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.courier import Consumed
from connectors.deliver import Chunk
from connectors.lanes import WINDOW
from connectors.patience import REFUSALS_IN_A_ROW
from tests.connectors.partners import SEALED, House, MemoryTopic, Warehouse, fulfilment, run

HOUR = 3_600.0


def events(*numbers: int) -> list[str]:
    return [f"0-{number}-0" for number in numbers]


def test_each_record_goes_to_the_partner_of_its_node() -> None:
    reno, newark = Warehouse(), Warehouse()
    topic = MemoryTopic(fulfilment(0, "reno"), fulfilment(1, "newark"), fulfilment(2, "a-store"), fulfilment(3, "reno"))

    House(topic, {"reno": reno, "newark": newark}).run(5)

    assert (sorted(reno.taken), newark.taken) == (events(0, 3), events(1))
    assert topic.committed.offset == 4


def test_an_offset_moves_only_after_the_acknowledgement() -> None:
    silent = Warehouse(lambda *_: 0)
    topic = MemoryTopic(*(fulfilment(number) for number in range(9)))

    House(topic, {"reno": silent}).run(60)

    assert {commit.offset for commit in topic.commits} == {0}


def test_a_partner_is_asked_for_no_more_at_once_than_it_wants() -> None:
    slow = Warehouse(seconds=3)
    topic = MemoryTopic(*(fulfilment(number) for number in range(100)))

    House(topic, {"reno": slow}, concurrency=4).run(HOUR)

    assert slow.most_at_once == 4
    assert sorted(slow.taken) == sorted(events(*range(100)))
    assert topic.committed.offset == 100


def test_errors_of_a_moment_are_tried_again_under_the_same_id() -> None:
    shaky = Warehouse(lambda _, times: 503 if times < 4 else 200)
    topic = MemoryTopic(fulfilment(0))
    house = House(topic, {"reno": shaky})

    house.run(HOUR)

    assert (shaky.asked, shaky.taken, house.buried) == (events(0) * 4, events(0), [])
    assert len({request.body for request in shaky.requests}) == 1


def test_a_final_refusal_is_a_dead_letter_and_the_rest_goes_on() -> None:
    picky = Warehouse(lambda event, _: 422 if event == "0-1-0" else 200)
    topic = MemoryTopic(*(fulfilment(number, recipient=SEALED) for number in range(3)))
    house = House(topic, {"reno": picky}, opens_recipient=True)

    house.run(60)

    [(offset, code, sentence)] = house.buried
    assert (offset, code) == (1, "http_422")
    assert "F1" in sentence
    assert "Wei" not in sentence
    assert topic.committed.offset == 3


def test_a_record_that_always_fails_is_given_up_while_the_partner_takes_others() -> None:
    fussy = Warehouse(lambda event, _: 500 if event == "0-0-0" else 200)
    topic = MemoryTopic(*(fulfilment(number) for number in range(40)))
    house = House(topic, {"reno": fussy}, attempts=6)

    house.run(HOUR)

    assert [(offset, code) for offset, code, _ in house.buried] == [(0, "given_up")]
    assert topic.committed.offset == 40


def test_an_outage_makes_no_dead_letters_and_all_is_delivered_after_it() -> None:
    down = {"now": True}
    warehouse = Warehouse(lambda *_: 0 if down["now"] else 200)
    topic = MemoryTopic(*(fulfilment(number) for number in range(500)))
    house = House(topic, {"reno": warehouse})

    house.run(6 * HOUR)
    probes = len(warehouse.asked)
    down["now"] = False
    house.run(HOUR)

    assert house.buried == []
    assert sorted(warehouse.taken) == sorted(events(*range(500)))
    assert topic.committed.offset == 500
    assert probes < 6 * 60 + 50  # about one a minute: it is not hammered while it is down


def test_an_outage_without_end_is_given_up_at_last() -> None:
    topic = MemoryTopic(fulfilment(0))
    house = House(topic, {"reno": Warehouse(lambda *_: 0)}, give_up_seconds=2 * HOUR)

    house.run(HOUR)
    assert house.buried == []
    house.run(2.1 * HOUR)

    assert [code for _, code, _ in house.buried] == ["given_up"]


def test_a_partner_that_is_down_holds_up_nobody_else_however_long_it_lasts() -> None:
    down, well = Warehouse(lambda *_: 0), Warehouse()
    topic = MemoryTopic(*(fulfilment(number, ("reno", "newark")[number % 2]) for number in range(3_000)))
    house = House(topic, {"reno": down, "newark": well})

    house.run(120)

    assert len(well.taken) == 1_500
    assert topic.committed.offset == 0
    assert len(down.requests) < 100


def test_after_a_restart_only_who_was_behind_gets_what_is_behind() -> None:
    state = {"down": True}
    shaky, well = Warehouse(lambda *_: 0 if state["down"] else 200), Warehouse()
    topic = MemoryTopic(*(fulfilment(number, ("reno", "newark")[number % 2]) for number in range(2_000)))
    house = House(topic, {"reno": shaky, "newark": well})
    house.run(60)
    state["down"] = False

    house.run(HOUR)

    assert sorted(shaky.taken) == sorted(events(*range(0, 2_000, 2)))
    assert len(well.taken) == 1_000  # nothing twice
    assert topic.committed.offset == 2_000


def test_what_waits_for_a_partner_stays_within_its_window() -> None:
    topic = MemoryTopic(*(fulfilment(number) for number in range(2_000)))
    house = House(topic, {"reno": Warehouse(lambda *_: 0)})
    waiting: list[int] = []

    async def work() -> None:
        stop = asyncio.Event()
        going = asyncio.create_task(house.deliveries().run(stop))
        for _ in range(60):
            await asyncio.sleep(1)
            waiting.append(len(asyncio.all_tasks()))
        stop.set()
        await going

    run(work())
    assert max(waiting) <= WINDOW + 3


def test_a_cancel_never_overtakes_what_it_cancels() -> None:
    shaky = Warehouse(lambda event, times: 503 if event == "0-0-0" and times < 5 else 200)
    topic = MemoryTopic(fulfilment(0, id="F"), fulfilment(1, id="G"), fulfilment(2, id="F", type="FulfilmentCancelled"))

    House(topic, {"reno": shaky}).run(HOUR)

    assert shaky.taken == events(1, 0, 2)


def test_killed_between_delivery_and_commit_it_delivers_again_under_the_same_id() -> None:
    warehouse = Warehouse()
    topic = MemoryTopic(*(fulfilment(number) for number in range(10)))
    house = House(topic, {"reno": warehouse})

    house.crash(0.4)
    assert (topic.committed.offset, sorted(warehouse.taken)) == (0, events(*range(10)))
    house.run(10)

    assert sorted(warehouse.taken) == sorted(events(*range(10)) * 2)
    assert topic.committed.offset == 10


def test_an_answer_that_comes_too_late_is_no_acknowledgement() -> None:
    """The partner took it and its answer was lost: it hears of it again, under the same id."""
    late = Warehouse(lambda _, times: 0 if times == 1 else 200)
    topic = MemoryTopic(fulfilment(0))

    House(topic, {"reno": late}).run(HOUR)

    assert (late.asked, topic.committed.offset) == (events(0, 0), 1)


def test_who_asks_to_be_left_alone_is_left_alone() -> None:
    busy = Warehouse(lambda _, times: 429 if times == 1 else 200)
    busy.headers = {"retry-after": "900"}
    topic = MemoryTopic(fulfilment(0))
    house = House(topic, {"reno": busy})

    house.run(890)
    assert len(busy.asked) == 1


def test_a_wrong_secret_does_not_turn_the_topic_into_dead_letters() -> None:
    topic = MemoryTopic(*(fulfilment(number) for number in range(1_000)))
    house = House(topic, {"reno": Warehouse(lambda *_: 401)})

    house.run(600)

    assert REFUSALS_IN_A_ROW <= len(house.buried) < REFUSALS_IN_A_ROW + 40


def test_a_record_that_cannot_be_read_is_a_dead_letter() -> None:
    topic = MemoryTopic(b"\xff\xfe", fulfilment(1), b"[" * 5_000)
    reno = Warehouse()
    house = House(topic, {"reno": reno})

    house.run(5)

    assert [(offset, code) for offset, code, _ in house.buried] == [(0, "malformed"), (2, "malformed")]
    assert (reno.taken, topic.committed.offset) == (events(1), 3)


def test_what_cannot_be_written_as_a_dead_letter_is_not_committed() -> None:
    topic = MemoryTopic(fulfilment(0))
    house = House(topic, {"reno": Warehouse(lambda *_: 400)})

    async def work() -> None:
        deliveries = house.deliveries()

        async def bury(record: Consumed, code: str, sentence: str) -> None:
            raise RuntimeError("the broker is gone for good")

        house.couriers["reno"]._outside = msgspec.structs.replace(house.couriers["reno"]._outside, bury=bury)
        await deliveries.run(asyncio.Event())

    with pytest.raises(RuntimeError):
        run(work())
    assert topic.committed.offset == 0


def test_a_hole_in_the_offsets_holds_nobody_up() -> None:
    class Holed(MemoryTopic):
        async def reread(self, partition: int, start: int, stop: int) -> Chunk:
            chunk = await super().reread(partition, start, stop)
            return Chunk([record for record in chunk.records if record.offset % 7], chunk.end)

    down = {"now": True}
    topic = Holed(*(fulfilment(number) for number in range(400)))
    house = House(topic, {"reno": Warehouse(lambda *_: 0 if down["now"] else 200)})
    house.run(60)
    down["now"] = False

    house.run(HOUR)

    assert topic.committed.offset == 400


def test_what_is_for_a_node_that_is_not_known_yet_is_kept_for_it_and_holds_up_nobody() -> None:
    reno = Warehouse()
    topic = MemoryTopic(fulfilment(0, "new"), *(fulfilment(number) for number in range(1, 300)))

    House(topic, {"reno": reno}).run(60)

    assert (len(reno.taken), topic.committed.offset) == (299, 0)


OUTCOMES = st.sampled_from([200, 200, 200, 0, 500, 429, 422])


@settings(max_examples=60, deadline=None)
@given(
    nodes=st.lists(st.sampled_from(["reno", "newark", "nobody"]), min_size=1, max_size=200),
    said=st.lists(OUTCOMES, min_size=1, max_size=20),
    kills=st.lists(st.floats(0.05, 30), max_size=4),
)
def test_whatever_partners_say_and_whenever_we_die_each_record_ends_once_acknowledged_or_as_a_dead_letter(
    nodes: list[str], said: list[int], kills: list[float]
) -> None:
    def answer(event: str, times: int) -> int:
        place = int(event.split("-")[1])
        return said[(place + times) % len(said)] if times < 8 else 200

    partners = {"reno": Warehouse(answer), "newark": Warehouse(answer)}
    topic = MemoryTopic(*(fulfilment(number, node, id=f"F{number % 11}") for number, node in enumerate(nodes)))
    house = House(topic, partners)

    for seconds in kills:
        house.crash(seconds)
    house.run(HOUR)

    ended = {event for partner in partners.values() for event in partner.taken} | {f"0-{offset}-0" for offset, *_ in house.buried}
    assert ended == {f"0-{number}-0" for number, node in enumerate(nodes) if node in partners}
    assert topic.committed.offset == len(nodes)
    assert all(before.offset <= after.offset for before, after in pairwise(topic.commits))
