"""The host has no default route.

Users see: clients on the link reach the port, but clients behind a router time out.

Proof: the lookup reaches no table with a default route.  With a default route the packet leaves.
Now: ``ip route add default via GATEWAY dev LINK``.  If the kernel ignores IPv6 router advertisements because the host
forwards, first ``sysctl -w net.ipv6.conf.LINK.accept_ra=2``: the next advertisement then brings the route.
Lasting: correct the host's network configuration (DHCP, networkd, NetworkManager, ifupdown, netplan).
"""

import shlex

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, View, message, of_missing
from hairpin.causes.uplinks._gateway import likely_gateway, links_without_default, named_gateway
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, Change, SetSysctl
from hairpin.change.commands.words import six
from hairpin.change.simulation.addresses import missing_routes
from hairpin.host.advertised import accept_ra, ignores_as_router, refusing_setting, routers_on
from hairpin.host.route import NextHop, Route
from hairpin.host.sysctl import dotted
from hairpin.network.lost_address import differing_prefixes, lost_by
from hairpin.network.network import addresses_of
from hairpin.network.prefix import Version


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the main table has no default route.  The candidate's route leads to the uplink's likely
    router.

    Other causes handle a link that lost its default route together with its address or prefix length.  Another cause
    also handles a lost route to a link's own network."""
    version = view.stop.seen.packet.version
    routes = tuple(each for each in view.host_namespace.routes if each.version == version)
    links = links_without_default(view) if view.on_host else frozenset[str]()
    if not links or lost_by(view.network, view.flow):
        return
    way = likely_gateway(view.network, view.host_netns, version, links)
    near = _lost_ways(view)
    if way is None or any(each.holds(view.looked_up, version) for each in near):
        return
    differing = differing_prefixes(view.network, view.host_netns, version)
    if any(named_gateway(view.network, view.host_netns, each.right) for each in differing if each.own.link == way.link):
        return
    lost = (AddEntry(view.host_netns, each) for each in near if each.next_hops[0].link == way.link)
    hop = NextHop(way.link, way.address, onlink=way.off_link)
    route = AddEntry(view.host_netns, Route(version, 0, 0, next_hops=(hop,)))
    deaf = version == 6 and ignores_as_router(view.host_namespace, way.link)
    heard = (SetSysctl(view.host_netns, accept_ra(way.link), "2"),) if deaf else ()
    by_hand = _hear(way.link) if deaf else put_back(version, way.link, onlink=way.off_link)
    yield Candidate(
        title=_title(way.link, deaf=deaf, elsewhere=any(each.prefix_length == 0 for each in routes)),
        detail=message("Packets to addresses outside of the networks of the host's own links have no route.")
        if not deaf
        else message(
            "net.ipv6.conf.{link}.accept_ra is not 2 and {link} forwards, so the kernel ignores router advertisements "
            "there. Packets to addresses outside of the networks of the host's own links have no route.",
            link=way.link,
        ),
        change=Change((*heard, *lost, route), () if way.source is not None else (ByPerson(by_hand),)),
        where=of_missing(Route(version, 0, 0), routes, link=way.link),
        in_class="link-or-route",
        evidence=tuple(
            dict.fromkeys(route.evidence for route in view.host_namespace.routes if route.version == version)
        )[:1],
        advice=(*way.advice, *(_refusal(view, way.link) if version == 6 else ())),
        made_by=("host-link-down",),
    )


def _title(link: str, *, deaf: bool, elsewhere: bool) -> Message:
    if elsewhere:
        return message("The main table has no default route")
    if deaf:
        return message("This host has no IPv6 default route, and {link} ignores router advertisements", link=link)
    return message("This host has no default route")


def _refusal(view: View, link: str) -> Iterator[Message]:
    """Yield the advice about the sysctl that makes the kernel ignore advertised default routes.

    The advice is yielded only if a reading shows router advertisements."""
    path, host = refusing_setting(view.host_namespace, link), view.host_namespace
    shown = routers_on(host, link) or any(each.dynamic for each in addresses_of(host, link, 6))
    if path is not None and shown:
        yield message(
            "{key} is 0, so the kernel takes no default route from router advertisements on {link}: set it to {value} "
            "if no network manager takes them itself",
            key=dotted(path),
            link=link,
            value=2 if path == accept_ra(link) else 1,
        )


def _hear(link: str) -> Message:
    """Return the advice to accept router advertisements again.

    The kernel sends no router solicitation when the sysctl changes, because net/ipv6/addrconf.c addrconf_rs_timer()
    runs only after a link came up."""
    return message(
        "let the kernel use router advertisements again: sysctl -w net.ipv6.conf.{link}.accept_ra=2. The router's next "
        "advertisement brings the default route, and rdisc6 {link} asks for one at once. If none comes, add the route: "
        "ip -6 route add default via ROUTER dev {link}",
        link=link,
    )


def _lost_ways(view: View) -> tuple[Route, ...]:
    """Return the lost routes to the networks of the host's own links.  The kernel accepts a router as next hop only if
    a route to the router's network exists."""
    return tuple(
        each for each in missing_routes(view.host_namespace, view.stop.seen.packet.version) if each.type == "unicast"
    )


def put_back(version: Version, link: str, *, onlink: bool = False) -> Message:
    """Return the advice for a person who knows the router.  ``onlink``: whether the router is outside all networks of
    the link."""
    far = ("onlink",) if onlink else ()
    command = shlex.join(("ip", *six(version), "route", "add", "default", "via", "ROUTER", "dev", link, *far))
    return message(
        "no file or reading names the router: put the default route back with the router's address, {command}",
        command=command,
    )


CAUSE = Cause(
    title=message("The host has no default route"),
    source="net/ipv4/route.c: ENETUNREACH",
    shown_by=("ip route show table all; ip rule", message("no line begins with `default`")),
    reasons=frozenset({"no-route", "rp-filter"}),
)
