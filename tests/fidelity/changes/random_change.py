"""Random changes of a network that was read: its parts changed or deleted, and new parts like its own."""

import re
from collections.abc import Callable, Iterator
from random import Random

from msgspec.structs import replace

from hairpin.change import change as c
from hairpin.change.commands.words import is_made_by_hand, is_static
from hairpin.change.expect import entry_key
from hairpin.change.simulation.entries import is_alone, is_alone_in_fdb
from hairpin.change.simulation.rules import tool_rules
from hairpin.host.host import Namespace
from hairpin.host.link import PORT_FLAGS, Address, Link
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_LOCAL, FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.sysctl import Path
from hairpin.netfilter.evaluate.chain import place_of, policy_place
from hairpin.netfilter.ir import Chain, Rule, Table
from hairpin.network.network import Network
from hairpin.network.prefix import LINK_LOCAL6

Draw = Callable[[Random, Netns, Namespace], Iterator[c.InKernel]]

_SET = ("forwarding", "rp_filter", "accept_local", "route_localnet", "src_valid_mark", "proxy_arp")


def random_change(random: Random, network: Network) -> c.InKernel | None:
    """Return one change of one of the network's namespaces; None if the namespace lacks the part that was drawn."""
    netns, namespace = random.choice(tuple(network.namespaces()))
    return next(random.choice(DRAWS)(random, netns, namespace), None)


