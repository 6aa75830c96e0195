"""The routes and policy rules of a namespace as ``ip -batch`` lines.  Source: ip-route(8), ip-rule(8)"""

from collections import Counter
from collections.abc import Iterator

from hairpin.host.host import Namespace
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.network.prefix import Version, address_text, is_loopback, is_multicast, prefix_text, width

_USUAL: dict[Version, tuple[tuple[int, int], ...]] = {
    4: ((0, TABLE_LOCAL), (32766, TABLE_MAIN), (32767, TABLE_DEFAULT)),
    6: ((0, TABLE_LOCAL), (32766, TABLE_MAIN)),
}


def routes(namespace: Namespace) -> Iterator[str]:
    """Yield a line for each route that the kernel does not make itself when an address is added.

    The first routes are those whose gateway the kernel would refuse if the other routes already existed.  The other
    routes follow in the order of their prefix lengths, the longest first, because the gateways of routes with shorter
    prefixes may need routes with longer prefixes."""
    wanted = tuple(each for each in namespace.routes if not _by_itself(namespace, each))

    def order(route: Route) -> tuple[bool, bool, int]:
        return not _is_contradicted(route, wanted), route.table != TABLE_LOCAL, -route.prefix_length

    for route in sorted(wanted, key=order):
        yield _line(route)


def _is_contradicted(route: Route, others: tuple[Route, ...]) -> bool:
    """Return whether the kernel would refuse the route's gateway if the other routes already existed.

    Source: net/ipv4/fib_semantics.c fib_check_nh_v4_gw(), net/ipv6/route.c ip6_route_check_nh_onlink()"""
    return route.prefsrc is None and any(
        hop.gateway is not None and _leads_elsewhere(other, hop.gateway, hop.gateway_version or route.version, hop.link)
        for hop in route.next_hops
        for other in others
    )


def _leads_elsewhere(other: Route, gateway: int, version: Version, link: str | None) -> bool:
    apart = width(version) - other.prefix_length
    covers = other.version == version and other.prefix_length > 0 and gateway >> apart == other.destination >> apart
    return covers and (other.type != "unicast" or all(hop.link != link for hop in other.next_hops))


def _by_itself(namespace: Namespace, route: Route) -> bool:
    """Return whether the kernel makes the route itself with an address or a link (net/ipv4/fib_frontend.c
    fib_add_ifaddr()).

    For IPv6 the kernel makes no broadcast routes (net/ipv6/addrconf.c)."""
    if route.table != TABLE_LOCAL:
        return False
    broadcast = (route.type, route.version) == ("broadcast", 4) and route.protocol in ("kernel", "")
    if broadcast or is_multicast(route.destination, route.version):
        return True
    if route.version == 6 and route.type == "anycast" and route.protocol == "kernel":
        return True
    if is_loopback(route.destination, route.version):
        return any(each.value == route.destination or each.link == "lo" for each in namespace.addresses)
    own = any(each.value == route.destination and each.version == route.version for each in namespace.addresses)
    return own and route.prefix_length == width(route.version)


def lost_routes(namespace: Namespace) -> Iterator[str]:
    """Yield a line for each local route that the kernel makes with an address and that the snapshot lacks: the line
    deletes the route.

    Source: net/ipv4/fib_frontend.c fib_add_ifaddr(), net/ipv6/addrconf.c __ipv6_ifa_notify()"""
    local = [each for each in namespace.routes if each.table == TABLE_LOCAL and each.type == "local"]
    read = {each.version for each in local}
    held = {(each.version, each.destination) for each in local}
    up = {each.name for each in namespace.links if each.up}
    for each in namespace.addresses:
        if each.tentative or each.version not in read or (each.version == 6 and each.link not in up):
            continue
        if (each.version, each.value) not in held:
            prefix = prefix_text(each.value, width(each.version), each.version)
            yield f"route del local {prefix} table {TABLE_LOCAL} dev {each.link}"


