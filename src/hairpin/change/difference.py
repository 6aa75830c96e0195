"""The change from one network to another.  The change between two networks undoes another change, or shows drift.

Only state that commands set in the kernel is compared.  Not compared are counters, timers, handles, state that the
kernel learns itself (neighbours, connections, link-local addresses), and work of an engine or a person.  Each part of
the change is simulated before the next part is searched, because a link that comes up and a changed ``ip_forward``
have side effects.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

import msgspec

from hairpin.change import change as c
from hairpin.change.commands.loading import replacing
from hairpin.change.commands.words import is_known_whole, is_made_by_hand, is_own, is_static, link_commands
from hairpin.change.expect import entry_key
from hairpin.change.simulation.entries import (
    check_gateways,
    fdb_slot,
    is_alone,
    is_alone_in_fdb,
    neighbour_slot,
    route_slot,
)
from hairpin.change.simulation.rules import tool_rules
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.host.route import Route
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import place_of, policy_place
from hairpin.netfilter.ir import Chain, Rule, Table
from hairpin.network.network import Network
from hairpin.network.prefix import LINK_LOCAL6

T = TypeVar("T")
Find = Callable[[Netns, Namespace, Namespace], Iterator[c.InKernel]]


def difference(now: Network, wanted: Network) -> c.Change:
    """Return the change that makes the namespaces of ``now`` equal to the namespaces of ``wanted``.  Namespaces that
    only one network has are ignored.  Raises ChangeError if no command can make the change, for example for missing
    links or for a chain that is bound to other hooks."""
    parts: list[c.InKernel] = []
    changed: list[Netns] = []
    for netns, namespace in wanted.namespaces():
        if netns not in now or now.namespace(netns) is namespace:
            continue
        changed.append(netns)
        for find in _KINDS:
            for part in tuple(find(netns, now.namespace(netns), namespace)):
                if isinstance(part, c.AddEntry) and isinstance(part.entry, Route):
                    check_gateways(now.namespace(netns), part.entry)
                now = simulate(c.Change((part,)), now)
                parts.append(part)
    for netns in changed:
        known, namespace = now.namespace(netns), wanted.namespace(netns)
        if any(part for find in _KINDS for part in find(netns, known, namespace)):
            raise ChangeError(message("no command restores namespace {netns}", netns=netns.name))
    return c.Change(tuple(parts))


def _names(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    """Yield a renaming of each link that has the same index in both namespaces but another name."""
    strays = {each.index: each for each in now.links if wanted.link(each.name) is None}
    for link in wanted.links:
        stray = strays.get(link.index)
        if now.link(link.name) is None and stray is not None and (stray.kind, stray.mac) == (link.kind, link.mac):
            yield c.RenameLink(netns, stray.name, link.name)


_MADE = ("bridge", "macvlan", "ipvlan")
"""The kinds of links that a step can create."""


def _links(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    for link in wanted.links:
        known = now.link(link.name)
        if known is None:
            raise ChangeError(message("link {link} does not exist", link=link.name))
        if known is not link and any(link_commands(known, _in_state_of(known, link, now, wanted))):
            yield c.SetLink(netns, link)
    for link in now.links:
        if link.kind in _MADE and wanted.link(link.name) is None:
            yield c.DeleteLink(netns, link.name)


def _in_state_of(known: Link, link: Link, now: Namespace, wanted: Namespace) -> Link:
    """Return the wanted link.  If its bridge changes between up and down, the returned link has its present port state,
    because the kernel then sets the states of all ports of the bridge itself.

    Source: net/bridge/br_stp_if.c br_stp_enable_bridge(), br_stp_disable_bridge()"""
    bridges = [each.link(link.master) if link.master is not None else None for each in (now, wanted)]
    ups = {each.up for each in bridges if each is not None}
    if link.port is None or known.port is None or len(ups) < 2:
        return link
    return msgspec.structs.replace(link, port=msgspec.structs.replace(link.port, state=known.port.state))


def _global_sysctls(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    """Yield the changes of the sysctls that the kernel copies to other sysctls."""
    yield from (each for each in _sysctls(netns, now, wanted) if {"all", "ip_forward"} & set(each.path))


def _sysctls(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.SetSysctl]:
    if now.sysctls is wanted.sysctls:
        return
    for path, value in wanted.sysctls.values.items():
        known = now.sysctls.values.get(path)
        if known is not None and known.split() != value.split():
            yield c.SetSysctl(netns, path, value)


def _addresses(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    """Yield the deletions of addresses, then the additions.  The kernel makes the first IPv4 address of a network the
    primary address.  If the order of addresses differs, all addresses of the link are deleted, and added again in the
    wanted order."""
    if now.addresses is wanted.addresses:
        return
    for link in wanted.links:
        for version in (4, 6):
            held, asked = _of_link(now, link.name, version), _of_link(wanted, link.name, version)
            if [_with_rank(each) for each in held] == [_with_rank(each) for each in asked]:
                continue
            keys, asked_keys = [entry_key(each) for each in held], [entry_key(each) for each in asked]
            kept = [each for each in keys if each in asked_keys]
            if version == 4 and kept != asked_keys[: len(kept)]:
                kept = []
            yield from (c.DeleteEntry(netns, each) for each in reversed(held) if entry_key(each) not in kept)
            yield from (
                c.AddEntry(netns, msgspec.structs.replace(each, secondary=False))
                for each in asked
                if entry_key(each) not in kept
            )


def _of_link(namespace: Namespace, link: str, version: int) -> list[Address]:
    return [
        each
        for each in namespace.addresses
        if (each.link, each.version) == (link, version)
        and not LINK_LOCAL6.holds(each.value, each.version)
        and not each.dynamic
    ]


def _with_rank(address: Address) -> tuple[object, ...]:
    return entry_key(address), address.secondary


def _neighbours(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    held = {entry_key(each): each for each in now.neighbours if is_made_by_hand(each)}
    asked = {entry_key(each): each for each in wanted.neighbours if is_made_by_hand(each)}
    taken = {neighbour_slot(each) for each in asked.values()}  # an added entry replaces the entry with the same address
    yield from (c.DeleteEntry(netns, each) for each in held.values() if neighbour_slot(each) not in taken)
    yield from (c.AddEntry(netns, each) for key, each in asked.items() if key not in held)


def _fdb(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    held = {entry_key(each): each for each in now.fdb if is_static(each) or is_own(each)}
    asked = {entry_key(each): each for each in wanted.fdb if is_static(each) or is_own(each)}
    surplus = {fdb_slot(each): each for key, each in held.items() if key not in asked}
    lacking = [each for key, each in asked.items() if key not in held]
    pairs = [
        c.ReplaceEntry(netns, surplus[fdb_slot(each)], each)
        for each in lacking
        if fdb_slot(each) in surplus
        and is_alone_in_fdb(now.fdb, surplus[fdb_slot(each)])
        and is_alone_in_fdb(wanted.fdb, each)
        and surplus[fdb_slot(each)].state == each.state
    ]
    replaced = {each for pair in pairs for each in (pair.before, pair.entry)}
    yield from pairs
    yield from (c.DeleteEntry(netns, each) for key, each in held.items() if key not in asked and each not in replaced)
    yield from (c.AddEntry(netns, each) for each in lacking if each not in replaced)


def _ipsec(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    """Yield the changes of IPsec policies that hairpin knows whole.

    IPsec policies that hairpin does not know whole are left to the IPsec daemon."""
    held, asked = ({entry_key(each): each for each in of.xfrm_policies if is_known_whole(each)} for of in (now, wanted))
    yield from (c.DeleteEntry(netns, each) for key, each in held.items() if key not in asked)
    yield from (c.AddEntry(netns, each) for key, each in asked.items() if key not in held)


def _routes(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    if now.routes is wanted.routes:
        return
    held = {entry_key(each): each for each in now.routes if not _is_derived(each)}
    asked = {entry_key(each): each for each in wanted.routes if not _is_derived(each)}
    surplus = [each for key, each in held.items() if key not in asked]
    lacking = [each for key, each in _nearest_first(asked) if key not in held]
    alone = {route_slot(each): each for each in surplus if is_alone(now.routes, each)}
    replaced = {
        route_slot(each): alone[route_slot(each)]
        for each in lacking
        if route_slot(each) in alone and is_alone(wanted.routes, each)
    }
    taken = {route_slot(each) for each in lacking} - replaced.keys()
    # A surplus route may lead to the gateway of a new route.  Surplus routes are deleted last, except if a new route
    # needs the slot of a surplus route.
    yield from (c.DeleteEntry(netns, each) for each in surplus if route_slot(each) in taken)
    for each in lacking:
        before = replaced.get(route_slot(each))
        yield c.AddEntry(netns, each) if before is None else c.ReplaceEntry(netns, before, each)
    over = taken | replaced.keys()
    yield from (c.DeleteEntry(netns, each) for each in surplus if route_slot(each) not in over)


def _nearest_first(routes: dict[Route, Route]) -> list[tuple[Route, Route]]:
    """Return the routes in the order in which they can be added.  Routes without a gateway come first, because the
    kernel accepts a gateway only if a route leads to it."""
    return sorted(routes.items(), key=lambda item: any(hop.gateway is not None for hop in item[0].next_hops))


def _is_derived(route: Route) -> bool:
    """Return whether the kernel makes the route by itself for each link with IPv6: docs/limitations.md."""
    if route.version != 6:
        return False
    return route.type in ("anycast", "multicast") or LINK_LOCAL6.holds(route.destination, 6)


def _policy_rules(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    if now.rules is wanted.rules:
        return
    held = [entry_key(each) for each in now.rules]
    asked = [entry_key(each) for each in wanted.rules]
    if held == asked:
        return
    for tag, first, last, first_wanted, last_wanted in SequenceMatcher(None, held, asked, autojunk=False).get_opcodes():
        if tag in ("delete", "replace"):
            yield from (c.DeleteEntry(netns, each) for each in now.rules[first:last])
        if tag in ("insert", "replace"):
            yield from (c.AddEntry(netns, each) for each in wanted.rules[first_wanted:last_wanted])


def _tables(netns: Netns, now: Namespace, wanted: Namespace) -> Iterator[c.InKernel]:
    """Yield edits of the tables that both namespaces have, and replacements of all other tables."""
    if now.ruleset is wanted.ruleset:
        return
    asked = {(each.dialect, each.family, each.name) for each in wanted.ruleset.tables}
    for table in now.ruleset.tables:
        if (table.dialect, table.family, table.name) not in asked and not _is_idle(table):
            yield c.ReplaceTable(netns, table.dialect, table.family, table.name, None)
    for table in wanted.ruleset.tables:
        held = now.ruleset.table(table.family, table.name, table.dialect)
        if held is table:
            continue
        if held is not None and held.dormant is not table.dormant:
            yield c.SetDormant(netns, table.dialect, table.family, table.name, table.dormant)
        if held is None or _frame(held) != _frame(table):
            if not (held is None and _is_idle(table)):
                replacing(c.ReplaceTable(netns, table.dialect, table.family, table.name, table))
                yield c.ReplaceTable(netns, table.dialect, table.family, table.name, table)
            continue
        yield from _edits(netns, held, table)


def _is_idle(table: Table) -> bool:
    """Return whether the table is a table of iptables without effect: all its chains are built-in and empty, and have
    the policy ACCEPT."""
    return table.dialect.startswith("iptables") and not any(
        chain.rules or chain.hook is None or chain.policy == "drop" for chain in table.chains
    )


def _frame(table: Table) -> tuple[object, ...]:
    """Return the parts of a table that no edit can change: base chains, sets, maps, objects."""
    bases = tuple(sorted((each.name, each.hook, each.type, each.priority, each.devices) for each in _bases(table)))
    idle = table.dialect.startswith("iptables")  # iptables makes built-in chains on demand
    return () if idle else bases, table.sets, table.maps, table.objects


def _bases(table: Table) -> Iterator[Chain]:
    yield from (each for each in table.chains if each.hook is not None)


def _edits(netns: Netns, held: Table, wanted: Table) -> Iterator[c.InKernel]:
    names = {each.name for each in wanted.chains}
    for chain in wanted.chains:
        if held.chain(chain.name) is None and chain.hook is None:
            yield c.AddChain(netns, held.dialect, held.family, held.name, chain.name)
    for chain in (*wanted.chains, *(each for each in held.chains if each.name not in names)):
        known = held.chain(chain.name)
        asked = chain if chain.name in names else msgspec.structs.replace(chain, rules=(), policy="accept")
        if known is not chain or chain.name not in names:
            yield from _rule_edits(netns, held, known or msgspec.structs.replace(chain, rules=()), asked)
    for chain in held.chains:
        if chain.name not in names and chain.hook is None:
            yield c.DeleteChain(netns, held.dialect, held.family, held.name, chain.name)


def _rule_edits(netns: Netns, table: Table, held: Chain, wanted: Chain) -> Iterator[c.InKernel]:
    """Yield deletions from the last rule to the first, then insertions from the first rule to the last.  In this order
    the number of each rule is right at the time of its edit."""
    if held.hook is not None and (held.policy or "accept") != (wanted.policy or "accept"):
        yield c.SetPolicy(netns, policy_place(table, held), wanted.policy or "accept")
    before, after = tool_rules(held.rules), tool_rules(wanted.rules)
    first, last = common_ends(before, after, _have_same_bodies)
    ours, theirs = before[first : len(before) - last], after[first : len(after) - last]
    codes = SequenceMatcher(None, [_bodies(each) for each in ours], [_bodies(each) for each in theirs], autojunk=False)
    changed = [each for each in codes.get_opcodes() if each[0] != "equal"]
    for _, start, end, _, _ in reversed(changed):
        for rules in reversed(ours[start:end]):
            yield c.DeleteRule(netns, place_of(table, held.name, rules[0]))
    for _, _, _, start, end in changed:
        for offset, rules in enumerate(theirs[start:end], first + start + 1):
            yield c.InsertRule(
                netns, table.dialect, table.family, table.name, held.name, rules[0], offset, also=rules[1:]
            )


def _bodies(rules: tuple[Rule, ...]) -> tuple[object, ...]:
    return tuple(each.body for each in rules)


def _have_same_bodies(one: tuple[Rule, ...], other: tuple[Rule, ...]) -> bool:
    return _bodies(one) == _bodies(other)


def common_ends(before: Sequence[T], after: Sequence[T], same: Callable[[T, T], bool]) -> tuple[int, int]:
    """Return the numbers of members that the two sequences share at their beginnings and at their ends.

    A chain may have tens of thousands of rules, so only the middle is compared in full."""
    shorter = min(len(before), len(after))
    first = 0
    while first < shorter and (before[first] is after[first] or same(before[first], after[first])):
        first += 1
    last = 0
    while last < shorter - first and (
        before[-1 - last] is after[-1 - last] or same(before[-1 - last], after[-1 - last])
    ):
        last += 1
    return first, last


SETTINGS: tuple[Find, ...] = (
    _names, _links, _global_sysctls, _sysctls, _addresses, _neighbours, _fdb, _routes, _policy_rules,
)  # fmt: skip
"""The functions that find the settings in which two namespaces differ, except IPsec policies and netfilter's rules.

The order matters: the changes that one function finds may affect the results of later functions, but never the results
of earlier functions."""
_KINDS: tuple[Find, ...] = (*SETTINGS, _ipsec, _tables)
