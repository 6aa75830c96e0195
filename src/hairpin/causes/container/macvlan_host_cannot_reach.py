"""The packet goes from the host to a container on a macvlan of its own link, or back: the kernel never delivers it.

A macvlan and the link that it stands on share a wire and do not see each other's frames.

Users see: the LAN reaches the container and the container reaches the LAN; the host and its bridged containers do not.

Proof: the packet left by the link for a macvlan on it, or by a macvlan for an address of the host; by a macvlan of
the host's own the flow arrives.
Now: give the host a macvlan of its own on that link, and a route to the container by it.  A macvlan of mode private or
vepa is put into mode bridge: otherwise it does not see the host's, either.
Lasting: the same in the host's network configuration; or a bridge network for what the host has to reach.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.container._beside import by_link_beside
from hairpin.message import message

CAUSE = Cause(
    title=message("The host and a macvlan on its own link do not reach each other"),
    source="drivers/net/macvlan.c macvlan_queue_xmit(), macvlan_handle_frame()",
    on_purpose=True,
    reasons=frozenset({"left-instead"}),
    find=by_link_beside(
        "macvlan",
        title=message("{parent} and the macvlan of {name} on it do not reach each other"),
        detail=message(
            "The kernel delivers no frame between a link and a macvlan on it, whatever the rules and routes are."
        ),
    ),
)
