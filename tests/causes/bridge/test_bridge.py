"""Bridges, their ports and veths."""

import msgspec
import pytest

from hairpin.change.calls import ReloadNetworks
from hairpin.change.change import RenameLink, SetLink, one
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.link import BridgeInfo, BridgePort
from hairpin.host.managers import GuestNetwork, Unit
from hairpin.host.route import FdbEntry, NextHop, Route
from hairpin.netfilter.ebtables import save as ebtables
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.remedy.plan import remedies
from tests.acceptance.test_networks import network as recorded
from tests.causes.case import Case, is_silent
from tests.causes.hosts import (
    FROM_DB,
    WEB_MAC,
    asked,
    down,
    on_overlay,
    proxy_off,
    with_db,
    with_host,
    with_link,
    with_tables,
    without_addresses,
    without_bridge,
    without_route,
)
from tests.podman_host import with_podman
from tests.rule_text import in_table, without
from tests.small_host import HOST_NETNS, WEB, WEB_ITSELF, container, egress, engine, host_namespace, network, published

TO_WEB = asked(FROM_DB, "172.17.0.2", 80)
ISOLATED = BridgePort(isolated=True)
WANTS_ROUTE_BACK = in_table("raw", "PREROUTING", "-i docker0 -m rpfilter --invert -j DROP")
DOCKER0_SUBNET = parse_address("172.17.0.0")[1]


def bridge_rules(rule: str) -> Network:
    """Return the host with an ebtables rule for what the host sends into its bridges."""
    text = f"*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n-A OUTPUT {rule}\n"
    return with_tables(*ebtables.parse(text, source="test"))


def arp_rules(rule: str, *, policy: str = "accept") -> Network:
    """Return the host with a rule of family arp for what it receives."""
    head = f"type filter hook input priority 0; policy {policy};"
    text = f"table arp filter {{\n chain INPUT {{\n{head}\n{rule}\n }}\n}}\n"
    return with_tables(*tables_after(text, (), LoadingHost(frozenset({"docker0", "eth0"})), source="test"))


def linked(name: str, **changed: object) -> Network:
    """Return the host with one link changed."""
    return network(with_link(host_namespace(), name, **changed))


def with_stp(state: str, *, guard: bool = False) -> Network:
    """Return the host whose bridge has STP on, and whose container's port is in this state."""
    host = with_link(host_namespace(), "docker0", bridge=BridgeInfo(stp=True, forward_delay_s=15))
    return network(with_link(host, "veth1", port=BridgePort(state=state, guard=guard)))


def filtering(port: BridgePort) -> Network:
    """Return the host whose bridge filters VLANs, and whose container's port is in these."""
    host = with_link(host_namespace(), "docker0", bridge=BridgeInfo(vlan_filtering=True))
    return network(with_link(host, "veth1", port=port))


def ports(*isolated: str) -> Network:
    """Return the host with two containers, some of whose bridge ports are isolated."""
    whole = with_db()
    host = whole.namespace(HOST_NETNS)
    for name in isolated:
        host = with_link(host, name, port=ISOLATED)
    return whole.with_namespace(HOST_NETNS, host)


def untold() -> Engine:
    """Return dockerd as 20.10 describes the default bridge: without its gateway, which the endpoint has."""
    told = engine(container())
    subnet = msgspec.structs.replace(told.networks[0].subnets[0], gateway=None)
    return msgspec.structs.replace(told, networks=(msgspec.structs.replace(told.networks[0], subnets=(subnet,)),))


def isolated() -> Engine:
    """Return the engine whose network was made with the gateway mode ``isolated``."""
    usual = engine()
    option = ("com.docker.network.bridge.gateway_mode_ipv4", "isolated")
    return msgspec.structs.replace(
        usual, networks=tuple(msgspec.structs.replace(each, options=(option,)) for each in usual.networks)
    )


def renamed(namespace: Namespace | None = None) -> Network:
    """Return the host whose bridge has another name."""
    return simulate(one(RenameLink(HOST_NETNS, "docker0", "stray0")), network(namespace or host_namespace()))


