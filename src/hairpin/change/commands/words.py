"""The arguments of ip(8) and bridge(8) for a route, a policy rule, a neighbour entry, a forwarding entry, a link.

Source: ip-route(8), ip-rule(8), ip-neighbour(8), ip-link(8), bridge(8)
"""

from collections.abc import Iterator

import msgspec

from hairpin.errors import ChangeError
from hairpin.host.link import PORT_FLAGS, PORT_STATES, Address, BridgePort, Link
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.traffic_control import Filter, Qdisc
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.prefix import Version, address_text, prefix_text

Words = tuple[str, ...]
_LOCAL_TYPES = ("local", "broadcast", "nat", "anycast")
"""The types of routes that ip(8) puts into the local table if no table is given."""

_TABLE_NAMES = {TABLE_LOCAL: "local", TABLE_MAIN: "main", TABLE_DEFAULT: "default"}
"""The names of routing tables in the file /usr/share/iproute2/rt_tables of every distribution."""


def six(version: Version) -> Words:
    """Return the option ``-6`` of ip(8) for IPv6, or no option for IPv4."""
    return ("-6",) if version == 6 else ()


def selecting_route(route: Route) -> Words:
    """Return the arguments of ip(8) that select the route among all routes."""
    by_object = route.nexthop_id is not None
    words = [*_target(route)] if route.type == "unicast" or by_object else [route.type, *_target(route)]
    if route.source is not None:
        words += ["from", prefix_text(*route.source, route.version)]
    if by_object:
        words += ["nhid", str(route.nexthop_id)]
    elif len(route.next_hops) == 1:
        words += _hop(route.next_hops[0], route.version)
    else:
        words += [word for hop in route.next_hops for word in _one_of_many(hop, route.version)]
    if route.table not in (TABLE_MAIN, TABLE_LOCAL) or (route.table == TABLE_LOCAL) != (route.type in _LOCAL_TYPES):
        words += ["table", str(route.table)]
    if route.metric:
        words += ["metric", str(route.metric)]
    if route.tos:
        words += ["tos", hex(route.tos)]
    return tuple(words)


def _target(route: Route) -> Words:
    return ("default" if route.prefix_length == 0 else str(route.prefix),)


def deleting_route(route: Route, routes: tuple[Route, ...]) -> Words:
    """Return the arguments of ``ip route`` that delete the route.  A second run deletes no other route of ``routes``.

    ``ip route del`` cannot express that a route has no metric.  If no metric is given, the kernel deletes the first
    IPv4 route that matches the other arguments.  To select only this route, the arguments name the route's protocol, or
    ``ip route flush`` is used.  ``ip route flush`` deletes only the routes that its arguments select.  Source:
    net/ipv4/fib_semantics.c fib_nh_match(), iproute2 ip/iproute.c filter_nlmsg()"""
    alike = [each for each in routes if not route.metric and each.metric and _is_selected_by(route, each)]
    if not alike:
        return ("del", *selecting_route(route))
    if all(each.protocol != route.protocol for each in alike):
        return ("del", *selecting_route(route), "proto", route.protocol or "boot")
    kind = ("type", route.type) if route.type != "unicast" else ()
    links = ("dev", route.next_hops[0].link) if len(route.next_hops) == 1 and route.next_hops[0].link else ()
    where = (*_target(route), *links, "table", str(route.table))
    return ("flush", *kind, "exact", *where, "tos", hex(route.tos), "metric", "0")


def _is_selected_by(route: Route, other: Route) -> bool:
    """Return whether the arguments that delete the IPv4 route ``route`` also match ``other`` after ``route`` is
    gone."""
    one, two = (
        (each.version, each.table, each.destination, each.prefix_length, each.tos, len(each.next_hops))
        for each in (route, other)
    )
    if route.version != 4 or one != two or route.type not in ("unicast", other.type):
        return False
    hops = zip(route.next_hops, other.next_hops, strict=True)
    return all(first.link == second.link and first.gateway in (None, second.gateway) for first, second in hops)


