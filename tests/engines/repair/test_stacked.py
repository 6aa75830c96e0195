"""A container's link on a network of macvlans or ipvlans, and the start of such a container."""

from collections.abc import Callable

import msgspec
import pytest

from hairpin.change.calls import SetContainerState
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.repair.stacked import stacked_link, stacked_subnet
from hairpin.engines.repair.starting import starting_change
from hairpin.host.docker import Endpoint, PortBinding
from hairpin.network.flow import Flow, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.macvlan_host import CHILD, on_ipvlan, on_macvlan, without_web

ASKED = Flow(Lan(parse_address("198.51.100.250")[1]), 4, CHILD, "tcp", 80, container="web")


@pytest.mark.parametrize("whole", (on_macvlan, on_ipvlan))
def test_a_started_container_answers_at_its_address_and_publishes_nothing(whole: Callable[[], Network]) -> None:
    sick = without_web(whole())
    (web,) = sick.this.containers()
    change = starting_change(sick.this, web, PortBinding("tcp", 80, 0))
    assert change is not None
    assert change.calls == (SetContainerState("docker", "start", "web"),)
    assert walk_flow(sick, ASKED).verdict != "delivered"
    after = simulate(change, sick)
    assert walk_flow(after, ASKED).verdict == "delivered"
    assert after.this.namespace("host") == sick.this.namespace("host")


@pytest.mark.parametrize(("driver", "subnet"), (("macvlan", True), ("ipvlan", True), ("bridge", False)))
def test_a_link_is_stacked_on_its_parent(driver: str, subnet: bool) -> None:
    host = on_macvlan().this
    joined = msgspec.structs.replace(host.engines[0].networks[-1], driver=driver)
    assert (stacked_subnet(host, joined) is not None) is subnet
    elsewhere = msgspec.structs.replace(joined, options=(("parent", "eth9"),))
    assert stacked_subnet(host, elsewhere) is None
    assert stacked_link(host, elsewhere, Endpoint("mv", ipv4=CHILD), "eth0", 7) is None


def test_a_macvlan_has_the_hardware_address_of_its_address() -> None:
    host = on_macvlan().this
    link = stacked_link(host, host.engines[0].networks[-1], Endpoint("mv", ipv4=CHILD), "eth0", 7)
    assert link is not None
    assert (link.index, link.mac, link.macvlan_mode) == (8, 0x0242C63364C0, "bridge")
