"""Routes and links last where the host's network is configured."""

import msgspec
import pytest

from hairpin.change.change import AddEntry, ReplaceEntry, SetLink
from hairpin.host.docker import DockerNetwork
from hairpin.host.link import Link, Tunnel
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.remedy.boot.network_configuration import configured_by
from tests.remedy.situations import HOST_NETNS, network, remedy, said

FILES: dict[str, tuple[tuple[str, ...], str]] = {
    "netplan": (("/etc/netplan/01.yaml",), "for netplan (/etc/netplan/01.yaml)"),
    "ifupdown": (("/etc/network/interfaces",), "for ifupdown (/etc/network/interfaces)"),
    "two at once": (
        ("/etc/netplan/01.yaml", "/etc/systemd/network/a.network"),
        "for netplan, systemd-networkd (/etc/netplan/01.yaml, /etc/systemd/network/a.network)",
    ),
    "unknown": ((), "where this host's network is configured"),
}


@pytest.mark.parametrize(("paths", "words"), FILES.values(), ids=FILES)
def test_the_program_that_configures_the_network(paths: tuple[str, ...], words: str) -> None:
    assert str(configured_by(network(*((path, "") for path in paths)).this)).endswith(words)


def test_an_uplink_and_a_link_of_the_engine_have_different_advice() -> None:
    found = network(("/etc/network/interfaces", ""))
    host = found.namespace(HOST_NETNS)
    eth0 = host.link("eth0")
    bridge = next(link for link in host.links if link.kind == "bridge")
    assert eth0 is not None
    own = remedy(found, SetLink(HOST_NETNS, msgspec.structs.replace(eth0, up=False)))
    assert (own.id, own.commands) == ("set-link", ("ip link set eth0 down",))
    assert "ifupdown" in said(own)
    down = msgspec.structs.replace(bridge, up=not bridge.up)
    assert "the engine makes this link anew" in said(remedy(found, SetLink(HOST_NETNS, down)))


def test_a_tunnel_device_is_not_the_engines() -> None:
    found = network()
    host = found.namespace(HOST_NETNS)
    device = Link(77, "flannel.1", kind="vxlan", mtu_bytes=1450, tunnel=Tunnel("vxlan", key=1, port=8472))
    with_device = found.with_namespace(HOST_NETNS, msgspec.structs.replace(host, links=(*host.links, device)))
    made = remedy(with_device, SetLink(HOST_NETNS, msgspec.structs.replace(device, mtu_bytes=1400)))
    assert made.commands == ("ip link set dev flannel.1 mtu 1400",)
    assert "its maker has to make it so (flanneld" in said(made)
    assert "engine makes this link" not in said(made)


def test_every_route_of_a_container_is_its_engines() -> None:
    """What was deleted or replaced there, too: no file of the host configures it."""
    found = network(("/etc/network/interfaces", ""))
    inner = next(each for each in found.this.namespaces if each.name.startswith("container:"))
    taken = next(each for each in inner.routes if each.prefix_length == 0)
    netns = HOST_NETNS.sibling(inner.name)
    changed = remedy(found, ReplaceEntry(netns, taken, msgspec.structs.replace(taken, metric=5)))
    assert "the engine makes a container's addresses and routes anew" in said(changed)
    host = found.namespace(HOST_NETNS)
    own = next(each for each in host.routes if each.prefix_length == 0)
    assert "ifupdown" in said(remedy(found, ReplaceEntry(HOST_NETNS, own, msgspec.structs.replace(own, metric=5))))


def test_what_is_on_a_bridge_of_the_engine_is_its_own_and_a_policy_rule_is_not() -> None:
    """Networks without a bridge (host, none, macvlan) have nothing that the engine would make anew."""
    found = network(("/etc/network/interfaces", ""))
    (engine,) = found.this.engines
    bridge = next(link.name for link in found.namespace(HOST_NETNS).links if link.kind == "bridge")
    networks = (DockerNetwork("n0", "bridge", "bridge", bridge=bridge), DockerNetwork("n1", "host", "host"))
    told = msgspec.structs.replace(engine, networks=networks)
    whole = found.with_host(msgspec.structs.replace(found.this, engines=(told,)))
    own = Route(4, 0xAC110000, 16, next_hops=(NextHop(bridge),))
    assert "the engine makes its bridges' addresses" in said(remedy(whole, AddEntry(HOST_NETNS, own)))
    rule = PolicyRule(4, 32764, table=254, source=(0xAC110000, 16))
    assert "ifupdown" in said(remedy(whole, AddEntry(HOST_NETNS, rule)))
