"""Addresses from DHCP and router advertisements: a link gets other addresses than before, or gets the same addresses
again when it starts.

When a link starts, hairpin assumes that the link gets its former addresses again.  This assumption is a condition of
the course.

Source: dhclient(8), systemd.network(5) ``DHCP=``, ip-address(8) ``dynamic``, ip-route(8) ``proto dhcp``, ``proto ra``
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, DeleteEntry
from hairpin.change.simulation.entries import route_slot
from hairpin.errors import ChangeError
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import Route
from hairpin.message import message
from hairpin.netfilter.address import Version, address_text

_replace = msgspec.structs.replace
_WIRED = ("", "vlan", "bond")
"""Kinds of links on which a DHCP server may be."""


def with_leases(
    course: Course, link: str, version: Version, was: Namespace, configured: tuple[Address, ...] = ()
) -> Course:
    """Return the course in which the link has its leased addresses and routes again.

    The course gets the condition that the network gives the same addresses again.  ``was``: the namespace when it still
    had the leased addresses.  ``configured``: the link's addresses from files.

    A link without an advertised IPv6 address gets no IPv6 address, because the event changes no router."""
    given = leased_addresses(was, link, version, configured)
    if not given:
        held = was.link(link)
        if version == 6 or held is None or held.kind not in _WIRED:
            return course
        said = message("the network gives {link} no new IPv{version} address",
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
    """Return the link's leased addresses: addresses with a limited lifetime, and addresses that are the preferred
    source of a route from DHCP.

    An address from a lease without an end has no limited lifetime.  If the link has no address of these two kinds, all
    addresses are returned except the addresses in ``configured``, which come from files."""
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
    """Yield the routes that came with the addresses.  The default route that dhclient's script adds has no routing
    protocol, as if a person had added it."""
    for route in was.routes:
        by = _is_by(route, link)
        default = not route.prefix_length and route.protocol in ("boot", "")
        if by and route.version == version and (route.protocol in ("dhcp", "ra") or default):
            yield route


# ---- the event ----------------------------------------------------------------------------------------------------


def _all_moved(course: Course) -> Course | None:
    """Return the course in which each leased address is replaced by another address; None if no address is leased.

    The new addresses cannot be foreseen.  Rules, sockets and published ports with the old address stay as they are."""
    leased = [each for each in course.namespace.addresses if _is_leased(each)]
    for each in leased:
        course = _moved(course, each)
    return course if leased else None


def _is_leased(address: Address) -> bool:
    """Return whether the address has a limited lifetime: the kernel shows such a lifetime for an address that a DHCP
    client has leased."""
    return address.version == 4 and address.dynamic and not address.secondary


def _moved(course: Course, old: Address) -> Course:
    before, new = course.namespace, free_address(course.namespace, old)
    if new is None:
        return course.provided(
            message("{link} keeps its address {old}, because its network has no free address", link=old.link,
                    old=address_text(old.value, 4))
        )  # fmt: skip
    course = course.made(DeleteEntry(course.host.netns, old), AddEntry(course.host.netns, new))
    course = course.made(*(AddEntry(course.host.netns, each) for each in _back(before, course.namespace, old, new)))
    return course.provided(
        message(
            "{link} gets another address of its network instead of {old} ({new} stands for it here), and the same "
            "routes as before", link=old.link, old=address_text(old.value, 4), new=address_text(new.value, 4))
    )  # fmt: skip


def free_address(namespace: Namespace, old: Address) -> Address | None:
    """Return the last unused address of the same network; None if every address is in use.

    An address is in use if the host, a neighbour or a route's gateway has it."""
    first, last = old.prefix.first + 1, old.prefix.last - 1
    taken = {each.value for each in namespace.addresses if each.version == 4}
    taken |= {each.value for each in namespace.neighbours if each.version == 4}
    taken |= {hop.gateway for each in namespace.routes for hop in each.next_hops if hop.gateway is not None}
    value = next((each for each in range(last, first - 1, -1) if each not in taken), None)
    return None if value is None else _replace(old, value=value, evidence="")


def _back(before: Namespace, now: Namespace, old: Address, new: Address) -> Iterator[Route]:
    """Yield the link's routes that the kernel deleted with the old address and that the DHCP client adds for the new
    address."""
    there = {_place(each) for each in now.routes}
    for each in before.routes:
        by_link = any(hop.link == old.link for hop in each.next_hops)
        own = each.type in ("local", "broadcast") or each.protocol == "kernel"
        if each.version == 4 and by_link and not own and _place(each) not in there:
            yield _replace(each, prefsrc=new.value if each.prefsrc == old.value else each.prefsrc)


def _place(route: Route) -> tuple[int, int, int, int, int]:
    return route.version, route.destination, route.prefix_length, route.table, route.metric


DHCP_NEW_ADDRESS = Event(
    id="dhcp-new-address",
    title=message("the DHCP server gives the host another address"),
    source="RFC 2131; net/ipv4/devinet.c __inet_del_ifa(), net/ipv4/fib_frontend.c fib_inetaddr_event()",
    happens=_all_moved,
)