def told_to_make(*, starts: bool = False, mode: str = "nat", **made: object) -> Network:
    """Return the host whose libvirt is told to make a network.  ``made``: what the host has of it."""
    address = parse_address("192.168.122.1")[1]
    told = GuestNetwork(
        "default", "libvirt", "virbr0", ((4, address, 24),), starts, mode, "/etc/libvirt/qemu/networks/default.xml"
    )
    host = host_namespace()
    own = msgspec.structs.replace(host, **made) if made else host
    return with_host(network(own), guest_networks=(told,), units=(Unit("libvirtd.service", "active", "enabled"),))


TO_GUEST = Flow(FromHost(), 4, parse_address("192.168.122.50")[1], "tcp", 22)
GUESTS_ROUTE = Route(
    4, parse_address("192.168.122.0")[1], 24, next_hops=(NextHop("eth0", parse_address("198.51.100.7")[1]),)
)
OWN_MAC = 0x024200000001
OWN = FdbEntry("docker0", "docker0", OWN_MAC, state="permanent", local=True)
OWN_TAKEN = FdbEntry("docker0", "veth1", OWN_MAC, state="static")
PORTS_OWN = FdbEntry("docker0", "veth1", 0x024200000002, state="permanent", local=True)


def misled(port: str, state: str, *, sticky: bool = False) -> Network:
    """Return the host with two containers, and an entry for web's hardware address on the port."""
    entry = FdbEntry("docker0", port, WEB_MAC, state=state, local=state == "permanent", sticky=sticky)
    return with_db(msgspec.structs.replace(host_namespace(), fdb=(entry,)))


def forwarding(*entries: FdbEntry) -> Network:
    """Return the host with these forwarding entries of its bridge."""
    host = with_link(host_namespace(), "docker0", mac=OWN_MAC)
    return network(msgspec.structs.replace(host, fdb=entries))


TUNNELLED = recorded("tunnel-ends-differ.port")
OF_STRETCHED = Flow(FromHost(), 4, parse_address("198.51.100.11")[1], "tcp", 8151, container="web", host="node1")


def astray(whole: Network, bridge: str) -> Network:
    """Return the network in which the veth of node1's container is a port of that bridge."""
    netns = whole.host_netns("node1")
    links = whole.namespace(netns).links
    veth = next(each for each in links if each.kind == "veth" and each.master == "br-stretched")
    return simulate(one(SetLink(netns, msgspec.structs.replace(veth, master=bridge))), whole)


OLDER = msgspec.structs.replace(host_namespace(), kernel="5.10.0")
NO_NETWORKS = msgspec.structs.replace(engine(container()), networks=())

