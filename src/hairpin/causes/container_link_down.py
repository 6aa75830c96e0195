"""The container's own interface is down.

Users see: timeout, or no route to host after three seconds.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, message, where
from hairpin.change.change import SetLink, one
from hairpin.network.network import HOST


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the link that is down."""
    link = view.namespace.link(view.stop.link)
    if link is None or link.up or not (view.stop.netns != HOST):
        return
    yield Candidate(
        title=message("{link} inside {netns} is down", link=link.name, netns=view.stop.netns),
        detail=message(
            "The container's own interface is administratively down.", link=link.name, netns=view.stop.netns
        ),
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
    id="container-link-down",
    title="The container's interface is down",
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"link-down", "bridge-down", "no-carrier"}),
    find=find,
)
