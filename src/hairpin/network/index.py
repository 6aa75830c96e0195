"""Indexes of a host's namespaces and veths; a host with a thousand containers has thousands of both.

A host value never changes, so each index is built once per host.  The indexes are separate, because simulating an event
of ten containers makes hundreds of host values and needs few indexes of each.
"""

from collections.abc import Collection, Mapping

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.kept import kept
from hairpin.network.prefix import Version, inside

_Pair = tuple[int, int | None, bool]
"""Index of a veth, index of its other end, and whether both are in one namespace."""


@kept
def namespaces_of(host: Host) -> Mapping[str, Namespace]:
    """Return the host's namespaces by name."""
    return {each.name: each for each in reversed(host.namespaces)}


@kept
def _veths(host: Host) -> dict[_Pair, list[tuple[str, Link]]]:
    """Return each veth with its namespace, in the host's order."""
    found: dict[_Pair, list[tuple[str, Link]]] = {}
    for namespace in host.namespaces:
        for pair, end in _veths_of(namespace):
            found.setdefault(pair, []).append(end)
    return found


@kept
def _veths_of(namespace: Namespace) -> tuple[tuple[_Pair, tuple[str, Link]], ...]:
    """Return the namespace's veths.  An event makes hundreds of hosts that differ in a namespace or two."""
    return tuple(
        ((link.index, link.peer_index, link.peer_netnsid is None), (namespace.name, link))
        for link in namespace.links
        if link.kind == "veth"
    )


def other_end(host: Host, name: str, link: Link) -> tuple[str, str] | None:
    """Return the namespace and the name of a veth's peer; None if it was not read.  ``name``: the link's namespace.

    Link indexes are per namespace, so two pairs may have equal indexes if one peer is in a namespace that was not read.
    The kernel's namespace ids distinguish them."""
    if link.kind != "veth" or link.peer_index is None:
        return None
    same = link.peer_netnsid is None
    ends = [each for each in _veths(host).get((link.peer_index, link.index, same), ()) if same == (each[0] == name)]
    alike = _veths(host).get((link.index, link.peer_index, same), ())
    if len(ends) > 1 or len(alike) > 1:
        ends = [each for each in ends if _knows(host, name, link, each[0]) and _knows(host, *each, name)]
    return next(((namespace, other.name) for namespace, other in ends), None)


def _knows(host: Host, name: str, link: Link, namespace: str) -> bool:
    """Return whether the link's peer may be in that namespace, by its own namespace's ids for other namespaces."""
    there = dict(namespaces_of(host)[name].netnsids).get(link.peer_netnsid) if link.peer_netnsid is not None else None
    return there in (None, namespace)


@kept
def stacked_links(host: Host) -> Mapping[tuple[str | None, int | None], list[tuple[str, str]]]:
    """Return the macvlans and ipvlans, by the namespace (None: another one) and index of the parent link."""
    found: dict[tuple[str | None, int | None], list[tuple[str, str]]] = {}
    for namespace in host.namespaces:
        for link in namespace.links:
            if link.kind in ("macvlan", "ipvlan"):
                below = (namespace.name if link.peer_netnsid is None else None, link.peer_index)
                found.setdefault(below, []).append((namespace.name, link.name))
    return found


@kept
def _ports(host: Host) -> dict[tuple[str, str], dict[str | None, list[tuple[int, Link]]]]:
    """Return the ports of each bridge with their positions in its namespace, by the namespace of a veth's peer."""
    found: dict[tuple[str, str], dict[str | None, list[tuple[int, Link]]]] = {}
    for namespace in host.namespaces:
        for place, link in enumerate(namespace.links):
            if link.master is not None:
                end = other_end(host, namespace.name, link) if link.tunnel is None else None
                behind = found.setdefault((namespace.name, link.master), {})
                behind.setdefault(end[0] if end is not None else None, []).append((place, link))
    return found


def ports_by_ends(host: Host, name: str, bridge: str, names: Collection[str]) -> tuple[Link, ...]:
    """Return the bridge's ports in order.  A veth counts only if its peer is in one of ``names``, or was not read."""
    behind = _ports(host).get((name, bridge), {})
    found = [port for each in (None, *names) for port in behind.get(each, ())]
    return tuple(link for _, link in sorted(found, key=lambda port: port[0]))


@kept
def _takers(host: Host) -> tuple[dict[tuple[int, int], set[str]], dict[tuple[int, int], set[str]]]:
    """Return the namespaces by each address that they own, and by each longer prefix of their local routes."""
    one: dict[tuple[int, int], set[str]] = {}
    wide: dict[tuple[int, int], set[str]] = {}
    for namespace in host.namespaces:
        for each in namespace.addresses:
            one.setdefault((each.version, each.value), set()).add(namespace.name)
        for route in namespace.routes:
            if (route.type, route.version) != ("local", 4):
                continue
            if route.prefix_length == 32:
                one.setdefault((4, route.destination), set()).add(namespace.name)
            else:
                wide.setdefault((route.destination, route.prefix_length), set()).add(namespace.name)
    return one, wide


def takers(host: Host, version: Version, value: int) -> frozenset[str]:
    """Return the namespaces that may accept packets to the address: they own it, or (IPv4) have a local route to it."""
    one, wide = _takers(host)
    names = frozenset(one.get((version, value), ()))
    if version == 6:
        return names
    return names.union(*(held for prefix, held in wide.items() if inside(value, *prefix, 4)))
