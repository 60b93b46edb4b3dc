"""The policies in force, and a new one for one pool: the same command and the same memory as an import's."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from confluent_kafka import Producer

from deploy.business.difference import Difference, Pending, canonical, last_version, pending_of
from deploy.business.flow import Seller, flow_problems
from deploy.business.forms import NodeForm, PolicyForm
from deploy.business.load import load_policy
from deploy.business.policy import policy_of
from deploy.business.publish import publish_difference
from deploy.business.sheets import Problem
from deploy.faults import Fault
from streams.commands import SetPolicy
from streams.reference import ImportRecord, Reference
from tables.policy import Policy, decode_policy, encode_policy


class InForce(msgspec.Struct, frozen=True):
    """`version`: that of the import or change that set it."""

    pool: str
    version: int
    policy: Policy


def in_force(reference: Reference) -> tuple[InForce, ...]:
    """The policy of every pool that has one."""
    records = (record for record in reference.imports.values() if record.what == "policy")
    return tuple(
        InForce(record.pool, record.version, decode_policy(record.value)) for record in sorted(records, key=lambda record: record.pool)
    )


def change_policy(file: Path, pool: str, reference: Reference, producer: Producer, now: int) -> InForce | list[Problem]:
    """Check `file` and send it as the policy of `pool`; it holds from its command's offset on. Distances that the pool's policy knew and
    the file does not say stay: they came of the nodes' coordinates. Raises Fault when there is no such pool, or the broker is away."""
    before = {at.pool: at.policy for at in in_force(reference)}
    if pool not in before:
        raise Fault(
            f"There is no pool {pool!r}; there {'are: ' + ', '.join(before) if before else 'is none yet: import a business first'}."
        )
    if pending_of(reference):
        raise Fault("An import was cut off: import its folder again first, it goes on where it ended.")
    form = load_policy(file)
    if isinstance(form, list):
        return form
    nodes = {node.node for node in reference.nodes.values() if node.pool == pool}
    sellers = [Seller(name, shop.ref.tenant, shop.ref.pool) for name, shop in reference.shops.items() if shop.segment]
    strange = (Problem(file.name, 0, sentence) for sentence, _ in flow_problems(form.flow, sellers))
    if problems := [*_strangers(file, form, pool, nodes), *strange]:
        return problems
    said = policy_of(form, [NodeForm(node=node, pool=pool) for node in nodes], pool, sellers)
    known = before[pool].distances
    policy = msgspec.structs.replace(said, distances=known | {at: known.get(at, {}) | table for at, table in said.distances.items()})
    version = max(now, last_version(reference) + 1)
    publish_difference(producer, _difference(reference, pool, policy, version), Pending(version, "", (f"import/{pool}/policy",)))
    return InForce(pool, version, policy)


def _strangers(file: Path, form: PolicyForm, pool: str, ours: set[str]) -> Iterator[Problem]:
    """Nodes that a rule names and the pool does not have."""
    for rule in (form, *form.segments.values()):
        for node in (*rule.filters.nodes, *rule.filters.exclude) if rule.filters else ():
            if node not in ours:
                yield Problem(file.name, 0, f"pool {pool!r} has no node {node!r}; it has {', '.join(sorted(ours))}")


def _difference(reference: Reference, pool: str, policy: Policy, version: int) -> Difference:
    command = SetPolicy(pool=pool, cause=("import", 0, version, 0), version=version, policy=msgspec.Raw(encode_policy(policy)))
    record = ImportRecord(pool=pool, what="policy", value=canonical(policy).decode(), version=version)
    partitions = {pool: reference.pools[pool].partition}
    return Difference(version, (command,), (record,), partitions, {"policy": 1}, {}, ())
