"""Whoever drops neighbour solicitations is not found by IPv6, whatever else it lets in."""

import msgspec
import pytest

from hairpin.host.link import Address
from hairpin.host.socket import Socket
from hairpin.netfilter.iptables_save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.small_host import host_namespace, local, network, route

OWN = parse_address("2001:db8:2::11")[1]
CLIENT = parse_address("2001:db8:1::10")[1]
OPEN = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
DISCOVERY = "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
TO_GROUPS = "-A INPUT -d ff02::/16 -p ipv6-icmp -j ACCEPT\n"


def guarded(rules: str, policy: str = "DROP") -> Network:
    """Return a host with an IPv6 address and a service of its own, and these rules in INPUT."""
    text = f"*filter\n:INPUT {policy} [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"
    host = host_namespace(sockets=(Socket("tcp", 6, None, 22),))
    return network(
        msgspec.structs.replace(
            host,
            addresses=(*host.addresses, Address("eth0", 6, OWN, 64)),
            routes=(
                *host.routes,
                local("2001:db8:2::11/128", "eth0"),
                route("2001:db8:2::/64", "eth0"),
                route("::/0", "eth0", via="2001:db8:2::1"),
            ),
            ruleset=Ruleset(parse(text, family="ip6", dialect="iptables-nft", source="test")),
        )
    )


@pytest.mark.parametrize(
    ("rules", "policy", "verdict"),
    (
        ("", "ACCEPT", "delivered"),
        (OPEN, "DROP", "dropped"),
        (OPEN + DISCOVERY, "DROP", "delivered"),
        (OPEN + TO_GROUPS, "DROP", "delivered"),
        ("-A INPUT -p ipv6-icmp -j REJECT\n", "ACCEPT", "dropped"),
        ("-A INPUT -m conntrack --ctstate INVALID -j DROP\n", "ACCEPT", "delivered"),
    ),
)
def test_the_service_is_reached_only_by_who_finds_the_host(rules: str, policy: str, verdict: str) -> None:
    trace = walk_flow(guarded(rules, policy), Flow(Outside(CLIENT), 6, OWN, "tcp", 22))
    assert trace.verdict == verdict
