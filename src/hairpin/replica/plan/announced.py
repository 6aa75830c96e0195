"""What the world's ends tell of their own MTU: those behind a router may have a larger one than the link to the host.

The wire has the MTU of the host's link, so that no packet comes in that is larger.  A far end behind a router tells the
MTU that the walk takes it to have (walk/size/segment_size.py): by ``advmss`` of a route for its address alone.

Source: net/ipv4/tcp_output.c tcp_connect_init(), tcp_make_synack(): dst_metric_advmss()
"""

from collections.abc import Iterator

from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import Version, address_text, width
from hairpin.replica.plan import replies, routers
from hairpin.replica.plan.links import Wire
from hairpin.walk.size.segment_size import HEADERS, outside_mtu

_FIRST = 3001
_USUAL_MTU_BYTES = 1500


def wire_mtu(wire: Wire) -> Iterator[str]:
    """Yield the line that gives the world's end of the wire the MTU of the host's link."""
    if wire.far is None and wire.link.mtu_bytes != _USUAL_MTU_BYTES:
        yield f"link set dev {wire.name} mtu {wire.link.mtu_bytes}"


def routes(network: Network, flows: tuple[Flow, ...], wire: Wire, number: int, version: Version) -> Iterator[str]:
    """Yield the route by which ends behind a router send, with the MSS that they tell."""
    told = {mtu for _, mtu in _told(network, flows, wire, version)}
    everything, (router, _) = "0.0.0.0/0" if version == 4 else "::/0", routers.next_hop(network, flows, wire, version)
    for mtu in told:
        mss = mtu - HEADERS[version]
        yield f"route add {everything} via {router} dev {wire.name} onlink table {_FIRST + number} advmss {mss}"


def rules(
    network: Network, flows: tuple[Flow, ...], wires: tuple[Wire, ...], version: Version, client_marks: dict[str, int]
) -> Iterator[str]:
    """Yield the policy rules for these ends.  ``client_marks``: the mark of clients that send in by a wire."""
    for number, wire in enumerate(wires):
        marks = (replies.mark_of(number), *((client_marks[wire.name],) if wire.name in client_marks else ()))
        for address, _ in _told(network, flows, wire, version):
            source = f"from {address_text(address, version)}/{width(version)}"
            for mark in marks:
                yield f"rule add priority 9 fwmark {mark} {source} iif lo lookup {_FIRST + number}"


def _told(network: Network, flows: tuple[Flow, ...], wire: Wire, version: Version) -> Iterator[tuple[int, int]]:
    """Yield the outside ends of the flows that tell a larger MTU than the wire's, and that MTU."""
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
