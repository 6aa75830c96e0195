"""Makes the earlier network with any selection of the differences."""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.change.change import Change
from hairpin.change.simulation.rules import tool_rules
from hairpin.change.simulation.simulate import simulate
from hairpin.compare.container_differences import ends_of, socket_name
from hairpin.compare.edit import (
    ChainBlocks,
    Edit,
    Edited,
    HostTaken,
    RulesTaken,
    RuleTaken,
    SpaceTaken,
    TableKey,
    TableTaken,
)
from hairpin.compare.ruleset_differences import built_in, table_in
from hairpin.compare.setting_differences import with_link_of
from hairpin.errors import ChangeError
from hairpin.field import facts_of
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.ir import Chain, Rule, Ruleset, Table
from hairpin.network.network import Network

_replace = msgspec.structs.replace
LEARNED = tuple(name for name, facts in facts_of(Namespace).items() if facts.diff == "learned")
"""The fields of a namespace that the kernel or a program fills by itself."""


class Sides(msgspec.Struct, frozen=True):
    """The earlier and the later network, with the same names for the same things, and the corresponding rules of the
    chains that differ."""

    was: Network
    now: Network
    blocks: tuple[ChainBlocks, ...] = ()


def taken_rules(sides: Sides, taken: RuleTaken) -> tuple[Rule, ...]:
    """Return the rule that was taken out of the earlier network, as rules of the IR.  If no rule was taken out, return
    the rule that was put in."""
    network, number = (sides.now, taken.now) if taken.was is None else (sides.was, taken.was)
    table = table_in(network.namespace(taken.table.netns).ruleset, taken.table)
    chain = table.chain(taken.chain) if table is not None else None
    return tool_rules(chain.rules)[number] if chain is not None and number is not None else ()


def with_edits(sides: Sides, edits: Iterable[Edit]) -> Network:
    """Return the earlier network with the given edits.  An edit is left out if it needs another edit that is not
    given."""
    network = sides.was
    chosen = tuple(edits)
    for edit in chosen:
        if isinstance(edit, HostTaken):
            network = _with_host_part(network, sides.now, edit)
    for edit in chosen:
        if isinstance(edit, SpaceTaken):
            network = _with_space_part(network, sides.now, edit)
    for edit in chosen:
        for part in edit.parts if isinstance(edit, Edited) else ():
            try:
                network = simulate(Change((part,)), network)
            except ChangeError:
                continue
    return _with_rules(network, sides, chosen)


# --- the host --------------------------------------------------------------------------------------------------------


def _with_host_part(network: Network, now: Network, edit: HostTaken) -> Network:
    host, other = network.this, now.this
    match edit.item:
        case "engine":
            return network.with_host(_with_engine(host, other, edit))
        case "network":
            return network.with_host(_replace(host, engines=tuple(_networks(host, other, edit))))
        case "state":
            return network.with_host(_with_container(host, other, edit))
        case "container":
            return _with_whole_container(network, now, edit)
        case "namespace":
            return network.with_host(_with_namespace(host, other, edit.name))


def _with_engine(host: Host, other: Host, edit: HostTaken) -> Host:
    own, new = (
        next((each for each in one.engines if (each.kind, each.user) == (edit.tool, edit.name)), None)
        for one in (host, other)
    )
    if own is None or new is None:
        return host
    return host.with_engine(_replace(new, containers=own.containers, networks=own.networks))


def _networks(host: Host, other: Host, edit: HostTaken) -> Iterator[Engine]:
    new = next((one for each in other.engines if each.kind == edit.tool and (one := each.network(edit.name))), None)
    for engine in host.engines:
        if engine.kind != edit.tool:
            yield engine
            continue
        kept = tuple(each for each in engine.networks if each.name != edit.name)
        yield _replace(engine, networks=kept if new is None else (*kept, new))


def _with_container(host: Host, other: Host, edit: HostTaken) -> Host:
    """Return the host in which the container's engine has the other host's data about the container."""
    new = next(
        (one for each in other.engines if each.kind == edit.tool for one in each.containers if one.name == edit.name),
        None,
    )
    engines = tuple(
        _replace(
            engine,
            containers=(
                *(each for each in engine.containers if each.name != edit.name),
                *((new,) if new is not None else ()),
            ),
        )
        if engine.kind == edit.tool
        else engine
        for engine in host.engines
    )
    return _replace(host, engines=engines)


