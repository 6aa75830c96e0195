"""Stacked links are rebuilt if this kernel makes them; a stand-in is reported."""

import subprocess

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.judges.agreement import agreement
from hairpin.network.flow import Flow, FromContainer, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.judge import judge
from hairpin.replica.run.netns import HeldNetns
from hairpin.walk.walk import walk_flow
from tests.small_host import CLIENT, DOCKER_RULES, HOST_ADDRESS, host_namespace, local, network, route, sibling
from tests.whole import thinned_rows

NEIGHBOUR = parse_address("198.51.100.77")[1]
FAR = parse_address("203.0.113.80")[1]
IN = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)
FLOWS = (
    IN,
    Flow(Lan(NEIGHBOUR), 4, HOST_ADDRESS, "tcp", 8151),
    Flow(FromContainer("web", sibling("container:web")), 4, FAR, "tcp", 443),
)
NIC = Link(2, "eth0", mac=0x02AABBCCDD02)
TRIALS = {
    "macvlan": ("link", "lo0", "type", "macvlan"),
    "vlan": ("link", "lo0", "type", "vlan", "id", "1"),
    "bond": ("type", "bond"),
    "dummy": ("type", "dummy"),
}
"""How a link of the kind is made for a trial, on a veth."""


def kernel_makes(kind: str) -> bool:
    script = f"ip link add lo0 type veth peer name lo1 && ip link add trial {' '.join(TRIALS[kind])}"
    return subprocess.run(("unshare", "--net", "sh", "-c", script), capture_output=True, check=False).returncode == 0


def outer(name: str, *links: Link) -> Network:
    """Return the small host with these links for eth0; ``name`` has its address, its routes and its forwarding."""
    usual = host_namespace(DOCKER_RULES, values={f"conf__{name.replace('.', '/')}__forwarding": "1"})
    sysctls = usual.sysctls.with_value(("net", "ipv4", "conf", name, "forwarding"), "1")
    host = msgspec.structs.replace(
        usual,
        links=(usual.links[0], *links, *usual.links[2:]),
        addresses=tuple(_moved(each, name) for each in usual.addresses),
        routes=(
            local("127.0.0.0/8", "lo"),
            local("198.51.100.11/32", name),
            local("172.17.0.1/32", "docker0"),
            route("198.51.100.0/24", name),
            route("172.17.0.0/16", "docker0"),
            route("default", name, via="198.51.100.1"),
        ),
        sysctls=sysctls,
    )
    return network(host)


def _moved(address: Address, name: str) -> Address:
    return msgspec.structs.replace(address, link=name) if address.link == "eth0" else address


def vlan(name: str, lower: str, index: int = 20) -> Link:
    return Link(index, name, "vlan", lower=lower, peer_index=2, vlan_id=100)


def member(index: int, name: str, *, carrier: bool = True, up: bool = True) -> Link:
    return msgspec.structs.replace(NIC, index=index, name=name, mac=NIC.mac, master="bond0", carrier=carrier, up=up)


BOND = Link(19, "bond0", "bond", mac=0x02AABBCCDD02)
BRIDGE = Link(19, "br0", "bridge", mac=0x02AABBCCDD02, bridge=BridgeInfo())
PORT = msgspec.structs.replace(NIC, master="br0", port=BridgePort())

CASES: dict[str, tuple[Network, tuple[str, ...]]] = {
    "a VLAN on a NIC": (outer("eth0.100", NIC, vlan("eth0.100", "eth0")), ("vlan",)),
    "a VLAN older than its NIC": (outer("lan", msgspec.structs.replace(NIC, index=30), vlan("lan", "eth0")), ("vlan",)),
    "a bond of two": (outer("bond0", member(2, "eth0"), member(7, "eth1"), BOND), ("bond",)),
    "a bond whose first member has no carrier": (
        outer("bond0", member(2, "eth0", carrier=False), member(7, "eth1"), BOND),
        ("bond",),
    ),
    "a bond whose first member is down": (
        outer("bond0", member(2, "eth0", up=False, carrier=False), member(7, "eth1"), BOND),
        ("bond",),
    ),
    "a VLAN on a bond": (outer("bond0.100", member(2, "eth0"), BOND, vlan("bond0.100", "bond0")), ("bond", "vlan")),
    "a VLAN on a bridge": (outer("br0.100", PORT, BRIDGE, vlan("br0.100", "br0")), ("vlan",)),
    "a bridge on a VLAN": (
        outer(
            "br0",
            NIC,
            msgspec.structs.replace(vlan("eth0.100", "eth0", 9), master="br0", port=BridgePort()),
            msgspec.structs.replace(BRIDGE, mac=0x02AABBCCDD02),
        ),
        ("vlan",),
    ),
}


