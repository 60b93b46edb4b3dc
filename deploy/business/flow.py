"""The `flow` of a policy file -> that of one pool: what holds for all, with what its pool, tenants and shops say laid over it."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from deploy.business.clocks import clock_of
from deploy.business.forms import DAYS, FlowForm, HoldForm, ShopFlowForm, WavesForm
from deploy.business.sheets import hint
from tables.calendar import Waves
from tables.flow import MANUAL, NEVER_LET_GO, Flow, HoldRule, ShopFlow

Path = tuple[str | int, ...]


class Seller(NamedTuple):
    shop: str
    tenant: str
    pool: str


def flow_of(form: FlowForm | None, pool: str, sellers: Iterable[Seller], nodes: Collection[str]) -> Flow | None:
    """Shops that have nothing of their own are not named. `nodes`: those of the pool."""
    if form is None:
        return None
    layers = [form, *_said(form.pools, pool)]
    ours = {of.shop: [*layers, *_said(form.tenants, of.tenant), *_said(form.shops, of.shop)] for of in sellers if of.pool == pool}
    shops = {shop: _laid(own) for shop, own in sorted(ours.items()) if len(own) > len(layers)}
    waves = {node: _waves(said) for node, said in sorted(form.waves.items()) if node in nodes}
    clocks = {zone: clock_of(zone) for zone in sorted({calendar.zone for calendar in waves.values()})}
    return Flow(rule=_laid(layers), shops=shops, waves=waves, clocks=clocks)


def _said(forms: dict[str, ShopFlowForm], name: str) -> list[ShopFlowForm]:
    return [forms[name]] if name in forms else []


def _laid(layers: Iterable[ShopFlowForm]) -> ShopFlow:
    """Later ones over earlier ones, reason by reason, and floor by floor."""
    layers = list(layers)
    holds = {reason: _rule(hold) for layer in layers for reason, hold in layer.holds.items()}
    floors = {code: dict(sorted(prices.items())) for layer in layers for code, prices in layer.floors.items()}
    merge = [layer.merge_minutes for layer in layers if layer.merge_minutes is not None]
    return ShopFlow(holds=dict(sorted(holds.items())), floors=dict(sorted(floors.items())), merge_minutes=merge[-1] if merge else 0)


def _rule(form: HoldForm) -> HoldRule:
    return HoldRule(ignore=form.ignore, expires_minutes=form.expires_minutes, then=form.then)


def _waves(form: WavesForm) -> Waves:
    """Minutes of the week, from Monday on."""
    times = [int(at[:2]) * 60 + int(at[3:]) for at in form.at]
    return Waves(tuple(sorted({DAYS.index(day) * 24 * 60 + minute for day in form.days for minute in times})), form.timezone)


# ---------------------------------------------------------------------------------------------- what cannot be meant
def flow_problems(form: FlowForm | None, sellers: Iterable[Seller]) -> Iterator[tuple[str, Path]]:
    """(sentence, path in the file)."""
    if form is None:
        return
    yield from _endless(form, ())
    sellers = list(sellers)
    known = {"pools": {of.pool for of in sellers}, "tenants": {of.tenant for of in sellers}, "shops": {of.shop for of in sellers}}
    for field, names in known.items():
        forms: dict[str, ShopFlowForm] = getattr(form, field)
        yield from _strangers(forms, field, names)
        for name, own in forms.items():
            yield from _endless(own, (field, name))


def _strangers(forms: Collection[str], field: str, names: Collection[str]) -> Iterator[tuple[str, Path]]:
    for name in forms:
        if name not in names:
            yield f"no shop that sells is of {field[:-1]} {name!r}; {hint(name, names)}", ("flow", field, name)


def _endless(form: ShopFlowForm, path: Path) -> Iterator[tuple[str, Path]]:
    for reason, hold in form.holds.items():
        at = ("flow", *path, "holds", reason)
        if reason in NEVER_LET_GO and (hold.ignore or (hold.expires_minutes and hold.then == "release")):
            yield f"{reason} holds until somebody has looked at it; it may expire with then: cancel, and cannot be ignored", at
        if reason == MANUAL and hold.ignore:
            yield "what a person holds is held: manual cannot be ignored", at
