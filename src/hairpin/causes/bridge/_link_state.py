"""Candidates for a link that is administratively down.  The candidate's change sets the link up."""

import msgspec

from hairpin.causes.kit import Candidate, Iterator, Message, Netns, OfLink, View
from hairpin.change.change import AddEntry, Change, SetLink
from hairpin.host.link import Link
from hairpin.network.network import Port, addresses_of
from hairpin.network.stacked import link_of, stacked_on


def down(view: View) -> Link | None:
    """Return the link at which the packet stopped, if this link is down; else None.

    If the packet found no route, return a link that is down and has an address.  The kernel deletes the routes of a
    link that goes down."""
    if view.stop.reason != "no-route":
        link = view.namespace.link(view.stop.link)
        return link if link is not None and not link.up else None
    version = view.stop.seen.packet.version
    down_links = (each for each in view.namespace.links if not each.up and each.name != "lo")
    return next((each for each in down_links if addresses_of(view.namespace, each.name, version)), None)


def _links_above(view: View, netns: Netns, link: Link) -> Iterator[SetLink]:
    """Yield the changes that give the macvlans and ipvlans on the link their carrier, which follows the link's state.

    Source: net/core/dev.c netif_stacked_transfer_operstate()"""
    for port in stacked_on(view.network, Port(netns, link.name)):
        above = link_of(view.network, port)
        if above.up and not above.carrier:
            yield SetLink(port.netns, msgspec.structs.replace(above, carrier=True))


def brought_up(
    view: View,
    link: Link,
    title: Message,
    detail: Message,
    routes: tuple[AddEntry, ...] = (),
    advice: tuple[Message, ...] = (),
    netns: Netns | None = None,
) -> Iterator[Candidate]:
    """Yield the candidate that sets the link up and restores ``routes``, the routes that the kernel deleted.
    ``netns``: the link's namespace, if the packet stopped in another namespace."""
    at = netns if netns is not None else view.stop.netns
    port = msgspec.structs.replace(link.port, state="forwarding") if link.port is not None else None
    up = msgspec.structs.replace(link, up=True, carrier=True, port=port)
    yield Candidate(
        title=title,
        detail=detail,
        change=Change((SetLink(at, up), *_links_above(view, at, link), *routes)),
        where=OfLink(netns=at, link=link.name, state="down"),
        in_class="link-or-route",
        evidence=(link.evidence,),
        advice=advice,
    )
