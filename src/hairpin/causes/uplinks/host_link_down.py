"""The host's own link is down.

Users see: every outside client times out.

Proof: the host's link is not up, or has no carrier.  With the link up and connected, the packet passes.
Now: ``ip link set LINK up``, then add the routes that were lost with the link.
Lasting: correct the host's network configuration.
"""

import msgspec

from hairpin.causes.bridge._link_state import brought_up, down
from hairpin.causes.kit import LINK_STOPS, Candidate, Cause, Iterator, Message, OfLink, View, message
from hairpin.causes.uplinks._gateway import likely_gateway, links_without_default
from hairpin.change.change import AddEntry, Change, SetLink, one
from hairpin.host.link import Link
from hairpin.host.route import NextHop, Route
from hairpin.network.network import is_bridge_port
from hairpin.network.stacked import lower_of


def find(view: View) -> Iterator[Candidate]:
    if view.stop.reason == "no-carrier":
        yield from _without_carrier(view)
    if not view.on_host:
        yield from _parent(view)
    link = down(view)
    if link is None or not view.on_host or link.kind == "bridge":
        return
    if is_bridge_port(view.namespace, link) and link.tunnel is None:
        return
    title = message("{link} is down", link=link.name, netns=view.stop.netns)
    detail = message("{link} is administratively down: no packet comes in or leaves through it.", link=link.name)
    yield from brought_up(view, link, title, detail, *_default_route(view, link))


def _parent(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the host's link below a container's macvlan or ipvlan, if the link is down or has no
    carrier.

    A macvlan or ipvlan gets its carrier from the link below.
    Source: net/core/dev.c netif_stacked_transfer_operstate()"""
    stacked = view.namespace.link(view.stop.link)
    port = lower_of(view.network, view.stop.netns, stacked) if stacked is not None and stacked.up else None
    if stacked is None or port is None or not port.netns.is_host:
        return
    namespace = view.network.namespace(port.netns)
    links = [namespace.link(port.link)]
    while links[-1] is not None and links[-1].kind == "vlan" and links[-1].lower and links[-1].peer_netnsid is None:
        # the search continues down to the lowest link, which is the faulty link
        links.append(namespace.link(links[-1].lower))
    shut = [each for each in links if each is not None and not (each.up and each.carrier)]
    if not shut:
        return
    lowest = shut[-1]
    ready = tuple(SetLink(port.netns, msgspec.structs.replace(each, up=True, carrier=True)) for each in shut)
    own = SetLink(view.stop.netns, msgspec.structs.replace(stacked, carrier=True))
    facts = {"parent": lowest.name, "link": stacked.name, "netns": view.network.netns_text(view.stop.netns)}
    yield Candidate(
        title=message("in {netns}, {link} needs its parent {parent}, which is down", **facts)
        if not lowest.up
        else message("in {netns}, {link} needs its parent {parent}, which has no carrier", **facts),
        detail=message("Every {kind} on {parent} takes its carrier from {parent}, so none of them sends or receives.",
                       kind=stacked.kind, parent=lowest.name),
        change=Change((*ready, own)),
        where=OfLink(netns=port.netns, link=lowest.name, state="no carrier" if lowest.up else "down"),
        in_class="far-end-of-link" if lowest.up else "link-or-route",
        evidence=(lowest.evidence,),
        advice=(message(
            "check the cable, the port of the switch, and the hypervisor's network card"),) if lowest.up else (),
    )  # fmt: skip


def _default_route(view: View, link: Link) -> tuple[tuple[AddEntry, ...], tuple[Message, ...]]:
    """Return the link's lost default route, and the sentence about the reading that names the route's router.

    The kernel deleted the route when the link went down.  Return nothing if no route was lost, or if no reading names
    the router."""
    version = view.flow.version
    if link.name not in links_without_default(view):
        return (), ()
    way = likely_gateway(view.network, view.stop.netns, version, frozenset({link.name}))
    if way is None or way.source is None:
        return (), ()
    route = Route(version, 0, 0, next_hops=(NextHop(way.link, way.address),))
    return (AddEntry(view.stop.netns, route),), (way.source,)


def _without_carrier(view: View) -> Iterator[Candidate]:
    """Yield one candidate for an uplink that is up and has no carrier."""
    link = view.namespace.link(view.stop.link)
    if link is None or not link.up or not view.on_host or link.kind == "bridge" or is_bridge_port(view.namespace, link):
        return
    connected = msgspec.structs.replace(link, carrier=True)
    tunnel = link.kind in ("tun", "wireguard")
    yield Candidate(
        title=message("{link} has no carrier", link=link.name),
        detail=message(
            "The program behind the tunnel {link} does not run, but routes still lead into the tunnel.", link=link.name
        )
        if tunnel
        else message("{link} is up, but nothing is connected at the other end.", link=link.name),
        change=one(SetLink(view.stop.netns, connected)),
        where=OfLink(netns=view.stop.netns, link=link.name, state="no carrier"),
        in_class="far-end-of-link",
        evidence=(link.evidence,),
        advice=(
            message("start the tunnel's program again, or delete the routes through {link}", link=link.name)
            if tunnel
            else message("check the cable, the port of the switch, and the hypervisor's network card"),
        ),
    )


CAUSE = Cause(
    title=message("The host's link is down"),
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"no-route", *LINK_STOPS}),
)
