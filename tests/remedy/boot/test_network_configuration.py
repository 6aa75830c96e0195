"""Routes and links last where the host's network is configured."""

import msgspec
import pytest

from hairpin.change.change import AddEntry, DeleteEntry, ReplaceEntry, SetLink
from hairpin.host.boot.link_settings import of_network_file
from hairpin.host.boot.systemd_network import unit_files
from hairpin.host.docker import DockerNetwork
from hairpin.host.link import Address, Link, Tunnel
from hairpin.host.managers import ConfigFile, Unit
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.network.network import Network
from hairpin.remedy.boot.network_configuration import by_networkd, configured_by
from tests.remedy.situations import HOST_NETNS, network, remedy, said, situation
from tests.rows import each_row

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
    assert "the engine makes this link again" in said(remedy(found, SetLink(HOST_NETNS, down)))


def test_a_tunnel_device_is_not_the_engines() -> None:
    found = network()
    host = found.namespace(HOST_NETNS)
    device = Link(77, "flannel.1", kind="vxlan", mtu_bytes=1450, tunnel=Tunnel("vxlan", key=1, port=8472))
    with_device = found.with_namespace(HOST_NETNS, msgspec.structs.replace(host, links=(*host.links, device)))
    made = remedy(with_device, SetLink(HOST_NETNS, msgspec.structs.replace(device, mtu_bytes=1400)))
    assert made.commands == ("ip link set dev flannel.1 mtu 1400",)
    assert "The program that makes the device has to set it (flanneld" in said(made)
    assert "engine makes this link" not in said(made)


def test_every_route_of_a_container_is_its_engines() -> None:
    """What was deleted or replaced there, too: no file of the host configures it."""
    found = network(("/etc/network/interfaces", ""))
    inner = next(each for each in found.this.namespaces if each.name.startswith("container:"))
    taken = next(each for each in inner.routes if each.prefix_length == 0)
    netns = HOST_NETNS.sibling(inner.name)
    changed = remedy(found, ReplaceEntry(netns, taken, msgspec.structs.replace(taken, metric=5)))
    assert "the engine makes the addresses and routes of a container again" in said(changed)
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
    assert "the engine makes the addresses and routes of its bridges" in said(remedy(whole, AddEntry(HOST_NETNS, own)))
    rule = PolicyRule(4, 32764, table=254, source=(0xAC110000, 16))
    assert "ifupdown" in said(remedy(whole, AddEntry(HOST_NETNS, rule)))


OWN = "[Match]\nName=eth0\n[Network]\nAddress=198.51.100.11/24\n"
RUNS = Unit("systemd-networkd.service", "active", "enabled")
NETPLAN = "/run/systemd/network/10-netplan-eth0.network"

GATEWAY = NextHop("eth0", 0xC6336401, 4)
ROUTES: dict[str, Route] = {
    "by a gateway": Route(4, 0x0A000000, 8, next_hops=(GATEWAY,), protocol="static"),
    "default": Route(4, 0, 0, next_hops=(GATEWAY,), metric=100, protocol="static"),
    "on the link": Route(4, 0x0A000000, 8, next_hops=(NextHop("eth0"),), scope="link", protocol="static"),
    "of a table": Route(4, 0x0A000000, 8, 77, next_hops=(GATEWAY,), prefsrc=0xC633640B, protocol="static"),
    "of IPv6": Route(
        6, 0x20010DB8 << 96, 32, next_hops=(NextHop("eth0", 0xFE80 << 112 | 1, 6),), metric=1024, protocol="static"
    ),
    "a smaller MTU": Route(
        4, 0x0A000000, 8, next_hops=(msgspec.structs.replace(GATEWAY, onlink=True),), mtu_bytes=1400, protocol="static"
    ),
}


def host(*files: tuple[str, str], units: tuple[Unit, ...] = (RUNS,)) -> Network:
    return network(*(files or ((NETPLAN, OWN),)), units=units)


@each_row("route", ROUTES.values(), ids=ROUTES)
def test_networkd_reads_the_route_as_it_was_meant(route: Route) -> None:
    found = host()
    kept = by_networkd((AddEntry(HOST_NETNS, route),), situation(found))
    assert kept is not None
    (file,) = kept.files
    assert file.path.startswith("/etc/systemd/network/10-netplan-eth0.network.d/90-hairpin-")
    whole = msgspec.structs.replace(found.this, files=(*found.this.files, ConfigFile(file.path, file.text or "")))
    (own,) = unit_files(whole, ".network")
    (read,) = of_network_file(own, "eth0", 252, int).routes
    assert read == route


def test_several_entries_of_a_link_share_a_file() -> None:
    address = Address("eth0", 4, 0xC000020A, 24)
    parts = (AddEntry(HOST_NETNS, address), AddEntry(HOST_NETNS, ROUTES["by a gateway"]))
    told = remedy(host(), *parts)
    (file,) = told.persist
    assert file.content == "[Address]\nAddress=192.0.2.10/24\n\n[Route]\nDestination=10.0.0.0/8\nGateway=198.51.100.1\n"
    written = host((NETPLAN, OWN), (file.file, file.content))
    again = remedy(written, *parts)
    assert again.keeping == ()
    assert f"{NETPLAN} already contains this entry" in said(again)


def test_what_the_links_own_file_has_is_not_written_again() -> None:
    told = remedy(host(), AddEntry(HOST_NETNS, Address("eth0", 4, 0xC633640B, 24)))
    assert told.keeping == ()
    assert "the entry was deleted at run time" in said(told)


OTHERS: dict[str, Network] = {
    "networkd does not run": host(units=(msgspec.structs.replace(RUNS, active="inactive"),)),
    "the file is another link's": host((NETPLAN, OWN.replace("eth0", "eth7"))),
    "the link is not managed": host((NETPLAN, f"{OWN}[Link]\nUnmanaged=yes\n")),
    "no file was read": network(units=(RUNS,)),
}


@pytest.mark.parametrize("found", OTHERS.values(), ids=OTHERS)
def test_what_networkd_does_not_configure_has_no_drop_in(found: Network) -> None:
    assert by_networkd((AddEntry(HOST_NETNS, ROUTES["by a gateway"]),), situation(found)) is None


def test_what_no_file_says_has_no_drop_in() -> None:
    route = ROUTES["by a gateway"]
    parts = (
        DeleteEntry(HOST_NETNS, route),
        AddEntry(HOST_NETNS, msgspec.structs.replace(route, next_hops=(GATEWAY, GATEWAY))),
        AddEntry(HOST_NETNS, msgspec.structs.replace(route, type="blackhole", next_hops=())),
        AddEntry(HOST_NETNS, Address("eth0", 4, 0xC000020A, 24, nodad=True)),
        AddEntry(HOST_NETNS.sibling("container:web"), route),
    )
    assert [by_networkd((each,), situation(host())) for each in parts] == [None] * len(parts)
