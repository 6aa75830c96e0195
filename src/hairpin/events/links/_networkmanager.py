"""NetworkManager starts: it takes over the links that are up, and configures each link as its profile says.

Source: NetworkManager(8), nm-settings-keyfile(5); measured with NetworkManager 1.42
"""

import msgspec

from hairpin.change.change import AddEntry, SetLink
from hairpin.change.simulation.entries import route_slot
from hairpin.errors import ChangeError
from hairpin.events._commands import outcome
from hairpin.events.course import Course
from hairpin.events.links._ip import tables_of
from hairpin.events.links.dhcp import with_leases
from hairpin.host.boot.ifcfg import IfcfgLink, ifcfg_links
from hairpin.host.boot.keyfile import ETHERNET_METRIC, connected_route, is_unmanaged, of_profile, profile_of, profiles
from hairpin.host.boot.link_settings import LinkSettings
from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort, Link
from hairpin.host.route import TABLE_MAIN, NextHop, Route


def with_profiles_up(course: Course, was: Namespace) -> Course:
    """Return the course after NetworkManager has brought up the profiles of the links that it manages.  ``was``: the
    namespace when it still had its addresses from DHCP."""
    known, tables = profiles(course.host), tables_of(course.host)
    for link in course.namespace.links:
        own = profile_of(course.host, link, known)
        if is_unmanaged(course.host, link):
            continue
        if own is not None:
            course = _with_profile(course, link, of_profile(own, link.name, tables), was)
        elif (file := _ifcfg_of(course, link)) is not None:
            course = _with_profile(course, link, _of_ifcfg(file), was)
            course = _with_lines(course, file)
    return course


def _leads_the_same_way(present: Route, wanted: Route) -> bool:
    """Return whether the wanted route exists with the same or another metric.

    NetworkManager adds one to the metric for each further device of the same kind, in the order in which the devices
    come up."""
    if route_slot(present) == route_slot(wanted):
        return True
    return _way(present) == _way(wanted)


def _way(route: Route) -> tuple[object, ...]:
    hops = tuple((hop.link, hop.gateway) for hop in route.next_hops)
    return route.version, route.table, route.destination, route.prefix_length, hops


def _ifcfg_of(course: Course, link: Link) -> IfcfgLink | None:
    found = (each for each in ifcfg_links(course.host) if each.link == link.name)
    return next((each for each in found if each.managed and each.at_boot), None)


def _of_ifcfg(own: IfcfgLink) -> LinkSettings:
    """Return NetworkManager's settings for the link of an ``ifcfg`` file.  Source: nm-settings-ifcfg-rh(5)"""
    metric = own.metric or ETHERNET_METRIC
    routes = [route for each in own.addresses for route in connected_route(each, metric, TABLE_MAIN)]
    if own.gateway is not None:
        hop = NextHop(own.link, own.gateway, 4)
        routes.append(Route(4, 0, 0, next_hops=(hop,), metric=metric, protocol="static"))
    return LinkSettings(
        own.link, own.file, tuple(msgspec.structs.replace(each, noprefixroute=True) for each in own.addresses),
        tuple(routes), dhcp=(4,) if own.dhcp else (), mtu_bytes=own.mtu_bytes, bridge=own.bridge,
    )  # fmt: skip


def _with_lines(course: Course, own: IfcfgLink) -> Course:
    """Return the course in which the missing routes and rules of the ``route-`` and ``rule-`` files are added."""
    for line, path in own.lines:
        done = outcome(course, f"ip {line}", path)
        course = done.course if done is not None and done.succeeds else course
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
        course = with_leases(course, own.link, version, was, own.addresses)
    for route in own.routes:
        if not any(_leads_the_same_way(each, route) for each in course.namespace.routes):
            try:
                course = course.made(AddEntry(netns, route))
            except ChangeError:
                continue
    slots = {(each.version, each.priority, each.source, each.table) for each in course.namespace.rules}
    missing = (each for each in own.rules if (each.version, each.priority, each.source, each.table) not in slots)
    return course.made(*(AddEntry(netns, each) for each in missing))
