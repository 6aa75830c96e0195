"""The choice of one path of a multipath route.

The kernel chooses by a hash, so all packets between two addresses take the same path.

Source: net/ipv4/fib_semantics.c fib_select_multipath(), net/ipv4/route.c fib_multipath_hash(); net/ipv6/route.c
rt6_multipath_hash(): addresses, and the ports too with ``fib_multipath_hash_policy`` 1
"""

from collections.abc import Iterator

from hairpin.host.route import NextHop
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.query import Found
from hairpin.network.routing import route_text
from hairpin.walk.state import State


def paths(network: Network, state: State, found: Found) -> Iterator[tuple[NextHop, State]]:
    """Yield each next hop with the state under the condition that the hash chooses it.  If an earlier packet of the
    walk had the same choice, yield only that packet's next hop."""
    hops = found.next_hops
    if len(hops) < 2:
        yield from ((hop, state) for hop in hops)
        return
    suppositions = [(hop, Condition(_said(network, state, found, hop), holds=True)) for hop in hops]
    for hop, supposed in suppositions:
        if supposed in state.history.conditions:
            yield hop, state
            return
    for hop, supposed in suppositions:
        yield hop, state.given(supposed)


def _said(network: Network, state: State, found: Found, hop: NextHop) -> Message:
    packet = state.packet
    start, end = (
        address_text(each, packet.version) if each else message("here") for each in (packet.saddr, packet.daddr)
    )
    by = f"via {address_text(hop.gateway, hop.gateway_version or packet.version)} " if hop.gateway is not None else ""
    said = message(
        "from {start} to {end}, the kernel chooses the next hop {hop} of {route}",
        start=start,
        end=end,
        hop=f"{by}dev {hop.link}",
        route=route_text(found.route) if found.route is not None else "",
    )
    if state.netns.is_host and len(network.hosts) == 1:
        return said
    return message("{netns}: {said}", netns=network.netns_text(state.netns), said=said)
