"""The law of the table: a cause finds nothing on a host, or about flows, without its sign."""

from functools import cache
from pathlib import Path

import pytest

from hairpin.answer.begin import network_of
from hairpin.causes.cause import AskedFlows, of_no_flows, of_no_host
from hairpin.causes.registry import all_causes, cause_of
from hairpin.causes.signs import OF_FLOWS, STATES
from hairpin.collect.snapshot import load
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.walk.walked import walked

FIXTURES = Path(__file__).parents[1] / "fixtures"
HOSTS = (*sorted((FIXTURES / "healthy").glob("*.hairpin")), *sorted((FIXTURES / "hosts").glob("*.hairpin")))


@cache
def network_at(path: Path) -> Network:
    return network_of((load(path),))


@pytest.mark.parametrize("path", HOSTS, ids=lambda each: each.stem)
def test_a_state_without_its_sign_is_not_found(path: Path) -> None:
    for host in network_at(path).hosts:
        for id_, signs in STATES.items():
            if not any(sign(host) for sign in signs):
                assert list(cause_of(id_).of_host(host)) == [], id_


@pytest.mark.parametrize("path", HOSTS[::4], ids=lambda each: each.stem)
def test_a_cause_of_all_flows_without_its_sign_finds_nothing(path: Path) -> None:
    network = network_at(path)
    asked = AskedFlows(network, tuple(walked(network, flow) for flow in flows_for(network, (), None)))
    for id_, sign in OF_FLOWS.items():
        if not sign(asked):
            assert list(cause_of(id_).of_flows(asked)) == [], id_


def test_each_cause_without_a_stop_has_a_row() -> None:
    assert set(STATES) == {each.id for each in all_causes() if each.of_host is not of_no_host}
    assert set(OF_FLOWS) == {each.id for each in all_causes() if each.of_flows is not of_no_flows}