def route_words(route: Route) -> Words:
    """Return the words that make a new route; raises ChangeError for a route that encapsulates."""
    words = list(selecting_route(route))
    if any(hop.encap for hop in route.next_hops):
        raise ChangeError(
            message("hairpin did not read enough of a route that encapsulates, so it cannot make the route")
        )
    if route.prefsrc is not None:
        words += ["src", address_text(route.prefsrc, route.version)]
    if route.version == 4 and _scope_differs(route):
        words += ["scope", route.scope]
    if route.mtu_bytes is not None:
        words += ["mtu", str(route.mtu_bytes)]
    return tuple(words)


def _scope_differs(route: Route) -> bool:
    """Return whether the route's scope differs from the scope that ip(8) gives the route by default: iproute.c
    iproute_modify()."""
    if route.scope in ("", "global"):
        return False
    if route.type in ("local", "nat"):
        return route.scope != "host"
    on_link = all(hop.gateway is None for hop in route.next_hops) and route.next_hops
    if route.type in ("broadcast", "multicast", "anycast") or (route.type == "unicast" and on_link):
        return route.scope != "link"
    return True


def _hop(hop: NextHop, version: Version) -> list[str]:
    words: list[str] = []
    if hop.gateway is not None:
        family = ["inet6"] if version == 4 and hop.gateway_version == 6 else []
        words += ["via", *family, address_text(hop.gateway, hop.gateway_version or version)]
    if hop.link:
        words += ["dev", hop.link]
    return [*words, "onlink"] if hop.onlink else words


def _one_of_many(hop: NextHop, version: Version) -> list[str]:
    return ["nexthop", *_hop(hop, version), "weight", str(hop.weight)]


def policy_rule_words(rule: PolicyRule) -> Words:
    """Return the selectors and the action of a policy rule.  Raises ChangeError for a rule with unknown selectors."""
    if rule.unknown_selectors:
        raise ChangeError(message("the policy rule {text} has selectors that hairpin does not know", text=rule.text))
    words = ["not"] if rule.inverted else []
    words += ["priority", str(rule.priority), *_selectors(rule)]
    match rule.action:
        case "table":
            words += ["l3mdev"] if rule.l3mdev else ["lookup", _TABLE_NAMES.get(rule.table or 0, str(rule.table))]
        case "goto":
            words += ["goto", str(rule.goto)]
        case _:
            words.append(rule.action)
    if rule.suppress_prefix_length is not None:
        words += ["suppress_prefixlength", str(rule.suppress_prefix_length)]
    if rule.suppress_group is not None:
        words += ["suppress_ifgroup", rule.suppress_group]
    return tuple(words)


def _selectors(rule: PolicyRule) -> Iterator[str]:
    for word, prefix in (("from", rule.source), ("to", rule.destination)):
        if prefix is not None:
            yield from (word, prefix_text(*prefix, rule.version))
    for word, name in (("iif", rule.iif), ("oif", rule.oif)):
        if name is not None:
            yield from (word, name)
    if rule.mark is not None:
        yield from ("fwmark", f"{rule.mark[0]:#x}/{rule.mark[1]:#x}")
    if rule.tos is not None:
        yield from ("dscp", str(rule.tos >> 2)) if rule.whole_dscp else ("tos", hex(rule.tos))
    if rule.protocol is not None:
        yield from ("ipproto", str(rule.protocol))
    for word, ports in (("sport", rule.sports), ("dport", rule.dports), ("uidrange", rule.uids)):
        if ports is not None:
            yield word
            yield f"{ports[0]}-{ports[1]}" if word == "uidrange" or ports[0] != ports[1] else str(ports[0])


def address_words(address: Address) -> Words:
    """Return the arguments of ip(8) that select an address on its link."""
    text = f"{address_text(address.value, address.version)}/{address.prefix_length}"
    if address.peer is not None:
        own = address_text(address.value, address.version)
        far = f"{address_text(address.peer, address.version)}/{address.prefix_length}"
        return (own, "peer", far, "dev", address.link)
    return (text, "dev", address.link)


def new_address_words(address: Address) -> Words:
    """Return the arguments of ip(8) that add a new address."""
    words = address_words(address)
    if address.broadcast is not None:
        words = (*words, "broadcast", address_text(address.broadcast, address.version))
    if address.version == 6 and address.deprecated:
        words = (*words, "preferred_lft", "0")
    words += ("nodad",) * address.nodad + ("noprefixroute",) * address.noprefixroute
    return (*words, "scope", address.scope) if address.version == 4 and address.scope != "global" else words


