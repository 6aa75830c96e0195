"""The packet goes from the host to a container on a macvlan of its own link, or back: the kernel never delivers it.

A macvlan and the link that it stands on share a wire and do not see each other's frames.

Users see: the LAN reaches the container and the container reaches the LAN; the host and its bridged containers do not.

Proof: the packet left by the link for a macvlan on it, or by a macvlan for an address of the host; by a macvlan of
the host's own the flow arrives.
Now: give the host a macvlan of its own on that link, and a route to the container by it.
Lasting: the same in the host's network configuration; or a bridge network for what the host has to reach.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfLink
from hairpin.change.change import AddEntry, Change, Primitive, SetLink, SetSysctl
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import NextHop, Route
from hairpin.message import message
from hairpin.network.network import Port, addresses_of, owns_address
from hairpin.network.prefix import address_text
from hairpin.network.stacked import bridges, link_of, lower_of, takes_address

_OWN_MAC = 0x020000000000
"""Locally administered: a simulated link needs some hardware address; the kernel draws that of a real one."""


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidate that gives the host a macvlan beside the container's.

    IPv4 only: a link answers an IPv6 neighbour solicitation for its own addresses alone (ndisc_recv_ns())."""
    packet = view.stop.seen.packet
    pair = _to_child(view) if view.on_host else _to_host(view)
    if packet.version != 4 or pair is None:
        return
    child, parent = pair
    if link_of(view.network, child).kind != "macvlan" or not bridges(link_of(view.network, child)):
        return
    address = packet.daddr if view.on_host else packet.saddr
    container = view.network.container_of(child.netns)
    name = container.name if container is not None else address_text(address, 4)
    yield Candidate(
        title=message(
            "{parent} and the macvlan of {name} on it do not reach each other", parent=parent.link, name=name
        ),
        detail=message(
            "The kernel delivers no frame between a link and a macvlan on it, whatever the rules and routes are. Other "
            "machines of the LAN reach {name} at {address}.",
            name=name,
            address=address_text(address, 4),
        ),
        change=Change(tuple(_beside(view, parent, address))),
        where=OfLink(parent.link, container=container.name if container is not None else None),
        in_class="link-or-route",
        evidence=tuple(each for each in (link_of(view.network, child).evidence,) if each),
        side_effects=(
            message(
                "packets between the host and {address} then go by the new link: rules that name {parent} do not match "
                "them",
                address=address_text(address, 4),
                parent=parent.link,
            ),
        ),
        advice=(message("a container that the host has to reach can be on a bridge network instead, or on both"),),
    )


def _to_child(view: View) -> tuple[Port, Port] | None:
    """Return the macvlan that has the packet's destination, and the link below it by which the packet left."""
    parent = Port(view.stop.netns, view.stop.seen.oif or view.stop.link)
    if view.namespace.link(parent.link) is None:
        return None
    packet = view.stop.seen.packet
    child = takes_address(view.network, parent, packet.version, packet.daddr)
    return (child, parent) if child is not None else None


def _to_host(view: View) -> tuple[Port, Port] | None:
    """Return the macvlan by which the packet left for the host's own address, and the link below it on the host."""
    packet = view.stop.seen.packet
    link = view.namespace.link(view.stop.seen.oif or view.stop.link)
    parent = lower_of(view.network, view.stop.netns, link) if link is not None else None
    if link is None or parent is None or not parent.netns.is_host:
        return None
    if not owns_address(view.network.namespace(parent.netns), packet.version, packet.daddr):
        return None
    return Port(view.stop.netns, link.name), parent


def _beside(view: View, parent: Port, address: int) -> Iterator[Primitive]:
    """Yield the host's own macvlan on the parent, and the route to the container by it.

    ``arp_filter``: without it the new link, too, answers the whole LAN's ARP requests for the host's address."""
    host = view.host_namespace
    below = link_of(view.network, parent)
    name = _free_name(host)
    own = next((each for each in host.links if _is_own_macvlan(view, each, parent)), None)
    if own is None:
        made = Link(
            index=max(each.index for each in host.links) + 1,
            name=name,
            kind="macvlan",
            mtu_bytes=below.mtu_bytes,
            mac=_OWN_MAC + below.index,
            peer_index=below.index,
            lower=parent.link,
            macvlan_mode="bridge",
            flags=("BROADCAST", "MULTICAST", "UP"),
        )
        yield SetLink(parent.netns, made)
        yield SetSysctl(parent.netns, ("net", "ipv4", "conf", name, "arp_filter"), "1")
    else:
        name = own.name
    source = next((each.value for each in addresses_of(host, parent.link, 4)), None)
    yield AddEntry(
        parent.netns, Route(4, address, 32, next_hops=(NextHop(name),), prefsrc=source, scope="link", protocol="boot")
    )


def _is_own_macvlan(view: View, link: Link, parent: Port) -> bool:
    """Return whether the link is a macvlan of the host itself on the parent, and up."""
    lower = lower_of(view.network, parent.netns, link) if link.kind == "macvlan" else None
    return lower == parent and link.up and bridges(link)


def _free_name(host: Namespace) -> str:
    taken = {each.name for each in host.links}
    return next(name for number in range(len(taken) + 1) if (name := f"macvlan{number}") not in taken)


CAUSE = Cause(
    id="macvlan-host-cannot-reach",
    title=message("The host and a macvlan on its own link do not reach each other"),
    source="drivers/net/macvlan.c macvlan_queue_xmit(), macvlan_handle_frame()",
    reasons=frozenset({"left-instead"}),
    find=find,
)
