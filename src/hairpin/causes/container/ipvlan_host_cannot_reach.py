"""The kernel never delivers a packet between the host and a container whose ipvlan is on the host's link.

The kernel sends the host's packets from the parent link out to the wire.  The kernel passes packets only between
ipvlans on one parent link.

Users see: machines in the LAN and the container reach each other, but the host and its bridged containers do not reach
the container.  In mode l3 the container's request arrives at the host, and the reply is lost.

Proof: the packet left through the parent link, and its destination is an ipvlan on that link.  Or the packet left
through an ipvlan, and its destination is an address of the host.  If the host has an ipvlan of the same mode on the
parent link, the flow arrives.
Now: make an ipvlan for the host on the parent link, and a route to the container by this ipvlan.  In mode l2, also add
a permanent neighbour entry with the container's hardware address, which is the hardware address of the parent link.
The host's ipvlan then needs no IP address.
Lasting: put the ipvlan and the route into the host's network configuration, or use a bridge network for containers that
the host has to reach.
"""

from hairpin.causes.container._beside import by_link_beside
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("The host and an ipvlan on its own link do not reach each other"),
    source="drivers/net/ipvlan/ipvlan_core.c ipvlan_xmit_mode_l2(), ipvlan_xmit_mode_l3()",
    shown_by=(
        "ip -d link; docker network inspect $(docker network ls -q)",
        message("the network's driver is ipvlan, and its parent is the link that has the host's address"),
    ),
    on_purpose=True,
    reasons=frozenset({"left-instead", "no-neighbour"}),
    find=by_link_beside(
        "ipvlan",
        title=message("{parent} and the ipvlan of {name} on it do not reach each other"),
        detail=message(
            "The kernel passes no packet between a link and an ipvlan on this link, whatever the rules and routes are."
        ),
    ),
)
