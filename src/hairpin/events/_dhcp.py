"""What a DHCP client or a router's advertisements gave to a link, they give again: a condition, since they may not.

Source: dhclient(8), systemd.network(5) ``DHCP=``, ip-address(8) ``dynamic``, ip-route(8) ``proto dhcp``, ``proto ra``
"""

from collections.abc import Iterator

from hairpin.change.change import AddEntry
from hairpin.change.entries import route_slot
from hairpin.errors import ChangeError
from hairpin.events.course import Course
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import Route
from hairpin.message import message
from hairpin.netfilter.address import Version, address_text

_WIRED = ("", "vlan", "bond")
"""Kinds of links on which a DHCP server may be."""


def with_leases(
    course: Course, link: str, version: Version, was: Namespace, configured: tuple[Address, ...] = ()
) -> Course:
    """Return the course in which the link has again the addresses and routes that it was given, under the condition
    that it gets them.  ``was``: the namespace when it had them; ``configured``: the addresses that files give the link.

    A link that has no IPv6 address of a router now has none afterwards: an event changes no router."""
    given = leased_addresses(was, link, version, configured)
    if not given:
        held = was.link(link)
        if version == 6 or held is None or held.kind not in _WIRED:
            return course
        said = message("the network gives {link} no IPv{version} address that it does not have now",
                       link=link, version=version)  # fmt: skip
        return course.provided(said)
    netns = course.host.netns
    for address in given:
        text = f"{address_text(address.value, version)}/{address.prefix_length}"
        course = course.provided(
            message("the network gives {link} the address {address} again", link=link, address=text)
        )
        known = ((each.link, each.version, each.value) for each in course.namespace.addresses)
        if (link, version, address.value) not in known:
            course = course.made(AddEntry(netns, address))
    for route in _given_routes(was, link, version):
        if not any(route_slot(each) == route_slot(route) for each in course.namespace.routes):
            try:
                course = course.made(AddEntry(netns, route))
            except ChangeError:
                continue
    return course


def leased_addresses(
    was: Namespace, link: str, version: Version, configured: tuple[Address, ...] = ()
) -> tuple[Address, ...]:
    """Return the addresses that the network has given to the link: those of a limited time, and those that DHCP's own
    routes have as their source.  Where none is known by that, a lease may have no end: then all addresses that no file
    has (``configured``: those of the files)."""
    files = {(each.version, each.value) for each in configured}
    own = tuple(
        each
        for each in was.addresses
        if (each.link, each.version) == (link, version) and each.scope != "link" and (version, each.value) not in files
    )
    sources = {route.prefsrc for route in was.routes if route.protocol in ("dhcp", "ra") and _is_by(route, link)}
    given = tuple(each for each in own if each.dynamic or each.value in sources)
    held = was.link(link)
    return given if given or version == 6 or held is None or held.kind not in _WIRED else own


def _is_by(route: Route, link: str) -> bool:
    return bool(route.next_hops) and all(hop.link == link for hop in route.next_hops)


def _given_routes(was: Namespace, link: str, version: Version) -> Iterator[Route]:
    """Yield the routes that came with the addresses.  dhclient's script adds its default route as a person would."""
    for route in was.routes:
        by = _is_by(route, link)
        default = not route.prefix_length and route.protocol in ("boot", "")
        if by and route.version == version and (route.protocol in ("dhcp", "ra") or default):
            yield route
