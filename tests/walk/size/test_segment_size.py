"""How large segments are: the MTUs of both ends, and the rules that make the MSS option smaller."""

import msgspec
import pytest

from hairpin.network.flow import Flow, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import with_link
from tests.rows import each_row
from tests.rule_text import in_table, with_rule
from tests.small_host import container_namespace, host_namespace, network, published

FULL = msgspec.structs.replace(published(), data_bytes=16000)
DROPPING = with_rule("filter OUTPUT", "-p icmp -j DROP")
SYN = "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS"


def narrow(rules: str = DROPPING, *, inner: dict[str, str] | None = None, mtu_bytes: int = 1400) -> Network:
    """Return the host whose uplink takes less than its container sends; ``inner``: sysctls of the container."""
    space = container_namespace()
    for name, value in (inner or {}).items():
        space = msgspec.structs.replace(space, sysctls=space.sysctls.with_value(("net", "ipv4", name), value))
    return network(with_link(host_namespace(rules), "eth0", mtu_bytes=mtu_bytes), inner=space)


def clamping(rule: str) -> Network:
    return narrow(in_table("mangle", "FORWARD", rule, DROPPING))


NEIGHBOUR = msgspec.structs.replace(FULL, start=Lan(parse_address("198.51.100.20")[1]))
CASES: dict[str, tuple[Network, Flow, str]] = {
    "the ICMP message is dropped": (narrow(), FULL, "unanswered"),
    "a short answer": (narrow(), msgspec.structs.replace(FULL, data_bytes=0), "delivered"),
    "an answer that fits": (narrow(), msgspec.structs.replace(FULL, data_bytes=1000), "delivered"),
    "the ICMP message arrives": (narrow(with_rule("filter OUTPUT", "-p icmp -m icmp --icmp-type 8 -j DROP")),
                                 FULL, "delivered"),
    "a neighbour has the MTU of its link": (narrow(), NEIGHBOUR, "delivered"),
    "nothing is narrower": (narrow(mtu_bytes=1500), FULL, "delivered"),
    "the uplink takes more": (narrow(mtu_bytes=9000), FULL, "delivered"),
    "the container probes": (narrow(inner={"tcp_mtu_probing": "1"}), FULL, "delivered"),
    "the container lets routers fragment": (narrow(inner={"ip_no_pmtu_disc": "1"}), FULL, "delivered"),
    "the SYN is clamped to the path": (clamping(f"{SYN} --clamp-mss-to-pmtu"), FULL, "delivered"),
    "only the answer's SYN is": (clamping(f"-o eth0 {SYN} --clamp-mss-to-pmtu"), FULL, "unanswered"),
    "to a number that fits": (clamping(f"-i eth0 {SYN} --set-mss 1360"), FULL, "delivered"),
    "to a number that is too large": (clamping(f"{SYN} --set-mss 1361"), FULL, "unanswered"),
    "of another port": (clamping(f"-p tcp --dport 443 {SYN.removeprefix('-p tcp ')} --clamp-mss-to-pmtu"),
                        FULL, "unanswered"),
    "the container has the smaller MTU": (
        network(with_link(host_namespace(DROPPING), "eth0", mtu_bytes=1400),
                inner=with_link(container_namespace(), "eth0", mtu_bytes=1400)), FULL, "delivered"),
}  # fmt: skip


@each_row(("net", "flow", "verdict"), CASES.values(), ids=CASES)
def test_walk(net: Network, flow: Flow, verdict: str) -> None:
    assert walk_flow(net, flow).verdict == verdict


def tiny(mtu_bytes: int, least_mss: str | None = None) -> Network:
    """Return the host whose container's link takes little; ``least_mss``: what its MSS option says at least."""
    space = with_link(container_namespace(), "eth0", mtu_bytes=mtu_bytes)
    if least_mss is not None:
        path = ("net", "ipv4", "route", "min_adv_mss")
        space = msgspec.structs.replace(space, sysctls=space.sysctls.with_value(path, least_mss))
    return network(inner=space)


@pytest.mark.parametrize(("net", "is_asked"), (
    (tiny(68), True), (tiny(291), True), (tiny(292), False), (tiny(196, "160"), False), (tiny(195, "160"), True),
))  # fmt: skip
def test_an_mss_option_has_a_least_value(net: Network, *, is_asked: bool) -> None:
    """A segment that is too long for the link passes the veth only together with others; one of four more bytes passes
    alone (VLAN_HLEN)."""
    trace = walk_flow(net, FULL)
    assert trace.verdict == "delivered"
    asked = [str(each.text) for each in trace.usual.questions if each.breaks_if == "yes"]
    assert ["eth0 of container:web" in each for each in asked] == [True] * is_asked