def _with_whole_container(network: Network, now: Network, edit: HostTaken) -> Network:
    """Return the network in which the container is as in the later network: with its namespace, the host's ends of its
    veths, and its relays."""
    name = frozenset({edit.name})
    host, other = network.this, now.this
    gone, new = ends_of(host, name), ends_of(other, name)
    spaces = {each.netns for side in (host, other) for each in side.containers() if each.name == edit.name}
    addresses = addresses_of_containers(host, name) | addresses_of_containers(other, name)
    host = _with_container(host, other, edit)
    for space in spaces - {None, host.netns.name}:
        assert space is not None
        if not any(each.netns == space and each.name != edit.name for each in other.containers()):
            host = _with_namespace(host, other, space)
    if host.netns.name not in host or other.netns.name not in other:
        return network.with_host(host)
    outer, wanted = host.namespace(host.netns.name), other.namespace(other.netns.name)
    outer = _replace(
        outer,
        links=(
            *(each for each in outer.links if each.name not in gone and each.name not in new),
            *(each for each in wanted.links if each.name in new),
        ),
        fdb=(
            *(each for each in outer.fdb if each.port not in gone and each.port not in new),
            *(each for each in wanted.fdb if each.port in new),
        ),
        sockets=(
            *(each for each in outer.sockets if each.relay is None or each.relay.address not in addresses),
            *(each for each in wanted.sockets if each.relay is not None and each.relay.address in addresses),
        ),
    )
    return network.with_host(host).with_namespace(host.netns, outer)


def addresses_of_containers(host: Host, names: frozenset[str]) -> frozenset[int]:
    """Return all addresses of the named containers."""
    ends = (end for each in host.containers() if each.name in names for end in each.endpoints)
    return frozenset(value for end in ends for value in (end.ipv4, end.ipv6) if value is not None)


def _with_namespace(host: Host, other: Host, name: str) -> Host:
    kept = tuple(each for each in host.namespaces if each.name != name)
    return _replace(host, namespaces=(*kept, other.namespace(name)) if name in other else kept)


# --- a namespace -----------------------------------------------------------------------------------------------------


def _with_space_part(network: Network, now: Network, edit: SpaceTaken) -> Network:
    if edit.netns not in network or edit.netns not in now:
        return network
    space, wanted = network.namespace(edit.netns), now.namespace(edit.netns)
    return network.with_namespace(edit.netns, _taking(space, wanted, edit))


def _taking(space: Namespace, wanted: Namespace, edit: SpaceTaken) -> Namespace:
    match edit.item:
        case "link":
            return with_link_of(space, wanted, edit.name)
        case "sysctl":
            prefix = tuple(edit.name.split("/"))
            return _replace(space, sysctls=_with_values(space.sysctls, wanted.sysctls, prefix))
        case "socket":
            kept = tuple(each for each in space.sockets if socket_name(each) != edit.name)
            new = tuple(each for each in wanted.sockets if socket_name(each) == edit.name)
            return _replace(space, sockets=(*kept, *new))
        case "ipset":
            sets = tuple(each for each in space.ruleset.ipsets if each.name != edit.name)
            made = tuple(each for each in wanted.ruleset.ipsets if each.name == edit.name)
            return _replace(space, ruleset=_replace(space.ruleset, ipsets=(*sets, *made)))
        case "learned":
            fields = {field: getattr(wanted, field) for field in LEARNED}
            return _replace(space, **fields)
        case "field":
            return _replace(space, **{edit.name: getattr(wanted, edit.name)})


def _with_values(sysctls: Sysctls, wanted: Sysctls, prefix: tuple[str, ...]) -> Sysctls:
    kept = {path: each for path, each in sysctls.values.items() if path[: len(prefix)] != prefix}
    new = {path: each for path, each in wanted.values.items() if path[: len(prefix)] == prefix}
    return _replace(sysctls, values={**kept, **new})


# --- rules -----------------------------------------------------------------------------------------------------------


