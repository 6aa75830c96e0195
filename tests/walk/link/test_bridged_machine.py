"""Virtual machines and machines of the LAN behind the ports of a host's bridge."""

from collections.abc import Mapping

import msgspec

from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.sysctl import Sysctls
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.small_host import HOST_ADDRESS, OUTSIDE, host_namespace, local, network, number, published, route

MACHINE = Flow(OUTSIDE, 4, number("198.51.100.60"), "tcp", 80)
RULES = "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
CALLS: dict[tuple[str, ...], str] = {("net", "bridge", "bridge-nf-call-iptables"): "1"}
MAC = 0x020000000001


def bridged(*ports: Link, rules: str = RULES, more: Mapping[tuple[str, ...], str] = {}) -> Network:
    """Return the host whose address is on the bridge ``br0`` with the ports eth0 and these."""
    host = host_namespace(rules, values={"conf__br0__forwarding": "1"})
    kept = tuple(each for each in host.links if each.name != "eth0")
    nic = Link(2, "eth0", mac=MAC, master="br0", port=BridgePort())
    bridge = Link(9, "br0", "bridge", mac=MAC, bridge=BridgeInfo(forward_delay_s=15.0))
    addresses = (*(each for each in host.addresses if each.link != "eth0"), Address("br0", 4, HOST_ADDRESS, 24))
    ways = (
        *(each for each in host.routes if all(hop.link != "eth0" for hop in each.next_hops)),
        local("198.51.100.11/32", "br0"),
        route("198.51.100.0/24", "br0"),
        route("default", "br0", via="198.51.100.1"),
    )
    return network(
        msgspec.structs.replace(
            host, links=(*kept, nic, bridge, *ports), addresses=addresses, routes=ways,
            sysctls=Sysctls({**host.sysctls.values, **more}),
        )
    )  # fmt: skip


TAP = Link(12, "tap0", "tun", mac=MAC + 1, master="br0", port=BridgePort())


def test_a_frame_to_a_virtual_machine_crosses_the_bridge_and_is_not_routed() -> None:
    trace = walk_flow(bridged(TAP), MACHINE)
    assert trace.verdict == "leaves"
    assert [step.stage for step in trace.usual.request if step.stage in ("bridge", "input-route", "forward")] == [
        "bridge"
    ]
    assert trace.usual.request[-1].link == "tap0"


def test_with_br_netfilter_the_frame_passes_forward() -> None:
    trace = walk_flow(bridged(TAP, more=CALLS), MACHINE)
    assert trace.verdict == "dropped"
    assert trace.usual.stop is not None
    assert (trace.usual.stop.stage, trace.usual.stop.link) == ("forward", "br0")


def test_the_hosts_own_ports_are_as_before() -> None:
    assert walk_flow(bridged(TAP, rules="*filter\nCOMMIT\n"), published()).verdict == "delivered"


def test_without_another_port_the_frame_goes_to_the_host() -> None:
    for ports in ((), (msgspec.structs.replace(TAP, up=False),)):
        stages = {step.stage for step in walk_flow(bridged(*ports), MACHINE).usual.request}
        assert "input-route" in stages


def test_a_proxy_gets_the_frame_itself() -> None:
    proxies: dict[tuple[str, ...], str] = {("net", "ipv4", "conf", "br0", "proxy_arp_pvlan"): "1"}
    assert "input-route" in {step.stage for step in walk_flow(bridged(TAP, more=proxies), MACHINE).usual.request}
