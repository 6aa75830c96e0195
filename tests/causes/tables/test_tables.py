"""A table of the kernel is full, or one of its entries decides."""

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from hairpin.netfilter.packet import TCP, UDP, Connection, Tcp, Tuple
from hairpin.network.network import Network
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import with_tables
from tests.rule_text import with_rule
from tests.small_host import CLIENT, HOST_ADDRESS, WEB, egress, host_namespace, network, published
from tests.udp_host import UDP_FLOW, remembering, udp_network
from tests.walk.hooks.test_limits import ABOVE_2, BANNED, RATE, TWO, bucket, limited, seen
from tests.walk.link.test_neighbour_room import filled as neighbours
from tests.walk.test_own_entries import BACK, DEAD, entry
from tests.whole import one_of_each

ASSURED, NOT_ASSURED = STATUS_CONFIRMED | STATUS_ASSURED, STATUS_CONFIRMED


def with_values(namespace: Namespace, **values: int) -> Namespace:
    """Return the namespace with values of net/netfilter."""
    sysctls = namespace.sysctls
    for key, value in values.items():
        sysctls = sysctls.with_value(("net", "netfilter", f"nf_conntrack_{key}"), str(value))
    return msgspec.structs.replace(namespace, sysctls=sysctls)


def filled(count: int, most: int = 100, *, assured: int = 0, evictable: int = 0) -> Network:
    """Return the host with so many entries, of which some are listed."""
    entries = tuple(
        Connection(4, forth, forth.reversed(), ASSURED if number < assured else NOT_ASSURED, live=True, evidence="e9")
        for number in range(assured + evictable)
        for forth in (Tuple(CLIENT + 1, HOST_ADDRESS, UDP, 1000 + number, 53),)
    )
    host = with_values(host_namespace(), count=count, max=most, buckets=most)
    return network(msgspec.structs.replace(host, connections=entries))


def forgetting(key: str) -> Network:
    """Return the host with a timeout of 0."""
    return network(with_values(host_namespace(), **{key: 0}))


STALE = remembering(entry())
"""The sender's own entry has no DNAT."""


def narrow(*taken: int) -> Network:
    """Return the host that masquerades with two ports, of which these are taken towards the server."""
    rules = with_rule("nat POSTROUTING", "-s 172.17.0.0/16 -p tcp -j MASQUERADE --to-ports 40000-40001")
    server = egress().daddr
    entries = tuple(
        Connection(
            4,
            Tuple(WEB + 7, server, TCP, 50000 + port, 443),
            Tuple(server, HOST_ADDRESS, TCP, 443, port),
            ASSURED,
            live=True,
            evidence="e9",
            tcp=Tcp("ESTABLISHED"),
        )
        for port in taken
    )
    return network(msgspec.structs.replace(host_namespace(rules), connections=entries))


def metered(used: int, rule: str = 'oifname "docker0" quota name "month" drop', *, policy: str = "accept") -> Network:
    """Return the host with a quota of 20 mbytes, of which so many are used, and a rule with it before dockerd's."""
    over = "over " if "drop" in rule else ""
    text = f"""table inet billing {{
        quota month {{ {over}20 mbytes used {used} mbytes }}
        chain forward {{ type filter hook forward priority -5; policy {policy};
            iifname "docker0" accept
            {rule}
        }}
    }}"""
    return with_tables(*tables_after(text, (), LoadingHost(frozenset({"docker0"})), source="test"))


UNTIL = 'oifname "docker0" quota name "month" accept'

CASES = {
    "a used up quota": Case(metered(20), published(), ("quota-used-up",), whole=metered(3)),
    "a used up quota that accepted": Case(
        metered(20, UNTIL, policy="drop"), published(), ("quota-used-up",), whole=metered(3, UNTIL, policy="drop")
    ),
    "no source port is free": Case(narrow(40000, 40001), egress(), ("snat-ports-exhausted",), whole=narrow(40000)),
    "connections above the limit": Case(
        limited(ABOVE_2, entries=TWO), published(), ("rate-or-connlimit-rule",), whole=limited(ABOVE_2, entries=TWO[:1])
    ),
    "in a list of xt_recent": Case(
        limited(BANNED, state=seen(9)), published(), ("rate-or-connlimit-rule",), whole=limited(BANNED)
    ),
    "an empty bucket": Case(
        limited(RATE, state=bucket(9)), published(), ("rate-or-connlimit-rule",), whole=limited(RATE, state=bucket(10))
    ),
    "an entry without DNAT": Case(STALE, UDP_FLOW, ("conntrack-entry-stale",), whole=udp_network()),
    "an entry of another sender is not this one's": Case(
        STALE, UDP_FLOW, ("conntrack-entry-stale",), whole=remembering(entry(sender=CLIENT + 1))
    ),
    "an entry to an address that nobody has": Case(
        remembering(entry(reply=DEAD, replied=True)),
        UDP_FLOW,
        ("conntrack-entry-stale",),
        whole=remembering(entry(reply=BACK, replied=True)),
    ),
    "no entry for the container": Case(
        neighbours(40), published(), ("neighbour-table-overflow",), whole=neighbours(40, known=WEB)
    ),
    "no entry, and some that may be freed": Case(
        neighbours(45, 3), published(), ("neighbour-table-overflow",), whole=neighbours(39, 10)
    ),
    "full": Case(filled(100), published(), ("conntrack-table-full",), whole=filled(99)),
    "full of what was answered": Case(
        filled(100, assured=100), published(), ("conntrack-table-full",), whole=filled(100, evictable=100)
    ),
    "no time for the first packet": Case(
        forgetting("tcp_timeout_syn_sent"), published(), ("conntrack-timeout-zero",), whole=forgetting("udp_timeout")
    ),
    "no time for an open connection": Case(
        forgetting("tcp_timeout_established"),
        published(),
        ("conntrack-timeout-zero",),
        whole=forgetting("tcp_timeout_syn_recv"),
    ),
    "no time for a connection to the outside": Case(
        forgetting("tcp_timeout_established"), egress(), ("conntrack-timeout-zero",), whole=forgetting("icmp_timeout")
    ),
    "a maximum of 0 is none": Case(filled(100), published(), ("conntrack-table-full",), whole=filled(100, most=0)),
}


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_is_named_on_the_sick_host(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_nothing_is_named_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)
