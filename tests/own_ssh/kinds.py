"""The plans: each cuts the connections of ssh to the lab's host in its own way, or looks much like one that does."""

from collections.abc import Callable

import msgspec

from hairpin.change import change as c
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import Neighbour, NextHop, PolicyRule, Route
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import FieldMatch, Rule
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address, parse_prefix

Make = Callable[[Network], tuple[c.Primitive, ...]]


class Kind(msgspec.Struct, frozen=True):
    """A kind of plan.  ``before`` and ``after``: shell commands that make the host fit for it, and as it was."""

    cuts: bool
    parts: Make
    before: str = ""
    after: str = ""
    only_new: bool = False
    """No open connection is cut, so that the walk alone can tell."""


def _host(network: Network) -> tuple[Netns, Namespace]:
    netns = network.this.netns
    return netns, network.namespace(netns)


def _rule(words: str, table: str = "filter") -> Make:
    """Return the insertion of a rule, in iptables' words, at the head of its chain."""
    chain = words.split(maxsplit=1)[0]
    text = f"*{table}\n:{chain} - [0:0]\n-A {words}\nCOMMIT\n"
    rule = parse(text, family="ip", dialect="iptables-nft", source="own_ssh")[0].chains[0].rules[0]

    def parts(network: Network) -> tuple[c.Primitive, ...]:
        return (c.InsertRule(network.this.netns, "iptables-nft", "ip", table, chain, rule, 1),)

    return parts


def _first_rule_away(chain: str) -> Make:
    def parts(network: Network) -> tuple[c.Primitive, ...]:
        netns, host = _host(network)
        table = host.ruleset.table("ip", "filter", "iptables-nft")
        assert table is not None
        found = table.chain(chain)
        assert found is not None
        return (c.DeleteRule(netns, place_of(table, chain, found.rules[0])),)

    return parts


def _address_away(network: Network) -> tuple[c.Primitive, ...]:
    netns, host = _host(network)
    return (c.DeleteEntry(netns, next(each for each in host.addresses if each.link == "eth0" and each.version == 4)),)


def _address_more(network: Network) -> tuple[c.Primitive, ...]:
    return (c.AddEntry(network.this.netns, Address("eth0", 4, parse_address("198.51.100.77")[1], 24)),)


def _default_route_away(network: Network) -> tuple[c.Primitive, ...]:
    netns, host = _host(network)
    return (c.DeleteEntry(netns, next(each for each in host.routes if not each.prefix_length and each.version == 4)),)


def _link(name: str, **values: object) -> Make:
    def parts(network: Network) -> tuple[c.Primitive, ...]:
        netns, host = _host(network)
        link = host.link(name)
        assert link is not None
        return (c.SetLink(netns, msgspec.structs.replace(link, **values)),)

    return parts


def _route(text: str, gateway: str, link: str, table: int = 254) -> Make:
    version, network, length = parse_prefix(text)
    hop = NextHop(link, parse_address(gateway)[1], gateway_version=version)

    def parts(seen: Network) -> tuple[c.Primitive, ...]:
        return (c.AddEntry(seen.this.netns, Route(version, network, length, table, next_hops=(hop,))),)

    return parts


def _diverted(source: str) -> Make:
    """Return the plan by which what comes from that network is looked up in a table whose gateway nobody is."""
    network, length = parse_prefix(source)[1:]
    rule = PolicyRule(4, 90, table=77, source=(network, length))

    def parts(seen: Network) -> tuple[c.Primitive, ...]:
        return (*_route("0.0.0.0/0", "198.51.100.99", "eth0", 77)(seen), c.AddEntry(seen.this.netns, rule))

    return parts


def _sysctl(path: str, value: str) -> Make:
    def parts(network: Network) -> tuple[c.Primitive, ...]:
        return (c.SetSysctl(network.this.netns, tuple(path.split("/")), value),)

    return parts


def _neighbour(text: str, mac: int) -> Make:
    def parts(network: Network) -> tuple[c.Primitive, ...]:
        return (c.AddEntry(network.this.netns, Neighbour("eth0", 4, parse_address(text)[1], mac, "PERMANENT")),)

    return parts


def _nft(port: int) -> Make:
    """Return the plan that drops the port as the table drops port 9."""

    def parts(network: Network) -> tuple[c.Primitive, ...]:
        netns, host = _host(network)
        table = host.ruleset.table("inet", "own", "nft")
        assert table is not None
        found = table.chain("base")
        assert found is not None
        matches = tuple(
            msgspec.structs.replace(each, ranges=((port, port),))
            if isinstance(each, FieldMatch) and each.field == "dport"
            else each
            for each in found.rules[0].body
        )
        rule = Rule(matches, f"tcp dport {port} drop", 0)
        return (c.InsertRule(netns, "nft", "inet", "own", "base", rule, 1),)

    return parts


