"""A bridge is down.

Users see: everything of one network is dead.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, message
from hairpin.causes.link_state import brought_up, down


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the link that is down."""
    link = down(view)
    if link is None or not (link.kind == "bridge"):
        return
    title = message("Bridge {link} is down", link=link.name, netns=view.stop.netns)
    yield from brought_up(view, link, title, message("Every container on it is cut off."))


CAUSE = Cause(
    id="bridge-down",
    title="The bridge is down",
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"link-down", "bridge-down", "no-carrier"}),
    find=find,
)
