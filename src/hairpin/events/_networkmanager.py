"""NetworkManager starts: it takes over the links that are up, and gives each the addresses and routes of its profile.

Source: NetworkManager(8), nm-settings-keyfile(5); measured with NetworkManager 1.42
"""

import msgspec

from hairpin.change.change import AddEntry, SetLink
from hairpin.change.entries import route_slot
from hairpin.errors import ChangeError
from hairpin.events._dhcp import with_leases
from hairpin.events._ip import tables_of
from hairpin.events.course import Course
from hairpin.host.boot.keyfile import is_unmanaged, of_profile, profile_of, profiles
from hairpin.host.boot.link_settings import LinkSettings
from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort, Link


def with_profiles_up(course: Course, was: Namespace) -> Course:
    """Return the course after NetworkManager has brought up the profiles of the links that it manages.  ``was``: the
    namespace when DHCP's addresses were there."""
    known, tables = profiles(course.host), tables_of(course.host)
    for link in course.namespace.links:
        own = profile_of(course.host, link, known)
        if own is not None and not is_unmanaged(course.host, link):
            course = _with_profile(course, link, of_profile(own, link.name, tables), was)
    return course


def _with_profile(course: Course, link: Link, own: LinkSettings, was: Namespace) -> Course:
    netns = course.host.netns
    wanted = msgspec.structs.replace(link, up=True, mtu_bytes=own.mtu_bytes or link.mtu_bytes)
    if not link.up:
        wanted = msgspec.structs.replace(wanted, carrier=True)
    if own.bridge is not None and course.namespace.link(own.bridge) is not None and link.master != own.bridge:
        wanted = msgspec.structs.replace(wanted, master=own.bridge, port=link.port or BridgePort())
    course = course.made(SetLink(netns, wanted)) if wanted != link else course
    for address in own.addresses:
        same = (address.link, address.version, address.value, address.prefix_length)
        known = ((each.link, each.version, each.value, each.prefix_length) for each in course.namespace.addresses)
        course = course if same in known else course.made(AddEntry(netns, address))
    for version in own.dhcp:
        course = with_leases(course, own.link, version, was)
    for route in own.routes:
        if not any(route_slot(each) == route_slot(route) for each in course.namespace.routes):
            try:
                course = course.made(AddEntry(netns, route))
            except ChangeError:
                continue
    slots = {(each.version, each.priority, each.source, each.table) for each in course.namespace.rules}
    missing = (each for each in own.rules if (each.version, each.priority, each.source, each.table) not in slots)
    return course.made(*(AddEntry(netns, each) for each in missing))
