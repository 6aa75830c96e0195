"""systemd-networkd starts: it configures each link that one of its files matches.

networkd removes the addresses and routes of a matched link that are not in the link's file.  networkd also removes
foreign policy rules of the host.  networkd detaches a port from its bridge if the port's file does not name that
bridge.  networkd does not touch links of container engines if none of its files matches them.

Source: systemd.network(5), networkd.conf(5) ``ManageForeignRoutes=``, ``ManageForeignRoutingPolicyRules=``;
networkd-link.c link_configure(), link_drop_foreign_config(); networkd-route.c, networkd-routing-policy-rule.c
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, DeleteEntry, ReplaceSysctls, SetLink
from hairpin.change.simulation.addresses import address_of
from hairpin.change.simulation.entries import route_slot
from hairpin.errors import ChangeError
from hairpin.events.course import Course
from hairpin.events.links._ip import default_priority, tables_of, without_addresses
from hairpin.events.links.dhcp import leased_addresses, with_leases
from hairpin.host.boot.link_settings import LinkSettings, of_host_forwarding, of_network_file
from hairpin.host.boot.systemd_network import UnitFile, claim, daemon_value, is_true, systemd_version, unit_files
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.route import PolicyRule, Route
from hairpin.message import Message, message
from hairpin.netfilter.address import Version, address_text

_UNREAD_VERSION = 255
_REPLACES_UNTIL = 252
"""Up to this systemd version, networkd takes its own address for a foreign address if the address has a broadcast
address.  Measured: systemd 257 recognises its own address, even with a broadcast address."""
_KERNELS_PRIORITIES = frozenset({0, 1000, 32766, 32767})


def with_devices_made(course: Course, was: Namespace) -> Course:
    """Return the course in which the devices of networkd's ``.netdev`` files exist as in ``was``."""
    for file in unit_files(course.host, ".netdev"):
        name = file.value("NetDev", "Name")
        before = was.link(name) if name is not None else None
        if before is not None and course.namespace.link(before.name) is None:
            fresh = msgspec.structs.replace(before, up=False, carrier=False, operstate="DOWN", master=None, port=None)
            course = course.made(SetLink(course.host.netns, fresh))
    return course


def claimed_links(course: Course) -> tuple[Course, tuple[tuple[Link, UnitFile], ...]]:
    """Return the links that networkd files match, each link with its first matching file.

    The returned course has the conditions under which the files match."""
    files = unit_files(course.host, ".network")
    found: list[tuple[Link, UnitFile]] = []
    for link in course.namespace.links:
        own = claim(course.host, link, files)
        course = course.provided(
            *(message("{file} is not for {link}", file=path, link=link.name) for path in own.unsure)
        )
        if own.file is not None and not is_true(own.file.value("Link", "Unmanaged")):
            found.append((link, own.file))
    return course, tuple(found)


def with_links_configured(course: Course, links: tuple[tuple[Link, UnitFile], ...], was: Namespace) -> Course:
    """Return the course after networkd has configured these links.  ``was``: the namespace when it still had its
    addresses from DHCP."""
    version = systemd_version(course.host)
    course = course if version is not None else course.lacking(("versions",))
    tables = tables_of(course.host)
    shared = (_told(course.host, "IPv4Forwarding"), _told(course.host, "IPv6Forwarding"))
    values = tuple(of_host_forwarding(shared, version or _UNREAD_VERSION))
    course = course.made(ReplaceSysctls(course.host.netns, values)) if values else course
    settings = tuple(
        (of_network_file(file, link.name, version or _UNREAD_VERSION, tables.number, shared), file)
        for link, file in links
    )
    if links and not _is_no(daemon_value(course.host, "Network", "ManageForeignRoutingPolicyRules")):
        wanted = tuple(rule for own, _ in settings for rule in own.rules)
        gone = (each for each in course.namespace.rules if _is_foreign_rule(each, wanted))
        course = course.made(*(DeleteEntry(course.host.netns, each) for each in gone))
    if links and not _is_no(daemon_value(course.host, "Network", "ManageForeignRoutes")):
        told = tuple(route for own, _ in settings for route in own.routes)
        course = course.made(*(DeleteEntry(course.host.netns, each) for each in _foreign_without_link(course, told)))
    for own, file in settings:
        course = _with_link(course, own, file, version or _UNREAD_VERSION)
    for own, _ in settings:
        course = _with_entries(course, own, was)
    return course


