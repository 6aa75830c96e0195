"""The kernel never delivers a packet between the host and a container whose macvlan is on the host's link.

A macvlan and its parent link send frames to the same wire, but neither receives the frames of the other.

Users see: machines in the LAN and the container reach each other, but the host and its bridged containers do not reach
the container.

Proof: the packet left through the parent link, and its destination is a macvlan on that link.  Or the packet left
through a macvlan, and its destination is an address of the host.  If the host has a macvlan on the parent link, the
flow arrives.
Now: make a macvlan for the host on the parent link, and a route to the container by this macvlan.  If the container's
macvlan is in mode private or vepa, set it to mode bridge, because otherwise the container's macvlan does not exchange
frames with the host's macvlan.
Lasting: put the macvlan and the route into the host's network configuration, or use a bridge network for containers
that the host has to reach.
"""

from hairpin.causes.container._beside import by_link_beside
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("The host and a macvlan on its own link do not reach each other"),
    source="drivers/net/macvlan.c macvlan_queue_xmit(), macvlan_handle_frame()",
    shown_by=(
        "ip -d link; docker network inspect $(docker network ls -q)",
        message("the network's driver is macvlan, and its parent is the link that has the host's address"),
    ),
    on_purpose=True,
    reasons=frozenset({"left-instead"}),
    find=by_link_beside(
        "macvlan",
        title=message("{parent} and the macvlan of {name} on it do not reach each other"),
        detail=message(
            "The kernel delivers no frame between a link and a macvlan on this link, whatever the rules and routes are."
        ),
    ),
)
