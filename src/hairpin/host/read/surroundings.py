"""Leaves out the namespaces that play the machines around a host.

A host of a laboratory is a network namespace itself.  Its only way out is a veth, and the other end is in a namespace
with a router or a client.  hairpin asks about machines outside by their addresses and never walks through them, so
such a namespace is left out, as another machine would be.  A host with a physical link has its machines outside behind
that link: its other namespaces are guests.
"""

from collections.abc import Iterator

from hairpin.evidence.reading import HOST
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import NAMED, Netns

_MAIN = 254
"""The number of the routing table main."""


def without_surroundings(namespaces: tuple[Namespace, ...]) -> tuple[Namespace, ...]:
    """Return the namespaces without those that play the machines outside."""
    host = next((each for each in namespaces if each.name == HOST), None)
    named = [each for each in namespaces if each.name.startswith(NAMED) and not Netns("", each.name).is_dockerds]
    if host is None or not named or _has_other_way_out(host, namespaces):
        return namespaces
    outer = {each.name for link in _ways_out(host, named) for each in _behind(host, link, named)}
    guests = {each.name for each in named for link in host.links if each in _behind(host, link, named)}
    waiting, by_name = list(outer), {each.name: each for each in named}
    while waiting:
        here = by_name[waiting.pop()]
        beyond = {each.name for link in here.links for each in _behind(here, link, named)} - outer - guests
        outer |= beyond
        waiting += beyond
    return tuple(each for each in namespaces if each.name not in outer)


def _has_other_way_out(host: Namespace, namespaces: tuple[Namespace, ...]) -> bool:
    """Return whether the host has a physical link, or a veth of its own whose other end was not read."""
    for link in host.links:
        if link.kind in ("", "bond") and link.name != "lo" and "LOOPBACK" not in link.flags:
            return True
        own = link.kind == "veth" and link.master is None and link.peer_netnsid is not None
        if own and not _behind(host, link, [each for each in namespaces if each is not host]):
            return True
    return False


def _ways_out(host: Namespace, named: list[Namespace]) -> Iterator[Link]:
    """Yield the veths by which the host's default routes leave, also as ports of a bridge; without a default route, the
    veths with a global address."""
    defaults = [each for each in host.routes if not each.prefix_length and each.type == "unicast"]
    main = [each for each in defaults if each.table == _MAIN] or defaults
    hops = [hop for route in main for hop in route.next_hops]
    by_route, gateways = {hop.link for hop in hops if hop.link}, {hop.gateway for hop in hops}
    addressed = {each.link for each in host.addresses if each.scope == "global"}
    for link in host.links:
        far = [each.value for found in _behind(host, link, named) for each in found.addresses]
        if link.name in (by_route if hops else addressed) or (link.master in by_route and gateways & set(far)):
            yield link


def _behind(here: Namespace, link: Link, others: list[Namespace]) -> list[Namespace]:
    """Return the namespaces that have the veth's other end: one, or none, unless several pairs have the same numbers
    and no id tells which.  ``other_end()`` of network/index.py asks a finished host the same, and lies above."""
    if link.kind != "veth" or link.peer_netnsid is None:
        return []
    known = dict(here.netnsids).get(link.peer_netnsid)
    return [
        each
        for each in others
        if known in (None, each.name)
        and any(
            end.kind == "veth" and (end.index, end.peer_index) == (link.peer_index, link.index) for end in each.links
        )
    ]
