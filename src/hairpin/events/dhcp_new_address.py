"""A DHCP server gives the host another IPv4 address than before: on each link whose address is a lease.

Nobody can foresee which.  Rules, sockets and published ports with the old address stay as they are.
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, DeleteEntry
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import Route
from hairpin.message import message
from hairpin.network.prefix import address_text, last_of, network_of

_replace = msgspec.structs.replace


def happens(course: Course, _name: str) -> Course | None:
    """Return the course with other addresses; None if no address is a lease."""
    leased = [each for each in course.namespace.addresses if _is_leased(each)]
    for each in leased:
        course = _moved(course, each)
    return course if leased else None


def _is_leased(address: Address) -> bool:
    """Return whether the address has an end: the kernel says so of those for which a client of DHCP has a lease."""
    return address.version == 4 and address.dynamic and not address.secondary


def _moved(course: Course, old: Address) -> Course:
    before, new = course.namespace, free_address(course.namespace, old)
    if new is None:
        return course.provided(
            message("{link} keeps its address {old}, because its network has no other one", link=old.link,
                    old=address_text(old.value, 4))
        )  # fmt: skip
    course = course.made(DeleteEntry(course.host.netns, old), AddEntry(course.host.netns, new))
    course = course.made(*(AddEntry(course.host.netns, each) for each in _back(before, course.namespace, old, new)))
    return course.provided(
        message("{link} gets another address of its network than {old}, for which {new} stands here, and the routes "
                "that it had", link=old.link, old=address_text(old.value, 4), new=address_text(new.value, 4))
    )  # fmt: skip


def free_address(namespace: Namespace, old: Address) -> Address | None:
    """Return an address of the same network that neither the host has nor a route names as its gateway, the last one;
    None if there is none."""
    first, last = network_of(old.value, old.prefix_length, 4) + 1, last_of(old.value, old.prefix_length, 4) - 1
    taken = {each.value for each in namespace.addresses if each.version == 4}
    taken |= {each.value for each in namespace.neighbours if each.version == 4}
    taken |= {hop.gateway for each in namespace.routes for hop in each.next_hops if hop.gateway is not None}
    value = next((each for each in range(last, first - 1, -1) if each not in taken), None)
    return None if value is None else _replace(old, value=value, evidence="")


def _back(before: Namespace, now: Namespace, old: Address, new: Address) -> Iterator[Route]:
    """Yield the routes by the link that went with the old address and that its DHCP client adds for the new one."""
    there = {_place(each) for each in now.routes}
    for each in before.routes:
        by_link = any(hop.link == old.link for hop in each.next_hops)
        own = each.type in ("local", "broadcast") or each.protocol == "kernel"
        if each.version == 4 and by_link and not own and _place(each) not in there:
            yield _replace(each, prefsrc=new.value if each.prefsrc == old.value else each.prefsrc)


def _place(route: Route) -> tuple[int, int, int, int, int]:
    return route.version, route.destination, route.prefix_length, route.table, route.metric


EVENT = Event(
    id="dhcp-new-address",
    title=message("the DHCP server gives the host another address"),
    source="RFC 2131; net/ipv4/devinet.c __inet_del_ifa(), net/ipv4/fib_frontend.c fib_inetaddr_event()",
    happens=happens,
)
