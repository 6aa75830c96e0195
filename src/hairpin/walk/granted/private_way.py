"""Addresses to which a router may know no way: a private IPv6 address of another site to which only the default route
leads, and an address that only ``lo`` or a dummy link has.

A router on the link may advertise a route to the private address (RFC 4191). The kernel takes an advertised route only
if its prefix is no longer than accept_ra_rt_info_max_plen.
Source: net/ipv6/ndisc.c ndisc_router_discovery(), net/ipv6/route.c rt6_route_rcv()

A router sends packets to an address of ``lo`` only if somebody has routed it to this host, as for an anycast address.
A cloud's 1:1 NAT sends them to the address of an uplink instead.  A person who puts the public address on ``lo`` in
order to publish a port on it gets no packet of a client.  An address of an uplink's own network needs no route, because
the kernel answers ARP for it on every link.
"""

from hairpin.change.change import SetSysctl, one
from hairpin.host.advertised import is_private
from hairpin.message import Message, message
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import address_text, inside
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import watch_packets

_SITE_LENGTH = 48
"""The length of a site's prefix: RFC 4193 section 3.1"""


def way_known(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the default router knows the way to the asked address; none if a narrower route
    leads there, or if the host has an address of the same site."""
    hop, packet = left.next_hop, left.packet
    if flow.purpose != "asked" or packet.daddr != flow.daddr or not is_private(packet.daddr):
        return ()
    if hop is None or hop.gateway is None or not left.netns.is_host or left.carried is not None:
        return ()
    namespace = network.namespace(left.netns)
    own = (each.value for each in addresses_of(namespace, None, 6) if each.scope == "global")
    found = lookup(namespace, Query(6, packet.daddr)).route
    if found is None or found.prefix_length or any(inside(each, packet.daddr, _SITE_LENGTH, 6) for each in own):
        return ()
    if network.world.router_behind(left.netns.host, 6, left.oif):
        return ()
    facts = {
        "address": address_text(packet.daddr, 6),
        "gateway": address_text(hop.gateway, hop.gateway_version or 6),
        "link": left.oif,
    }
    return (
        OpenQuestion(
            text=message(
                "Does {gateway} know the way to {address}? {address} is a private address of another site, and only "
                "the default route leads to it",
                **facts,
            ),
            if_yes=message("{gateway} forwards the packets, and the verdict above stands", **facts),
            if_no=message(
                "The packets are lost: this host needs a route to {address}. If a router on {link} advertises the "
                "route, `{repair}` lets the host use it from the next advertisement on",
                **facts,
            ),
            wanted=(watch_packets(left.oif, f"host {facts['address']} or icmp6"),),
            breaks_if="no",
            no_repair=one(SetSysctl(left.netns, ("net", "ipv6", "conf", left.oif, "accept_ra_rt_info_max_plen"), "64")),
        ),
    )


def routed_address(network: Network, flow: Flow, left: State) -> tuple[Message, ...]:
    """Return the assumption that clients outside reach the address from which the answer ``left`` comes; none if a link
    to other machines has the address."""
    packet = left.packet
    if not isinstance(flow.start, Outside) or not left.netns.is_host or left.carried is not None:
        return ()
    namespace = network.namespace(left.netns)
    held = [each for each in addresses_of(namespace, None, packet.version) if each.value == packet.saddr]
    links = [link for each in held if (link := namespace.link(each.link)) is not None]
    own = next((each for each in addresses_of(namespace, left.oif, packet.version) if each.scope == "global"), None)
    if (
        not links
        or own is None
        or own.holds(packet.saddr, packet.version)
        or any(link.name != "lo" and link.kind != "dummy" for link in links)
    ):
        return ()
    return (
        message(
            "{address} is on {link} and on no uplink; it is routed to this host (behind a 1:1 NAT, the clients' "
            "packets come to {own} instead)",
            address=address_text(packet.saddr, packet.version),
            link=links[0].name,
            own=address_text(own.value, packet.version),
        ),
    )