def _with_rules(network: Network, sides: Sides, edits: tuple[Edit, ...]) -> Network:
    rules = [rule for edit in edits if isinstance(edit, RulesTaken) for rule in edit.rules]
    parts = [edit for edit in edits if isinstance(edit, TableTaken)]
    keys = dict.fromkeys((*(each.table for each in rules), *(each.table for each in parts)))
    for key in keys:
        if key.netns in network and key.netns in sides.now:
            ours = [each for each in rules if each.table == key]
            theirs = [each for each in parts if each.table == key]
            space = network.namespace(key.netns)
            ruleset = _with_table(space.ruleset, sides, key, ours, theirs)
            network = network.with_namespace(key.netns, _replace(space, ruleset=ruleset))
    return network


def _with_table(
    ruleset: Ruleset, sides: Sides, key: TableKey, rules: list[RuleTaken], parts: list[TableTaken]
) -> Ruleset:
    wanted = table_in(sides.now.namespace(key.netns).ruleset, key)
    if any(each.item == "table" for each in parts):
        return _replaced(ruleset, key, wanted)
    table = table_in(ruleset, key)
    if table is None or wanted is None:
        return ruleset
    for part in parts:
        table = _with_part(table, wanted, part)
    for name in dict.fromkeys(each.chain for each in rules):
        taken = [each for each in rules if each.chain == name]
        table = _with_chain(table, wanted, sides, key, name, taken)
    return _replaced(ruleset, key, table)


def _replaced(ruleset: Ruleset, key: TableKey, table: Table | None) -> Ruleset:
    names = [(each.family, each.name, each.dialect) for each in ruleset.tables]
    own = (key.family, key.name, key.dialect)
    at = names.index(own) if own in names else len(names)
    new = (table,) if table is not None else ()
    return _replace(ruleset, tables=(*ruleset.tables[:at], *new, *ruleset.tables[at + 1 :]))


def _with_part(table: Table, wanted: Table, part: TableTaken) -> Table:
    match part.item:
        case "chain":
            return _with_named_chain(table, part.name, wanted.chain(part.name))
        case "policy":
            known = table.chain(part.name) or built_in(part.table, part.name)
            new = wanted.chain(part.name) or built_in(part.table, part.name)
            if known is None or new is None:
                return table
            return _with_named_chain(table, part.name, _replace(known, policy=new.policy or "accept"))
        case "set":
            kept = tuple(each for each in table.sets if each.name != part.name)
            return _replace(table, sets=(*kept, *(each for each in wanted.sets if each.name == part.name)))
        case "map":
            others = tuple(each for each in table.maps if each.name != part.name)
            return _replace(table, maps=(*others, *(each for each in wanted.maps if each.name == part.name)))
        case "objects" | "table":
            return _replace(table, objects=wanted.objects)


def _with_named_chain(table: Table, name: str, chain: Chain | None) -> Table:
    names = [each.name for each in table.chains]
    at = names.index(name) if name in names else len(names)
    new = (chain,) if chain is not None else ()
    return _replace(table, chains=(*table.chains[:at], *new, *table.chains[at + 1 :]))


def _with_chain(table: Table, wanted: Table, sides: Sides, key: TableKey, name: str, taken: list[RuleTaken]) -> Table:
    """Return the table with the given edits of the chain.

    The chain keeps the rules of the earlier network, without the rules that are taken out.  The chain also gets the
    rules of the later network that are put in.  The rules are in the order of both networks."""
    held = table.chain(name) or built_in(key, name)
    new = wanted.chain(name) or built_in(key, name)
    found = (each.blocks for each in sides.blocks if (each.table, each.chain) == (key, name))
    blocks = next(found, ())
    if held is None or new is None or not blocks:
        return table
    gone = {each.was for each in taken}
    come = {each.now for each in taken}
    before, after = tool_rules(held.rules), tool_rules(new.rules)
    rules: list[tuple[Rule, ...]] = []
    for block in blocks:
        rules += [before[at] for at in range(block.first, block.last) if block.same or at not in gone]
        rules += [after[at] for at in range(block.start, block.end) if not block.same and at in come]
    numbered = tuple(
        rule if rule.number == number else _replace(rule, number=number)
        for number, each in enumerate(rules, 1)
        for rule in each
    )
    return _with_named_chain(table, name, _replace(held, rules=numbered))