def neighbour_words(entry: Neighbour) -> Words:
    """Return the arguments of ip(8) that select a neighbour entry."""
    proxy = ("proxy",) if entry.proxy else ()
    return (*proxy, address_text(entry.value, entry.version), "dev", entry.link)


def new_neighbour_words(entry: Neighbour) -> Words:
    """Return the arguments of ip(8) that add a neighbour entry or a proxy entry."""
    words = neighbour_words(entry)
    if entry.proxy:
        return words
    hardware = ("lladdr", write_mac(entry.mac)) if entry.mac is not None else ()
    return (*words, *hardware, "nud", entry.state.lower())


def xfrm_words(policy: XfrmPolicy) -> Words:
    """Return the arguments of ip-xfrm(8) that select a policy."""
    words = ["src", str(policy.source), "dst", str(policy.destination)]
    words += ["dev", policy.link] if policy.link else []
    words += ["proto", str(policy.protocol)] if policy.protocol is not None else []
    for word, port in (("sport", policy.sport), ("dport", policy.dport)):
        words += [word, str(port)] if port is not None else []
    words += ["dir", policy.direction]
    words += ["mark", f"{policy.mark:#x}", "mask", f"{policy.mask:#x}"] if policy.mask else []
    return tuple(words)


def is_known_whole(policy: XfrmPolicy) -> bool:
    """Return whether a command can make the policy again.

    For example, hairpin can write no command that makes an encrypting policy, because it does not read how packets are
    encrypted."""
    return policy.known and not (policy.templates or policy.is_default)


def new_xfrm_words(policy: XfrmPolicy) -> Words:
    """Return the arguments of ip-xfrm(8) that make a policy; raises ChangeError if hairpin does not know the whole
    policy."""
    if not is_known_whole(policy):
        raise ChangeError(message("hairpin does not know all of the IPsec policy {policy}", policy=policy.text))
    action = ("action", "block") if policy.blocks else ()
    return (*xfrm_words(policy), *action, "priority", str(policy.priority))


def fdb_words(entry: FdbEntry) -> Words:
    """Return the arguments of bridge(8) for a forwarding entry of the bridge (``master``) or of the link (``self``).  A
    local entry of the bridge device also counts as an entry of the link."""
    words = [write_mac(entry.mac), "dev", entry.port]
    if entry.remote is not None:
        words += ["dst", address_text(entry.remote, 6 if entry.remote >> 32 else 4)]
    if entry.via is not None:  # without this word the kernel deletes no entry and reports no error
        words += ["via", entry.via]
    if entry.vlan is not None:
        words += ["vlan", str(entry.vlan)]
    words.append("self" if entry.bridge in (None, entry.port) else "master")
    return tuple(words)


def link_commands(before: Link, after: Link) -> Iterator[Words]:
    """Yield the commands that give the link the new properties.  There is no command for a carrier: only a person can
    plug in the cable."""
    own = ("ip", "link", "set", before.name)
    if before.mtu_bytes != after.mtu_bytes:
        yield ("ip", "link", "set", "dev", before.name, "mtu", str(after.mtu_bytes))
    if before.group != after.group:
        yield ("ip", "link", "set", "dev", before.name, "group", after.group)
    if before.master != after.master:
        yield (*own, "master", after.master) if after.master is not None else (*own, "nomaster")
    if after.port is not None:
        # A link that becomes a port starts with the kernel's defaults.
        old = before.port if before.port is not None and before.master == after.master else BridgePort()
        for flag in PORT_FLAGS:
            wanted: bool = getattr(after.port, flag)
            if getattr(old, flag) != wanted:
                yield ("bridge", "link", "set", "dev", before.name, flag, "on" if wanted else "off")
        # While the port is down, the kernel refuses a port state (br_netlink.c br_set_port_state()).  When the port
        # comes up, the kernel sets the state itself.
        running = before.up and before.carrier and after.up
        if running and after.port.state != old.state and after.port.state in PORT_STATES:
            yield ("bridge", "link", "set", "dev", before.name, "state", str(PORT_STATES.index(after.port.state)))
    old_end, end = before.tunnel, after.tunnel
    if old_end is not None and end is not None and end.remote not in (None, old_end.remote):
        yield (*own, "type", end.kind, "remote", address_text(end.remote or 0, end.version))
    if old_end is not None and end is not None and end.local not in (None, old_end.local):
        yield (*own, "type", end.kind, "local", address_text(end.local or 0, end.version))
    if (before.macvlan_mode, before.ipvlan_flag) != (after.macvlan_mode, after.ipvlan_flag):
        yield (*own, "type", *_mode_words(after))
    if ("NOARP" in before.flags) != ("NOARP" in after.flags):
        yield (*own, "arp", "off" if "NOARP" in after.flags else "on")
    yield from traffic_control_commands(before, after)
    if before.up != after.up:
        yield (*own, "up" if after.up else "down")


