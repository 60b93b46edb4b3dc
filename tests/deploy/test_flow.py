"""The flow of a policy file: what holds, for whom, and what cannot be meant."""

import pytest

from deploy.business import Problem
from deploy.business.flow import Seller, flow_of
from deploy.business.forms import FlowForm
from tables.flow import Flow, HoldRule, ShopFlow
from tests.deploy.halyard import Folder

FLOW = """
flow:
  holds:
    payment: {expires_minutes: 4320}
    fraud: {ignore: true}
  floors:
    SENCHA-100: {USD: 900}
    OOLONG-CASE: {USD: 20000}
  merge_minutes: 30
  waves:
    reno-dc: {days: [mon, fri], at: ["16:00", "11:00"], timezone: America/Los_Angeles}
  tenants:
    halyard: {holds: {fraud: {expires_minutes: 60, then: release}}}
  shops:
    halyard-web: {holds: {payment: {expires_minutes: 30}}, floors: {SENCHA-100: {USD: 800, EUR: 750}}, merge_minutes: 0}
"""


@pytest.fixture
def flowing(folder: Folder) -> Folder:
    return folder.write("policy.yaml", (folder.path / "policy.yaml").read_text() + FLOW)


def test_a_business_without_a_flow_has_none(folder: Folder) -> None:
    assert folder.business().pools[0].policy.flow is None


def test_a_shop_has_its_own_rules_over_its_tenants_over_those_for_all(flowing: Folder) -> None:
    flow = flowing.business().pools[0].policy.flow

    assert flow is not None
    assert flow.rule.holds == {"fraud": HoldRule(ignore=True), "payment": HoldRule(expires_minutes=4320)}
    release = HoldRule(expires_minutes=60, then="release")
    assert flow.of("halyard-web").holds == {"fraud": release, "payment": HoldRule(expires_minutes=30)}
    assert flow.of("halyard-outlet").holds == {"fraud": release, "payment": HoldRule(expires_minutes=4320)}
    assert flow.of("halyard-web").floors == {"OOLONG-CASE": {"USD": 20_000}, "SENCHA-100": {"EUR": 750, "USD": 800}}
    assert flow.of("halyard-outlet").floors == {"OOLONG-CASE": {"USD": 20_000}, "SENCHA-100": {"USD": 900}}


def test_a_pool_has_rules_of_its_own_and_hears_nothing_of_others() -> None:
    form = FlowForm.model_validate({"pools": {"east": {"holds": {"payment": {"ignore": "true"}}}}, "shops": {"b": {"holds": {}}}})
    sellers = [Seller("a", "t", "east"), Seller("b", "t", "west")]

    assert flow_of(form, "east", sellers, ()) == Flow(rule=ShopFlow(holds={"payment": HoldRule(ignore=True)}))
    assert flow_of(form, "west", sellers, ()) == Flow(shops={"b": ShopFlow()})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ignore: true", "ignored: true", "did you mean 'ignore'?"),
        ("expires_minutes: 4320", "expires_minutes: soon", "minutes after which the hold ends by itself"),
        ("SENCHA-100: {USD: 900}", "SENCHA-100: {USX: 900}", "floors.SENCHA-100.USX"),
        ("SENCHA-100: {USD: 900}", "SENCHA-100: {USD: 9.50}", "to minor units"),
        ("reno-dc: {days", "reno: {days", "did you mean 'reno-dc'?"),
        ("[mon, fri]", "[mon, fry]", "a list of mon, tue"),
        ('"16:00", "11:00"', '"4 pm"', "flow.waves.reno-dc.at.0"),
        ("America/Los_Angeles", "America/Los_Angles", "IANA"),
        ("merge_minutes: 30", "merge_minutes: 3000", "0 to 1440"),
        ("then: release", "then: ship", "cancel or release"),
        ("fraud: {ignore", "bad fraud: {ignore", "flow.holds.bad fraud"),
        ("    halyard-web:", "    halyard-wob:", "did you mean 'halyard-web'?"),
        ("    halyard:", "    halyerd:", "did you mean 'halyard'?"),
        ("fraud: {ignore", "unknown_listing: {ignore", "until somebody has looked at it"),
        ("fraud: {expires", "suspected_duplicate: {expires", "until somebody has looked at it"),
        ("fraud: {ignore", "manual: {ignore", "what a person holds is held"),
        ("  holds:\n    payment", "  waits:\n    payment", "is not known here"),
    ],
)
def test_what_cannot_be_meant_is_named_where_it_stands(flowing: Folder, old: str, new: str, said: str) -> None:
    line = next(n for n, text in enumerate((flowing.path / "policy.yaml").read_text().splitlines(), 1) if old.split("\n")[-1] in text)

    problems: list[Problem] = flowing.spoil("policy.yaml", old, new).problems()

    assert [(problem.file, abs(problem.line - line) <= 1) for problem in problems if said in problem.sentence] == [("policy.yaml", True)], (
        problems
    )


def test_waves_are_minutes_of_the_nodes_week_with_the_clock_they_go_by(flowing: Folder) -> None:
    flow = flowing.business().pools[0].policy.flow

    assert flow is not None
    friday = 4 * 24 * 60
    assert flow.waves["reno-dc"].minutes == (660, 960, friday + 660, friday + 960)
    clock = dict(flow.clocks[flow.waves["reno-dc"].zone])
    assert set(clock.values()) == {-480, -420}
    assert flow.of("halyard-outlet").merge_minutes == 30
    assert flow.of("halyard-web").merge_minutes == 0
