"""ifupdown takes its links down and brings them up, stanza by stanza, and runs the commands of each stanza.

Measured with ifupdown 0.8.41 (``ifup -v -n``, ``ifdown -v -n``).  Source: interfaces(5), ifup(8), networking.service,
bridge-utils-interfaces(5)
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, DeleteEntry, DeleteLink, Primitive, SetLink, SetSysctl
from hairpin.errors import ChangeError
from hairpin.events.course import Course
from hairpin.events.links._ip import without_addresses
from hairpin.host.boot.ifupdown import IfupdownFiles, Stanza, StanzaOption
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.route import NextHop, Route
from hairpin.message import Message, message

_METRIC6 = 1024


class _AbortedError(Exception):
    """A command of a stanza fails, so ifupdown stops configuring the link."""

    def __init__(self, course: Course) -> None:
        super().__init__()
        self.course = course


def with_links_down(course: Course, known: IfupdownFiles, links: tuple[str, ...]) -> Course:
    """Return the course after ``ifdown`` of these links."""
    for link in sorted(links, key=lambda name: (not _is_on_another(course, name), links.index(name))):
        for stanza in known.of_link(link):
            course = _taken_down(course, stanza)
    return course


def with_links_up(course: Course, known: IfupdownFiles, links: tuple[str, ...], was: Namespace) -> Course:
    """Return the course after ``ifup`` of these links.  ``was``: the namespace when it still had its addresses from
    DHCP."""
    for link in links:
        try:
            own = tuple(found for each in known.of_link(link) if (found := each.address) is not None)
            for stanza in known.of_link(link):
                course = _brought_up(course, stanza, was, own)
        except _AbortedError as aborted:
            course = aborted.course
    return course


def _is_on_another(course: Course, name: str) -> bool:
    link = course.namespace.link(name)
    return link is not None and link.kind == "vlan"


def _taken_down(course: Course, stanza: Stanza) -> Course:
    try:
        course = _with_commands(course, stanza, "down")
    except _AbortedError as aborted:
        return aborted.course
    netns = course.host.netns
    course = without_addresses(course, lambda each: _is_flushed(each, stanza))
    link = course.namespace.link(stanza.link)
    if link is not None and link.up and ":" not in stanza.link:
        course = course.made(SetLink(netns, msgspec.structs.replace(link, up=False)))
    if link is not None and (stanza.value("bridge_ports", "bridge-ports") is not None or link.kind == "vlan"):
        course = course.made(*_unmade(course, link))
    try:
        return _with_commands(course, stanza, "post-down")
    except _AbortedError as aborted:
        return aborted.course


def _is_flushed(address: Address, stanza: Stanza) -> bool:
    if address.link != stanza.link.partition(":")[0] or address.version != stanza.version:
        return False
    own = stanza.address
    return ":" not in stanza.link or (own is not None and own.value == address.value)


def _unmade(course: Course, link: Link) -> Iterator[Primitive]:
    """Yield the primitives that set a bridge's ports down and delete the bridge or the VLAN."""
    netns = course.host.netns
    for port in course.namespace.links:
        if link.kind == "bridge" and port.master == link.name and port.up:
            yield SetLink(netns, msgspec.structs.replace(port, up=False))
    yield DeleteLink(netns, link.name)


def _brought_up(course: Course, stanza: Stanza, was: Namespace, own: tuple[Address, ...]) -> Course:
    course = _made_link(course, stanza, was)
    course = _with_commands(course, stanza, "pre-up")
    link = course.namespace.link(stanza.link.partition(":")[0])
    if link is None:
        raise _AbortedError(
            course.failing(message("{link} is not brought up, because it does not exist", link=stanza.link))
        )
    course = course.made(*_accepting(course, stanza))
    link = course.namespace.link(link.name) or link
    mtu = stanza.number("mtu") or link.mtu_bytes
    up = msgspec.structs.replace(link, up=True, carrier=link.carrier or _had_carrier(was, link), mtu_bytes=mtu)
    if stanza.method != "loopback":
        course = course.made(SetLink(course.host.netns, up))
    try:
        course = course.made(*_configured(course, stanza))
    except ChangeError as error:
        raise _AbortedError(
            course.failing(message("ifupdown stops at {link}: {reason}", link=stanza.link, reason=error.said))
        ) from None
    if stanza.method == "dhcp" or (stanza.method == "auto" and stanza.version == 6):
        from hairpin.events.links.dhcp import with_leases

        course = with_leases(course, stanza.link, stanza.version, was, own)
    elif stanza.method not in ("static", "manual", "loopback"):
        course = course.provided(
            message(
                "method {method} of {file} gives {link} the same settings again",
                link=stanza.link, method=stanza.method,
                file=stanza.file,
            )
        )  # fmt: skip
    return _with_commands(course, stanza, "up")


def _had_carrier(was: Namespace, link: Link) -> bool:
    """Return whether the link has carrier once it is up.

    A link that was up keeps its former carrier.  A link that was down or missing counts as having carrier."""
    before = was.link(link.name)
    return before is None or before.carrier or not before.up


