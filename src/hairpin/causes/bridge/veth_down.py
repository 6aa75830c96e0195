"""The host's end of a container's veth is down.

Users see: one container has no network at all.

Proof: the host's end of the veth is not up.  After the host's end is set up, the packet arrives.
Now: ``ip link set VETH up``.
Lasting: keep network managers away from ``veth*`` (unmanaged).
"""

from hairpin.causes.bridge._link_state import brought_up, down
from hairpin.causes.kit import LINK_STOPS, Candidate, Cause, Iterator, View, message
from hairpin.network.network import is_bridge_port


def find(view: View) -> Iterator[Candidate]:
    link = down(view)
    outer = view.on_host or view.stop.netns.overlay is not None
    if link is None or link.tunnel is not None or not (outer and is_bridge_port(view.namespace, link)):
        return
    title = message("The host's end {link} of the container's veth pair is down", link=link.name, netns=view.stop.netns)
    yield from brought_up(
        view, link, title, message("The container's own interface has no carrier; nothing reaches it or leaves it.")
    )


CAUSE = Cause(
    title=message("The host's end of a container's veth is down"), source="net/core/dev.c: IFF_UP", reasons=LINK_STOPS
)