FROM_HOST_ITSELF = Flow(FromHost(), 4, WEB, "tcp", 80, container="web")
CASES: dict[str, Case] = {
    "a network of libvirt is not started": Case(
        told_to_make(), TO_GUEST, ("guest-network-not-started",),
        told_to_make(routes=(*host_namespace().routes, GUESTS_ROUTE)),
    ),
    "a rule of ebtables": Case(
        bridge_rules("-p IPv4 -o veth1 -j DROP"), published(), ("ebtables-drops",),
        bridge_rules("-p IPv6 -o veth1 -j DROP"),
    ),
    "a rule of ebtables that drops ARP": Case(
        bridge_rules("-p ARP -o veth1 -j DROP"), published(), ("ebtables-drops",),
        bridge_rules("-p ARP -o veth9 -j DROP"),
    ),
    "a rule of arptables": Case(
        arp_rules('iifname "docker0" drop'), published(), ("ebtables-drops",), arp_rules('iifname "eth1" drop'),
    ),
    "arptables lets in only the uplink's": Case(
        arp_rules('iifname "eth0" accept', policy="drop"), published(), ("ebtables-drops",),
        arp_rules('iifname { "docker0", "eth0" } accept', policy="drop"),
    ),
    "bridged packets are not shown to iptables": Case(
        proxy_off(bridged="0"), published(FROM_DB), ("br-netfilter-off-hairpin",), proxy_off(),
    ),
    "the bridge has lost its address": Case(
        network(without_addresses(host_namespace(), "docker0")), published(), ("bridge-address-missing",),
    ),
    "the bridge has no address, because its network is isolated": Case(
        network(without_route(without_addresses(host_namespace(), "docker0"), DOCKER0_SUBNET), docker=isolated()),
        FROM_HOST_ITSELF, ("bridge-address-missing",), network(),
    ),
    "the bridge has lost its address, the route went with it, and a rule wants a route back": Case(
        network(without_route(without_addresses(host_namespace(WANTS_ROUTE_BACK), "docker0"), DOCKER0_SUBNET)),
        egress(), ("bridge-address-missing",), network(host_namespace(WANTS_ROUTE_BACK)),
    ),
    "the bridge is gone": Case(without_bridge(network()), published(), ("bridge-missing",)),
    "swarm's bridge is gone": Case(
        without_bridge(network(docker=on_overlay())), published(), ("bridge-missing",), network(docker=on_overlay()),
    ),
    "the bridge is gone, and a container asks": Case(without_bridge(network()), egress(), ("bridge-missing",)),
    "the bridge is gone, and dockerd is not running, which would make it without its ports": Case(
        down(without_bridge(network(host_namespace(sockets=())))), published(FromHost(), "127.0.0.1"),
        ("bridge-missing", "docker-daemon-not-running"),
    ),
    "no container starts, as the bridge is gone": Case(
        without_bridge(network(host_namespace(without("172.17.0.2"), sockets=()), docker=engine(container("exited")))),
        published(), ("bridge-missing", "container-not-running"),
        network(),
    ),
    "a container of a stretched bridge is on another one, so that the frame floods a tunnel": Case(
        astray(TUNNELLED, "docker0"), OF_STRETCHED, ("veth-detached-from-bridge",), TUNNELLED,
    ),
    "the bridge has another name": Case(renamed(), published(), ("bridge-missing",)),
    "the bridge has another name, and a container asks": Case(renamed(), egress(), ("bridge-missing",)),
    "the bridge has another name, which an older kernel gives back only while it is down": Case(
        renamed(OLDER), published(), ("bridge-missing",), network(OLDER),
    ),
    "the bridge's own hardware address leads to a port": Case(
        forwarding(OWN_TAKEN, PORTS_OWN), published(), ("forwarding-entry-wrong",), forwarding(OWN, PORTS_OWN),
    ),
    "the bridge's own hardware address leads to a port, and a container asks": Case(
        forwarding(OWN_TAKEN, PORTS_OWN), egress(), ("forwarding-entry-wrong",), forwarding(OWN, PORTS_OWN),
    ),
    "a sticky entry for a container is on another port": Case(
        misled("veth2", "static", sticky=True), published(), ("forwarding-entry-wrong",), misled("veth2", "static"),
    ),
    "a local entry for a container is on another port": Case(
        misled("veth2", "permanent"), published(), ("forwarding-entry-wrong",), misled("veth1", "static"),
    ),
    "a container's address is the bridge's own": Case(
        misled("docker0", "permanent"), published(), ("forwarding-entry-wrong",), misled("veth1", "static"),
    ),
    "a local entry for a container is on its own port, and another container asks": Case(
        misled("veth1", "permanent"), TO_WEB, ("forwarding-entry-wrong",), misled("veth1", "static", sticky=True),
    ),
    "the bridge has no entry for itself": Case(
        forwarding(PORTS_OWN), published(), ("forwarding-entry-wrong",), forwarding(OWN, PORTS_OWN),
    ),
    "the bridge is down": Case(linked("docker0", up=False), published(), ("bridge-down",)),
    "both ports are isolated": Case(ports("veth1", "veth2"), TO_WEB, ("bridge-port-isolated",), ports("veth1")),
    "the bridge is not told its address by its network, only by its container": Case(
        network(without_addresses(host_namespace(), "docker0"), docker=untold()), published(),
        ("bridge-address-missing",), network(docker=untold()),
    ),
    "the bridge's port is blocked": Case(
        linked("veth1", port=BridgePort(state="blocking")), published(), ("bridge-port-blocked",),
    ),
    "the port waits, since STP is on": Case(
        with_stp("listening"), published(), ("bridge-port-blocked",), with_stp("forwarding"),
    ),
    "STP blocks the port": Case(with_stp("blocking"), published(), ("bridge-port-blocked",), with_stp("forwarding")),
    "a BPDU guard shut the port": Case(
        with_stp("disabled", guard=True), published(), ("bridge-port-blocked",), with_stp("forwarding", guard=True),
    ),
    "the port stays disabled": Case(
        with_stp("disabled"), published(), ("bridge-port-blocked",), with_stp("forwarding"),
    ),
    "the port is in no VLAN": Case(
        filtering(BridgePort(pvid=None)), published(), ("bridge-vlan-filtered",), filtering(BridgePort()),
    ),
    "the port is in another VLAN": Case(
        filtering(BridgePort(pvid=10, vlans=((10, 10, True),))), published(), ("bridge-vlan-filtered",),
        filtering(BridgePort()),
    ),
    "the port of a bridge that no engine made is blocked": Case(
        network(with_link(host_namespace(), "veth1", port=BridgePort(state="disabled")), docker=NO_NETWORKS),
        published(), ("bridge-port-blocked",), network(docker=NO_NETWORKS),
    ),
    "the route into the bridge is gone": Case(
        network(without_route(host_namespace(), parse_address("172.17.0.0")[1])), published(),
        ("bridge-route-missing",),
    ),
    "a container connects to its own published port": Case(
        proxy_off(hairpin=False), published(WEB_ITSELF), ("hairpin-mode-off",), proxy_off(),
    ),
    "the veth is not a port of the bridge": Case(
        linked("veth1", master=None, port=None), published(), ("veth-detached-from-bridge",),
    ),
    "its veth has left the bridge, and it sends": Case(
        linked("veth1", master=None, port=None), egress(), ("veth-detached-from-bridge",),
    ),
    "the veth is down": Case(linked("veth1", up=False), published(), ("veth-down",)),
}  # fmt: skip


