"""Finds packets that left the rebuilt hosts.

A packet has left the hosts if it reached the world, and the world does not forward it to another host.

The world's kernel answers every packet.  A packet that the outside would not answer (walk/outside.py) counts as lost.
"""

from collections.abc import Iterator

from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.packet import ACK, TCP, UDP, Packet
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, Port, owns_address
from hairpin.network.prefix import LINK_LOCAL6, parse_address
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.stacked import link_of, lower_of
from hairpin.replica.judgement import Sighting, Verdict
from hairpin.replica.plan.between import crosses, tunnel_ports
from hairpin.replica.plan.blueprint import WORLD, FarEnd, Way
from hairpin.replica.plan.entry import entry
from hairpin.replica.plan.replies import exempted_sources
from hairpin.replica.watch.verdict import accepts, says_no
from hairpin.walk.link.arp import is_mute
from hairpin.walk.link.bridged_machine import frame_from_outside, ports_beyond
from hairpin.walk.link.segment import port_towards
from hairpin.walk.outside import outside_takes
from hairpin.walk.state import End, State


class Departures:
    """Distinguishes the packets that left the hosts from other packets that reached the world."""

    def __init__(self, network: Network, ways: tuple[Way, ...], far_ends: tuple[FarEnd, ...] = ()) -> None:
        self._network = network
        self._hosts = {way.wire: way.netns for way in ways}
        # A link without ARP sends each frame to the link's own hardware address, so to the world it is a frame for
        # another machine.
        self._mute = frozenset(way.wire for way in ways if is_mute(link_of(network, Port(way.netns, way.link))))
        self._ports = {way.wire: Port(way.netns, way.link) for way in ways}
        self._tunnel_ports = frozenset(tunnel_ports(network))
        self._far_wires = frozenset(each.wire for each in far_ends)
        self._far_ends = frozenset((each.address, each.port) for each in far_ends)

    def lost(self, flow: Flow, seen: tuple[Sighting, ...], *, reached: bool) -> Verdict | None:
        """Return the verdict on a packet that left the hosts and that the outside does not answer; None if there is no
        such packet."""
        last = self.last(flow, seen, reached=reached)
        if last is None and not (reached or any(map(accepts, seen))):
            came = (each for each in reversed(seen) if each.netns == WORLD and not each.out and self._opened(each))
            # if the flow was answered, such an outer packet has only a copy that a bridge flooded into the tunnel
            last = next(came, None)
        if last is None or last.link in self._far_wires:  # a far end is presumed to deliver: walk/presumed.py
            return None
        packet = Packet(
            version=last.version,
            saddr=parse_address(last.source)[1],
            daddr=parse_address(last.destination)[1],
            protocol=last.protocol,
            sport=last.sport,
            dport=last.dport,
            icmp=last.icmp,
        )
        netns, link = self._stacked_sender(flow, last, seen)
        if not link and self._asks_for_itself(netns, packet):
            return "dropped"
        taken = outside_takes(self._network, flow, End("left", State("outside", netns, packet, oif=link)))
        exempt = taken.reason == "source-not-translated" and packet.saddr in exempted_sources(self._network, flow)
        if taken.reason is None or exempt:
            return None
        return "unanswered" if taken.reason in ("source-not-translated", "peer-drops") else "dropped"

    def last(self, flow: Flow, seen: tuple[Sighting, ...], *, reached: bool) -> Sighting | None:
        """Return the last request that reached the world, either from inside or forwarded by a host for an outside
        client; None if there is none.

        ``reached``: whether a service of a rebuilt namespace has read data."""
        came = (each for each in seen if each.netns == WORLD and not each.out and not self._passes(flow, each))
        newest = reversed(tuple(came))
        return next((each for each in newest if not self._answers(flow, each, seen, reached=reached)), None)

    def _passes(self, flow: Flow, seen: Sighting) -> bool:
        """Return whether the packet only passes through the world.

        A packet passes through if the world forwards it, if it is a tunnel's outer packet, or if a link without ARP
        sent it."""
        if seen.link in self._far_wires:
            return False
        if seen.link in self._mute:
            return True
        several = len(self._network.hosts) > 1
        if self._opened(seen) or (several and self._is_outer(flow, seen)):
            return True
        return several and crosses(self._network, self._host_of(flow, seen).host, seen.version, seen.destination)

    def _opened(self, seen: Sighting) -> bool:
        """Return whether the packet is the outer packet of a tunnel whose far end is in the world."""
        return seen.protocol == UDP and (seen.destination, seen.dport) in self._far_ends

    def _is_outer(self, flow: Flow, seen: Sighting) -> bool:
        return seen.protocol == UDP and seen.dport in self._tunnel_ports and seen.dport != flow.dport

    def not_told_apart(self, flow: Flow, seen: tuple[Sighting, ...]) -> Iterator[Message]:
        """Yield the sentences about what the world cannot stand for: unread tunnel ends, and two machines behind the
        ports of one bridge."""
        yield from self._unread_tunnel_ends(flow, seen)
        yield from self._crossed_bridges(flow, seen)

    def _unread_tunnel_ends(self, flow: Flow, seen: tuple[Sighting, ...]) -> Iterator[Message]:
        """Yield a sentence for each unread tunnel end to which an outer packet in the world is addressed."""
        if len(self._network.hosts) > 1:
            came = (each for each in seen if each.netns == WORLD and not each.out and self._is_outer(flow, each))
            for each in (one for one in came if not self._opened(one)):
                yield message(
                    "hairpin did not read the machine at {address}, the far end of a tunnel", address=each.destination
                )

    def _crossed_bridges(self, flow: Flow, seen: tuple[Sighting, ...]) -> Iterator[Message]:
        """Yield a sentence for each bridge by which a packet came from the world and went back to the world, or should
        have gone.  Behind each port of the bridge the world is the same machine, and the bridge learns its hardware
        address anew at each port."""
        met = dict.fromkeys(self._ports[each.link] for each in seen if each.netns == WORLD and each.link in self._ports)
        ports: dict[Port, list[str]] = {}
        for each in met:
            link = link_of(self._network, each) if each.netns in self._network else None
            if link is not None and link.master is not None:
                ports.setdefault(Port(each.netns, link.master), []).append(each.link)
        for bridge, names in ports.items():
            names.extend(self._beyond(flow, Port(bridge.netns, names[0])))
            if len(names) > 1:
                yield message(
                    "in the test copy (replica), one machine stands for all machines behind the ports {first} and "
                    "{second} of {bridge}",
                    first=names[0], second=names[1], bridge=bridge.link,
                )  # fmt: skip

    def _beyond(self, flow: Flow, came_by: Port) -> Iterator[str]:
        """Yield the port behind which another namespace or an unread machine gets the client's packet that comes in by
        this port.  The world sends the packet to the host."""
        link = link_of(self._network, came_by)
        bridge = self._network.namespace(came_by.netns).link(link.master or "")
        if not isinstance(flow.start, (Lan, Outside)) or bridge is None:
            return
        frame = frame_from_outside(self._network, came_by.netns, link, flow.packet(flow.start.address))
        if frame.foreign:
            beyond = next(ports_beyond(self._network, came_by.netns, bridge, link.name), None)
        elif frame.target is not None:
            beyond = port_towards(self._network, came_by.netns, bridge.name, frame.target, None)
        else:
            return
        if beyond is not None and beyond.name != link.name:
            yield beyond.name

    def _host_of(self, flow: Flow, seen: Sighting) -> Netns:
        """Return the host whose uplink is connected to the world's link on which the packet was seen."""
        return self._hosts.get(seen.link, self._network.host_netns(flow.host))

    def _stacked_sender(self, flow: Flow, last: Sighting, seen: tuple[Sighting, ...]) -> tuple[Netns, str]:
        """Return the namespace and the name of the macvlan or ipvlan by which the packet left; for any other link,
        return the host and an empty name.

        A packet from a macvlan or ipvlan never reaches the host of the parent link, even if the packet is sent to the
        host's address, which the world has as well."""
        for each in seen:
            if (
                each.out
                and each.at_ns <= last.at_ns
                and (each.source, each.destination) == (last.source, last.destination)
            ):
                inside = each.netns in self._network and not each.netns.is_host
                link = self._network.namespace(each.netns).link(each.link) if inside else None
                if link is not None and lower_of(self._network, each.netns, link) is not None:
                    return each.netns, each.link
        return self._host_of(flow, last), ""

    def _asks_for_itself(self, netns: Netns, packet: Packet) -> bool:
        """Return whether the host resolves its own address on the wire.  A host resolves its own address if it lacks
        the address's local route.

        Only the world answers the ARP request for this address."""
        namespace = self._network.namespace(netns)
        if LINK_LOCAL6.holds(packet.daddr, packet.version):
            # a link-local address of another link of the host does not count as the host's address on the wire
            return False
        hops = lookup(namespace, Query(packet.version, packet.daddr)).next_hops
        return owns_address(namespace, packet.version, packet.daddr) and all(each.gateway is None for each in hops)

    def _answers(self, flow: Flow, seen: Sighting, sightings: tuple[Sighting, ...], *, reached: bool) -> bool:
        """Return whether the packet is an answer that left the hosts by mistake, and not a request."""
        if says_no(seen):
            return True
        if seen.protocol == TCP:
            return seen.tcp_flags & ACK != 0
        begins = entry(self._network, flow)
        if begins is not None:
            return reached or seen.destination == begins.source
        return reached or any(each.netns == WORLD and each.out and each.at_ns < seen.at_ns for each in sightings)
