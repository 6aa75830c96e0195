"""A host after its kernel has started and before its units start.

Before its units start, the host has links and addresses, but neither rules nor sysctls from files."""

from collections.abc import Iterator

import msgspec

from hairpin.events.course import Course
from hairpin.events.engines._containers import ended
from hairpin.events.engines._dockerd import docker_of, with_dockerd_killed
from hairpin.evidence.reading import HOST
from hairpin.field import lost_fields
from hairpin.host.boot.sysctl_files import settings
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import NAMED
from hairpin.host.route import PolicyRule
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path, Sysctls, known_sysctl
from hairpin.message import message
from hairpin.question.namespaces import links_towards

_KERNELS_PRIORITIES = frozenset({0, 1000, 32766, 32767})
_SESSIONS = ("session-", "run-")
"""Name prefixes of the control groups that systemd makes for logins and for ``systemd-run``."""


def powered_off(course: Course) -> Course:
    """Return the course with the host in the state before its units start: links and addresses, but no rules."""
    host = course.host
    engines = tuple(
        msgspec.structs.replace(each, containers=tuple(ended(one) for one in each.containers if one.running)
                                + tuple(one for one in each.containers if not one.running))
        for each in host.engines
    )  # fmt: skip
    own = host.namespace(host.netns.name)
    bare = msgspec.structs.replace(host, engines=engines, namespaces=(_bare(host, own),))
    course = msgspec.structs.replace(course.with_host(bare), cuts_all=True)
    return with_dockerd_killed(course) if docker_of(bare) is not None else course


def _bare(host: Host, own: Namespace) -> Namespace:
    bridges = _bridges(host)
    ends = {each.name for each in own.links if each.kind == "veth" and each.master in bridges}
    cards = {each.name for each in _cards(host, own)}
    return msgspec.structs.replace(
        own,
        links=tuple(
            msgspec.structs.replace(each, up=False)
            if each.name in cards
            else msgspec.structs.replace(each, carrier=each.carrier and each.name not in bridges)
            for each in own.links
            if each.name not in ends
        ),
        addresses=tuple(each for each in own.addresses if each.link not in ends | cards),
        routes=tuple(each for each in own.routes if not (ends | cards) & {hop.link for hop in each.next_hops}),
        rules=tuple(each for each in own.rules if each.priority in _KERNELS_PRIORITIES),
        sysctls=_kernels_own(host, own.sysctls),
        sockets=tuple(each for each in own.sockets if comes_back(each)),
        **lost_fields(Namespace),
    )


def _bridges(host: Host) -> frozenset[str]:
    """Return the names of the engines' bridges."""
    return frozenset(each.bridge for engine in host.engines for each in engine.networks if each.bridge is not None)


def _cards(host: Host, own: Namespace) -> Iterator[Link]:
    """Yield the host's own network cards, whose addresses come from network files."""
    for each in own.links:
        if each.kind in ("", "veth") and each.master not in _bridges(host) and each.name != "lo":
            yield each


def with_links_as_before(course: Course, was: Host) -> Course:
    """Return the course in which some cards have the link state, addresses and routes from before the boot.

    A card has this state if none of the read files configures the card.  The course gets the condition that the unknown
    manager of the card configures the card again.  A link to a namespace that the kernel lost is no card."""
    old, own = was.namespace(was.netns.name), course.namespace
    network = course.network.with_host(was)
    inner = {
        link
        for each in was.namespaces
        if each.name.startswith(NAMED)
        for link in links_towards(network, was.netns, was.netns.sibling(each.name))
    }
    given = {each.link for each in own.addresses}
    lost = {
        each.name
        for each in _cards(was, old)
        if each.up
        and each.name not in given | inner
        and any(one.link == each.name and one.scope != "link" for one in old.addresses)
    }
    if not lost:
        return course
    routes = (each for each in old.routes if lost & {hop.link for hop in each.next_hops})
    again = msgspec.structs.replace(
        own,
        links=tuple(
            next(one for one in old.links if one.name == each.name) if each.name in lost else each for each in own.links
        ),
        addresses=(*own.addresses, *(each for each in old.addresses if each.link in lost)),
        routes=(*own.routes, *routes),
        rules=own.rules if len(own.rules) > len(_kernels(own)) else old.rules,
    )
    said = (
        message(
            "{link} gets its addresses and routes again, although no file that hairpin read configures them", link=each
        )
        for each in sorted(lost)
    )
    return course.with_host(with_own(course.host, again)).provided(*said)


def _kernels(own: Namespace) -> tuple[PolicyRule, ...]:
    return tuple(each for each in own.rules if each.priority in _KERNELS_PRIORITIES)


def comes_back(socket: Socket) -> bool:
    """Return whether the socket belongs to a host process that starts at each boot.

    Processes of engines and of logins do not start at each boot."""
    if socket.engine_relay is not None or socket.container is not None or socket.process in ("dockerd", "docker-proxy"):
        return False
    return not socket.unit.rpartition("/")[2].startswith(_SESSIONS)


def _kernels_own(host: Host, held: Sysctls) -> Sysctls:
    values = dict(held.values)
    given: dict[Path, str | None] = {}
    for path, now in held.values.items():
        default = default_of(path)
        if default is None:
            continue
        of_links = _of_all_links(path)
        if of_links is not None and of_links not in given:
            said = settings(of_links, host.files)
            given[of_links] = said[-1].value if said else None
        # A link takes its value from ``default`` if a file sets ``default`` before the link exists.
        if of_links is None or given[of_links] != now:
            values[path] = default
    return Sysctls(values)


def default_of(path: Path) -> str | None:
    """Return the value that the kernel gives the sysctl at boot; None if the sysctl is assumed to keep its value."""
    row = known_sysctl(path)
    return row.boot if row is not None else None


def _of_all_links(path: Path) -> Path | None:
    """Return the sysctl (``…/default/…``) from which new links take their value; None if ``path`` is not a sysctl of
    one link."""
    if path[2:3] != ("conf",) or path[3] in ("all", "default") or len(path) != 5:
        return None
    return (*path[:3], "default", path[4])


def with_own(host: Host, own: Namespace) -> Host:
    """Return the host with ``own`` as its own namespace."""
    spaces = tuple(own if each.name == HOST else each for each in host.namespaces)
    return msgspec.structs.replace(host, namespaces=spaces)
