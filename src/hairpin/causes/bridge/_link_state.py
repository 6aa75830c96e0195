"""Candidates that set a link up which is administratively down."""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, View, where
from hairpin.change.change import SetLink, one
from hairpin.host.link import Link
from hairpin.message import Message


def down(view: View) -> Link | None:
    """Return the link at which the packet stopped if it is down, or None."""
    link = view.namespace.link(view.stop.link)
    return link if link is not None and not link.up else None


def brought_up(view: View, link: Link, title: Message, detail: Message) -> Iterator[Candidate]:
    """Yield the candidate that sets the link up."""
    port = msgspec.structs.replace(link.port, state="forwarding") if link.port is not None else None
    up = msgspec.structs.replace(link, up=True, carrier=True, port=port)
    yield Candidate(
        title=title,
        detail=detail,
        change=one(SetLink(view.stop.netns, up)),
        where=where(netns=view.stop.netns, link=link.name, state="down"),
        in_class="link-or-route",
        evidence=(link.evidence,),
    )
