"""The host's end of a container's veth is down.

Users see: one container has no network at all.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, message, where
from hairpin.change.change import SetLink, one
from hairpin.network.network import HOST, is_bridge_port


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the link that is down."""
    link = view.namespace.link(view.stop.link)
    if link is None or link.up or not (view.stop.netns == HOST and is_bridge_port(view.namespace, link)):
        return
    yield Candidate(
        title=message("{link}, the host's end of the container's wire, is down", link=link.name, netns=view.stop.netns),
        detail=message(
            "The container's own interface has no carrier; nothing reaches it or leaves it.",
            link=link.name,
            netns=view.stop.netns,
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
    id="veth-down",
    title="The host's end of a container's veth is down",
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"link-down", "bridge-down", "no-carrier"}),
    find=find,
)
