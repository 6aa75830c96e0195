"""A rule that wants a route back to the client, beside a VPN's policy rule: what stops the packet chooses the cause."""

import msgspec

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.link import Address, Link
from hairpin.host.route import PolicyRule
from hairpin.network.network import Network
from tests.rule_text import in_table
from tests.small_host import DOCKER_RULES, host_namespace, network, published, route

PASSES_MAIN = PolicyRule(4, 100, table=254, suppress_prefix_length=0, text="100: from all lookup main", entry=4)
INTO_TUNNEL = PolicyRule(
    4, 200, table=51820, mark=(1, 0xFFFFFFFF), inverted=True, text="200: not from all fwmark 1", entry=5
)
KERNELS = (PolicyRule(4, 0, table=255, entry=1), PolicyRule(4, 32766, table=254, entry=2))
MARKS = in_table("mangle", "PREROUTING", "-i docker0 -j MARK --set-mark 1")


def with_vpn(rules: str, *, filtered: bool) -> Network:
    """Return the host with a VPN, and with a rule that drops what has no way back, if ``filtered`` is true."""
    text = in_table("raw", "PREROUTING", "-i eth0 -m rpfilter --invert -j DROP", rules) if filtered else rules
    ruled = (KERNELS[0], PASSES_MAIN, INTO_TUNNEL, KERNELS[1])
    host = host_namespace(text, policy_rules=ruled, routes=(route("default", "tun0", table=51820),))
    links = (*host.links, Link(9, "tun0", "tun"))
    return network(msgspec.structs.replace(host, links=links, addresses=(*host.addresses, Address("tun0", 4, 10, 32))))


def causes(net: Network) -> tuple[str, ...]:
    return tuple(each.cause for each in diagnose(net, published()).causes)


def test_the_answers_leave_rightly() -> None:
    assert causes(with_vpn(MARKS, filtered=False)) == ()
    found = causes(with_vpn(MARKS, filtered=True))
    assert found
    assert "policy-rule-diverts-container-traffic" not in found


def test_the_answers_go_astray_too() -> None:
    found = causes(with_vpn(DOCKER_RULES, filtered=True))
    assert "policy-rule-diverts-container-traffic" in found
