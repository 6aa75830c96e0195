"""Full-sized segments through a tunnel: lost where their sender learns nothing, delivered where it is told.

What real connections did is in tests/acceptance; here the reasons are taken one at a time.
"""

import msgspec

from hairpin.diagnose.diagnose import diagnose
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.acceptance.recorded_networks import Asked
from tests.acceptance.test_networks import flow_of
from tests.acceptance.test_networks import network as recorded
from tests.causes.between_hosts.test_between_hosts import changed, two
from tests.rows import each_row
from tests.two_hosts import OPEN, network, node, vxlan

INSIDE = parse_address("10.244.2.1")[1]
FULL = 16000
SETS_DF = msgspec.structs.replace(vxlan("one"), dont_fragment="set")
CLAMPING = OPEN.replace(
    "COMMIT", "-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu\nCOMMIT"
)
STALLING = network(node("one", tunnel=SETS_DF, mtu_bytes=1400), two())


def to_two(data_bytes: int, *, forwarded: bool = True) -> Flow:
    start = Outside(parse_address("192.0.2.10")[1]) if forwarded else FromHost()
    return Flow(start, 4, INSIDE, "tcp", 80, host="one", data_bytes=data_bytes)


def by_route() -> Network:
    host = node("one", tunnel=SETS_DF, mtu_bytes=1400)
    values = host.namespaces[0].sysctls.with_value(("net", "ipv4", "ip_forward_use_pmtu"), "1")
    return network(changed(host, sysctls=values), two())


def narrow_far_end() -> Network:
    """Return hosts of which the second one's uplink is a veth that takes less than the first one sends."""
    host = two()
    links = (
        msgspec.structs.replace(each, kind="veth", mtu_bytes=1400) if each.name == "eth0" else each
        for each in host.namespaces[0].links
    )
    return network(node("one"), changed(host, links=tuple(links)))


CASES: dict[str, tuple[Network, Flow, str]] = {
    "nobody tells a forwarded packet's sender": (STALLING, to_two(FULL), "dropped"),
    "a short request": (STALLING, to_two(0), "delivered"),
    "a request that fits": (STALLING, to_two(1000), "delivered"),
    "the host's own route tells its sender": (STALLING, to_two(FULL, forwarded=False), "delivered"),
    "the host forwards by what its route has learned": (by_route(), to_two(FULL), "delivered"),
    "a rule makes segments smaller": (
        network(node("one", tunnel=SETS_DF, mtu_bytes=1400, rules=CLAMPING), two()), to_two(FULL), "delivered"),
    "outer packets may be fragmented": (network(node("one", mtu_bytes=1400), two()), to_two(FULL), "delivered"),
    "the far veth is too narrow for one segment": (narrow_far_end(), to_two(1350), "dropped"),
    "several segments pass it as one packet": (narrow_far_end(), to_two(FULL), "delivered"),
    "the underlay carries them": (
        network(node("one", tunnel=SETS_DF, mtu_bytes=1550), two()), to_two(FULL), "delivered"),
}  # fmt: skip


@each_row(("net", "flow", "verdict"), CASES.values(), ids=CASES)
def test_request(net: Network, flow: Flow, verdict: str) -> None:
    trace = walk_flow(net, flow)
    assert trace.verdict == verdict
    assert (trace.usual.stop.reason if trace.usual.stop else None) == ("mtu" if verdict == "dropped" else None)


def test_answer_stalls_in_the_tunnel_of_the_server_s_host() -> None:
    net = recorded("overlay-mtu-too-large")
    asked = flow_of(Asked("container:web@node2", "10.244.1.2:80", "10.244.1.2:80", FULL, ""), net)
    found = diagnose(net, asked)
    assert found.trace.verdict == "unanswered"
    assert [f"{each.cause}@{each.host}" for each in found.causes] == ["overlay-mtu-too-large@node1"]
    assert walk_flow(net, msgspec.structs.replace(asked, data_bytes=0)).verdict == "delivered"


def test_a_bridge_port_tells_the_sender() -> None:
    net = recorded("healthy-bridge-vxlan-packet-too-big")
    asked = Asked("container:web@node1", "10.77.0.32:80", "10.77.0.32:80", FULL, "")
    assert walk_flow(net, flow_of(asked, net)).verdict == "delivered"


ALONE: dict[str, tuple[Network, Flow, list[tuple[str, str]]]] = {
    "several segments pass a far veth as one": (narrow_far_end(), to_two(FULL), [("eth0", "1400")]),
    "short requests are never too long": (narrow_far_end(), to_two(0), []),
    "all veths take the segments": (network(node("one"), two()), to_two(FULL), []),
    "outer packets may be fragmented": (network(node("one", mtu_bytes=1400), two()), to_two(FULL), []),
    "the sender learns of it": (by_route(), to_two(FULL), []),
}


@each_row(("net", "flow", "asked"), ALONE.values(), ids=ALONE)
def test_a_segment_that_travels_alone_is_asked_about(net: Network, flow: Flow, asked: list[tuple[str, str]]) -> None:
    trace = walk_flow(net, flow)
    assert trace.verdict == "delivered"
    said = [dict(each.text.values) for each in trace.usual.questions if each.breaks_if]
    assert [(str(each["link"]), str(each["mtu"])) for each in said] == asked
    sizes = [int(of) for each in trace.usual.questions for wanted in each.wanted for of in wanted.of]
    assert all(walk_flow(net, to_two(size)).verdict == "dropped" for size in sizes)
