"""How a packet reaches an ipvlan in mode l3s.

The namespace of the link below runs PREROUTING and INPUT for it, as for a packet of its own.  The ipvlan's namespace
has only the route and the socket.

Source: drivers/net/ipvlan/ipvlan_l3s.c ipvlan_l3_rcv(), ipvlan_nf_input(); net/ipv4/ip_input.c ip_rcv_finish()
"""

from collections.abc import Iterator

import msgspec

from hairpin.network.network import Network, Port
from hairpin.network.stacked import link_of, takes_address
from hairpin.walk.ip.route_in import input_route
from hairpin.walk.state import End, Outcome, State


def input_route_above(network: Network, state: State) -> Iterator[Outcome]:
    """Yield a packet that has passed PREROUTING after its route lookup.

    The ipvlan that has the address looks it up.  If that finds the source address wrong, or no ipvlan has the address,
    the link that the packet came in by does.
    """
    packet, lower = state.packet, Port(state.netns, state.iif)
    port = takes_address(network, lower, packet.version, packet.daddr)
    if port is None or link_of(network, port).macvlan_mode != "l3s":
        yield from input_route(network, state)
        return
    moved = msgspec.structs.replace(state, netns=port.netns, iif=port.link, slave="")
    for outcome in input_route(network, moved):
        if isinstance(outcome, State) and outcome.stage == "input":
            yield msgspec.structs.replace(outcome, netns=state.netns, iif=state.iif, l3s=port)
        elif isinstance(outcome, End) and packet.version == 6:
            yield outcome
        else:
            yield from input_route(network, state)


def delivered_above(state: State) -> State:
    """Return a packet that has passed INPUT in its socket's namespace: the ipvlan's, if an ipvlan receives it."""
    port = state.l3s
    return state if port is None else msgspec.structs.replace(state, netns=port.netns, iif=port.link)
