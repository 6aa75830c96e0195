"""The mistakes: each an edit of the model's source text, which is to be found there exactly once."""

from typing import NamedTuple


class Mistake(NamedTuple):
    """``wrong``: the false claim about the kernel.  ``file``, below src/hairpin: there ``right`` becomes
    ``mistaken``.
    """

    name: str
    wrong: str
    file: str
    right: str
    mistaken: str


_RULES = (
    Mistake(
        "user-chain-policy", "at the end of a user chain the base chain's policy decides",
        "netfilter/evaluate/traversal.py",
        "        if cursor.stack:\n",
        "        if ():\n",
    ),
    Mistake(
        "goto-returns", "goto comes back, as jump does",
        "netfilter/evaluate/traversal.py",
        "        if not jump.goto:\n",
        "        if True:\n",
    ),
    Mistake(
        "equal-priorities", "of chains of equal priority the one registered first goes first",
        "walk/hooks/chains.py",
        "    if Novelty.LATER_CHAINS_FIRST.known_to(namespace.kernel):\n",
        "    if not Novelty.LATER_CHAINS_FIRST.known_to(namespace.kernel):\n",
    ),
    Mistake(
        "ctstate-dnat", "a connection's state is not DNAT when its first packet has just been translated",
        "netfilter/evaluate/header.py",
        '    header["ct-status"] = connection.status\n',
        '    header["ct-status"] = connection.status & (-1 if seen.ct_direction else ~(1 << 5))  # IPS_DST_NAT\n',
    ),
    Mistake(
        "raw-behind-conntrack", "connection tracking comes before the raw table: NOTRACK is too late",
        "walk/hooks/chains.py",
        "_CONNTRACK_PRIORITY = -200\n",
        "_CONNTRACK_PRIORITY = -301\n",
    ),
    Mistake(
        "fib-interface", "the type of an address is the same on every interface",
        "walk/hooks/surroundings.py",
        "            return address_type4(self.namespace, value, link) in types\n",
        "            return address_type4(self.namespace, value, None) in types\n",
    ),
)  # fmt: skip

_CONNECTIONS = (
    Mistake(
        "redirect-reply", "an answer that is made here keeps its source (as behind REDIRECT)",
        "walk/hooks/nat.py",
        "    forward = state.track.ct_direction == 0\n",
        "    if state.track.ct_direction == 1 and not state.iif:\n        return state\n"
        "    forward = state.track.ct_direction == 0\n",
    ),
    Mistake(
        "nat-each-packet", "every packet of a connection asks the nat chains",
        "walk/hooks/nat.py",
        "        and manip not in connection.nat_checked\n",
        "",
    ),
    Mistake(
        "masquerade-prefsrc", "MASQUERADE takes the route's preferred source",
        "walk/hooks/nat.py",
        "    return source_address(namespace, state.packet.version, state.oif, towards)\n",
        "    from hairpin.network.query import Query\n    from hairpin.network.routing import lookup\n\n"
        "    route = lookup(namespace, Query(packet.version, packet.daddr, mark=packet.mark)).route\n"
        "    preferred = route.prefsrc if route is not None else None\n"
        "    return preferred or source_address(namespace, state.packet.version, state.oif, towards)\n",
    ),
    Mistake(
        "syn-ack-begins", "any TCP packet begins a connection",
        "walk/hooks/conntrack.py",
        "        tcp = first_state(packet.tcp_flags, loose=loose)\n",
        '        tcp = Tcp("SYN_SENT")\n',
    ),
    Mistake(
        "mark-reroute", "a mark set in OUTPUT does not choose another route",
        "walk/hooks/hooks.py",
        "(old.saddr, old.daddr, old.mark, old.dscp) != (new.saddr, new.daddr, new.mark, new.dscp)",
        "(old.saddr, old.daddr, old.dscp) != (new.saddr, new.daddr, new.dscp)",
    ),
)  # fmt: skip

_ROUTES = (
    Mistake(
        "rp-filter-own", "rp_filter of all interfaces does not count",
        "walk/ip/route_in.py",
        'conf(namespace, 4, state.iif, "rp_filter", rule="max")',
        'conf(namespace, 4, state.iif, "rp_filter", rule="own")',
    ),
    Mistake(
        "route-localnet-own", "route_localnet of all interfaces does not count",
        "walk/ip/route_in.py",
        'conf(namespace, 4, state.iif, "route_localnet", rule="or")',
        'conf(namespace, 4, state.iif, "route_localnet", rule="own")',
    ),
    Mistake(
        "accept-local-own", "accept_local of all interfaces does not count",
        "walk/ip/route_in.py",
        'conf(namespace, 4, state.iif, "accept_local", rule="or")',
        'conf(namespace, 4, state.iif, "accept_local", rule="own")',
    ),
    Mistake(
        "forwarding-all", "a host forwards when all.forwarding says so, not the interface that the packet came by",
        "walk/ip/route_in.py",
        'conf(namespace, version, link, "forwarding")',
        'conf(namespace, version, "all" if version == 4 else link, "forwarding")',
    ),
    Mistake(
        "local-table-last", "the local table is asked behind the others",
        "network/routing.py",
        "    return _by_priority(namespace)[version] or _DEFAULT_RULES[version]\n",
        "    rules = _by_priority(namespace)[version] or _DEFAULT_RULES[version]\n"
        "    return tuple(sorted(rules, key=lambda rule: rule.priority == 0))\n",
    ),
    Mistake(
        "rules-backwards", "policy rules are asked from the highest priority down",
        "network/routing.py",
        "    return _by_priority(namespace)[version] or _DEFAULT_RULES[version]\n",
        "    rules = _by_priority(namespace)[version] or _DEFAULT_RULES[version]\n"
        "    return tuple(sorted(rules, key=lambda rule: -rule.priority))\n",
    ),
    Mistake(
        "metric-first", "the lowest metric wins over the longest prefix",
        "network/tables.py",
        "    yield from fitting\n",
        "    yield from sorted(fitting, key=lambda route: route.metric)\n",
    ),
    Mistake(
        "throw", "a throw route is skipped, not the whole table",
        "network/tables.py",
        "    yield from fitting\n",
        '    yield from (route for route in fitting if route.type != "throw")\n',
    ),
)  # fmt: skip

_BRIDGE_NETFILTER = '    name = "bridge-nf-call-iptables" if version == 4 else "bridge-nf-call-ip6tables"\n'
_BRIDGES = (
    Mistake(
        "br-netfilter-off", "frames that cross a bridge are never shown to the IP chains",
        "walk/link/bridge.py",
        _BRIDGE_NETFILTER,
        "    return False\n",
    ),
    Mistake(
        "br-netfilter-on", "frames that cross a bridge are always shown to the IP chains",
        "walk/link/bridge.py",
        _BRIDGE_NETFILTER,
        "    return True\n",
    ),
)  # fmt: skip

MISTAKES = (*_RULES, *_CONNECTIONS, *_ROUTES, *_BRIDGES)