def test_podman_makes_its_bridge_anew_by_itself() -> None:
    lost = without_bridge(with_podman())
    (found,) = diagnose(lost, published()).causes
    assert (found.cause, found.candidate.change.calls) == ("bridge-missing", (ReloadNetworks(),))


BOTH = ("bridge-address-missing", "container-address-not-assigned")


@pytest.mark.parametrize(
    ("options", "expected"), (((), BOTH), ((("com.docker.network.bridge.inhibit_ipv4", "true"),), ()))
)
def test_an_address_of_a_network_whose_bridge_has_lost_its_own(
    options: tuple[tuple[str, str], ...], expected: tuple[str, ...]
) -> None:
    """It is not taken for a machine's elsewhere, unless the bridge has no address on purpose."""
    docker = engine()
    networks = tuple(msgspec.structs.replace(each, options=options) for each in docker.networks)
    lost = without_route(without_addresses(host_namespace(), "docker0"), parse_address("172.17.0.0")[1])
    alone = with_host(
        network(docker=msgspec.structs.replace(docker, networks=networks)),
        namespaces=(msgspec.structs.replace(lost, links=tuple(each for each in lost.links if each.name != "veth1")),),
    )
    found = diagnose(alone, asked(FromHost(), "172.17.0.9", 80))
    assert tuple(each.cause for each in found.causes) == expected
    assert found.trace.succeeds == (not expected)


WAITING: dict[str, tuple[str, str]] = {
    "listening": ("listening", "wait 30 s at most"),
    "learning": ("learning", "forward_delay 200"),
    "blocking": ("blocking", "find the second way"),
}


@pytest.mark.parametrize(("state", "said"), WAITING.values(), ids=WAITING)
def test_stp_is_not_switched_off(state: str, said: str) -> None:
    (suspect,) = diagnose(with_stp(state), published()).causes
    assert not suspect.candidate.offered
    found = remedies(suspect.cause, suspect.candidate, with_stp(state))
    assert all(not each.commands for each in found)
    assert said in " | ".join(str(one) for way in suspect.candidate.ways for one in way.said)


def test_the_hosts_own_frames_pass_a_local_entry_on_the_right_port() -> None:
    is_silent(misled("veth1", "permanent"), published())


def test_the_repair_deletes_the_entry_and_its_undo_makes_it_again() -> None:
    sick = misled("veth2", "static", sticky=True)
    (suspect,) = diagnose(sick, published()).causes
    (remedy, *_) = remedies(suspect.cause, suspect.candidate, sick)
    assert remedy.commands == ("bridge fdb del 02:42:ac:11:00:02 dev veth2 master",)
    assert remedy.commands


@pytest.mark.parametrize(("guard", "said"), ((True, "guard off; ip link set dev veth1 down"), (False, "ask who")))
def test_a_guard_is_not_taken_off_by_itself(guard: bool, said: str) -> None:
    sick = with_stp("disabled", guard=guard)
    (suspect,) = diagnose(sick, published()).causes
    assert all(not each.commands for each in remedies(suspect.cause, suspect.candidate, sick))
    assert said in " | ".join(str(one) for way in suspect.candidate.ways for one in way.said)
