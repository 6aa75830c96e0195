"""The namespaces and route lookups of a failed flow, for causes that look at every stop; and the rules
that drop packets to whose source no route leads back, such as those of firewalld's option IPv6_rpfilter."""

from hairpin.causes.kit import Iterator, Namespace, Netns, Place, View
from hairpin.change.change import DeleteRule, one
from hairpin.change.simulation.simulate import simulate
from hairpin.host.route import Route
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.ir import ReversePathMatch
from hairpin.netfilter.packet import TCP, UDP, Packet
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import netns_of, owns_address, veth_peer
from hairpin.network.prefix import LINK_LOCAL4, LINK_LOCAL6, Version, is_loopback
from hairpin.network.query import Query
from hairpin.walk.deciders import Lookup, deciders
from hairpin.walk.walk import walk_flow


def namespaces_on_way(view: View) -> Iterator[tuple[Netns, Namespace]]:
    """Yield the namespaces that the flow passed or should have passed.

    Yielded are the namespaces of the walk's steps, the host's namespace, the asked container's namespace, and each
    namespace on this host that has the packet's destination address."""
    steps = (*view.branch.request, *view.branch.reply, *view.branch.data)
    found = dict.fromkeys((view.stop.netns, *(step.netns for step in steps), view.host_netns))
    meant = view.host.container(view.meant) if view.meant else None
    inner = netns_of(view.host, meant) if meant is not None else None
    packet = view.stop.seen.packet
    owners = (
        view.host_netns.sibling(each.name)
        for each in view.host.namespaces
        if not is_loopback(packet.daddr, packet.version) and owns_address(each, packet.version, packet.daddr)
    )
    for netns in dict.fromkeys((*found, *((inner,) if inner is not None else ()), *owners)):
        if netns in view.network:
            yield netns, view.network.namespace(netns)


def lookups_on_way(view: View) -> Iterator[Lookup]:
    """Yield the route lookups for the flow's packets in the namespaces that were read, in the order of the packets'
    path."""
    for each in deciders(view.network, view.flow).lookups:
        if each.netns in view.network and each.query.version == view.stop.seen.packet.version:
            yield each


def query_there(packet: Packet, iif: str = "lo") -> Query:
    """Return the key of the route lookup for the packet."""
    return Query(packet.version, packet.daddr, packet.saddr, iif=iif, mark=packet.mark, protocol=packet.protocol,
                 sport=packet.sport, dport=packet.dport)  # fmt: skip


def query_back(packet: Packet) -> Query:
    """Return the key of the route lookup for the packet's source address, with the packet's mark."""
    return Query(packet.version, packet.saddr, packet.daddr, mark=packet.mark, protocol=packet.protocol,
                 sport=packet.dport, dport=packet.sport)  # fmt: skip


def is_elsewhere(view: View, each: Lookup) -> bool:
    """Return whether the looked-up address belongs to another machine to which the found route does not lead.

    The other machine is another namespace that was read, or the asking client.  A local route for the
    client's address does not lead to the client.  An on-link route does not lead to the client if the client's packet
    did not enter the route's namespace.  Loopback and link-local addresses do not count, because each machine has such
    addresses."""
    address, version = each.query.daddr, each.query.version
    if is_loopback(address, version) or (LINK_LOCAL4 if version == 4 else LINK_LOCAL6).holds(address, version):
        return False
    own = each.found.type in ("local", "broadcast")  # the host keeps such packets for itself
    start = view.flow.start
    if isinstance(start, Outside | Lan) and (start.address, view.flow.version) == (address, version):
        on_link = all(hop.gateway is None for hop in each.found.next_hops)
        return own or (on_link and each.netns not in _entered(view))
    links = {hop.link for hop in each.found.next_hops}
    owners = [(netns, other) for netns, other in view.network.namespaces() if netns != each.netns]
    held = [(netns, other) for netns, other in owners if owns_address(other, version, address)]
    return bool(held) and (own or not any(_leads_to(view, each.netns, links, *owner) for owner in held))


def _entered(view: View) -> frozenset[Netns]:
    """Return the namespaces that a client's packet enters directly from outside: the host's namespace, or the namespace
    of a macvlan container."""
    return frozenset((view.host_netns, *(step.netns for step in view.branch.request[:2])))


def _leads_to(view: View, netns: Netns, links: set[str | None], owner: Netns, namespace: Namespace) -> bool:
    """Return whether one of the links leads to the namespace ``owner``.

    A link leads to ``owner`` if it is the peer of a veth in that namespace, or the bridge of this peer."""
    for link in namespace.links:
        peer = veth_peer(view.network, owner, link)
        outer = view.network.namespace(netns).link(peer.link) if peer is not None and peer.netns == netns else None
        if outer is not None and (outer.name in links or outer.master in links):
            return True
    return False


def is_wanted(namespace: Namespace, route: Route) -> bool:
    """Return whether a program made the route on purpose.

    A route made on purpose leaves by a VPN's link, or has the protocol of a routing daemon, a network manager or DHCP.
    A route that a person typed has the protocol ``boot``."""
    links = (namespace.link(hop.link) for hop in route.next_hops if hop.link is not None)
    by_vpn = any(link is not None and (link.kind in ("tun", "wireguard") or link.tunnel is not None) for link in links)
    return by_vpn or route.protocol not in ("", "boot", "kernel")


def subnet_of(view: View, version: Version, address: int) -> tuple[int, int] | None:
    """Return the subnet of the container network that contains the address, or None."""
    for engine in view.host.engines:
        for network in engine.networks:
            for each in network.subnets:
                if each.holds(address, version):
                    return each.network, each.prefix_length
    return None


def is_served(view: View, query: Query) -> bool:
    """Return whether packets with this source are replies of a service.

    Packets count as replies if a namespace on the host has the source address, and a socket in this namespace has the
    source port."""
    protocol = {TCP: "tcp", UDP: "udp"}.get(query.protocol or 0)
    return any(
        owns_address(namespace, query.version, query.saddr or 0)
        and any((each.protocol, each.port) == (protocol, query.sport) for each in namespace.sockets)
        for namespace in view.host.namespaces
    )


def looked_up_packet(view: View) -> Packet:
    """Return the packet in its form at the last route lookup in the namespace where it stopped.

    A reply gets the published address as its source only after this lookup."""
    steps = view.branch.reply if view.in_reply else view.branch.request
    looked_up = (step for step in reversed(steps) if step.stage in ("input-route", "output-route"))
    return next((step.packet for step in looked_up if step.netns == view.stop.netns), view.stop.seen.packet)


def wants_route_back(namespace: Namespace, place: Place) -> bool:
    """Return whether the rule drops a packet if no route leads back to the packet's source."""
    rule = rule_at(namespace.ruleset, place)
    return rule is not None and any(isinstance(part, ReversePathMatch) for part in rule.body)


def only_the_rule_stops(view: View) -> bool:
    """Return whether a rule that wants a route back stops the packet, and the flow passes without this rule.

    The routes are then right, and the rule's lookup differs from the reply's lookup, for example because the rule's
    lookup ignores the reply's mark."""
    place = view.place
    if place is None or view.in_reply or not wants_route_back(view.namespace, place):
        return False
    return walk_flow(simulate(one(DeleteRule(view.stop.netns, place)), view.network), view.flow).succeeds
