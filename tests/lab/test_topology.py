"""The wires of a lab are those of the picture in topology.py."""

import json
from collections.abc import Callable

from hairpin.lab import topology
from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan
from hairpin.lab.probe import Outcome
from tests.waiting import HANG_S


def addresses(lab: Lab, place: str) -> set[str]:
    links = json.loads(lab.node(place).run("ip -j address"))
    return {
        f"{link['ifname']} {info['local']}/{info['prefixlen']}"
        for link in links
        for info in link["addr_info"]
        if info["scope"] == "global"
    }


def test_plain_lab(healthy_lab: Lab) -> None:
    assert addresses(healthy_lab, "client") == {"eth0 192.0.2.10/24"}
    assert addresses(healthy_lab, "router") == {"client0 192.0.2.1/24", "lan0 198.51.100.1/24"}
    assert addresses(healthy_lab, "neighbour") == {"eth0 198.51.100.20/24"}
    assert addresses(healthy_lab, "host") == {"eth0 198.51.100.11/24", "docker0 172.17.0.1/16"}


def test_everything_at_once(lab_host: Callable[[LabPlan], Lab]) -> None:
    """IPv6, a second link and a cloud's gateway in one lab."""
    lab = lab_host(LabPlan(ipv6=True, second_nic=True, gateway=True))
    assert {"eth1 198.18.0.11/24", "eth0 2001:db8:2::11/64"} < addresses(lab, "host")
    assert lab.probe("client", f"{topology.PUBLIC}:8151", HANG_S) is Outcome.DELIVERED
    # The neighbour is inside, too: the gateway does not send its packet back inside.
    for inside in ("host", "neighbour"):
        assert lab.probe(inside, f"{topology.PUBLIC}:8151") is Outcome.TIMEOUT
    for start in ("client", "neighbour"):
        assert lab.probe(start, f"[{topology.HOST_V6}]:8151", HANG_S) is Outcome.DELIVERED
        assert lab.probe(start, f"{topology.HOST_SECOND}:8151", HANG_S) is Outcome.DELIVERED


def test_sysctls_are_not_those_of_the_machine(healthy_lab: Lab) -> None:
    """The machine's own sysctls are not copied; dockerd turns forwarding on."""
    assert healthy_lab.client.run("cat /proc/sys/net/ipv4/ip_forward") == "0\n"
    assert healthy_lab.router.run("cat /proc/sys/net/ipv4/ip_forward") == "1\n"
    assert healthy_lab.host.run("cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/eth0/rp_filter") == "1\n0\n"
    assert "-P FORWARD DROP" in healthy_lab.host.run("iptables -S")
