"""What an ipvlan in mode l3s takes in: the namespace of the link below shows it to PREROUTING and INPUT as what is for
itself, and what is above has but the route and the socket.

Source: drivers/net/ipvlan/ipvlan_l3s.c ipvlan_l3_rcv(), ipvlan_nf_input(); net/ipv4/ip_input.c ip_rcv_finish()
"""

from collections.abc import Iterator

import msgspec

from hairpin.network.network import Network, Port
from hairpin.network.stacked import link_of, takes_address
from hairpin.walk.ip.route_in import input_route
from hairpin.walk.state import End, Outcome, State


def input_route_above(network: Network, state: State) -> Iterator[Outcome]:
    """Yield what has passed PREROUTING as it is routed: as by the ipvlan that has the address, if that believes it, and
    by the link that it came by otherwise."""
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
    """Return a packet that has passed INPUT in the namespace of its socket: the ipvlan's, if an ipvlan took it."""
    port = state.l3s
    return state if port is None else msgspec.structs.replace(state, netns=port.netns, iif=port.link)
