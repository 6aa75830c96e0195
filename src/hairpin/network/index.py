"""Indexes of a host's namespaces and veths; a host with a thousand containers has thousands of both.  Finds the VRF of
a link, by whose table the packets of its ports are routed (net/l3mdev/l3mdev.c l3mdev_master_ifindex_rcu()).

A host value never changes, so each index is built once per host value.  The indexes are separate: to simulate an event
with ten containers, hairpin makes hundreds of host values and needs only few indexes of each.
"""

from collections.abc import Collection, Mapping

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import NAMED, Netns
from hairpin.kept import kept
from hairpin.network.prefix import Version, inside

_Pair = tuple[int, int | None, bool]
"""The link index of a veth, the link index of its peer, and whether both are in one namespace."""


@kept
def namespaces_of(host: Host) -> Mapping[str, Namespace]:
    """Return the host's namespaces by name."""
    return {each.name: each for each in reversed(host.namespaces)}


@kept
def _veths(host: Host) -> dict[_Pair, list[tuple[str, Link]]]:
    """Return the host's veths with their namespaces, by pair of link indexes."""
    found: dict[_Pair, list[tuple[str, Link]]] = {}
    for namespace in host.namespaces:
        for pair, end in _veths_of(namespace):
            found.setdefault(pair, []).append(end)
    return found


@kept
def _veths_of(namespace: Namespace) -> tuple[tuple[_Pair, tuple[str, Link]], ...]:
    """Return the namespace's veths.  An event makes hundreds of host values that differ in few namespaces.  Therefore
    the veths are cached by namespace."""
    return tuple(
        ((link.index, link.peer_index, link.peer_netnsid is None), (namespace.name, link))
        for link in namespace.links
        if link.kind == "veth"
    )


def other_end(host: Host, name: str, link: Link) -> tuple[str, str] | None:
    """Return the namespace and the name of a veth's peer; None if the peer was not read.  ``name`` is the namespace of
    ``link``.

    Each namespace numbers its links by itself, so two pairs may have equal indexes if a peer is in a namespace that was
    not read.  The kernel's namespace ids distinguish such pairs."""
    if link.kind != "veth" or link.peer_index is None:
        return None
    same = link.peer_netnsid is None
    found = _veths(host).get((link.peer_index, link.index, same), ())
    ends = [each for each in found if same == (each[0] == name) and not _is_apart(name, each[0])]
    alike = _veths(host).get((link.index, link.peer_index, same), ())
    if len(ends) > 1 or len(alike) > 1:
        ends = [
            each
            for each in ends
            if _knows(host, name, link, each[0]) and _knows(host, *each, name) and not _of_another(host, name, each[0])
        ]
    return next(((namespace, other.name) for namespace, other in ends), None)


def _is_apart(name: str, other: str) -> bool:
    """Return whether one is the host's own namespace and the other has the networks of a user's engine: a user makes no
    link in the host's namespace."""
    return any(one == HOST and Netns("", far).is_rootless for one, far in ((name, other), (other, name)))


def _of_another(host: Host, name: str, other: str) -> bool:
    """Return whether one is the namespace of a container, and the other has the networks of another engine: the bridges
    of each user's engine are in a namespace of its own, and those of root's on the host."""
    homes = _homes(host)
    return any(
        inner in homes and homes[inner] != outer and (outer == HOST or Netns("", outer).is_rootless)
        for inner, outer in ((name, other), (other, name))
    )


@kept
def _homes(host: Host) -> Mapping[str, str]:
    """Return for each container's namespace the one with the networks of the container's engine, if it was read."""
    found: dict[str, str] = {}
    for engine in host.engines:
        home = networks_of_engine(host, engine)
        if home is not None:
            found |= {each.netns: home for each in engine.containers if each.netns not in (None, HOST)}
    return found


def networks_of_engine(host: Host, engine: Engine) -> str | None:
    """Return the namespace that has the engine's bridges and rules: the host's own, or that of the networks of a user's
    engine; None if it was not read, or if several may be it."""
    if not engine.rootless:
        return HOST
    own = [each.name for each in host.namespaces if may_have_networks(engine, Netns(host.name, each.name))]
    return own[0] if len(own) == 1 else None