def _told(host: Host, key: str) -> bool | None:
    value = daemon_value(host, "Network", key)
    return is_true(value) if value is not None else None


def _is_no(value: str | None) -> bool:
    return value is not None and not is_true(value)


def _is_foreign_rule(rule: PolicyRule, wanted: tuple[PolicyRule, ...]) -> bool:
    if rule.l3mdev or (rule.priority in _KERNELS_PRIORITIES and rule.source is None and rule.destination is None):
        return False
    return not any(_selects(rule) == _selects(each) and each.priority in (0, rule.priority) for each in wanted)


def _selects(rule: PolicyRule) -> tuple[object, ...]:
    return (
        rule.version, rule.action, rule.table, rule.source, rule.destination, rule.iif, rule.oif, rule.mark,
        rule.protocol, rule.sports, rule.dports, rule.inverted,
    )  # fmt: skip


def _with_link(course: Course, own: LinkSettings, file: UnitFile, version: int) -> Course:
    """Return the course after networkd has configured the link.

    networkd removes all settings from the link that are not in the link's file, sets the link up, and attaches the link
    to its bridge."""
    netns = course.host.netns
    given = _given_addresses(course.namespace, own)
    course = without_addresses(course, lambda each: each not in given and _is_removed(each, own, file, version))
    if not _is_no(daemon_value(course.host, "Network", "ManageForeignRoutes")):
        gone = tuple(each for each in course.namespace.routes if _is_foreign_route(each, course.namespace, own, file))
        course = course.made(*(DeleteEntry(netns, each) for each in gone))
    link = course.namespace.link(own.link)
    if link is None:
        return course
    known = course.namespace.sysctls.values
    values = tuple((path, value) for path, value in own.values if path in known)
    course = course.made(ReplaceSysctls(netns, values)) if values else course
    policy = file.value("Link", "ActivationPolicy")
    up = link.up if policy == "manual" else policy not in ("down", "always-down")
    wanted = msgspec.structs.replace(link, up=up, mtu_bytes=own.mtu_bytes or link.mtu_bytes)
    if up and not link.up:
        wanted = msgspec.structs.replace(wanted, carrier=True)
    if own.bridge is not None and link.master != own.bridge:
        wanted = msgspec.structs.replace(wanted, master=own.bridge, port=link.port or BridgePort())
    elif own.bridge is None and link.master is not None and _loses_master(file):
        wanted = msgspec.structs.replace(wanted, master=None, port=None)
    return course.made(SetLink(netns, wanted)) if wanted != link else course


def _loses_master(file: UnitFile) -> bool:
    joined = any(file.value("Network", key) for key in ("Bond", "VRF", "BatmanAdvanced"))
    return not joined and not is_true(file.value("Network", "KeepMaster"))


def _given_addresses(namespace: Namespace, own: LinkSettings) -> tuple[Address, ...]:
    """Return the link's addresses from DHCP or router advertisements.  networkd treats addresses from DHCP or router
    advertisements as its own addresses."""
    versions: tuple[Version, ...] = tuple(each for each in _VERSIONS if _is_given(own, each))
    return tuple(each for version in versions for each in leased_addresses(namespace, own.link, version, own.addresses))


