"""The host's own link is down.

Users see: timeout for everyone but the host.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, message
from hairpin.causes.link_state import brought_up, down
from hairpin.network.network import is_bridge_port


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the link that is down."""
    link = down(view)
    if link is None or not view.on_host or link.kind == "bridge" or is_bridge_port(view.namespace, link):
        return
    title = message("{link} is down", link=link.name, netns=view.stop.netns)
    yield from brought_up(
        view,
        link,
        title,
        message("{link} is administratively down: nothing comes in or goes out by it.", link=link.name),
    )


CAUSE = Cause(
    id="host-link-down",
    title="The host's link is down",
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"link-down", "bridge-down", "no-carrier"}),
    find=find,
)
