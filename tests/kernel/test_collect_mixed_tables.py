"""A rule of nft's own in a table of iptables: iptables-save prints what it knows of the rule, and ends with status 0.

The collector then reads the table by nft.  A table with iptables' own rules alone it does not read twice."""

import re

import pytest

from hairpin.collect.frames import parse as parse_frames
from hairpin.collect.run import script
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.netfilter.ir import Table
from tests.kernel.test_collect_sh import Namespace, held_namespace
from tests.whole import thinned

BY_IPTABLES = """
iptables-nft -N OWN
iptables-nft -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables-nft -A FORWARD ! -s 192.0.2.0/24 -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j OWN
iptables-nft -A FORWARD -i veth+ -p udp -m udp --sport 60:70 -m comment --comment "a \\"set\\": [1]" -g OWN
iptables-nft -A FORWARD -p tcp -m multiport --dports 80,443 -m mark --mark 4 -m limit --limit 3/min -j RETURN
iptables-nft -A FORWARD -m addrtype --dst-type LOCAL -j REJECT
iptables-nft -A OWN -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[OWN] "
iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j ACCEPT
iptables-nft -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
ip6tables-nft -A FORWARD -p ipv6-icmp -m icmp6 --icmpv6-type 134 -j DROP
"""
BY_NFT = (
    "ip saddr @listed drop",
    "ip saddr != @listed counter drop",
    "tcp dport { 443, 8443 } counter drop",
    "ip protocol { tcp, udp } counter drop",
    'iifname { "eth0", "eth1" } counter drop',
    "ip saddr vmap { 192.0.2.10 : drop }",
    "tcp dport vmap { 80 : drop } counter",
    "ip saddr . tcp dport { 192.0.2.10 . 80 } counter drop",
    "ip saddr 192.0.2.10-192.0.2.20 counter drop",
    "tcp window 100 counter drop",
    "tcp sequence 1 counter drop",
    "udp length 20 counter drop",
    "icmp code port-unreachable counter drop",
    "ip length 300-400 counter drop",
    "meta skuid 1000 counter drop",
    "ct state new counter drop",
    "tcp option maxseg size 1-500 counter drop",
)  # fmt: skip


def collected(namespace: Namespace) -> Evidence:
    return parse_frames(namespace.run("dash", stdin=script()).stdout, hairpin="test", source="dash")


def named(tables: tuple[Table, ...], family: str, name: str) -> Table:
    (found,) = [each for each in tables if (each.family, each.name) == (family, name)]
    return found


def as_listed(rule: str) -> str:
    """Return a rule's words without the counts, and with the elements of its sets in order."""
    rule = re.sub(r" packets \d+ bytes \d+", "", rule)
    return re.sub(r"\{ (.*?) \}", lambda found: f"{{ {', '.join(sorted(found[1].split(', ')))} }}", rule)


def test_tables_of_iptables_alone_are_read_once() -> None:
    with held_namespace() as namespace:
        namespace.run("sh", "-ec", BY_IPTABLES)
        evidence = collected(namespace)
        assert not [each for each in evidence.readings if each.key in ("nft-table", "nft-table-text")]
        tables = parse(evidence).namespaces[0].ruleset.tables
        assert {each.dialect for each in tables} == {"iptables-nft"}


@pytest.mark.parametrize("rule", thinned(BY_NFT, 4))
def test_a_rule_that_iptables_does_not_print_whole_is_read_by_nft(rule: str) -> None:
    with held_namespace() as namespace:
        namespace.run("sh", "-ec", BY_IPTABLES)
        namespace.run(
            "nft", "add set ip filter listed { type ipv4_addr; flags interval; elements = { 192.0.2.0/28 }; }"
        )
        namespace.run("nft", f"insert rule ip filter FORWARD {rule}")
        ruleset = parse(collected(namespace)).namespaces[0].ruleset
        table = named(ruleset.tables, "ip", "filter")
        forward = table.chain("FORWARD")
        assert forward is not None
        first, second = forward.rules[:2]
        assert (table.dialect, as_listed(first.text)) == ("nft", as_listed(rule))
        assert first.handle is not None
        assert (second.by_iptables, second.text.endswith("accept")) == (True, True)
        assert {each.dialect for each in ruleset.tables if each.family == "ip6"} == {"iptables-nft"}


def test_only_the_table_that_has_such_a_rule_is_read_by_nft() -> None:
    """nft lists the chains of the next table behind the last rule of a table."""
    with held_namespace() as namespace:
        namespace.run("sh", "-ec", BY_IPTABLES)
        namespace.run("nft", "add rule ip filter OWN ip saddr 192.0.2.10-192.0.2.20 counter drop")
        tables = parse(collected(namespace)).namespaces[0].ruleset.tables
        dialects = {(each.family, each.name): each.dialect for each in tables}
        assert dialects == {("ip", "filter"): "nft", ("ip", "nat"): "iptables-nft", ("ip6", "filter"): "iptables-nft"}


def test_so_is_a_table_of_ebtables() -> None:
    """ebtables 1.8.9 lists a range of addresses as ``-p 0xa00``."""
    with held_namespace() as namespace:
        namespace.run("ebtables-nft", "-A", "FORWARD", "-p", "IPv4", "-i", "veth1", "-j", "DROP")
        namespace.run("ebtables-nft", "-A", "FORWARD", "-p", "ARP", "--arp-op", "Request", "-j", "DROP")
        alone = parse(collected(namespace)).namespaces[0].ruleset
        assert [each.dialect for each in alone.tables] == ["ebtables"]
        namespace.run("nft", "insert rule bridge filter FORWARD ip saddr 10.0.0.1-10.0.0.9 counter drop")
        table = named(parse(collected(namespace)).namespaces[0].ruleset.tables, "bridge", "filter")
        forward = table.chain("FORWARD")
        assert forward is not None
        assert (table.dialect, as_listed(forward.rules[0].text)) == ("nft", "ip saddr 10.0.0.1-10.0.0.9 counter drop")
        assert forward.rules[1:] != ()
        assert forward.rules[2].body == alone.tables[0].chains[1].rules[1].body
