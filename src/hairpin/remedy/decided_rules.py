"""Finds signs that a person decided a rule or a policy of the packet filter, a policy rule of routing, or a route.

An engine's rule is not a decision.  A rule of no engine counts as decided only if it has a sign: a comment, times, a
chain of its own, or an earlier rule that lets other clients in, or in DOCKER-USER the answers.  A rule that was typed
in a hurry has no such sign.

A policy rule or a route counts as decided if it refuses packets, or sends them to a table that a person filled: no
kernel and no engine makes one.
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.engines.missing import is_engines
from hairpin.firewalls.chain_owner import is_firewallds
from hairpin.firewalls.let_in import is_of_ufws_users
from hairpin.host.boot.configured import is_iptables_table, keeper_of, of_place
from hairpin.host.host import Host, Namespace
from hairpin.host.managers import PANIC_TABLE
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, PolicyRule, Route
from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Place, place_of, rule_at
from hairpin.netfilter.limit import TimeWindow
from hairpin.netfilter.packet import Seen
from hairpin.network.attachment import network_for
from hairpin.network.network import Network, is_uplink, owns_address
from hairpin.network.prefix import Version, address_text, prefix_text, range_text, width
from hairpin.network.routing import route_text
from hairpin.programs import UFW, chains_of, having_role
from hairpin.remedy.nearest_rule import closing_sign

_COMMENT = re.compile(r"""(?:--comment\s+|\bcomment (?="))(?:"([^"]*)"|'([^']*)'|(\S+))""")
_SET = re.compile(r"(?P<negated>! )?--match-set (?P<name>\S+)")
_BASE = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "BROUTING", "DOCKER-USER")
"""The names of chains that no person made: built-in chains, and Docker's DOCKER-USER."""
_OF_ENGINES = chains_of("engine")
_ENGINE_TABLES = tuple(table for each in having_role("engine") for table in each.tables)
_SOURCES = ("saddr4", "saddr6", "ct-orig-saddr4", "ct-orig-saddr6")
_ADDRESSES = (
    "saddr4", "saddr6", "daddr4", "daddr6",
    "ct-orig-saddr4", "ct-orig-saddr6", "ct-orig-daddr4", "ct-orig-daddr6",
)  # fmt: skip
_PORTS = ("dport", "sport", "ct-orig-dport", "ct-orig-sport")
_NOWHERE = ("blackhole", "unreachable", "prohibit")
_KERNELS = (TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT)


def sign_of(place: Place, netns: Netns, network: Network, seen: Seen | None = None) -> Message | None:
    """Return the sign that a person decided the rule or the policy at the place, which stops the packet ``seen``; None
    if there is no sign."""
    if netns not in network:
        return None
    host = network.host(netns.host)
    if netns.is_host and (is_engines(host, place) or _is_of_engine(place)):
        return None
    ruleset = network.namespace(netns).ruleset
    rule = rule_at(ruleset, place)
    return (
        _panic(place)
        or _ban_list(place)
        or _of_ufws_users(place, host)
        or _own_words(rule)
        or (_written(place, host) if netns.is_host else None)
        or _ban(rule, host)
        or _by_no_other_link(rule, host)
        or _kept_in(rule, netns, network)
        or _own_place(place)
        or _closing(place, netns, network, seen)
    )


def _is_of_engine(place: Place) -> bool:
    if place.dialect == "nft":
        return place.table in _ENGINE_TABLES
    return place.chain.startswith(_OF_ENGINES) and place.chain != "DOCKER-USER"


def _panic(place: Place) -> Message | None:
    if place.dialect != "nft" or place.table != PANIC_TABLE:
        return None
    return message("`firewall-cmd --panic-on` stops all packets of this host")


def _ban_list(place: Place) -> Message | None:
    for name in (place.chain, place.table):
        if name.startswith(chains_of("ban-list")):
            return message("{name} is a ban list", name=name)
    return None


def _written(place: Place, host: Host) -> Message | None:
    found = of_place(place, host)
    if found is None:
        return None
    if found.line:
        return message("the rule is written in line {line} of {file}", file=found.file, line=found.line)
    return message("the rule is written in {file}", file=found.file)


def _own_words(rule: ir.Rule | None) -> Message | None:
    """Return the sign in the rule itself, such as its comment or the addresses that it excepts, or None."""
    if rule is None:
        return None
    found = _COMMENT.search(rule.text)
    comment = next(filter(None, found.groups()), "") if found is not None else ""
    if comment:
        return message("the rule has the comment “{comment}”", comment=comment)
    for part in map(_single, rule.body if _ends_in_stop(rule) else ()):
        if isinstance(part, ir.FieldMatch) and part.negated and part.field in _SOURCES:
            return message("the rule keeps out all clients except {sources}", sources=_ranges(part))
        if isinstance(part, ir.FieldMatch) and part.negated and part.field in _ADDRESSES:
            return message("the rule lets packets through only to {targets}", targets=_ranges(part))
        if isinstance(part, ir.FieldMatch) and part.negated and part.field == "iif-group":
            return message("the rule keeps out all interfaces outside of group {group}", group=part.ranges[0][0])
        if isinstance(part, ir.StatefulMatch) and (part.name == "time" or isinstance(part.limit, TimeWindow)):
            return message("the rule stops packets only at the times that somebody set")
        asked = _set_asked(part)
        if asked is not None:
            name, negated = asked
            if negated:
                return message("the rule keeps out all addresses that are not in set {name}", name=name)
            return message("set {name} contains the addresses that the rule keeps out", name=name)
    return None


def _single(part: ir.Expression) -> ir.Expression:
    """Return the only alternative of an ``AnyOfMatch`` (``! --match-set NAME dst,dst``), or any other part."""
    if not isinstance(part, ir.AnyOfMatch) or len(part.alternatives) != 1:
        return part
    match part.alternatives[0]:
        case ir.FieldMatch() | ir.SetMatch() | ir.InlineSetMatch() as inner:
            return msgspec.structs.replace(inner, negated=inner.negated is not part.negated)
        case _:
            return part


def _set_asked(part: ir.Expression) -> tuple[str, bool] | None:
    """Return the name of the set of addresses or ports that the match uses, and whether the match is negated.  Return
    None for any other match.  For a set that was not read, the name comes from the rule's text."""
    if isinstance(part, ir.SetMatch):
        return None if _only_links(part.fields) else (part.set, part.negated)
    found = _SET.search(part.text) if isinstance(part, ir.OpaqueMatch) else None
    return (found["name"], bool(found["negated"])) if found is not None else None


def _ban(rule: ir.Rule | None, host: Host) -> Message | None:
    """Return the sign that the rule is a ban: it stops clients by their addresses, and no container of this host is
    among these clients."""
    if rule is None or not _ends_in_stop(rule):
        return None
    for part in rule.body:
        if isinstance(part, ir.FieldMatch) and not part.negated and part.field in _SOURCES:
            version = _version(part.field)
            if all(network_for(host, first, version) is None for first, _ in part.ranges):
                return message("the rule keeps out {sources}", sources=_ranges(part))
    return None


def _by_no_other_link(rule: ir.Rule | None, host: Host) -> Message | None:
    """Return the sign that the rule is a kill switch: the rule stops all packets that do not leave by the named link,
    such as a tunnel."""
    bridges = {each.bridge for engine in host.engines for each in engine.networks}
    for part in rule.body if rule is not None and _ends_in_stop(rule) else ():
        if isinstance(part, ir.NameMatch) and part.field == "oif" and part.negated and not bridges & set(part.names):
            return message("the rule lets packets out only through {links}", links=", ".join(part.names))
    return None


def _kept_in(rule: ir.Rule | None, netns: Netns, network: Network) -> Message | None:
    """Return the sign that the rule keeps containers in: it stops what containers send out by a link to the outside."""
    host, links, sources = network.host(netns.host), "", ""
    for part in rule.body if rule is not None and _ends_in_stop(rule) else ():
        if isinstance(part, ir.NameMatch) and part.field == "oif" and not part.negated:
            held = tuple(network.namespace(netns).link(each) for each in part.names)
            if all(each is not None and is_uplink(network, netns, each) for each in held):
                links = ", ".join(part.names)
        if isinstance(part, ir.FieldMatch) and not part.negated and part.field in _SOURCES:
            version = _version(part.field)
            if all(network_for(host, first, version) is not None for first, _ in part.ranges):
                sources = _ranges(part)
    if not links or not sources:
        return None
    return message("the rule keeps packets of {sources} from leaving by {links}", sources=sources, links=links)


def _only_links(fields: tuple[str, ...]) -> bool:
    return all(each in ("iif", "oif", "physin", "physout") for each in fields)


def _ranges(part: ir.FieldMatch) -> str:
    version = _version(part.field)
    if part.mask & ((1 << width(version)) - 1) != (1 << width(version)) - 1:
        mask = address_text(part.mask, version)  # no prefix: the rule compares other bits than the first ones
        return ", ".join(f"{address_text(first, version)}/{mask}" for first, _ in part.ranges)
    return ", ".join(range_text(first, last, version) for first, last in part.ranges)


def _version(field: str) -> Version:
    return 6 if field.endswith("6") else 4


def _of_ufws_users(place: Place, host: Host) -> Message | None:
    """Return the sign that a user of ufw made the rule.  The sign quotes the ufw command and its comment if ufw's file
    contains them."""
    if not is_of_ufws_users(place):
        return None
    from hairpin.remedy.ufw_typed import typed_for  # noqa: PLC0415 - few hosts have ufw

    typed = typed_for(of_place(place, host), host)
    if typed is None:
        return message("a user of ufw added the rule")
    return (
        message("somebody typed `{said}`, with the comment “{comment}”", said=typed.words, comment=typed.comment)
        if typed.comment
        else message("somebody typed `{said}`", said=typed.words)
    )


def _own_place(place: Place) -> Message | None:
    """Return the sign that the rule is in a table or a chain which a person made."""
    if keeper_of(place) is not None:
        return None
    if place.dialect == "nft" and not is_iptables_table(place):
        if is_firewallds(place) or place.table in _ENGINE_TABLES:
            return None
        said = message("nftables table {family} {table} is made by no program that hairpin knows")
        return said.filled(family=place.family, table=place.table)
    if place.chain in _BASE or place.chain.startswith((*_OF_ENGINES, *UFW.chains)) or is_firewallds(place):
        return None
    return message("chain {chain} is made by no program that hairpin knows", chain=place.chain)


def _closing(place: Place, netns: Netns, network: Network, seen: Seen | None) -> Message | None:
    """Return the sign that the rule or the policy ends an allow-list: earlier rules of its chain let other packets
    through."""
    table = network.namespace(netns).ruleset.table(place.family, place.table, place.dialect)
    chain = table.chain(place.chain) if table is not None else None
    by_program = place.chain.startswith(UFW.chains) or is_firewallds(place) or keeper_of(place) is not None
    if table is None or chain is None or by_program:
        return None
    dockers = (each for each in network.host(netns.host).engines if each.kind == "docker")
    if place.number == 0 and place.chain == "FORWARD" and any(dockers):
        return None  # dockerd sets this policy
    allowed = tuple(each for each, _ in _let_through_before(place, table, chain, netns, network))
    if not allowed:
        return None
    return closing_sign(allowed, lambda rule: place_of(table, chain.name, rule).text, seen, network.host(netns.host))


def _let_through_before(
    place: Place, table: ir.Table, chain: ir.Chain, netns: Netns, network: Network
) -> Iterator[tuple[ir.Rule, tuple[ir.FieldMatch | ir.SetMatch | ir.InlineSetMatch, ...]]]:
    """Yield the rules that stand before the place in its chain and let packets through that the place would stop.

    Only rules for single addresses or ports are yielded, each with its matches of addresses and ports.  The engines'
    own rules are left out."""
    stopping = next((each for each in chain.rules if each.number == place.number), None)
    host = network.host(netns.host)
    for rule in chain.rules:
        if rule is stopping:
            return
        if not lets_through(rule):
            continue
        chosen = tuple(part for part in map(_single, rule.body) if _chooses(part, chain))
        if not chosen or (netns.is_host and is_engines(host, place_of(table, chain.name, rule))):
            continue
        if stopping is None or _overlap(rule.body, stopping.body):
            yield (
                rule,
                tuple(part for part in chosen if isinstance(part, ir.FieldMatch | ir.SetMatch | ir.InlineSetMatch)),
            )


def _chooses(part: ir.Expression, chain: ir.Chain) -> bool:
    """Return whether the match picks single addresses or ports.

    In DOCKER-USER the match may also pick the answers.  This chain is for people's own rules.  A person who lets the
    answers through and drops the rest has closed the ports on purpose."""
    if isinstance(part, ir.FieldMatch):
        fields = (*_ADDRESSES, *_PORTS, *(("ct-state",) if chain.name == "DOCKER-USER" else ()))
        return not part.negated and part.field in fields
    if isinstance(part, ir.InlineSetMatch):
        return not part.negated and not _only_links(part.fields)
    asked = _set_asked(part)
    return asked is not None and not asked[1]


def _overlap(one: tuple[ir.Expression, ...], other: tuple[ir.Expression, ...]) -> bool:
    """Return whether one packet may satisfy the bodies of both rules.  The matches of the two bodies are compared in
    pairs."""
    for first in one:
        for second in other:
            if isinstance(first, ir.NameMatch) and isinstance(second, ir.NameMatch) and first.field == second.field:
                apart = not first.negated and not second.negated and not set(first.names) & set(second.names)
                if apart and not any("*" in each for each in (*first.names, *second.names)):
                    return False
            if isinstance(first, ir.FieldMatch) and isinstance(second, ir.FieldMatch) and _apart(first, second):
                return False
    return True


def _apart(first: ir.FieldMatch, second: ir.FieldMatch) -> bool:
    if first.field != second.field or first.mask != second.mask or first.field == "ct-state":
        return False
    if first.negated and second.negated:
        return False
    if first.negated or second.negated:
        kept, spared = (second, first) if first.negated else (first, second)
        return all(any(low >= a and high <= b for a, b in spared.ranges) for low, high in kept.ranges)
    return not any(a <= d and c <= b for a, b in first.ranges for c, d in second.ranges)


def _ends_in_stop(rule: ir.Rule) -> bool:
    """Return whether the rule drops or rejects packets."""
    last = rule.body[-1] if rule.body else None
    return isinstance(last, ir.Reject) or last == ir.Verdict("drop")


def lets_through(rule: ir.Rule | None) -> bool:
    """Return whether the rule accepts packets or returns from its chain."""
    last = rule.body[-1] if rule is not None and rule.body else None
    return isinstance(last, ir.Verdict) and last.verdict in ("accept", "return")


def sign_of_policy_rule(rule: PolicyRule, namespace: Namespace) -> Message | None:
    """Return the sign that a person decided the policy rule; None if there is no sign."""
    if rule.action in _NOWHERE:
        return message("the policy rule `{rule}` refuses the packets that it selects", rule=rule.text)
    if rule.action != "table" or rule.table in (*_KERNELS, None):
        return None
    held = _routes_of(rule, namespace)
    if not held:
        return None
    refusing = next((each for each in held if each.type in _NOWHERE), None)
    if refusing is not None:
        return message(
            "`{route}` in table {table} refuses the packets that policy rule {priority} selects, unless another route "
            "of that table takes them",
            route=route_text(refusing),
            table=refusing.table,
            priority=rule.priority,
        )
    if rule.source is not None and rule.source[1] == width(rule.version):
        address = address_text(rule.source[0], rule.version)
        if owns_address(namespace, rule.version, rule.source[0]):
            return message(
                "policy rule {priority} sends the host's answers from {address} through the uplink that has this "
                "address: {route}",
                priority=rule.priority,
                address=address,
                route=route_text(held[0]),
            )
    return message(
        "policy rule {priority} sends {what} through a table that somebody filled: {route}",
        priority=rule.priority,
        what=_selected(rule),
        route=route_text(held[0]),
    )


def _routes_of(rule: PolicyRule, namespace: Namespace) -> tuple[Route, ...]:
    """Return the routes of the table that the policy rule selects."""
    return tuple(each for each in namespace.routes if (each.version, each.table) == (rule.version, rule.table))


def keeps_in(rule: PolicyRule, namespace: Namespace) -> bool:
    """Return whether the policy rule is a kill switch: the rule, or a route of its table, refuses packets."""
    return rule.action in _NOWHERE or any(each.type in _NOWHERE for each in _routes_of(rule, namespace))


def sign_of_route(route: Route) -> Message | None:
    """Return the sign that a person decided the route; None if there is no sign."""
    if route.type in _NOWHERE:
        return message("`{route}` refuses packets on purpose", route=route_text(route))
    if route.table not in _KERNELS:
        return message("`{route}` is in table {table}, which somebody filled", route=route_text(route),
                       table=route.table)  # fmt: skip
    return None


def _selected(rule: PolicyRule) -> str:
    for word, what in (("from", rule.source), ("to", rule.destination)):
        if what is not None:
            return f"{word} {prefix_text(*what, rule.version)}"
    return rule.text
