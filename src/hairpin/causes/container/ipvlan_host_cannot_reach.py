"""The packet goes from the host to a container on an ipvlan of its own link, or back: the kernel never delivers it.

What the link itself sends goes out to the wire.  Only ipvlans on one link are handed each other's packets.

Users see: the LAN reaches the container and the container reaches the LAN; the host and its bridged containers do not.
In mode l3 the container's request gets to the host, and the reply is lost.

Proof: the packet left by the link for an ipvlan on it, or by an ipvlan for an address of the host; by an ipvlan of the
host's own, of the same mode, the flow arrives.
Now: give the host an ipvlan of its own on that link, and a route to the container by it.  In mode l2 the container's
hardware address, which is the link's own, is entered by hand, so that the ipvlan needs no address of its own.
Lasting: the same in the host's network configuration; or a bridge network for what the host has to reach.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.container._beside import by_link_beside
from hairpin.message import message

CAUSE = Cause(
    title=message("The host and an ipvlan on its own link do not reach each other"),
    source="drivers/net/ipvlan/ipvlan_core.c ipvlan_xmit_mode_l2(), ipvlan_xmit_mode_l3()",
    on_purpose=True,
    reasons=frozenset({"left-instead", "no-neighbour"}),
    find=by_link_beside(
        "ipvlan",
        title=message("{parent} and the ipvlan of {name} on it do not reach each other"),
        detail=message("The kernel hands no packet of a link to an ipvlan on it, whatever the rules and routes are."),
    ),
)