def _is_removed(address: Address, own: LinkSettings, file: UnitFile, version: int) -> bool:
    """Return whether networkd removes the address.

    An old networkd removes even the IPv4 addresses that it added itself, and adds them again.  When the link's last
    address is removed, the kernel deletes all of the link's routes, in every table."""
    if address.link != own.link or (address.version == 6 and address.scope == "link"):
        return False
    if address.link == "lo" and (address.version, address.value) in ((4, 0x7F000001), (6, 1)):
        return False
    keep = (file.value("Network", "KeepConfiguration") or "no").lower()
    if (
        is_true(keep)
        or (keep == "static" and not address.dynamic)
        or (address.dynamic and _is_given(own, address.version))
    ):
        return False
    if version <= _REPLACES_UNTIL and address.version == 4 and address.broadcast is not None:
        return True
    same = (address.version, address.value, address.prefix_length)
    return not any(same == (each.version, each.value, each.prefix_length) for each in own.addresses)


_VERSIONS: tuple[Version, ...] = (4, 6)


def _is_given(own: LinkSettings, version: Version) -> bool:
    """Return whether the link gets addresses of this IP version from DHCP or from a router."""
    return version in own.dhcp or (version == 6 and own.accepts_ra)


def _is_foreign_route(route: Route, namespace: Namespace, own: LinkSettings, file: UnitFile) -> bool:
    if not route.next_hops or any(hop.link != own.link for hop in route.next_hops):
        return False
    if route.protocol == "kernel" or (not route.protocol and address_of(namespace, route) is not None):
        return False
    if route.type in ("multicast", "anycast") or route.protocol == "ra":
        return False
    keep = (file.value("Network", "KeepConfiguration") or "no").lower()
    if is_true(keep) or (keep == "static" and route.protocol == "static"):
        return False
    if route.protocol == "dhcp" and route.version in own.dhcp:
        return False
    return not any(_is_same(route, each) for each in own.routes)


def _foreign_without_link(course: Course, told: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return the routes without a link (``blackhole``, ``unreachable``) that no networkd file configures."""
    alone = (each for each in course.namespace.routes if not each.next_hops and each.protocol != "kernel")
    return tuple(each for each in alone if not any(_is_same(each, one) for one in told))


def _is_same(route: Route, wanted: Route) -> bool:
    gateways = tuple(hop.gateway for hop in route.next_hops)
    return route_slot(route) == route_slot(wanted) and gateways == tuple(hop.gateway for hop in wanted.next_hops)


def _with_entries(course: Course, own: LinkSettings, was: Namespace) -> Course:
    """Return the course in which the link has the addresses, routes and policy rules from its file."""
    netns = course.host.netns
    for address in own.addresses:
        same = (address.link, address.version, address.value, address.prefix_length)
        known = ((each.link, each.version, each.value, each.prefix_length) for each in course.namespace.addresses)
        course = course if same in known else course.made(AddEntry(netns, address))
    link = course.namespace.link(own.link)
    given: tuple[Version, ...] = tuple(each for each in _VERSIONS if _is_given(own, each))
    for version in given if link is not None and link.kind != "loopback" else ():
        course = with_leases(course, own.link, version, was, own.addresses)
    for route in own.routes if link is not None and link.up else ():
        if not any(_is_same(each, route) for each in course.namespace.routes):
            try:
                course = course.made(AddEntry(netns, route))
            except ChangeError as error:
                course = course.failing(_not_made(own, route, error))
    for rule in own.rules:
        course = course.made(*_added_rule(course, rule))
    return course


def _not_made(own: LinkSettings, route: Route, error: ChangeError) -> Message:
    prefix = f"{address_text(route.destination, route.version)}/{route.prefix_length}"
    return message("the route to {prefix} of {file} is not made: {reason}",
                   prefix=prefix, file=own.file, reason=error.said)  # fmt: skip


def _added_rule(course: Course, rule: PolicyRule) -> Iterator[AddEntry]:
    wanted = msgspec.structs.replace(rule, priority=rule.priority or default_priority(course.namespace, rule.version))
    if not any(
        _selects(each) == _selects(wanted) and rule.priority in (0, each.priority) for each in course.namespace.rules
    ):
        yield AddEntry(course.host.netns, wanted)