def _table_away(network: Network) -> tuple[c.Primitive, ...]:
    return (c.ReplaceTable(network.this.netns, "nft", "inet", "own", None),)


_OWN_TABLE = (
    "nft 'table inet own { chain base { type filter hook input priority 10; policy accept; tcp dport 9 drop; }; }'"
)
_OWN_AWAY = "nft delete table inet own"
_FILTERED = (
    "iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; iptables -A INPUT -i lo -j ACCEPT;"
    " iptables -A INPUT -p tcp -m conntrack --ctstate NEW -m multiport --dports 22,8080 -j ACCEPT;"
    " iptables -P INPUT DROP"
)
_UNFILTERED = "iptables -P INPUT ACCEPT; iptables -F INPUT"
_BACK_BY_ETH1 = "ip route add 192.0.2.0/24 via 198.18.0.1"
_BACK_AWAY = "ip route del 192.0.2.0/24 via 198.18.0.1"

KINDS: dict[str, Kind] = {
    "input drops ssh": Kind(True, _rule("INPUT -p tcp -m tcp --dport 22 -j DROP")),
    "only new connections": Kind(
        True, _rule("INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j DROP"), only_new=True
    ),
    "only replies": Kind(True, _rule("OUTPUT -p tcp -m tcp --sport 22 -j DROP")),
    "only big packets": Kind(True, _rule("OUTPUT -p tcp -m tcp --sport 22 -m length --length 1000:65535 -j DROP")),
    "port led elsewhere": Kind(
        True, _rule("PREROUTING -p tcp -m tcp --dport 22 -j REDIRECT --to-ports 8080", "nat"), only_new=True
    ),
    "established no longer accepted": Kind(True, _first_rule_away("INPUT"), _FILTERED, _UNFILTERED),
    "address away": Kind(True, _address_away),
    "default route away": Kind(True, _default_route_away),
    "link down": Kind(True, _link("eth0", up=False, carrier=False)),
    "replies by another table": Kind(True, _diverted("198.51.100.11/32")),
    # Packets of an open connection of this host's own are not filtered: net/ipv4/ip_input.c, early demux.
    "strict rp_filter": Kind(
        True, _sysctl("net/ipv4/conf/eth0/rp_filter", "1"), _BACK_BY_ETH1, _BACK_AWAY, only_new=True
    ),
    "gateway's hardware address": Kind(True, _neighbour("198.51.100.1", 0x02_00_00_00_00_99)),
    "nft table drops ssh": Kind(True, _nft(22), _OWN_TABLE, _OWN_AWAY),
    "input drops another port": Kind(False, _rule("INPUT -p tcp -m tcp --dport 9999 -j DROP")),
    "new connections of another port": Kind(
        False, _rule("INPUT -p tcp -m tcp --dport 9999 -m conntrack --ctstate NEW -j DROP")
    ),
    "replies of another port": Kind(False, _rule("OUTPUT -p tcp -m tcp --sport 9999 -j DROP")),
    "another port led elsewhere": Kind(
        False, _rule("PREROUTING -p tcp -m tcp --dport 9999 -j REDIRECT --to-ports 8080", "nat")
    ),
    "accepts one port more": Kind(False, _rule("INPUT -p tcp -m tcp --dport 9999 -j ACCEPT"), _FILTERED, _UNFILTERED),
    "address more": Kind(False, _address_more),
    "route more": Kind(False, _route("203.0.113.0/24", "198.51.100.2", "eth0")),
    # A link without an address: with that of eth1 sshd would lose a place where it serves, so the plan is taken back.
    "other link down": Kind(
        False,
        _link("spare", up=False, carrier=False),
        "ip link add spare type veth peer name far; ip link set spare up; ip link set far up",
        "ip link delete spare",
    ),
    "another source by another table": Kind(False, _diverted("10.9.0.0/16")),
    "loose rp_filter": Kind(False, _sysctl("net/ipv4/conf/eth0/rp_filter", "2"), _BACK_BY_ETH1, _BACK_AWAY),
    "neighbour's hardware address": Kind(False, _neighbour("198.51.100.66", 0x02_00_00_00_00_99)),
    "nft table drops another port": Kind(False, _nft(9999), _OWN_TABLE, _OWN_AWAY),
    "nft table away": Kind(False, _table_away, _OWN_TABLE, _OWN_AWAY),
}
