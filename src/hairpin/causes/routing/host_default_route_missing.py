"""The host has no default route.

Users see: clients on the link reach the port, clients behind a router time out.

Proof: no default route is in a table that the lookup reaches; with one the packet leaves.
Now: ``ip route add default via GATEWAY dev LINK``.
Lasting: the host's network configuration (DHCP, networkd, NetworkManager, ifupdown, netplan).
"""

import shlex
from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._gateway import likely_gateway
from hairpin.causes.where import of_missing
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, one
from hairpin.change.words import six
from hairpin.host.route import NextHop, Route
from hairpin.message import Message, message
from hairpin.network.lost_address import lost_by
from hairpin.network.prefix import Version


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the host has no default route; its gateway is the uplink's likely router.

    With a link's address its default route is gone, too: that is another cause."""
    version = view.stop.seen.packet.version
    routes = tuple(each for each in view.host_namespace.routes if each.version == version)
    if not view.on_host or any(each.prefix_length == 0 for each in routes) or lost_by(view.network, view.flow):
        return
    way = likely_gateway(view.network, view.host_netns, version)
    if way is None:
        return
    route = AddEntry(view.host_netns, Route(version, 0, 0, next_hops=(NextHop(way.link, way.address),)))
    yield Candidate(
        title=message("This host has no default route"),
        detail=message("Packets to addresses that are not on one of its own links have no route."),
        change=one(route, *(() if way.source is not None else (ByPerson(put_back(version, way.link)),))),
        where=of_missing(Route(version, 0, 0), routes, link=way.link),
        in_class="link-or-route",
        evidence=tuple(
            dict.fromkeys(route.evidence for route in view.host_namespace.routes if route.version == version)
        )[:1],
        advice=way.advice,
        made_by=("host-link-down",),
    )


def put_back(version: Version, link: str) -> Message:
    """Return what only a person can do who knows the router."""
    command = shlex.join(("ip", *six(version), "route", "add", "default", "via", "ROUTER", "dev", link))
    return message(
        "nothing that was read names the router: put the default route back with its address, {command}",
        command=command,
    )


CAUSE = Cause(
    id="host-default-route-missing",
    title=message("The host has no default route"),
    source="net/ipv4/route.c: ENETUNREACH",
    reasons=frozenset({"no-route", "rp-filter"}),
    find=find,
)