def _line(route: Route) -> str:
    words = ["route append" if route.version == 6 else "route add"]
    words += [route.type] if route.type != "unicast" else []
    words.append(str(route.prefix))
    if route.source is not None:
        words += ["from", prefix_text(*route.source, route.version)]
    if route.tos:
        words += ["tos", f"{route.tos:#x}"]
    words += ["table", str(route.table)]
    if route.metric:
        words += ["metric", str(route.metric)]
    if route.protocol:
        words += ["proto", route.protocol]
    if route.version == 4 and route.scope in ("link", "host", "nowhere"):
        words += ["scope", route.scope]
    if route.prefsrc is not None:
        words += ["src", address_text(route.prefsrc, route.version)]
    if route.mtu_bytes:
        words += ["mtu", str(route.mtu_bytes)]
    for hop in route.next_hops:
        words += _hop(hop, route, several=len(route.next_hops) > 1)
    return " ".join(words)


def _hop(hop: NextHop, route: Route, *, several: bool) -> list[str]:
    words = ["nexthop"] if several else []
    if hop.gateway is not None:
        version = hop.gateway_version or route.version
        family = ["inet6"] if version != route.version else []
        words += ["via", *family, address_text(hop.gateway, version)]
    if hop.link:
        words += ["dev", hop.link]
        # A route may outlive the route that made its gateway reachable, so the kernel must not check the gateway again.
        words += ["onlink"] if hop.gateway is not None else []
    if several and hop.weight > 1:
        words += ["weight", str(hop.weight)]
    return words


def rules(namespace: Namespace, version: Version) -> tuple[str, ...]:
    """Return the lines that turn the kernel's initial policy rules into the snapshot's policy rules.

    An initial rule that the snapshot also has is not replaced, because the kernel consults its IPv6 policy rules only
    after a rule was added.
    Source: net/ipv6/fib6_rules.c fib6_rule_lookup()"""
    found = tuple(each for each in namespace.rules if each.version == version)
    at = Counter(each.priority for each in found)
    stay = {
        each.priority
        for each in found
        if _plain(each) and (each.priority, each.table) in _USUAL[version] and at[each.priority] == 1
    }
    gone = tuple(f"rule del priority {priority}" for priority, _ in _USUAL[version] if found and priority not in stay)
    added = sorted((each for each in found if each.priority not in stay), key=lambda each: each.priority)
    return (*gone, *map(_rule, added))


def _plain(rule: PolicyRule) -> bool:
    asked = (
        rule.source,
        rule.destination,
        rule.iif,
        rule.oif,
        rule.mark,
        rule.protocol,
        rule.sports,
        rule.dports,
        rule.uids,
    )
    return rule.action == "table" and not rule.inverted and not rule.tos and all(each is None for each in asked)


def _rule(rule: PolicyRule) -> str:
    version = rule.version
    words = ["rule add", *(["not"] if rule.inverted else []), "priority", str(rule.priority)]
    for name, prefix in (("from", rule.source), ("to", rule.destination)):
        words += [name, prefix_text(*prefix, version)] if prefix is not None else []
    words += ["from all"] if rule.source is None and rule.destination is None else []
    for name, text in (("iif", rule.iif), ("oif", rule.oif)):
        words += [name, text] if text is not None else []
    if rule.mark is not None:
        words += ["fwmark", f"{rule.mark[0]:#x}/{rule.mark[1] & 0xFFFFFFFF:#x}"]
    words += ["tos", f"{rule.tos:#x}"] if rule.tos else []
    words += ["ipproto", str(rule.protocol)] if rule.protocol is not None else []
    for name, span in (("sport", rule.sports), ("dport", rule.dports), ("uidrange", rule.uids)):
        words += [name, f"{span[0]}-{span[1]}"] if span is not None else []
    words += _action(rule)
    return " ".join(words)


def _action(rule: PolicyRule) -> list[str]:
    if rule.action == "goto":
        return ["goto", str(rule.goto)]
    if rule.action != "table":
        return [rule.action]
    words = ["l3mdev"] if rule.l3mdev else ["lookup", str(rule.table)]
    if rule.suppress_prefix_length is not None:
        words += ["suppress_prefixlength", str(rule.suppress_prefix_length)]
    return words
