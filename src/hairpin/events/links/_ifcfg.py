"""RHEL's network.service stops and starts: it configures the links of its ``ifcfg`` files.

The stop of the unit sets ``ip_forward`` to 0, and its start applies the sysctl files: forwarding stays off if no sysctl
file sets it to 1.

Source: initscripts (RHEL 7) init.d/network, ifup-eth, ifdown-eth, ifup-routes, ifdown-routes
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, DeleteEntry, Primitive, SetLink, SetSysctl
from hairpin.errors import ChangeError
from hairpin.events._commands import outcome
from hairpin.events.boot.sysctls import with_files_applied
from hairpin.events.course import Course
from hairpin.events.links._ip import without_addresses
from hairpin.events.links.dhcp import with_leases
from hairpin.host.boot.ifcfg import IfcfgLink, ifcfg_links
from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort
from hairpin.host.route import NextHop, Route
from hairpin.message import message

_FORWARDING = ("net", "ipv4", "ip_forward")
_ZEROCONF = 0xA9FE0000
_ZEROCONF_METRIC = 1000


def with_scripts_restarted(course: Course) -> Course:
    """Return the course after ``systemctl restart network``."""
    was, links = course.namespace, ifcfg_links(course.host)
    for each in links:
        course = _taken_down(course, each)
    course = course.made(SetSysctl(course.host.netns, _FORWARDING, "0"))
    return with_scripts_started(course, was)


def with_scripts_started(course: Course, was: Namespace) -> Course:
    """Return the course after network.service has started.  ``was``: the namespace when it still had its addresses from
    DHCP."""
    course = with_files_applied(course)
    for each in ifcfg_links(course.host):
        if each.at_boot:
            course = _brought_up(course, each, was)
    return with_files_applied(course)


def _taken_down(course: Course, own: IfcfgLink) -> Course:
    netns = course.host.netns
    for line, path in own.lines:
        words = line.split()
        done = outcome(course, " ".join(["ip", *words[:2], "del", *words[3:]]), path) if words[1] == "rule" else None
        course = done.course if done is not None else course
    course = without_addresses(course, lambda each: each.link == own.link and each.scope in ("global", "host"))
    link = course.namespace.link(own.link)
    return course.made(SetLink(netns, msgspec.structs.replace(link, up=False))) if link and link.up else course


def _brought_up(course: Course, own: IfcfgLink, was: Namespace) -> Course:
    netns, link = course.host.netns, course.namespace.link(own.link)
    if link is None:
        return course.failing(message("{link} is not brought up, because it does not exist", link=own.link))
    before = was.link(own.link)
    carrier = before is None or before.carrier or not before.up
    up = msgspec.structs.replace(link, up=True, carrier=carrier, mtu_bytes=own.mtu_bytes or link.mtu_bytes)
    if own.bridge is not None and course.namespace.link(own.bridge) is not None:
        return course.made(SetLink(netns, msgspec.structs.replace(up, master=own.bridge, port=up.port or BridgePort())))
    course = course.made(SetLink(netns, up))
    if own.dhcp:
        course = with_leases(course, own.link, 4, was, own.addresses)
    else:
        course = course.made(*(AddEntry(netns, each) for each in own.addresses))
        course = _with_gateway(course, own)
    if own.zeroconf and (own.addresses or own.dhcp):
        hop = (NextHop(own.link),)
        metric = _ZEROCONF_METRIC + link.index
        course = course.made(
            AddEntry(netns, Route(4, _ZEROCONF, 16, next_hops=hop, metric=metric, scope="link", protocol="boot"))
        )
    return _with_lines(course, own)


def _with_gateway(course: Course, own: IfcfgLink) -> Course:
    if own.gateway is None:
        return course
    route = Route(4, 0, 0, next_hops=(NextHop(own.link, own.gateway, 4),), metric=own.metric, protocol="boot")
    try:
        return course.made(*_replacing(course, route))
    except ChangeError as error:
        said = message("the default route of {file} is not made: {reason}", file=own.file, reason=error.said)
        return course.failing(said)


def _replacing(course: Course, route: Route) -> Iterator[Primitive]:
    for each in course.namespace.routes:
        if (each.version, each.prefix_length, each.table, each.metric) == (4, 0, route.table, route.metric):
            yield DeleteEntry(course.host.netns, each)
    yield AddEntry(course.host.netns, route)


def _with_lines(course: Course, own: IfcfgLink) -> Course:
    for line, path in own.lines:
        done = outcome(course, f"ip {line}", path)
        if done is None:
            course = course.provided(message("`{line}` in {file} gives the link nothing", file=path, line=line))
        else:
            course = done.course
    return course
