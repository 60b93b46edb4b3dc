"""The fewest nodes that have everything. Pure: shelves are lists of units in the order of the SKUs wanted, best node first."""

from collections.abc import Sequence

Shelf = Sequence[int]

# Steps the exact search may take; beyond it (many nodes that each have a little of everything) the greedy cover decides.
BUDGET = 20_000


def fewest(shelves: Sequence[Shelf], wanted: Shelf, limit: int) -> list[int]:
    """Indexes, best first, of the fewest shelves (at most `limit`) that together have `wanted`; of several sets of that size the one
    whose best members rank first, compared member by member. Empty when there is none."""
    for i, shelf in enumerate(shelves):
        if all(map(int.__ge__, shelf, wanted)):
            return [i]
    if limit < 2 or not _enough(shelves, wanted):
        return []
    bound = greedy(shelves, wanted, limit)
    found = bound if _enough([shelves[i] for i in bound], wanted) else []
    for size in range(2, len(found) or limit + 1):
        search = _Search(shelves, size)
        if best := search.run(wanted):
            return best
        if search.steps > BUDGET:
            return found
    return _Search(shelves, len(found)).run(wanted) or found if found else []


def greedy(shelves: Sequence[Shelf], wanted: Shelf, limit: int) -> list[int]:
    """Shelves that each add the most to what the ones before have, at most `limit` of them, sorted best first."""
    left = list(wanted)
    chosen: list[int] = []
    while len(chosen) < limit and any(left):
        gains = [sum(map(min, shelf, left)) if i not in chosen else 0 for i, shelf in enumerate(shelves)]
        best = max(gains, default=0)
        if not best:
            break
        chosen.append(gains.index(best))
        left = [max(0, want - have) for want, have in zip(left, shelves[chosen[-1]], strict=True)]
    return sorted(chosen)


def _enough(shelves: Sequence[Shelf], wanted: Shelf) -> bool:
    return all(sum(shelf[i] for shelf in shelves) >= want for i, want in enumerate(wanted))


class _Search:
    """Sets of exactly `size` shelves in rank order, first members first; each new member must help."""

    def __init__(self, shelves: Sequence[Shelf], size: int) -> None:
        self.shelves, self.size, self.steps = shelves, size, 0
        self.best_of_rest = self._suffix_sums()

    def _suffix_sums(self) -> list[list[int]]:
        """For each start, units of each SKU on all shelves from there on."""
        sums = [[0] * len(self.shelves[0])]
        for shelf in reversed(self.shelves):
            sums.append([a + b for a, b in zip(sums[-1], shelf, strict=True)])
        return sums[::-1]

    def run(self, wanted: Shelf) -> list[int]:
        return self._extend(0, list(wanted), self.size) or []

    def _extend(self, start: int, left: list[int], more: int) -> list[int] | None:
        if not any(left):
            return []
        if not more:
            return None
        for i in range(start, len(self.shelves)):
            self.steps += 1
            if self.steps > BUDGET or any(map(int.__gt__, left, self.best_of_rest[i])):
                return None
            shelf = self.shelves[i]
            rest = [want - have if want > have else 0 for want, have in zip(left, shelf, strict=True)]
            if rest != left and (found := self._extend(i + 1, rest, more - 1)) is not None:
                return [i, *found]
        return None
