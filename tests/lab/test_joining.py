"""Each kind of join gives every host its routes or tunnels to the others; tests/lab/scenarios makes connections."""

import json

import pytest

from hairpin.lab.joining import joined_hosts, router_commands
from hairpin.lab.plan import HostPlan, Join, LabPlan

THREE = tuple(HostPlan(name=f"node{number}") for number in (1, 2, 3))


def test_a_lab_of_one_host_is_as_it_was() -> None:
    plan = LabPlan(fillers=2)
    assert joined_hosts(plan) == (plan,)
    assert router_commands(plan) == ()


WAYS: dict[Join, tuple[str, ...]] = {
    "flannel-vxlan": (
        "ip neigh replace 10.244.1.0 lladdr 7a:5d:0a:f4:01:00 dev flannel.1 nud permanent",
        "bridge fdb append 7a:5d:0a:f4:01:00 dev flannel.1 dst 198.51.100.11 self permanent",
        "ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink",
        "ip route replace 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink",
    ),
    "flannel-host-gw": (
        "ip route replace 10.244.1.0/24 via 198.51.100.11",
        "ip route replace 10.244.3.0/24 via 198.51.100.13",
    ),
    "routes": ("ip route replace 10.244.1.0/24 via 198.51.100.11", "ip route replace 10.244.3.0/24 via 198.51.100.13"),
}


@pytest.mark.parametrize(("join", "ways"), WAYS.items(), ids=WAYS)
def test_routes_and_tunnels_of_the_second_host(join: Join, ways: tuple[str, ...]) -> None:
    second = joined_hosts(LabPlan(join=join, hosts=THREE))[1]
    assert set(ways) < set(second.before_engine)
    assert not any("10.244.2.0/24 via" in command for command in second.before_engine)
    assert json.loads(second.daemon)["bip"] == "10.244.2.1/24"
    assert json.loads(second.daemon)["ip-masq"] is False


def test_a_host_keeps_what_its_plan_says() -> None:
    host = HostPlan(name="node1", daemon='{"userland-proxy": false, "mtu": 1400}', before_engine=("true",))
    (joined,) = joined_hosts(LabPlan(join="flannel-vxlan", hosts=(host,)))
    assert json.loads(joined.daemon) == {"bip": "10.244.1.1/24", "ip-masq": False, "mtu": 1400, "userland-proxy": False}
    assert joined.before_engine[-1] == "true"


def test_stretched_bridges_have_addresses_and_ranges_of_their_own() -> None:
    hosts = joined_hosts(LabPlan(join="bridge-vxlan", hosts=THREE))
    options = [host.networks[0].options for host in hosts]
    assert all("--subnet 10.77.0.0/24" in each for each in options)
    assert "--gateway 10.77.0.3 --ip-range 10.77.0.48/28" in options[2]
    remotes = [command for command in hosts[2].setup if command.startswith("bridge fdb")]
    assert [remote.rpartition(" dst ")[2] for remote in remotes] == [
        "198.51.100.11 self permanent",
        "198.51.100.12 self permanent",
    ]


def test_only_routed_containers_are_known_to_the_router() -> None:
    assert router_commands(LabPlan(join="flannel-host-gw", hosts=THREE)) == ()
    assert router_commands(LabPlan(join="routes", hosts=THREE))[2] == "ip route replace 10.244.3.0/24 via 198.51.100.13"


def test_a_swarm_takes_the_plans_as_they_are() -> None:
    plan = LabPlan(join="swarm", hosts=THREE)
    assert joined_hosts(plan) == plan.hosts
    assert router_commands(plan) == ()