def may_have_networks(engine: Engine, netns: Netns) -> bool:
    """Return whether the namespace may be that of the networks of this rootless engine."""
    of = netns.rootless_of
    same = netns.is_rootless_dockerds == (engine.kind == "docker")
    return engine.rootless and of is not None and same and engine.uid in (0, of[0])


def _knows(host: Host, name: str, link: Link, namespace: str) -> bool:
    """Return whether the link's peer may be in ``namespace``, by the ids that the link's namespace has for other
    namespaces."""
    there = dict(namespaces_of(host)[name].netnsids).get(link.peer_netnsid) if link.peer_netnsid is not None else None
    return there in (None, namespace)


@kept
def left_unread(host: Host) -> frozenset[int]:
    """Return the ids that the host's own namespace has for the namespaces of containers that the collector did not
    read."""
    left = {each.left_unread for each in host.containers() if each.left_unread is not None}
    if not left or host.netns.name not in host:
        return frozenset()
    return frozenset(number for number, name in host.namespace(host.netns.name).netnsids if name in left)


@kept
def stacked_links(host: Host) -> Mapping[tuple[str | None, int | None], list[tuple[str, str]]]:
    """Return the macvlans and ipvlans by their parent link's namespace and index.  The namespace is None if the parent
    link is in another namespace than the macvlan or ipvlan."""
    found: dict[tuple[str | None, int | None], list[tuple[str, str]]] = {}
    for namespace in host.namespaces:
        for link in namespace.links:
            if link.kind in ("macvlan", "ipvlan"):
                below = (namespace.name if link.peer_netnsid is None else None, link.peer_index)
                found.setdefault(below, []).append((namespace.name, link.name))
    return found


@kept
def _ports(host: Host) -> dict[tuple[str, str], dict[str | None, list[tuple[int, Link]]]]:
    """Return the ports of each bridge, with their positions, by the namespace of a port's veth peer (None: no peer was
    read).  Ports to containers that were left unread are in no list, because nothing behind them answers."""
    found: dict[tuple[str, str], dict[str | None, list[tuple[int, Link]]]] = {}
    left = left_unread(host)
    for namespace in host.namespaces:
        is_own = namespace.name == host.netns.name
        for place, link in enumerate(namespace.links):
            if link.master is not None and not (is_own and link.kind == "veth" and link.peer_netnsid in left):
                end = other_end(host, namespace.name, link) if link.tunnel is None else None
                behind = found.setdefault((namespace.name, link.master), {})
                behind.setdefault(end[0] if end is not None else None, []).append((place, link))
    return found


def ports_by_ends(host: Host, name: str, bridge: str, names: Collection[str]) -> tuple[Link, ...]:
    """Return the bridge's ports in order, without the veths whose peer was read in a namespace that is not in
    ``names``."""
    behind = _ports(host).get((name, bridge), {})
    found = [port for each in (None, *names) for port in behind.get(each, ())]
    return tuple(link for _, link in sorted(found, key=lambda port: port[0]))


@kept
def _holders(host: Host) -> dict[tuple[Version, int], tuple[str, ...]]:
    """Return the namespaces by the addresses of their links."""
    found: dict[tuple[Version, int], tuple[str, ...]] = {}
    for namespace in host.namespaces:
        for each in namespace.addresses:
            held = found.get((each.version, each.value), ())
            if namespace.name not in held:
                found[each.version, each.value] = (*held, namespace.name)
    return found


def holders(host: Host, version: Version, value: int) -> tuple[str, ...]:
    """Return the namespaces of the host that have the address on one of their links, in the order in which they were
    read.  A namespace in which no container runs counts only if packets of the host may come to it: see is_meant()."""
    found = _holders(host).get((version, value), ())
    if not any(each.startswith(NAMED) for each in found):
        return found
    return tuple(
        each
        for each in found
        if not each.startswith(NAMED) or (is_joined(host, each) and is_meant(host, each, version, value))
    )