def _configured(course: Course, stanza: Stanza) -> Iterator[Primitive]:
    """Yield the stanza's address and its default route.  The route is added with ``onlink``, so the host needs no route
    to the gateway."""
    netns, address = course.host.netns, stanza.address
    if address is not None:
        address = msgspec.structs.replace(address, link=stanza.link.partition(":")[0])
        known = ((each.link, each.version, each.value) for each in course.namespace.addresses)
        if (address.link, address.version, address.value) not in known:
            yield AddEntry(netns, address)
    gateway = stanza.gateway
    if gateway is not None:
        version = stanza.version
        metric = stanza.number("metric") or (_METRIC6 if version == 6 else 0)
        hop = NextHop(stanza.link.partition(":")[0], gateway, version, onlink=True)
        route = Route(version, 0, 0, next_hops=(hop,), metric=metric, protocol="boot")
        slot = (version, 0, 0, route.table, metric)
        same = (
            each
            for each in course.namespace.routes
            if (each.version, each.destination, each.prefix_length, each.table, each.metric) == slot
        )
        taken = next(same, None)
        if taken is not None and version == 4:
            raise ChangeError(message("a default route of the same metric already exists"))
        yield from [DeleteEntry(netns, taken)] if taken is not None else []
        yield AddEntry(netns, route)


def _accepting(course: Course, stanza: Stanza) -> Iterator[Primitive]:
    """Yield the sysctls that ifupdown sets on an IPv6 link.  Source: ifupdown inet6.defn"""
    if stanza.version == 4 or stanza.method == "loopback":
        return
    ra = {"auto": "2", "dhcp": "1"}.get(stanza.method)
    autoconf = {"auto": "1", "static": "0", "v4tunnel": None}.get(stanza.method)
    wanted = (
        ("accept_ra", stanza.value("accept_ra") or ra),
        ("autoconf", stanza.value("autoconf") or autoconf),
        ("use_tempaddr", stanza.value("privext")),
    )
    for key, value in wanted:
        path = ("net", "ipv6", "conf", stanza.link, key)
        if value is not None and course.namespace.sysctls.text(*path) is not None:
            yield SetSysctl(course.host.netns, path, value)


def _made_link(course: Course, stanza: Stanza, was: Namespace) -> Course:
    """Return the course after ifupdown has made the stanza's bridge or VLAN.  The link has the settings that it had in
    ``was``.  A bridge also gets its ports."""
    ports = stanza.value("bridge_ports", "bridge-ports")
    before = was.link(stanza.link)
    if course.namespace.link(stanza.link) is None and before is not None and (ports or before.kind == "vlan"):
        lower = course.namespace.link(before.lower) if before.lower is not None else None
        carrier = lower is None or lower.carrier
        fresh = msgspec.structs.replace(before, up=False, carrier=carrier and before.kind == "vlan", operstate="DOWN")
        course = course.made(SetLink(course.host.netns, fresh))
    for name in ports.split() if ports is not None and ports != "none" else ():
        port = course.namespace.link(name)
        if port is not None and (port.master != stanza.link or not port.up):
            settings = port.port or BridgePort()
            joined = msgspec.structs.replace(
                port, master=stanza.link, up=True, carrier=_had_carrier(was, port), port=settings
            )
            course = course.made(SetLink(course.host.netns, joined))
    return course


def _with_commands(course: Course, stanza: Stanza, phase: str) -> Course:
    for option in stanza.commands(phase):
        from hairpin.events._commands import outcome

        done = outcome(course, _replaced(stanza, option.value), stanza.file)
        if done is None:
            course = course.provided(_as_before(stanza, option))
            continue
        course = done.course
        if not done.succeeds:
            raise _AbortedError(
                course.failing(
                    message(
                        "ifupdown stops at {link}: line {line} of {file} fails (`{command}`)", link=stanza.link,
                        line=option.line, file=stanza.file, command=option.value,
                    )
                )
            )  # fmt: skip
    for line in course.host.boot_lines or ():
        if line.path.startswith(f"/etc/network/if-{phase}.d/"):
            from hairpin.events._commands import with_line

            course = with_line(course, line)
    return course


def _replaced(stanza: Stanza, line: str) -> str:
    """Return the stanza's command with the values of ifupdown's variables."""
    own = {f"IF_{each.key.upper().replace('-', '_')}": each.value for each in stanza.options}
    variables = {**own, "IFACE": stanza.link, "LOGICAL": stanza.link}
    for name in sorted(variables, key=len, reverse=True):
        line = line.replace(f"${{{name}}}", variables[name]).replace(f"${name}", variables[name])
    return line


def _as_before(stanza: Stanza, option: StanzaOption) -> Message:
    return message(
        "line {line} of {file} (`{command}`) changes nothing that affects packets", line=option.line, file=stanza.file,
        command=option.value,
    )  # fmt: skip
