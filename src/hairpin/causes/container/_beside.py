"""Packets between a host and a container's macvlan or ipvlan on the host's link, and a sibling link with which they
pass.

The kernel passes frames between sibling links on one parent link.  The kernel never passes frames between a macvlan or
ipvlan and its parent link.
"""

from collections.abc import Callable

import msgspec

from hairpin.causes.kit import Candidate, Iterator, Message, Namespace, OfLink, View, message
from hairpin.change.change import AddEntry, Change, Primitive, SetLink, SetSysctl
from hairpin.host.link import Link
from hairpin.host.route import Neighbour, NextHop, Route
from hairpin.host.sysctl import Path
from hairpin.network.network import Port, addresses_of, owns_address
from hairpin.network.prefix import address_text
from hairpin.network.stacked import bridges, link_of, lower_of, routes_below, takes_address

_OWN_MAC = 0x020000000000
"""The base of the locally administered hardware addresses of simulated links.  A real link gets a random address from
the kernel."""


def by_link_beside(kind: str, *, title: Message, detail: Message) -> Callable[[View], Iterator[Candidate]]:
    """Return the ``find`` of a cause.

    Its candidate makes a link of this kind for the host, on the parent of the container's link.

    ``title`` has two placeholders: ``{parent}`` for the parent link's name and ``{name}`` for the container's name."""
    return lambda view: _candidates(view, kind, title, detail)


def _candidates(view: View, kind: str, title: Message, detail: Message) -> Iterator[Candidate]:
    """Yield the candidate for an IPv4 packet.

    An IPv6 packet has no candidate, because a link answers a neighbour solicitation only for its own addresses
    (ndisc_recv_ns())."""
    packet = view.stop.seen.packet
    pair = _to_child(view) if view.on_host else _to_host(view)
    if packet.version != 4 or pair is None:
        return
    child, parent = pair
    below = link_of(view.network, child)
    if below.kind != kind or below.macvlan_mode == "passthru":
        return
    address = packet.daddr if view.on_host else packet.saddr
    text = address_text(address, 4)
    container = view.network.container_of(child.netns)
    name = container.name if container is not None else text
    yield Candidate(
        title=title.filled(parent=parent.link, name=name),
        detail=message(
            "{fact} Other machines of the LAN reach {name} at {address}.", fact=detail, name=name, address=text
        ),
        change=Change((*in_mode_bridge(view, (child,)), *_beside(view, child, parent, address))),
        where=OfLink(parent.link, container=container.name if container is not None else None),
        in_class="link-or-route",
        evidence=tuple(each for each in (below.evidence,) if each),
        side_effects=(
            message(
                "packets between the host and {address} then pass through the new link: rules that name {parent} do "
                "not match them",
                address=text,
                parent=parent.link,
            ),
        ),
        advice=(
            message("a container that the host has to reach can be on a bridge network instead, or on both networks"),
        ),
    )


def in_mode_bridge(view: View, ports: tuple[Port, ...]) -> Iterator[Primitive]:
    """Yield the part that sets mode ``bridge`` for each link whose mode blocks frames between siblings.

    All ipvlans on one parent share one mode and one flag, so a change of one ipvlan changes all of them
    (ipvlan_nl_changelink())."""
    for port in ports:
        link = link_of(view.network, port)
        if not bridges(link):
            field = {"ipvlan_flag": "bridge"} if link.kind == "ipvlan" else {"macvlan_mode": "bridge"}
            yield SetLink(port.netns, msgspec.structs.replace(link, **field))


def _to_child(view: View) -> tuple[Port, Port] | None:
    """Return the macvlan or ipvlan that has the packet's destination, and its parent link by which the packet left."""
    parent = Port(view.stop.netns, view.stop.seen.oif or view.stop.link)
    if view.namespace.link(parent.link) is None:
        return None
    packet = view.stop.seen.packet
    child = takes_address(view.network, parent, packet.version, packet.daddr)
    return (child, parent) if child is not None else None


def _to_host(view: View) -> tuple[Port, Port] | None:
    """Return the macvlan or ipvlan by which the packet left for the host's own address, and its parent link on the
    host."""
    packet = view.stop.seen.packet
    link = view.namespace.link(view.stop.seen.oif or view.stop.link)
    parent = lower_of(view.network, view.stop.netns, link) if link is not None else None
    if link is None or parent is None or not parent.netns.is_host:
        return None
    if not owns_address(view.network.namespace(parent.netns), packet.version, packet.daddr):
        return None
    return Port(view.stop.netns, link.name), parent


def _beside(view: View, child: Port, parent: Port, address: int) -> Iterator[Primitive]:
    """Yield the parts that make a sibling link for the host on the parent link, and a route to the container by this
    sibling.

    ``arp_filter`` is set because the new macvlan would otherwise also answer the LAN's ARP requests for the host's
    address."""
    host = view.host_namespace
    above, below = link_of(view.network, child), link_of(view.network, parent)
    own = next((each for each in host.links if _is_own(view, each, above.kind, parent)), None)
    name = own.name if own is not None else _free_name(host, above.kind)
    if own is None:
        yield SetLink(parent.netns, _made(host, name, above, below))
        if above.kind == "macvlan":
            yield SetSysctl(parent.netns, ("net", "ipv4", "conf", name, "arp_filter"), "1")
    if above.kind == "ipvlan" and not routes_below(above):
        yield from _resolved(view, parent, name, address)
    source = next((each.value for each in addresses_of(host, parent.link, 4)), None)
    yield AddEntry(
        parent.netns, Route(4, address, 32, next_hops=(NextHop(name),), prefsrc=source, scope="link", protocol="boot")
    )


def _resolved(view: View, parent: Port, name: str, address: int) -> Iterator[Primitive]:
    """Yield the parts that an ipvlan of mode l2 without an address needs: a permanent neighbour entry, and
    ``rp_filter`` 2.

    The container's packets to the host, ARP replies included, arrive on the parent link, because ipvlan_xmit_mode_l2()
    sends a frame to the parent if no sibling link has the destination."""
    mac = link_of(view.network, parent).mac
    yield AddEntry(parent.netns, Neighbour(name, 4, address, mac, "PERMANENT"))
    paths: tuple[Path, ...] = tuple(("net", "ipv4", "conf", each, "rp_filter") for each in ("all", parent.link))
    if max(view.host_namespace.sysctl(*path) or 0 for path in paths) == 1:
        yield SetSysctl(parent.netns, paths[1], "2")


def _made(host: Namespace, name: str, above: Link, below: Link) -> Link:
    ipvlan = above.kind == "ipvlan"
    return Link(
        index=max(each.index for each in host.links) + 1,
        name=name,
        kind=above.kind,
        mtu_bytes=below.mtu_bytes,
        mac=below.mac if ipvlan else _OWN_MAC + below.index,
        peer_index=below.index,
        lower=below.name,
        macvlan_mode=above.macvlan_mode if ipvlan else "bridge",
        ipvlan_flag="bridge" if ipvlan else None,
        flags=("BROADCAST", "MULTICAST", *(("NOARP",) if routes_below(above) else ()), "UP"),
    )


def _is_own(view: View, link: Link, kind: str, parent: Port) -> bool:
    """Return whether the link is up, is of this kind, has this parent link, and passes frames between siblings."""
    lower = lower_of(view.network, parent.netns, link) if link.kind == kind else None
    return lower == parent and link.up and bridges(link)


def _free_name(host: Namespace, kind: str) -> str:
    taken = {each.name for each in host.links}
    return next(name for number in range(len(taken) + 1) if (name := f"{kind}{number}") not in taken)