def traffic_control_commands(before: Link, after: Link) -> Iterator[Words]:
    """Yield the commands that delete and add the link's queueing disciplines and filters."""
    qdisc, filter_ = ("tc", "qdisc"), ("tc", "filter")
    lost_root = any(not old.parent for old in before.qdiscs if old not in after.qdiscs)
    for old in before.qdiscs:  # its child qdiscs are deleted with the root
        if old not in after.qdiscs and not (lost_root and old.parent):
            yield (*qdisc, "del", "dev", before.name, *_parent(old))
    for new in after.qdiscs:
        if new not in before.qdiscs:
            yield (*qdisc, "add", "dev", before.name, *_parent(new), new.kind, *new.words)
    for gone in before.filters:
        if gone not in after.filters:
            handle = ("handle", gone.handle) if gone.handle and gone.kind != "matchall" else ()
            yield (*filter_, "del", "dev", before.name, *_filter_words(gone), *handle, gone.kind)
    for made in after.filters:
        if made not in before.filters:
            yield (*filter_, "add", "dev", before.name, *_filter_words(made), made.kind, *(made.words or ()))


def _parent(qdisc: Qdisc) -> Words:
    return ("parent", qdisc.parent) if qdisc.parent else ("root",)


def _filter_words(each: Filter) -> Words:
    place = () if each.place == "root" else (each.place,)
    return (*place, "protocol", each.protocol, "pref", str(each.pref))


def new_bridge_commands(bridge: Link) -> Iterator[Words]:
    """Yield the commands that make a missing bridge."""
    address = ("address", write_mac(bridge.mac)) if bridge.mac is not None else ()
    yield ("ip", "link", "add", "name", bridge.name, *address, "type", "bridge")
    yield from link_commands(Link(bridge.index, bridge.name, "bridge", up=False), bridge)


def new_stacked_commands(made: Link, parent: str) -> Iterator[Words]:
    """Yield the commands that make a missing macvlan or ipvlan.

    The kernel gives a macvlan a random hardware address, and an ipvlan the hardware address of its parent link."""
    yield ("ip", "link", "add", "name", made.name, "link", parent, "type", *_mode_words(made))
    below = msgspec.structs.replace(made, up=False, flags=())
    yield from link_commands(below, msgspec.structs.replace(made, flags=()))


def _mode_words(link: Link) -> Words:
    """Return a macvlan's or ipvlan's kind, mode and flag as arguments of ip-link(8)."""
    mode = ("mode", link.macvlan_mode) if link.macvlan_mode is not None else ()
    flag = (link.ipvlan_flag,) if link.ipvlan_flag is not None and link.kind == "ipvlan" else ()
    return (link.kind, *mode, *flag)


def is_made_by_hand(entry: Neighbour) -> bool:
    """Return whether an administrator made the neighbour entry.  The kernel learns all other neighbour entries
    again."""
    return entry.proxy or entry.static


def is_own(entry: FdbEntry) -> bool:
    """Return whether the forwarding entry is local: it delivers frames for a hardware address to the bridge itself."""
    return entry.local and entry.bridge == entry.port


def is_static(entry: FdbEntry) -> bool:
    """Return whether an administrator made the forwarding entry: the bridge did not learn it, and it is neither a
    bridge's own address nor a multicast group of a link."""
    listens = entry.bridge is None and entry.remote is None and bool(entry.mac >> 40 & 1)
    return entry.state in ("static", "permanent") and not entry.local and not listens
