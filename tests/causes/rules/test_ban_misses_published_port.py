"""A ban in INPUT that a published port's packets do not meet, and bans that hold or are about other ports."""

import msgspec
import pytest

from hairpin.causes.rules.ban_misses_published_port import of_flows
from hairpin.diagnose.examination import examine
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from tests.causes.rules.test_published_bypasses_host_firewall import ExposureCase
from tests.rule_text import with_rule
from tests.small_host import engine, host_namespace, network, number, published

BANNED = number("203.0.113.7")
BAN = "-s 203.0.113.7/32 -j DROP"
IDS = ("ban-misses-published-port",)


def banning(*rules: tuple[str, str]) -> Network:
    """Return the host with these rules, each with its table and chain."""
    text = None
    for place, rule in rules:
        text = with_rule(place, rule) if text is None else with_rule(place, rule, text)
    return network(host_namespace(text) if text is not None else host_namespace())


CASES: dict[str, ExposureCase] = {
    "on every port": ExposureCase(banning(("filter INPUT", BAN)), "INPUT", 0, IDS),
    "on this port": ExposureCase(banning(("filter INPUT", f"-p tcp -m tcp --dport 8151 {BAN}")), "INPUT", 0, IDS),
}
SILENT: dict[str, Network] = {
    "no ban": network(),
    "another port": banning(("filter INPUT", f"-p tcp -m tcp --dport 22 {BAN}")),
    "the same ban for containers": banning(("filter INPUT", BAN), ("filter DOCKER-USER", BAN)),
    "a network, which is no ban": banning(("filter INPUT", "-s 203.0.113.0/24 -j DROP")),
    "nothing is published": network(
        host_namespace(with_rule("filter INPUT", BAN)), docker=msgspec.structs.replace(engine(), containers=())
    ),
}


def asked(client: int | None = None) -> Flow:
    """Return an outside client's flow; None: of an invented one."""
    flow = published()
    return flow if client is None else msgspec.structs.replace(flow, start=Outside(client))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_ban_that_does_not_hold(case: ExposureCase) -> None:
    flow = msgspec.structs.replace(asked(), invented=True)
    (found,) = of_flows(examine(case.within, (flow,)).asked)
    assert found.severity == "exposure"
    assert str(found.candidate.title) == (
        f"A ban in {case.file} does not apply to published ports: 203.0.113.7 reaches port 8151"
    )


@pytest.mark.parametrize("within", SILENT.values(), ids=SILENT)
def test_a_ban_that_holds_or_is_about_something_else(within: Network) -> None:
    flow = msgspec.structs.replace(asked(), invented=True)
    assert list(of_flows(examine(within, (flow,)).asked)) == []


def test_of_a_named_client_only_its_own_ban_is_told() -> None:
    within = banning(("filter INPUT", BAN))
    assert list(of_flows(examine(within, (asked(BANNED),)).asked))
    assert list(of_flows(examine(within, (asked(BANNED + 1),)).asked)) == []
