"""A bridge is down.

Users see: everything of one network is dead.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, message, where
from hairpin.change.change import SetLink, one


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the link that is down."""
    link = view.namespace.link(view.stop.link)
    if link is None or link.up or not (link.kind == "bridge"):
        return
    yield Candidate(
        title=message("Bridge {link} is down", link=link.name, netns=view.stop.netns),
        detail=message("Every container on it is cut off.", link=link.name, netns=view.stop.netns),
        change=one(
            SetLink(
                view.stop.netns,
                msgspec.structs.replace(link, up=True, carrier=True),
                ("ip", "link", "set", link.name, "up"),
            )
        ),
        where=where(netns=view.stop.netns, link=link.name, state="down"),
        rank=15,
        evidence=(link.evidence,),
    )


CAUSE = Cause(
    id="bridge-down",
    title="The bridge is down",
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"link-down", "bridge-down", "no-carrier"}),
    find=find,
)
