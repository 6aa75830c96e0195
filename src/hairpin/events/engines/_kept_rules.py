"""The rules of a netavark whose rules hairpin does not know, made again as they were.

Whatever its version and driver, netavark makes for a container that starts again the rules that it made before, with
the container's new address, and removes them when the container stops.  So the rules that the host has are the pattern.
Measured with netavark 1.14.0 and its nftables driver.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from hairpin.change import change as c
from hairpin.events.course import Course
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import Chain, Jump, Nat, Rule, Ruleset, Table
from hairpin.network.attachment import engine_of_networks
from hairpin.network.prefix import Version, address_text
from hairpin.programs import PODMAN

_replace = msgspec.structs.replace
_BEGINNINGS = (*PODMAN.chains, "nv_")
(_TABLE,) = PODMAN.tables
_POLICY = "_policy_netavark_"
"""In the names of the chains of firewalld's policies to which the driver ``firewalld`` adds published ports.
Source: netavark src/firewall/firewalld.rs PORTPOLICYNAME, HOSTFWDPOLICYNAME"""


class _Moved(msgspec.Struct, frozen=True):
    """A container's former address as text, and its present one."""

    before: str
    address: int
    text: str


def rules_gone(course: Course, container: Container) -> Iterator[c.Primitive]:
    """Yield the deletions of the rules that lead to the stopped container."""
    own = {address for end in container.endpoints for address in (end.ipv4, end.ipv6) if address is not None}
    for table in course.namespace.ruleset.tables:
        for chain in table.chains:
            for rule in reversed(chain.rules if _is_own(table, chain) else ()):
                if _target(rule) in own:
                    yield c.DeleteRule(course.host.netns, place_of(table, chain.name, rule))


def with_rules_as_before(course: Course, was: Host, running: Container) -> Course:
    """Return the course with the container's rules, which lead to its present addresses, and with the chains and jumps
    that all containers share.  ``was``: the host when the container last ran."""
    before = was.container(running.id)
    if before is None or was.netns.name not in was:
        return course
    now, moved = course.namespace.ruleset, _new_addresses(before, running)
    tables = {(each.dialect, each.family, each.name): each for each in now.tables}
    for each in was.namespace(was.netns.name).ruleset.tables:
        own = tuple(_chains(each, moved))
        key = (each.dialect, each.family, each.name)
        if own:
            tables[key] = _table_with(tables.get(key, _replace(each, chains=())), own)
    found: Ruleset = _replace(now, tables=tuple(tables.values()))
    return course if found == now else course.made(c.ReplaceRuleset(course.host.netns, found))


def with_rules_of_user(course: Course, was: Host, running: Container) -> Course:
    """Return the course in which the rules of the user's networks lead to the container's present addresses: netavark
    makes a rootless container's rules in the user's own namespace.  Measured with Podman 5.4.2"""
    before, engine = was.container(running.id), course.host.engine_of(running)
    moved: Mapping[int, _Moved] = _new_addresses(before, running) if before is not None else {}
    known = course.network.with_host(was)
    for each in course.host.namespaces if any(old != new.address for old, new in moved.items()) else ():
        netns = was.netns.sibling(each.name)
        holder = engine_of_networks(known, netns)
        if holder is None or (holder.kind, holder.user) != (engine.kind, engine.user):
            continue
        tables = tuple(
            _replace(
                table,
                chains=tuple(_replace(one, rules=tuple(_rules_towards(one.rules, moved))) for one in table.chains),
            )
            for table in each.ruleset.tables
        )
        course = course.made(c.ReplaceRuleset(netns, _replace(each.ruleset, tables=tables)))
    return course


def _rules_towards(rules: Iterable[Rule], moved: Mapping[int, _Moved]) -> Iterator[Rule]:
    for each in rules:
        yield _towards_new(each, moved) if _target(each) in moved else each


def _new_addresses(before: Container, running: Container) -> Mapping[int, _Moved]:
    """Return the container's present addresses by its former ones."""
    former = {each.network: each for each in before.endpoints}
    found: dict[int, _Moved] = {}
    for new in running.endpoints:
        old = former.get(new.network, new)
        ends: tuple[tuple[Version, int | None, int | None], ...] = ((4, old.ipv4, new.ipv4), (6, old.ipv6, new.ipv6))
        for version, one, other in ends:
            if one is not None and other is not None:
                found[one] = _Moved(address_text(one, version), other, address_text(other, version))
    return found


def _is_own(table: Table, chain: Chain) -> bool:
    return table.name == _TABLE or chain.name.startswith(_BEGINNINGS) or _POLICY in chain.name


def _target(rule: Rule) -> int | None:
    """Return the container's address to which the rule translates; None for any other rule."""
    found = (each.addresses[0] for each in rule.body if isinstance(each, Nat) and each.addresses and each.nat == "dnat")
    return next(found, None)


def _chains(table: Table, moved: Mapping[int, _Moved]) -> Iterator[Chain]:
    """Yield the back end's chains of the table, with the shared rules and this container's, and the chains of others
    with the jumps to the back end's."""
    for chain in table.chains:
        if _is_own(table, chain):
            kept = (each for each in chain.rules if _target(each) is None or _target(each) in moved)
            yield _replace(chain, rules=tuple(_towards_new(each, moved) for each in kept))
        elif jumps := tuple(each for each in chain.rules if any(map(_is_jump, each.body))):
            yield _replace(chain, rules=jumps)


def _is_jump(part: object) -> bool:
    return isinstance(part, Jump) and part.chain.startswith(_BEGINNINGS)


def _towards_new(rule: Rule, moved: Mapping[int, _Moved]) -> Rule:
    target = _target(rule)
    if target is None:
        return rule
    to = moved[target]
    body = tuple(
        _replace(each, addresses=(to.address, to.address)) if isinstance(each, Nat) else each for each in rule.body
    )
    return _replace(rule, body=body, text=rule.text.replace(to.before, to.text), handle=None)


def _table_with(table: Table, own: tuple[Chain, ...]) -> Table:
    """Return the table with those of the rules that it lacks, each at the end of its chain."""
    chains = {each.name: each for each in table.chains}
    for each in own:
        there = chains.get(each.name)
        rules = there.rules if there is not None else ()
        known = {one.body for one in rules}
        whole = (*rules, *(one for one in each.rules if one.body not in known))
        numbered = tuple(_replace(one, number=number) for number, one in enumerate(whole, 1))
        chains[each.name] = _replace(there if there is not None else each, rules=numbered)
    return _replace(table, chains=tuple(chains.values()))
