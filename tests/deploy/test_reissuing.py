"""What a person has sent once more."""

import pytest
from msgspec.structs import replace

from deploy.faults import Fault
from deploy.reissuing import reissue
from streams.commands import ReissueOrder
from streams.explain import Story
from tables.events import Shipped
from tests.deploy.importing import Broker
from tests.deploy.test_releasing import NOW, held_for


def left_in(*parcels: str) -> Story:
    story = held_for()
    shipped = tuple(Shipped(order=story.order, fulfilment="F1", node="hamburg", rows=(), shipped_at=1, tracking=name) for name in parcels)
    return replace(story, chapters=(replace(story.chapters[0], events=shipped),))


@pytest.mark.parametrize(
    ("parcels", "said", "meant"), [(("GL-1",), "", "GL-1"), (("GL-1", "GL-2"), "gl -2", "GL-2"), (("", "GL-1", "GL-1"), "", "GL-1")]
)
def test_a_parcel_is_sent_again_by_its_number_or_as_the_only_one(parcels: tuple[str, ...], said: str, meant: str) -> None:
    broker = Broker()
    assert reissue(left_in(*parcels), said, "hanne", broker, NOW) == meant  # type: ignore[arg-type]

    [told] = broker.heard()
    assert told == ReissueOrder(pool="north", cause=("operator", 2, NOW, 0), order="acme/web/7", tracking=meant, at=NOW, by="hanne")


@pytest.mark.parametrize(
    ("parcels", "said", "fault"),
    [((), "", "Nothing of"), (("",), "GL-1", "Nothing of"), (("GL-1", "GL-2"), "", "GL-1, GL-2"), (("GL-1",), "GL-9", "but in GL-1")],
)
def test_what_did_not_leave_so_is_not_sent_again(parcels: tuple[str, ...], said: str, fault: str) -> None:
    broker = Broker()
    with pytest.raises(Fault, match=fault):
        reissue(left_in(*parcels), said, "hanne", broker, NOW)  # type: ignore[arg-type]
    assert broker.heard() == []
