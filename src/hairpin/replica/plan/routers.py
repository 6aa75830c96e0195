"""The machines around the hosts, for which the world stands: their addresses, their MTUs, and their ARP requests that a
host ignores.

The world sends frames to a host's hardware address without an ARP request.  There is one exception: if the walk says
that the host ignores the ARP request of a router or of a client on the link, the world sends such a request, and the
kernel decides whether to answer.

Machines behind a router may have a larger MTU than the link to the host, and announce it in their MSS.  The wire has
the MTU of the host's link.  Therefore no larger packet enters the link.  The address of each machine behind a router
has its own route with ``advmss``.  Therefore the machine announces the MTU that the walk assumes
(walk/size/segment_size.py).

Source: net/ipv4/tcp_output.c tcp_connect_init(), tcp_make_synack(): dst_metric_advmss()
"""

from collections.abc import Iterator

from hairpin.netfilter.rule_address import write_mac
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, addresses_of, outer_link
from hairpin.network.prefix import Version, address_text, width
from hairpin.replica.plan import replies
from hairpin.replica.plan.blueprint import SysctlValue
from hairpin.replica.plan.links import Wire, holder_of, mac_of
from hairpin.walk.outside import asked_by_sender, enters_by, sender_of
from hairpin.walk.size.segment_size import HEADERS, outside_mtu
from hairpin.walk.state import End

_MAIN_ADDRESS = "2"
"""The value of arp_announce with which the sender address of an ARP request is an address of the outgoing link,
whatever the packet's source is."""
_FIRST = 3001
_USUAL_MTU_BYTES = 1500


def covered_gateways(network: Network, changed: Network | None, version: Version) -> Iterator[str]:
    """Yield each gateway, before and after a change, whose address may be in a container network.

    Each gateway is yielded once."""
    if any(host.engines for host in network.hosts):
        both = (each for each in (network, changed) if each is not None)
        yield from dict.fromkeys(each for one in both for each in gateways(one, version))


def gateways(network: Network, version: Version) -> Iterator[str]:
    """Yield the next hops of the hosts' routes by uplinks, provided that the next hop has a neighbour entry on the
    uplink or is in a network of the uplink.  A container network may contain the address of such a next hop."""
    for netns, namespace in network.namespaces():
        known = {each.value for each in namespace.neighbours if each.mac is not None and each.version == version}
        for hop in (each for route in namespace.routes for each in route.next_hops):
            link = namespace.link(hop.link) if hop.link is not None else None
            if link is None or hop.gateway is None or outer_link(network, netns, link) is None:
                continue
            if (hop.gateway_version or (4 if hop.gateway < 1 << 32 else 6)) != version:
                continue
            # The gateway is really on the link: it has a neighbour entry or its address is in the link's network.
            own = addresses_of(namespace, link.name, version)
            if hop.gateway in known or any(each.holds(hop.gateway, version) for each in own):
                yield address_text(hop.gateway, version)


def next_hop(network: Network, flows: tuple[Flow, ...], wire: Wire, version: Version) -> tuple[str, str]:
    """Return the next hop of the world's routes by the wire, and the line that makes the next hop reachable.

    The line adds a neighbour entry, or the address from which the world sends ARP requests."""
    asked = unheard_router(network, flows, wire) if version == 4 else None
    if asked is not None:
        return asked[1], f"address add {asked[0]}/32 dev {wire.name} noprefixroute"
    router, mac = replies.ROUTER[version], mac_of(wire.netns, holder_of(network.namespace(wire.netns), wire.link))
    return router, f"neighbour replace {router} lladdr {write_mac(mac)} dev {wire.name} nud permanent"


def unheard_router(network: Network, flows: tuple[Flow, ...], wire: Wire) -> tuple[str, str] | None:
    """Return the address of the machine whose ARP requests the host ignores on this wire, and the address for which the
    machine asks; None if there is no such machine."""
    for flow in flows:
        if flow.version == 6 or not isinstance(flow.start, (Outside, Lan)):
            continue
        started = enters_by(network, flow)
        if isinstance(started, End) or (started.netns, started.iif) != (wire.netns, wire.link.name):
            continue
        sender = sender_of(network, flow, started)
        if sender is not None and isinstance(asked_by_sender(network, flow, started), End):
            return address_text(sender, 4), address_text(started.packet.daddr, 4)
    return None


def asking(network: Network, flows: tuple[Flow, ...], wires: tuple[Wire, ...]) -> Iterator[SysctlValue]:
    """Yield the settings with which the world sends ARP requests from the address of the machine that the host
    ignores."""
    for wire in wires:
        if unheard_router(network, flows, wire) is not None:
            yield SysctlValue(f"net/ipv4/conf/{wire.name}/arp_announce", _MAIN_ADDRESS)


def wire_mtu(wire: Wire) -> Iterator[str]:
    """Yield the line that gives the world's end of the wire the MTU of the host's link."""
    if wire.far is None and wire.link.mtu_bytes != _USUAL_MTU_BYTES:
        yield f"link set dev {wire.name} mtu {wire.link.mtu_bytes}"


def routes(network: Network, flows: tuple[Flow, ...], wire: Wire, number: int, version: Version) -> Iterator[str]:
    """Yield the route of machines behind a router, with the MSS that these machines announce."""
    told = {mtu for _, mtu in _told(network, flows, wire, version)}
    everything, (router, _) = "0.0.0.0/0" if version == 4 else "::/0", next_hop(network, flows, wire, version)
    for mtu in told:
        mss = mtu - HEADERS[version]
        yield f"route add {everything} via {router} dev {wire.name} onlink table {_FIRST + number} advmss {mss}"


def rules(
    network: Network, flows: tuple[Flow, ...], wires: tuple[Wire, ...], version: Version, client_marks: dict[str, int]
) -> Iterator[str]:
    """Yield the policy rules that lead packets of machines behind a router to the routes of ``routes()``.

    ``client_marks``: for each wire's name, the mark of the clients that send by the wire."""
    for number, wire in enumerate(wires):
        marks = (replies.mark_of(number), *((client_marks[wire.name],) if wire.name in client_marks else ()))
        for address, _ in _told(network, flows, wire, version):
            source = f"from {address_text(address, version)}/{width(version)}"
            for mark in marks:
                yield f"rule add priority 9 fwmark {mark} {source} iif lo lookup {_FIRST + number}"


def _told(network: Network, flows: tuple[Flow, ...], wire: Wire, version: Version) -> Iterator[tuple[int, int]]:
    """Yield the addresses of the flows' outside ends whose MTU is larger than the wire's MTU, each with its MTU."""
    own = wire.link.mtu_bytes
    if wire.far is not None or own >= _USUAL_MTU_BYTES or not wire.netns.is_host:
        return
    for flow in (each for each in flows if each.version == version and each.protocol == "tcp"):
        if isinstance(flow.start, Lan):
            continue
        address = flow.start.address if isinstance(flow.start, Outside) else flow.daddr
        mtu = outside_mtu(network, wire.netns, version, address, own)
        if mtu > own:
            yield address, mtu
