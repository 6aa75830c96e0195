"""The host's own link is down.

Users see: timeout for everyone but the host.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, message, where
from hairpin.change.change import SetLink, one
from hairpin.network.network import HOST, is_uplink


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the link that is down."""
    link = view.namespace.link(view.stop.link)
    if link is None or link.up or not (view.stop.netns == HOST and is_uplink(view.network, HOST, link)):
        return
    yield Candidate(
        title=message("{link} is down", link=link.name, netns=view.stop.netns),
        detail=message(
            "The link by which packets come in is administratively down.", link=link.name, netns=view.stop.netns
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
    id="host-link-down",
    title="The host's link is down",
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"link-down", "bridge-down", "no-carrier"}),
    find=find,
)
