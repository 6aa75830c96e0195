"""Route lookup by policy rules, tables and the longest prefix.  Source: net/ipv4/fib_{rules,trie,semantics,frontend}.c,
net/ipv6."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from hairpin.door import Observation
from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.kept import kept
from hairpin.network.index import vrf_of
from hairpin.network.network import conf
from hairpin.network.prefix import Version, address_text, inside
from hairpin.network.query import NO_ROUTE, Found, Query
from hairpin.network.tables import by_precedence, fits_tos


class RuleAsked(Observation, frozen=True, gc=False):
    """A policy rule was compared with a query."""

    rule: PolicyRule
    query: Query
    applies: bool


class TableAsked(Observation, frozen=True, gc=False):
    """The table of a policy rule was looked up.  If ``found`` is None, the lookup continues with the next rule.

    If local and main are one table, the rule for ``local`` looks up both.
    """

    namespace: Namespace
    query: Query
    rule: PolicyRule
    found: Found | None


_DEFAULT_RULES: dict[Version, tuple[PolicyRule, ...]] = {
    4: (
        PolicyRule(4, 0, table=TABLE_LOCAL, text="0: from all lookup local"),
        PolicyRule(4, 32766, table=TABLE_MAIN, text="32766: from all lookup main"),
        PolicyRule(4, 32767, table=TABLE_DEFAULT, text="32767: from all lookup default"),
    ),
    6: (
        PolicyRule(6, 0, table=TABLE_LOCAL, text="0: from all lookup local"),
        PolicyRule(6, 32766, table=TABLE_MAIN, text="32766: from all lookup main"),
    ),
}


def lookup(namespace: Namespace, query: Query) -> Found:
    """Return the result of the first policy rule that gives a result, as fib_lookup() does; NO_ROUTE if no rule gives
    one."""
    query = _of_vrf(namespace, query)
    rules = rules_of(namespace, query.version)
    observer = namespace.door.observer
    if query.version == 4 and tables_are_one(namespace):
        return _in_both_tables(namespace, query, rules)
    position = 0
    jumps = 0
    while position < len(rules):
        rule = rules[position]
        position += 1
        applies = _selected(rule, query) is not rule.inverted
        if observer is not None:
            observer.observe(RuleAsked(rule, query, applies))
        if not applies:
            continue
        match rule.action:
            case "goto":
                # The kernel only jumps forward.  The bound protects against an endless loop in a manipulated snapshot.
                jumps += 1
                later = [n for n, each in enumerate(rules) if each.priority >= (rule.goto or 0)]
                if jumps > len(rules) or not later:
                    return NO_ROUTE
                position = max(position, later[0])
            case "nop":
                continue
            case "blackhole" | "unreachable" | "prohibit":
                return Found(rule.action, rule=rule)
            case "table":
                found = _in_table(namespace, query, rule)
                if found is not None:
                    return found
    return NO_ROUTE


def jumps(namespace: Namespace, query: Query) -> tuple[PolicyRule, ...]:
    """Return the ``goto`` rules that match the query, in order.  In a lookup, ``goto`` rules skip later rules."""
    asked = _of_vrf(namespace, query)
    skipping = (each for each in rules_of(namespace, query.version) if each.action == "goto")
    return tuple(each for each in skipping if _selected(each, asked) is not each.inverted)


def _of_vrf(namespace: Namespace, query: Query) -> Query:
    """Return the query with the VRF of its link.  Source: net/l3mdev/l3mdev.c l3mdev_update_flow()"""
    scope = query.scope
    vrf = vrf_of(namespace, scope.vrf or scope.oif or query.iif)
    if vrf is None:
        return query
    # A packet that is bound to the VRF may use any route of the VRF's table.
    oif = None if scope.oif == vrf.name else scope.oif
    names_vrf = Novelty.RULES_NAME_VRFS.known_to(namespace.kernel)
    within = msgspec.structs.replace(scope, vrf=vrf.name, oif=oif, names_vrf=names_vrf)
    return msgspec.structs.replace(query, scope=within)


@kept
def tables_are_one(namespace: Namespace) -> bool:
    """Return whether IPv4 has one table for local and main, as it does until a policy rule is added.

    In one table, a longer prefix of main comes before a shorter prefix of local.  After a policy rule was added and
    deleted again there are two tables, but no reading shows this.

    Source: net/ipv4/fib_trie.c fib_trie_table(), fib_trie_unmerge(); include/net/ip_fib.h fib_lookup()
    """
    return Novelty.TABLES_ARE_ONE.known_to(namespace.kernel) and _are_the_kernels(rules_of(namespace, 4))


def _are_the_kernels(rules: tuple[PolicyRule, ...]) -> bool:
    return len(rules) == len(_PLAIN) and all(_as_typed(one) == other for one, other in zip(rules, _PLAIN, strict=True))


_PLAIN, _PLAIN6 = (tuple(msgspec.structs.replace(each, text="") for each in rules) for rules in _DEFAULT_RULES.values())


def _in_both_tables(namespace: Namespace, query: Query, rules: tuple[PolicyRule, ...]) -> Found:
    local, main, default = rules
    fitting = sorted(
        (*by_precedence(namespace, query, TABLE_LOCAL), *by_precedence(namespace, query, TABLE_MAIN)),
        key=lambda route: -route.prefix_length,
    )
    found = _first(namespace, query, local, fitting)
    if found is not None and found.route is not None and found.route.table == TABLE_MAIN:
        found = msgspec.structs.replace(found, rule=main)
    _report(namespace, query, local, found)
    return found or _in_table(namespace, query, default) or NO_ROUTE


def rules_of(namespace: Namespace, version: Version) -> tuple[PolicyRule, ...]:
    """Return the policy rules in order; the kernel's default rules if no rules were read.

    Until a custom rule is added, IPv6 looks up local and then main, even if the rules for these tables were deleted.
    After a custom rule was added and deleted again, IPv6 follows the rules, but no reading shows this.

    Source: net/ipv6/fib6_rules.c fib6_rule_lookup(), fib6_has_custom_rules; measured on 6.18
    """
    return _by_priority(namespace)[version] or _DEFAULT_RULES[version]


def missing_rules(namespace: Namespace, version: Version) -> tuple[PolicyRule, ...]:
    """Return the kernel's own rules for the tables local and main that exist at no priority; an empty tuple if no rule
    was read."""
    own = tuple(each for each in namespace.rules if each.version == version)
    leading = {each.table for each in own if _selects_all(each) and each.action == "table"}
    wanted = (each for each in _DEFAULT_RULES[version] if each.table != TABLE_DEFAULT)
    return tuple(each for each in wanted if own and each.table not in leading)


def needless_rules(namespace: Namespace) -> tuple[PolicyRule, ...]:
    """Return the kernel's own IPv6 rules that are missing, if no other rule exists now.  The kernel needs these rules
    only if a custom rule was ever added, and no reading shows whether one was."""
    return missing_rules(namespace, 6) if not _by_priority(namespace)[6] else ()


def _as_typed(rule: PolicyRule) -> PolicyRule:
    """Return the policy rule without its text and without its place in a reading."""
    return msgspec.structs.replace(rule, text="", evidence="", entry=0)


def _selects_all(rule: PolicyRule) -> bool:
    """Return whether the rule selects every packet for its table and suppresses no result."""
    plain = PolicyRule(rule.version, rule.priority, table=rule.table)
    return _as_typed(rule) == plain


@kept
def _by_priority(namespace: Namespace) -> dict[Version, tuple[PolicyRule, ...]]:
    rules = sorted(namespace.rules, key=lambda rule: rule.priority)
    own6 = tuple(each for each in rules if each.version == 6)
    return {
        4: tuple(each for each in rules if each.version == 4),
        6: () if all(_as_typed(each) in _PLAIN6 for each in own6) else own6,
    }


def _selected(rule: PolicyRule, query: Query) -> bool:
    """Return whether the policy rule matches the query.

    Source: net/core/fib_rules.c fib_rule_match(), net/ipv4/fib_rules.c fib4_rule_match().
    """
    version = query.version
    checks = (
        _from(rule, query),
        rule.destination is None or inside(query.daddr, *rule.destination, version),
        rule.iif is None or rule.iif == query.iif or (query.iif != "lo" and _names_vrf(rule.iif, query)),
        rule.oif is None
        or rule.oif == (query.scope.oif or query.scope.prefers)
        or (query.iif == "lo" and _names_vrf(rule.oif, query)),
        rule.mark is None or (query.mark & rule.mark[1]) == (rule.mark[0] & rule.mark[1]),
        rule.tos is None or fits_tos(rule.tos, query, whole=rule.whole_dscp),
        rule.protocol is None or rule.protocol == query.protocol,
        _in_range(rule.sports, query.sport),
        _in_range(rule.dports, query.dport),
        _in_range(rule.uids, query.uid if query.uid is not None else 0),
        # Packets of a walk have no tunnel id.
        "tun_id" not in rule.unknown_selectors,
    )
    return all(checks)


def _names_vrf(link: str, query: Query) -> bool:
    """Return whether the rule's interface is the query's VRF.

    Source: include/net/l3mdev.h l3mdev_fib_rule_iif_match(), l3mdev_fib_rule_oif_match()
    """
    return query.scope.names_vrf and link == query.scope.vrf


def _from(rule: PolicyRule, query: Query) -> bool:
    """Return whether the rule's ``from`` matches the query's source.

    While the source address is not chosen yet, IPv6 does not compare it.  In that case a rule with ``from`` does not
    match, and a rule with ``not from`` matches.
    Source: net/ipv6/fib6_rules.c fib6_rule_match(): RT6_LOOKUP_F_HAS_SADDR
    """
    if rule.source is None:
        return True
    if query.version == 6 and query.saddr == 0:
        return rule.source[1] == 0
    return inside(query.saddr, *rule.source, query.version)


def _in_range(span: tuple[int, int] | None, value: int | None) -> bool:
    return span is None or (value is not None and span[0] <= value <= span[1])


def _in_table(namespace: Namespace, query: Query, rule: PolicyRule) -> Found | None:
    """Return the result from the rule's table.  Return None if the lookup continues with the next rule: the table has
    no route, a ``throw`` route, or a route that the rule suppresses."""
    vrf = namespace.link(query.scope.vrf) if query.scope.vrf else None
    table = (vrf.vrf_table if vrf is not None else None) if rule.l3mdev else rule.table
    found = None if table is None else _first(namespace, query, rule, by_precedence(namespace, query, table))
    _report(namespace, query, rule, found)
    return found


def _report(namespace: Namespace, query: Query, rule: PolicyRule, found: Found | None) -> None:
    if namespace.door.observer is not None:
        namespace.door.observer.observe(TableAsked(namespace, query, rule, found))


def _first(namespace: Namespace, query: Query, rule: PolicyRule, routes: Iterable[Route]) -> Found | None:
    for route in routes:
        if route.type in _NOWHERE and query.version == 6 and not {query.scope.oif, query.scope.strict} <= {None, "lo"}:
            continue  # IPv6 routes of these types use lo, not the required link: net/ipv6/route.c rt6_score_route()
        if route.type == "throw":
            return None
        if route.type in ("blackhole", "unreachable", "prohibit"):
            return Found(_special(route.type), route, rule=rule)
        kind = "unicast" if query.version == 6 and _is_nothing_to_ipv6(route) else route.type
        hops = usable_hops(namespace, query, route)
        if not hops and (route.next_hops or kind == "unicast" or query.scope.oif or query.scope.strict):
            continue
        if rule.suppress_prefix_length is not None and route.prefix_length <= rule.suppress_prefix_length:
            return None
        if rule.suppress_group is not None and _is_of_group(namespace, hops, rule.suppress_group):
            return None
        if kind == "nat":
            continue
        return Found(kind, route, hops, rule)
    return None


_NOWHERE = ("blackhole", "unreachable", "prohibit", "throw")


def _is_nothing_to_ipv6(route: Route) -> bool:
    """Return whether IPv6 stores the route's type but treats the route as unicast.

    IPv6 also treats an ``anycast`` route as unicast if the kernel did not make the route, although it delivers received
    packets locally by such a route (:func:`is_taken_in6`).

    Source: net/ipv6/route.c ip6_rt_init_dst(), rtm_to_fib6_config() (which sets no RTF_ANYCAST)
    """
    return route.type in ("broadcast", "multicast", "nat") or (route.type == "anycast" and route.protocol != "kernel")


def is_taken_in6(found: Found) -> bool:
    """Return whether IPv6 delivers a received packet with this route locally.

    Source: net/ipv6/route.c ip6_rt_init_dst()
    """
    return found.type == "local" or (found.route is not None and found.route.type == "anycast")


def _is_of_group(namespace: Namespace, hops: tuple[NextHop, ...], group: str) -> bool:
    """Return whether the route's link (for a multipath route: its first link) is in the link group.

    Source: net/ipv4/fib_rules.c fib4_rule_suppress(): suppress_ifgroup
    """
    link = namespace.link(hops[0].link) if hops and hops[0].link else None
    return link is not None and link.group == group


def _special(kind: str) -> Literal["blackhole", "unreachable", "prohibit"]:
    return "blackhole" if kind == "blackhole" else "unreachable" if kind == "unreachable" else "prohibit"


def usable_hops(namespace: Namespace, query: Query, route: Route) -> tuple[NextHop, ...]:
    """Return the route's next hops that the kernel can use.  A usable next hop is not dead, uses the required link, and
    does not use a link that the kernel ignores while it has no carrier."""
    hops: list[NextHop] = []
    for hop in route.next_hops:
        if hop.dead and not _only_ignored(namespace, hop):
            continue
        if query.scope.oif not in (None, hop.link) or query.scope.strict not in (None, hop.link):
            continue
        if hop.linkdown and not query.scope.ignores_linkstate and _ignores_linkdown(namespace, query.version, hop.link):
            continue
        hops.append(hop)
    return tuple(hops)


def _ignores_linkdown(namespace: Namespace, version: Version, link: str | None) -> bool:
    """Return whether the kernel ignores routes by the link while the link has no carrier.

    Source: include/linux/inetdevice.h IN_DEV_IGNORE_ROUTES_WITH_LINKDOWN, include/net/addrconf.h ip6_ignore_linkdown()
    """
    with_all = version == 4 and Novelty.ALL_IGNORES_LINKDOWN.known_to(namespace.kernel)
    rule: Literal["or", "own"] = "or" if with_all else "own"
    return link is not None and bool(conf(namespace, version, link, "ignore_routes_with_linkdown", rule=rule))


def _only_ignored(namespace: Namespace, hop: NextHop) -> bool:
    """Return whether the next hop is dead only because the kernel ignores routes by links without a carrier."""
    link = namespace.link(hop.link) if hop.link is not None else None
    return hop.linkdown and (link is None or link.up)


def route_text(route: Route) -> str:
    """Return the route as ip(8) prints it."""
    target = "default" if route.prefix_length == 0 else str(route.prefix)
    words = [target] if route.type == "unicast" else [route.type, target]
    for hop in route.next_hops:
        if hop.gateway is not None:
            words += ["via", address_text(hop.gateway, hop.gateway_version or route.version)]
        if hop.link:
            words += ["dev", hop.link]
    if route.table not in (TABLE_MAIN, TABLE_LOCAL):
        words += ["table", str(route.table)]
    if route.metric:
        words += ["metric", str(route.metric)]
    if any(hop.onlink for hop in route.next_hops):
        words.append("onlink")
    return " ".join(words)


@kept
def has_custom_rules(namespace: Namespace) -> bool:
    """Return whether IPv4 has custom policy rules or local routes, or lacks one of the kernel's own rules.

    Source: net/ipv4/fib_rules.c fib4_rule_configure(), fib4_rule_delete()"""
    priorities = {rule.priority for rule in namespace.rules if rule.version == 4}
    if priorities and priorities != {0, 32766, 32767}:
        return True
    return any(each.version == 4 and each.type == "local" and each.protocol != "kernel" for each in namespace.routes)
