"""Consumer groups: who owns which partitions, who is asked to give some up, and who was dropped and does not know it yet."""

from collections.abc import Sequence
from random import Random
from typing import Literal, NamedTuple

from streams.simulation.broker import Broker, Committed, Place
from streams.simulation.loop import Process

SESSION_S = 2.0
Style = Literal["cooperative", "eager"]  # whether a member keeps what it will have anyway while the group is dealt anew


class Change(NamedTuple):
    """What a member learns when it polls."""

    lost: tuple[Place, ...] = ()
    revoked: tuple[Place, ...] = ()
    assigned: tuple[Place, ...] = ()


class Member:
    """`blind_until`: it was dropped (`dropped`), and does not hear of it before."""

    def __init__(self, group: "Group", process: Process) -> None:
        self.process = process
        self.has: list[Place] = []
        self.to_revoke: list[Place] = []
        self.to_assign: list[Place] = []
        self.dropped = False
        self.blind_until = 0.0
        self._group = group

    def change(self, now: float) -> Change:
        """Nothing of it is settled before the member says so with `released`."""
        if self.dropped:
            if now < self.blind_until:
                return Change()
            lost, self.has, self.to_revoke, self.to_assign = tuple(self.has), [], [], []
            self._group.join(self)
            return Change(lost=lost)
        if self.to_revoke:
            return Change(revoked=tuple(self.to_revoke))
        assigned, self.to_assign = tuple(self.to_assign), []
        self.has += assigned
        return Change(assigned=assigned)

    def released(self, places: Sequence[Place]) -> None:
        self.has = [place for place in self.has if place not in places]
        self.to_revoke = []
        self._group.settle(self, places)

    def leave(self) -> None:
        self._group.drop(self, 0.0)

    def commit(self, place: Place, offset: int, metadata: str = "") -> bool:
        """False: not its to commit."""
        return self._group.commit(self, place, offset, metadata)

    def news(self, place: Place, offset: int, metadata: str = "") -> str:
        """What a commit changes, in words; "" for nothing."""
        known = self.committed(place)
        if known and (known.offset, known.metadata) == (offset, metadata):
            return ""
        return f"{self.process} commits {self._group.name}: {place[0]}[{place[1]}] {offset} {metadata}".rstrip()

    def committed(self, place: Place) -> Committed | None:
        return self._group.broker.offsets.get((self._group.name, place))


class Group:
    def __init__(self, name: str, broker: Broker, places: Sequence[Place], style: Style, random: Random) -> None:
        self.name = name
        self.broker = broker
        self.places = list(places)
        self.members: list[Member] = []
        self.owner: dict[Place, Member] = {}
        self._target: dict[Place, Member] = {}
        self._style = style
        self._random = random

    def join(self, member: Member) -> None:
        member.dropped = False
        self.members.append(member)
        self.deal()

    def drop(self, member: Member, blind_until: float) -> None:
        """Its partitions are free at once, whatever it is doing with them."""
        if member in self.members:
            self.members.remove(member)
            member.dropped, member.blind_until = True, blind_until
            self.owner = {place: owner for place, owner in self.owner.items() if owner is not member}
            self.deal()

    def expire(self, now: float) -> None:
        for member in list(self.members):
            process = member.process
            if (process.frozen or not process.alive) and now - process.frozen_at > SESSION_S:
                self.drop(member, now)

    def expel(self, who: int, blind_until: float) -> bool:
        """Drop a member that has something; False when nobody has."""
        having = [member for member in self.members if member.has]
        if having:
            self.drop(having[who % len(having)], blind_until)
        return bool(having)

    def deal(self) -> bool:
        """Anew, by chance; who has more to do than others may have it by chance, too. False when nothing moves."""
        order = self._random.sample(self.places, len(self.places))
        members = self._random.sample(self.members, len(self.members))
        self._target = {place: members[i % len(members)] for i, place in enumerate(order)} if members else {}
        for member in self.members:
            member.to_assign = [place for place in member.to_assign if self._stays(place, member)]
        moved = False
        for place, owner in list(self.owner.items()):
            if self._stays(place, owner):
                continue
            moved = True
            if place in owner.has:
                owner.to_revoke = [*(old for old in owner.to_revoke if old != place), place]
            else:
                # never heard of
                del self.owner[place]
        self._give()
        return moved

    def settle(self, member: Member, places: Sequence[Place]) -> None:
        for place in places:
            if self.owner.get(place) is member:
                del self.owner[place]
        self._give()

    def commit(self, member: Member, place: Place, offset: int, metadata: str) -> bool:
        if self.owner.get(place) is not member:
            return False
        self.broker.offsets[self.name, place] = Committed(offset, metadata)
        return True

    def _stays(self, place: Place, owner: Member) -> bool:
        return self._style == "cooperative" and self._target.get(place) is owner

    def _give(self) -> None:
        if self._style == "eager" and any(place in owner.to_revoke for place, owner in self.owner.items()):
            return
        for place, member in self._target.items():
            if place not in self.owner:
                self.owner[place] = member
                member.to_assign.append(place)
