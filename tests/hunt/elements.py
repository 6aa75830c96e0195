"""The elements in which two networks differ: what a change touches.

An element is a rule, chain, policy, route, address, value, link, entry, socket, container, unit or file.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator

from hairpin.change.expect import entry_key
from hairpin.change.simulation.entries import fdb_slot, neighbour_slot, route_slot
from hairpin.host.host import Host, Namespace
from hairpin.netfilter.ir import Chain, Table
from hairpin.network.network import Network

Element = tuple[Hashable, ...]
"""The kind first, then where it is.  Of rules, chains and policies the place has ``RULE_PLACE`` items, the kind too."""
RULE_PLACE = 7
_Valued = tuple[Element, Hashable]
"""An element, and all that it is."""


def elements(before: Network, after: Network) -> frozenset[Element]:
    """Return the elements that one of the networks lacks, or has otherwise."""
    found: set[Element] = {("world",)} if before.world != after.world else set()
    for host in before.hosts:
        other = after.host(host.name)
        if other is host:
            continue
        found.update(_differing(_of_host(host), _of_host(other)))
        for name in dict.fromkeys(each.name for each in (*host.namespaces, *other.namespaces)):
            if name not in host or name not in other:
                found.add(("namespace", host.name, name))
            else:
                differing = _between(host.namespace(name), other.namespace(name))
                found.update((kind, host.name, name, *key) for kind, *key in differing)
    return frozenset(found)


def _of_host(host: Host) -> Iterator[_Valued]:
    yield from ((("container", host.name, each.id), each) for each in host.containers())
    yield from ((("unit", host.name, each.name), each) for each in host.units)
    yield from ((("file", host.name, each.path), each.text) for each in host.files)
    yield from ((("engine", host.name, each.kind), each.running) for each in host.engines)


def _differing(one: Iterable[_Valued], other: Iterable[_Valued]) -> Iterator[Element]:
    first, second = Counter(one), Counter(other)
    yield from dict.fromkeys(key for key, _ in (first - second) + (second - first))


def _between(one: Namespace, other: Namespace) -> Iterator[Element]:
    """Yield the elements in which the namespaces differ, each without its namespace."""
    if one is other:
        return
    for part in _PARTS:
        yield from _differing(part(one), part(other))
    if one.sysctls is not other.sysctls:
        yield from _differing(_values(one), _values(other))
    if one.ruleset is not other.ruleset:
        yield from _of_tables(one.ruleset.tables, other.ruleset.tables)


def _links(namespace: Namespace) -> Iterator[_Valued]:
    yield from ((("link", each.name), each) for each in namespace.links)


def _addresses(namespace: Namespace) -> Iterator[_Valued]:
    for each in namespace.addresses:
        yield ("address", each.version, each.value), (each.link, each.prefix_length)


def _routes(namespace: Namespace) -> Iterator[_Valued]:
    yield from ((("route", *route_slot(each)), entry_key(each)) for each in namespace.routes)


def _policy_rules(namespace: Namespace) -> Iterator[_Valued]:
    yield from ((("ip rule", entry_key(each)), "") for each in namespace.rules)


def _neighbours(namespace: Namespace) -> Iterator[_Valued]:
    yield from ((("neighbour", *neighbour_slot(each)), (each.mac, each.state)) for each in namespace.neighbours)


def _forwarding(namespace: Namespace) -> Iterator[_Valued]:
    yield from ((("forwarding", *fdb_slot(each)), (each.remote, each.state)) for each in namespace.fdb)


def _sockets(namespace: Namespace) -> Iterator[_Valued]:
    yield from ((("socket", each.protocol, each.port), each) for each in namespace.sockets)


def _connections(namespace: Namespace) -> Iterator[_Valued]:
    yield from ((("connection", each.original), "") for each in namespace.connections)


def _values(namespace: Namespace) -> Iterator[_Valued]:
    yield from ((("value", *path), value) for path, value in namespace.sysctls.values.items())


_PARTS: tuple[Callable[[Namespace], Iterator[_Valued]], ...] = (
    _links, _addresses, _routes, _policy_rules, _neighbours, _forwarding, _sockets, _connections,
)  # fmt: skip


def _of_tables(one: tuple[Table, ...], other: tuple[Table, ...]) -> Iterator[Element]:
    known = [{(each.dialect, each.family, each.name): each for each in tables} for tables in (one, other)]
    for key in dict.fromkeys((*known[0], *known[1])):
        tables = [each.get(key) for each in known]
        if tables[0] is tables[1]:
            continue
        names = dict.fromkeys(chain.name for table in tables if table is not None for chain in table.chains)
        for name in names:
            chains = [table.chain(name) if table is not None else None for table in tables]
            yield from ((kind, *key, name, *rest) for kind, *rest in _of_chain(*chains))


def _of_chain(one: Chain | None, other: Chain | None) -> Iterator[Element]:
    """Yield what differs of a chain; without its rules a base chain that accepts counts as none."""
    if not any(chain is not None and chain.hook is not None for chain in (one, other)) and None in (one, other):
        yield ("chain",)
    policies = {(chain.policy or "accept") if chain is not None else "accept" for chain in (one, other)}
    if len(policies) > 1:
        yield ("policy",)
    first, second = (tuple(rule.body for rule in chain.rules) if chain is not None else () for chain in (one, other))
    if first != second and Counter(first) == Counter(second):
        yield ("rule", "order")
    yield from (("rule", body) for body in (Counter(first) - Counter(second)) + (Counter(second) - Counter(first)))
