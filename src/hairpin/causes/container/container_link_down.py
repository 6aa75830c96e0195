"""The container's own interface is down.

Users see: timeout, or "No route to host" after three seconds.
"""

from collections.abc import Iterator

from hairpin.causes.bridge._link_state import brought_up, down
from hairpin.causes.cause import Candidate, Cause, View
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for a link that is down in the container's namespace."""
    link = down(view)
    if link is None or view.on_host:
        return
    title = message("{link} inside {netns} is down", link=link.name, netns=view.network.netns_text(view.stop.netns))
    yield from brought_up(view, link, title, message("The container's own interface is administratively down."))


CAUSE = Cause(
    id="container-link-down",
    title="The container's interface is down",
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"link-down", "bridge-down", "no-carrier"}),
    find=find,
)
