"""Routes of one host that do not lead to the host that has the destination."""

import msgspec

from hairpin.causes.between_hosts._tunnelled import (
    FarEnd,
    failing_steps,
    inner_packet,
    lacking_entries,
    underlay_address,
)
from hairpin.causes.kit import Iterator, Namespace, Netns, View
from hairpin.change.change import AddEntry, Change, DeleteEntry, Primitive, ReplaceEntry
from hairpin.change.simulation.entries import route_slot
from hairpin.host.link import Link
from hairpin.host.route import NextHop, Route
from hairpin.network.network import Network, addresses_of, is_bridge_port, is_uplink, owns_address
from hairpin.network.prefix import Version, network_of
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.tunnel.tunnels import receiver, remotes_of
from hairpin.network.unmasqueraded import is_unmasqueraded
from hairpin.network.wires import holder_of


class Misrouted(msgspec.Struct, frozen=True):
    """A host whose route for the destination address does not lead to the host that has this address.

    ``found``: the present route for the address, or None if there is no route.  ``far``: the host that has the address.
    ``right``: the route that would lead to ``far``.  ``entries``: the neighbour and forwarding entries that the tunnel
    of the right route lacks.
    """

    netns: Netns
    found: Route | None
    far: Netns
    right: Route
    entries: tuple[Primitive, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether this host has no route for the subnet of the address.  A wider route may cover the subnet."""
        return self.found is None or self.found.prefix_length < self.right.prefix_length

    @property
    def change(self) -> Change:
        """The change that adds the right route, and removes a wrong route for the subnet."""
        if self.found is None or self.is_missing:
            return Change((*self.entries, AddEntry(self.netns, self.right)))
        found = self.found
        right = msgspec.structs.replace(self.right, table=found.table, metric=found.metric, tos=found.tos)
        if route_slot(right) == route_slot(found):
            return Change((*self.entries, ReplaceEntry(self.netns, found, right)))
        # A narrower route has another slot in the table: add the right route before deleting the narrower route.
        return Change((*self.entries, AddEntry(self.netns, self.right), DeleteEntry(self.netns, found)))


def hosts_without_route(view: View) -> Iterator[Misrouted]:
    """Yield each host on the packet's path whose route does not lead to the destination's host, in path order."""
    packet = inner_packet(view)
    visited = tuple(dict.fromkeys(step.netns.of_host for step in failing_steps(view)))
    for netns in visited:
        holder = holder_of(view.network, packet.version, packet.daddr, besides=netns.host)
        if holder is None or netns not in view.network or holder.of_host not in view.network:
            continue
        if view.in_reply and _should_be_masqueraded(view.network, holder, packet.version, packet.daddr):
            continue
        namespace = view.network.namespace(netns)
        found = lookup(namespace, Query(packet.version, packet.daddr))
        if found.type not in ("unicast", "none") or _goes_there(view.network, namespace, found.next_hops, holder):
            continue
        right = _route_to(view.network, netns, holder, packet.version, packet.daddr)
        if right is not None:
            yield Misrouted(netns, found.route, holder.of_host, *right)


def _should_be_masqueraded(network: Network, holder: Netns, version: Version, address: int) -> bool:
    """Return whether the host of the container with this address should have masqueraded the address."""
    own = holder.is_host or owns_address(network.namespace(holder.of_host), version, address)
    return not own and not is_unmasqueraded(network, holder.of_host, version, address)


def _goes_there(network: Network, namespace: Namespace, hops: tuple[NextHop, ...], holder: Netns) -> bool:
    """Return whether a next hop of the route is the host that has the destination, whether the tunnel of a next hop
    leads to this host, or whether the destination is on-link."""
    there = network.namespace(holder.of_host)
    for hop in hops:
        link = namespace.link(hop.link or "")
        if hop.gateway is None and link is not None and link.kind not in ("vxlan", "geneve", "ipip", "gre", "sit"):
            return True
        if any(each.value == hop.gateway for each in there.addresses):
            return True
        if link is not None and any(
            owns_address(there, link.tunnel.version, each.address)
            for each in remotes_of(namespace, link, _mac_of(namespace, hop))
            if link.tunnel is not None
        ):
            return True
    return False


def _mac_of(namespace: Namespace, hop: NextHop) -> int | None:
    """Return the hardware address in the neighbour entry of the next hop, or None."""
    return next((each.mac for each in namespace.neighbours if (each.link, each.value) == (hop.link, hop.gateway)), None)


def _route_to(
    network: Network, netns: Netns, holder: Netns, version: Version, address: int
) -> tuple[Route, tuple[Primitive, ...]] | None:
    """Return the route to the subnet in which ``holder`` has the address, and the entries that a tunnel lacks for this
    route.  The route leads through a tunnel that both hosts have.  If the two hosts share no tunnel, the route leads to
    an on-link address of the far host."""
    held = next(
        each for each in network.namespace(holder).addresses if (each.version, each.value) == (version, address)
    )
    far, length = holder.of_host, held.prefix_length
    subnet = network_of(address, length, version)
    for gateway, device, entries in _by_tunnel(network, netns, far, version):
        hop = NextHop(device.name, gateway, onlink=True)
        return Route(version, subnet, length, next_hops=(hop,)), entries
    for each in addresses_of(network.namespace(far), None, version):
        found = lookup(network.namespace(netns), Query(version, each.value))
        hop_ = found.next_hops[0] if found.type == "unicast" and found.next_hops else None
        link = network.namespace(netns).link(hop_.link or "") if hop_ is not None else None
        if hop_ is not None and hop_.gateway is None and link is not None and _is_way_out(network, netns, link):
            return Route(version, subnet, length, next_hops=(NextHop(link.name, each.value),)), ()
    return None


def _is_way_out(network: Network, netns: Netns, link: Link) -> bool:
    namespace = network.namespace(netns)
    return any(is_uplink(network, netns, each) and link.name in (each.name, each.master) for each in namespace.links)


def _by_tunnel(
    network: Network, netns: Netns, far: Netns, version: Version
) -> Iterator[tuple[int, Link, tuple[Primitive, ...]]]:
    """Yield, for each tunnel that both hosts have, the far device's address, this host's device, and the entries that
    this host's device lacks."""
    here, there = network.namespace(netns), network.namespace(far)
    for link in here.links:
        if link.tunnel is None or not link.up or is_bridge_port(here, link):
            continue
        remote = next((each.value for each in addresses_of(there, None, link.tunnel.version)), 0)
        port = receiver(network, far, msgspec.structs.replace(link.tunnel, remote=remote))
        end = there.link(port.link) if port is not None and port.netns == far else None
        if end is None or is_bridge_port(there, end):
            continue
        for each in addresses_of(there, end.name, version)[:1]:
            reached = FarEnd(far, end, underlay_address(network, far, end))
            yield each.value, link, lacking_entries(network, netns, link, reached, each.value, version)