def is_meant(host: Host, name: str, version: Version, value: int) -> bool:
    """Return whether the address may mean the namespace ``name``, which has it.  An address on a loopback or dummy link
    means the namespace only if the host has more than a default route for it: a machine outside may have it, too, as
    each real server of a load balancer has the balancer's address on ``lo``."""
    inside = namespaces_of(host)[name]
    own = {each.link for each in inside.addresses if (each.version, each.value) == (version, value)}
    if any(link.name in own and link.kind not in ("loopback", "dummy") for link in inside.links):
        return True
    outer = namespaces_of(host).get(host.netns.name)
    return outer is None or any(each.prefix_length and each.holds(value, version) for each in outer.routes)


def is_joined(host: Host, name: str) -> bool:
    """Return whether links join the namespace ``name`` to the host's own namespace: veths, also through other
    namespaces, and links that are stacked on a link of the host."""
    seen, waiting = {name}, [name]
    known = namespaces_of(host)
    while waiting:
        here = waiting.pop()
        for link in known[here].links:
            if link.kind in ("macvlan", "ipvlan") and link.peer_netnsid is not None:
                return True
            end = other_end(host, here, link)
            if end is None or end[0] in seen or end[0] not in known:
                continue
            if end[0] == host.netns.name:
                return True
            seen.add(end[0])
            waiting.append(end[0])
    return False


class _Taking(msgspec.Struct, frozen=True):
    """The addresses that a namespace accepts as local, with their IP versions, and the networks for which it has local
    routes.  ``is_proxy``: whether it may answer ARP requests for addresses that it only routes."""

    one: tuple[tuple[int, int], ...]
    wide: tuple[tuple[int, int], ...]
    is_proxy: bool


PROXY_ARP = ("proxy_arp", "proxy_arp_pvlan")
"""The sysctls with which a link answers ARP requests for addresses that its namespace only routes."""


@kept
def _taking(namespace: Namespace) -> _Taking:
    local = [each for each in namespace.routes if (each.type, each.version) == ("local", 4)]
    # The list of links is not read: each start and end of a container changes the host's, and all walks that read it
    # would be walked again.  So a proxy's link without an address counts only by conf.all.
    links = dict.fromkeys(("all", *(each.link for each in namespace.addresses)))
    return _Taking(
        (
            *((each.version, each.value) for each in namespace.addresses),
            *((4, each.destination) for each in local if each.prefix_length == 32),
        ),
        tuple((each.destination, each.prefix_length) for each in local if each.prefix_length != 32),
        any(namespace.sysctl("net", "ipv4", "conf", link, name) for link in links for name in PROXY_ARP),
    )


@kept
def _takers(host: Host) -> tuple[dict[tuple[int, int], set[str]], dict[tuple[int, int], set[str]], set[str]]:
    """Return the namespaces by the addresses that they accept as local, by the networks for which they have local
    routes, and those that may be a proxy."""
    one: dict[tuple[int, int], set[str]] = {}
    wide: dict[tuple[int, int], set[str]] = {}
    proxies: set[str] = set()
    for namespace in host.namespaces:
        taking = _taking(namespace)
        for address in taking.one:
            one.setdefault(address, set()).add(namespace.name)
        for prefix in taking.wide:
            wide.setdefault(prefix, set()).add(namespace.name)
        if taking.is_proxy:
            proxies.add(namespace.name)
    return one, wide, proxies


def takers(host: Host, version: Version, value: int) -> frozenset[str]:
    """Return the namespaces that may answer for the address: namespaces that have the address or (IPv4) a local route
    to it, or that may be a proxy for it."""
    one, wide, proxies = _takers(host)
    names = frozenset(one.get((version, value), ()))
    if version == 6:
        return names
    return names.union(proxies, *(held for prefix, held in wide.items() if inside(value, *prefix, 4)))


def vrf_of(namespace: Namespace, name: str | None) -> Link | None:
    """Return the VRF of which the link is a port, or the link itself if it is a VRF; else None."""
    link = namespace.link(name) if name else None
    while link is not None:
        if link.vrf_table is not None:
            return link
        link = namespace.link(link.master) if link.master else None
    return None


def loops_back(link: Link) -> bool:
    """Return whether a packet that is sent by the link comes in by the same link: the link is lo, or a VRF.

    Source: drivers/net/loopback.c loopback_xmit(), drivers/net/vrf.c vrf_local_xmit()
    """
    return link.name == "lo" or "LOOPBACK" in link.flags or link.kind == "loopback" or link.vrf_table is not None
