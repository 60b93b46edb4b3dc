"""In which order nodes are looked at for an order, as far as that does not depend on their stock. Pure."""

from typing import NamedTuple

import msgspec

from tables.cities import folded
from tables.events import Candidate, Node
from tables.policy import Policy, Rule
from tables.pool import Pool

# Nodes that are named in a decision though a better one had everything.
RUNNERS_UP = 5

Scores = tuple[int, ...]

_json = msgspec.json.Encoder().encode


class Spelt(NamedTuple):
    """A node in the words of a decision's JSON: what stands before and after its covered units, up to the verdict; and, when it is the
    one that has everything, the rest of Considered behind it."""

    node: bytes
    before: bytes
    after: bytes
    criteria: bytes
    rest: bytes


class Ranking(NamedTuple):
    """`names` may serve, best first, with their `scores`; where the policy asks for the most stock the order is not final and that
    score still 0. `excluded`: those that may not, and why. `tails` and `words`: what `behind` and `spelt` have said before."""

    rule: Rule
    names: tuple[str, ...]
    scores: tuple[Scores, ...]
    excluded: tuple[Candidate, ...]
    final: bool
    tails: dict[int, tuple[Candidate, ...]]
    words: dict[int, Spelt]

    def behind(self, i: int) -> tuple[Candidate, ...]:
        """The next best after the one at `i`, whose stock nobody looked at."""
        tail = self.tails.get(i)
        if tail is None:
            some = slice(i + 1, i + 1 + RUNNERS_UP)
            named = zip(self.names[some], self.scores[some], strict=True)
            tail = self.tails[i] = tuple([Candidate(name, 0, scores, "not_reached") for name, scores in named])
        return tail

    def more(self, i: int) -> int:
        """How many there are that neither the node at `i`, nor those before it, nor `behind` name."""
        return len(self.names) - (i + 1) - len(self.behind(i))

    def spelt(self, i: int) -> Spelt:
        """The node at `i`."""
        found = self.words.get(i)
        if found is None:
            name, scores = _json(self.names[i]), _json(self.scores[i])
            rest = b"".join([b"," + _json(candidate) for candidate in (*self.behind(i), *self.excluded)]) + b"]"
            more = b',"more":%d' % self.more(i) if self.more(i) else b""
            criteria = _json(self.rule.criteria)
            found = self.words[i] = Spelt(name, b"[" + name + b",", b"," + scores + b",", criteria, rest + more + b"}")
        return found

    def without(self, nodes: tuple[str, ...]) -> "Ranking":
        """Nodes that refused the order are not asked again."""
        kept = [at for at in zip(self.names, self.scores, strict=True) if at[0] not in nodes]
        refused = [Candidate(name, 0, (), "refused_before") for name in self.names if name in nodes]
        return Ranking(self.rule, tuple(n for n, _ in kept), tuple(s for _, s in kept), (*self.excluded, *refused), self.final, {}, {})


def rank(pool: Pool, segment: str, region: str, city: str) -> Ranking:
    """Remembered in the pool's `rankings`, which are thrown away whenever a node or the policy changes."""
    known = pool.rankings.get((segment, region, city))
    if known is None:
        if len(pool.rankings) >= 4_096:
            pool.rankings.clear()
        known = pool.rankings[segment, region, city] = _rank(pool, segment, region, city)
    ranking: Ranking = known
    return ranking


def _rank(pool: Pool, segment: str, region: str, city: str) -> Ranking:
    rule = pool.policy.for_segment(segment)
    ranked: list[tuple[Scores, str]] = []
    excluded: list[Candidate] = []
    for name in sorted(pool.nodes):
        node = pool.nodes[name]
        if verdict := rule.excludes(name, node.kind, node.sellable):
            excluded.append(Candidate(name, 0, (), verdict))
        else:
            ranked.append((_scores(pool.policy, rule, node, region, city), name))
    ranked.sort()
    names, scores = tuple(name for _, name in ranked), tuple(scores for scores, _ in ranked)
    return Ranking(rule, names, scores, tuple(excluded), "most_stock" not in rule.criteria, {}, {})


def _scores(policy: Policy, rule: Rule, node: Node, region: str, city: str) -> Scores:
    """One score a criterion, less is better."""
    scores = []
    for criterion in rule.criteria:
        match criterion:
            case "distance":
                scores.append(policy.distance(region, node.node, node.region))
            case "priority":
                scores.append(node.priority)
            case "most_stock":
                scores.append(0)
            case "same_city":
                scores.append(0 if city and folded(node.city) == city else 1)
    return tuple(scores)


def with_stock(rule: Rule, scores: Scores, units: int) -> Scores:
    """The scores of a node that has so many units of the SKUs wanted."""
    return tuple(-units if criterion == "most_stock" else score for criterion, score in zip(rule.criteria, scores, strict=True))
