"""The host has no default route.

Users see: neighbours on the link reach the port, everybody behind a router times out; the host has no way out.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.change.calls import FillIn
from hairpin.change.change import AddRoute, one
from hairpin.change.words import six
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop, Route
from hairpin.message import message
from hairpin.network.network import Network, addresses_of, is_uplink
from hairpin.network.prefix import Version, address_text, inside, network_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when there is no default route; the one neighbour seen on the uplink is its gateway."""
    version = view.stop.seen.packet.version
    if not view.stop.netns.is_host or any(
        r.version == version and r.prefix_length == 0 for r in view.host_namespace.routes
    ):
        return
    way = likely_gateway(view.network, view.host_netns, version)
    if way is None:
        return
    link, gateway, seen = way
    named = address_text(gateway, version) if seen else "GATEWAY"
    advice = (
        message(
            "{address} is the only neighbour that was seen on {link}: make sure that it is the router",
            address=named,
            link=link,
        )
        if seen
        else message("put your router's address in place of GATEWAY")
    )
    words = ("ip", *six(version), "route", "add", "default", "via", "GATEWAY", "dev", link)
    yield Candidate(
        title=message("This host has no default route"),
        detail=message("Packets for anybody who is not on one of its own links have no way."),
        change=one(
            AddRoute(view.host_netns, Route(version, 0, 0, next_hops=(NextHop(link, gateway),))),
            *(() if seen else (FillIn(words),)),
        ),
        where=where(route="default", link=link),
        rank=15,
        evidence=tuple(
            dict.fromkeys(route.evidence for route in view.host_namespace.routes if route.version == version)
        )[:1],
        advice=(advice,),
    )


def likely_gateway(network: Network, netns: Netns, version: Version) -> tuple[str, int, bool] | None:
    """Return an uplink, an address on it that could be a router's, and whether that address was seen there.

    The only neighbour that ever answered on the link; else the first address of its network.
    """
    host = network.namespace(netns)
    for address in addresses_of(host, None, version):
        link = host.link(address.link)
        if link is None or address.scope != "global" or not is_uplink(network, netns, link):
            continue
        seen = {
            each.value
            for each in host.neighbours
            if each.link == link.name
            and each.version == version
            and each.mac is not None
            and inside(each.value, address.value, address.prefix_length, version)
        }
        if len(seen) == 1:
            return link.name, seen.pop(), True
        first = network_of(address.value, address.prefix_length, version) + 1
        return link.name, first if first != address.value else first + 1, False
    return None


CAUSE = Cause(
    id="host-default-route-missing",
    title="The host has no default route",
    source="net/ipv4/route.c: ENETUNREACH",
    reasons=frozenset({"no-route", "rp-filter"}),
    find=find,
)