@pytest.mark.parametrize("asked", FLOWS, ids=("from far away", "from a neighbour", "the way out"))
@pytest.mark.parametrize(("built", "kinds"), thinned_rows(CASES.values(), 3), ids=CASES)
def test_the_kernel_agrees_with_the_walk(built: Network, kinds: tuple[str, ...], asked: Flow) -> None:
    judgement = judge(built, asked)
    found = agreement(walk_flow(built, asked), judgement)
    assert (judgement.verdict, found.agrees, found.reason) == ("delivered", True, None)
    lacking = [kind for kind in kinds if not kernel_makes(kind)]
    told = [text for text in judgement.left_out if "this kernel cannot make" in str(text)]
    assert len(judgement.left_out) == len(told)
    assert bool(told) == bool(lacking)


def with_dummy(host: Namespace) -> Namespace:
    """Return the host with a link that leads nowhere, and has an address and a network."""
    address = parse_address("10.9.9.1")[1]
    return msgspec.structs.replace(
        host,
        links=(*host.links, Link(20, "dummy0", "dummy", mac=0x02AABBCCDD20)),
        addresses=(*host.addresses, Address("dummy0", 4, address, 24)),
        routes=(*host.routes, local("10.9.9.1/32", "dummy0"), route("10.9.9.0/24", "dummy0")),
    )


# the address asked for, and whether the packet leaves by the dummy
DUMMIES: dict[str, tuple[str, bool]] = {"its address": ("10.9.9.1", False), "its network": ("10.9.9.7", True)}


@pytest.mark.parametrize(("asked", "leaves"), DUMMIES.values(), ids=DUMMIES)
def test_a_dummy_takes_packets_and_loses_them(asked: str, leaves: bool) -> None:
    built = network(with_dummy(host_namespace()))
    flow = Flow(FromContainer("web", sibling("container:web")), 4, parse_address(asked)[1], "tcp", 8151)
    judgement = judge(built, flow)
    trace = walk_flow(built, flow)
    found = agreement(trace, judgement)
    assert (judgement.verdict, found.agrees) == (trace.verdict, True)
    assert (judgement.verdict == "dropped") == leaves
    if kernel_makes("dummy"):
        assert judgement.left_out == ()


@pytest.mark.parametrize("state", ("disabled", "listening", "learning"))
def test_a_port_keeps_its_state(state: str) -> None:
    usual = host_namespace(DOCKER_RULES)
    port = msgspec.structs.replace(usual.links[3], port=BridgePort(state))
    within = network(msgspec.structs.replace(usual, links=(*usual.links[:3], port, *usual.links[4:])))
    judgement = judge(within, FLOWS[2])
    found = agreement(walk_flow(within, FLOWS[2]), judgement)
    assert (judgement.verdict, found.agrees, judgement.left_out) == ("dropped", True, ())


class WithFallbackDevice(HeldNetns):
    """A new namespace that already has a device: the kernel makes tunl0, gre0 … where their modules are loaded."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        subprocess.run(("ip", "link", "add", "tunl0", "index", "2", "type", "bridge"), check=True)


def test_a_device_of_the_kernels_own_takes_no_links_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hairpin.replica.run.build.HeldNetns", WithFallbackDevice)
    for flow in FLOWS:
        judgement = judge(network(), flow)
        assert agreement(walk_flow(network(), flow), judgement).agrees, judgement.left_out