def _sysctl(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    known = _keys(namespace)
    if known:
        yield c.SetSysctl(netns, random.choice(known), random.choice("01"))


def _keys(namespace: Namespace) -> list[Path]:
    """Return the keys that are set.

    The kernel copies IPv4's ``default`` to links whose own value was never written, and no reading shows which those
    are.
    """
    return [
        each
        for each in namespace.sysctls.values
        if each[-1] == "ip_forward" or (each[-1] in _SET and (each[-1] == "forwarding" or "default" not in each))
    ]


def _sysctls(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    known = _keys(namespace)
    if known:
        yield c.ReplaceSysctls(netns, tuple((random.choice(known), random.choice("01")) for _ in range(4)))


def _tables(namespace: Namespace) -> tuple[Table, ...]:
    return tuple(each for each in namespace.ruleset.tables if each.dialect != "ebtables")


def _chains(random: Random, namespace: Namespace) -> Iterator[tuple[Table, Chain]]:
    tables = [each for each in _tables(namespace) if each.chains]
    if tables:
        table = random.choice(tables)
        yield table, random.choice(table.chains)


_MISPRINTED = re.compile(r"ct (?:original|reply) ip6? [sd]addr (?:!= )?[0-9a-f.:]+/")


def _is_loadable(rule: Rule) -> bool:
    """Return whether nft reads its own listing of the rule.  It refuses some of ``tcp flags rst / rst``, and lists
    prefixes of a connection's address as other addresses."""
    return " / " not in rule.text and _MISPRINTED.search(rule.text) is None


def _rule_away(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    for table, chain in _chains(random, namespace):
        rules = [each for each in chain.rules if _is_loadable(each)]
        if rules:
            yield c.DeleteRule(netns, place_of(table, chain.name, random.choice(rules)))


def _rule_again(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    """Yield a rule of the chain once more, at another position."""
    for table, chain in _chains(random, namespace):
        if chain.rules:
            rules = tool_rules(chain.rules)
            rule, *also = random.choice(rules)
            if not _is_loadable(rule) or "meter " in rule.text:  # nft makes no second rule with a meter of that name
                return
            position = random.choice((None, *range(1, len(rules) + 2)))
            yield c.InsertRule(
                netns, table.dialect, table.family, table.name, chain.name, rule, position, also=tuple(also)
            )


def _policy(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    for table, chain in _chains(random, namespace):
        if chain.hook is not None and (table.dialect == "nft" or chain.type == "filter"):
            yield c.SetPolicy(netns, policy_place(table, chain), random.choice(("accept", "drop")))


def _chain(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    for table, _ in _chains(random, namespace):
        yield c.AddChain(netns, table.dialect, table.family, table.name, f"drawn{random.randrange(9)}")


def _chain_away(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    for table, chain in _chains(random, namespace):
        if chain.hook is None:
            yield c.DeleteChain(netns, table.dialect, table.family, table.name, chain.name)


def _table(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    for table, chain in _chains(random, namespace):
        if table.dialect == "nft":
            return  # a listing does not say all that makes a table again: docs/adr/0015-one-change-one-telling.md
        kept = tuple(each for number, each in enumerate(tool_rules(chain.rules)) if number % 2)
        rules = tuple(replace(rule, number=number) for number, group in enumerate(kept, 1) for rule in group)
        chains = tuple(replace(each, rules=rules) if each is chain else each for each in table.chains)
        made = random.choice((None, replace(table, chains=chains)))
        yield c.ReplaceTable(netns, table.dialect, table.family, table.name, made)


def _route_away(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    known = [each for each in namespace.routes if each.table != TABLE_LOCAL and not _is_derived(each)]
    if known:
        yield c.DeleteEntry(netns, random.choice(known))


def _new_route(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    link = _link(random, namespace)
    if link is None or not link.up:
        return
    hop = (NextHop(link.name, linkdown=not link.carrier),)
    network = 0x0BD00000 | random.randrange(1 << 8) << 8
    yield c.AddEntry(
        netns,
        random.choice(
            (
                Route(4, network, 24, random.choice((254, 77)), next_hops=hop, metric=random.choice((0, 7))),
                Route(4, network, 24, type=random.choice(("blackhole", "unreachable", "prohibit"))),
            )
        ),
    )


def _other_route(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    """Yield a route in place of one, by another link or to nowhere."""
    known = [
        each
        for each in namespace.routes
        if each.table != TABLE_LOCAL and not _is_derived(each) and is_alone(namespace.routes, each)
    ]
    link = _link(random, namespace)
    if not known or link is None or not link.up:
        return
    before = random.choice(known)
    other = Route(
        before.version, before.destination, before.prefix_length, before.table, metric=before.metric, tos=before.tos
    )
    hop = (NextHop(link.name, linkdown=not link.carrier),)
    refusal = random.choice(("blackhole", "unreachable", "prohibit"))
    # IPv6 lists lo with a route that refuses: net/ipv6/route.c ip6_route_info_create()
    nowhere = replace(other, type=refusal, next_hops=(NextHop("lo"),) if before.version == 6 else ())
    made = nowhere if random.random() < 0.5 else replace(other, next_hops=hop)
    if entry_key(made) != entry_key(before):
        yield c.ReplaceEntry(netns, before, made)


def _address_away(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    known = [each for each in namespace.addresses if each.link != "lo" and not _is_own(each)]
    if known:
        yield c.DeleteEntry(netns, random.choice(known))


def _address(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    link = _link(random, namespace)
    if link is not None:
        value = 0x0BE00000 | random.randrange(1 << 16)
        added = Address(link.name, 4, value, random.choice((16, 24, 31, 32)), noprefixroute=random.random() < 0.2)
        yield c.AddEntry(netns, added)


def _policy_rule_away(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    known = [each for each in namespace.rules if not each.unknown_selectors]
    if known:
        yield c.DeleteEntry(netns, random.choice(known))


def _policy_rule(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    del namespace
    yield c.AddEntry(
        netns,
        PolicyRule(
            random.choice((4, 6)),
            random.randrange(1, 30000),
            table=random.randrange(1, 250),
            mark=random.choice((None, (5, 0xFF))),
            protocol=random.choice((None, 6)),
            inverted=random.random() < 0.2,
        ),
    )


def _neighbour_away(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    known = [each for each in namespace.neighbours if is_made_by_hand(each)]
    if known:
        yield c.DeleteEntry(netns, random.choice(known))


def _neighbour(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    link = _link(random, namespace)
    if link is not None and link.up and link.kind in ("veth", "bridge"):
        value = 0x0BF00000 | random.randrange(1 << 16)
        yield c.AddEntry(netns, Neighbour(link.name, 4, value, 0x020000000000 | value, "PERMANENT"))


def _other_neighbour(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    known = [each for each in namespace.neighbours if is_made_by_hand(each) and not each.proxy]
    if known:
        mac = 0x020000000000 | random.randrange(1 << 32)
        yield c.AddEntry(netns, replace(random.choice(known), mac=mac, evidence="", entry=0))


def _forwarding_away(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    known = [each for each in namespace.fdb if is_static(each)]
    if known:
        yield c.DeleteEntry(netns, random.choice(known))


def _other_forwarding(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    """Yield another remote for an entry of a VXLAN."""
    known = [each for each in namespace.fdb if is_static(each) and is_alone_in_fdb(namespace.fdb, each)]
    if known:
        before = random.choice(known)
        assert before.remote is not None
        yield c.ReplaceEntry(netns, before, replace(before, remote=before.remote ^ 5, evidence="", entry=0))


def _forwarding(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    ports = [each for each in namespace.links if each.port is not None and each.master is not None]
    if ports:
        port = random.choice(ports)
        mac = 0x020000000000 | random.randrange(1 << 32)
        yield c.AddEntry(netns, FdbEntry(port.master, port.name, mac, vlan=None, state="static"))


def _port_flag(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    ports = [each for each in namespace.links if each.port is not None]
    if ports:
        link = random.choice(ports)
        assert link.port is not None
        flag = random.choice((*PORT_FLAGS,))
        port = replace(link.port, **{flag: not getattr(link.port, flag)})
        yield c.SetLink(netns, replace(link, port=port))


def _link_state(random: Random, netns: Netns, namespace: Namespace) -> Iterator[c.InKernel]:
    """Yield a link without IPv6 that goes down: with IPv6, the kernel makes addresses of its own when it comes back."""
    links = [each for each in namespace.links if each.up and each.kind == "veth" and _without_ipv6(namespace, each)]
    if links:
        link = random.choice(links)
        yield c.SetLink(netns, replace(link, up=False, carrier=False))


def _without_ipv6(namespace: Namespace, link: Link) -> bool:
    return namespace.sysctls.text("net", "ipv6", "conf", link.name, "disable_ipv6") == "1"


def _link(random: Random, namespace: Namespace) -> Link | None:
    links = [each for each in namespace.links if each.kind in ("veth", "bridge") and each.master is None]
    return random.choice(links) if links else None


def _is_own(address: Address) -> bool:
    return address.version == 6 and LINK_LOCAL6.holds(address.value, 6)


def _is_derived(route: Route) -> bool:
    return route.version == 6 and (route.type in ("anycast", "multicast") or LINK_LOCAL6.holds(route.destination, 6))


DRAWS: tuple[Draw, ...] = (
    _sysctl, _sysctls, _rule_away, _rule_away, _rule_away, _rule_again, _rule_again, _rule_again, _policy, _chain,
    _chain_away, _table, _route_away, _new_route, _other_route, _address_away, _address, _policy_rule_away,
    _policy_rule, _neighbour_away, _neighbour, _other_neighbour,
    _forwarding_away, _forwarding, _other_forwarding, _port_flag, _link_state,
)  # fmt: skip
