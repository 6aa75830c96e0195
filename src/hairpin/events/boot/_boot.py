"""A host boots.

The kernel's state is lost, and each of the host's units restores a part of it when systemd starts the unit.

Source: bootup(7), systemd.unit(5) Before=, After=, systemd.special(7)
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import msgspec

from hairpin.change.change import AddSocket, SetSysctl
from hairpin.events.boot._power_off import default_of, powered_off, with_links_as_before, with_own
from hairpin.events.boot.sysctls import with_files_applied
from hairpin.events.course import Course, Rival
from hairpin.events.engines._containers import with_container_first_started, with_container_started
from hairpin.events.engines._dockerd import docker_of, with_dockerd_started
from hairpin.events.engines._podman import by_start, with_bridges_made
from hairpin.events.firewalls.iptables import with_saved_rules
from hairpin.events.links.managers import with_network_configured
from hairpin.host.boot.rule_keeper import saved_rules, unit
from hairpin.host.docker import Container, Engine
from hairpin.host.engine_health import is_unasked
from hairpin.host.host import Host, Namespace
from hairpin.host.managers import ScriptLine
from hairpin.host.netns import NAMED, Netns
from hairpin.message import Message, message
from hairpin.programs import having_role
from hairpin.walk.reads import parts_changed

Stage = Callable[[Course], Course]

_ORDER: tuple[tuple[str, str], ...] = (
    ("nftables.service", "network-pre.target"),
    ("systemd-modules-load.service", "systemd-sysctl.service"), ("systemd-sysctl.service", "sysinit.target"),
    ("sysinit.target", "basic.target"), ("network-pre.target", "network.target"),
    ("network.target", "network-online.target"), ("network-online.target", "docker.service"),
    ("basic.target", "docker.service"), ("network.target", "multi-user.target"),
)  # fmt: skip
"""Pairs of units: systemd starts the first unit of a pair before the second one.  Source: bootup(7),
systemd.special(7)"""
_DOCKER, _PODMAN, _RC_LOCAL = "docker.service", "podman-restart.service", "rc-local.service"
_GUESTS = "machines.target"


class _Step(msgspec.Struct, frozen=True):
    """A part of the boot that one unit does."""

    unit: str
    does: Stage


def with_boot(course: Course) -> Course:
    """Return the course after the host has booted.  If the host's boot scripts or units were not read, the course gets
    a condition: the scripts or units change nothing."""
    was, steps = course.host, list(_steps(course.host))
    first = powered_off(course)
    course = _carried_out(first, _in_order(was, steps))
    course = course.provided(*_races(was))
    if _race(was, steps):
        other = _carried_out(first, _in_order(was, sorted(steps, key=lambda each: each.unit == _DOCKER)))
        order = message("dockerd starts before Podman's containers; no unit orders the two")
        rivals = (
            (*course.rivals, Rival(other.network, order))
            if parts_changed(course.network, other.network)
            else course.rivals
        )
        course = msgspec.structs.replace(course, rivals=rivals)
    course = course.lacking(each.key for each in was.unread if each.key == "units")
    return course.lacking(() if was.boot_lines is not None else ("boot-scripts",))


def _carried_out(course: Course, steps: Iterable[_Step]) -> Course:
    for step in steps:
        course = step.does(course)
    return course


def _race(was: Host, steps: list[_Step]) -> bool:
    """Return whether dockerd and Podman's containers both start at boot, and no unit file orders their starts.

    The engine that starts first switches forwarding on.  dockerd sets FORWARD's policy only if it switches forwarding
    on itself.

    Source: moby libnetwork/drivers/bridge/setup_ip_forwarding.go setupIPForwarding()"""
    before, units = _before(was), {each.unit for each in steps}
    ordered = any(_is_before(before, *pair) for pair in ((_DOCKER, _PODMAN), (_PODMAN, _DOCKER)))
    return {_DOCKER, _PODMAN} <= units and not ordered


def _races(was: Host) -> Iterator[Message]:
    """Yield the condition that a boot script ends before dockerd starts, if no unit file orders the script and dockerd.


    Source: rc-local.service of systemd, docker.service of moby; measured with Debian 12: the script's rules were
    there before dockerd's."""
    docker, before = docker_of(was), _before(was)
    scripts = {each.path for each in was.boot_lines or () if not each.unit and _at_boot(each)}
    ordered = any(_is_before(before, *pair) for pair in ((_DOCKER, _RC_LOCAL), (_RC_LOCAL, _DOCKER)))
    if docker is not None and docker.running and _starts(was, "docker") and not ordered:
        yield from (message("{file} has finished before dockerd starts", file=each) for each in sorted(scripts))


# ---- the steps of the boot
# ----------------------------------------------------------------------------------------------


def _steps(host: Host) -> Iterator[_Step]:
    """Yield the boot steps of the host's units, in the order that is usual for these units."""
    yield _Step("systemd-sysctl.service", with_files_applied)
    if unit(host, "nftables") is not None and _starts(host, "nftables"):
        from hairpin.events.firewalls.nftables import nftables_script, with_nftables_loaded

        if nftables_script(host) is not None:
            yield _Step("nftables.service", lambda course: with_nftables_loaded(course, at_boot=True))
    own = host.namespace(host.netns.name)
    yield _Step("network.target", lambda course: with_links_as_before(with_network_configured(course, own), host))
    if host.ufw is not None and host.ufw.enabled and _starts(host, "ufw"):
        from hairpin.events.firewalls.ufw import ufw_of, with_ufw_started

        if ufw_of(host) is not None:
            yield _Step("ufw.service", with_ufw_started)
    if own.ruleset.ipsets:
        from hairpin.host.boot.rule_keeper import restores_sets

        if restores_sets(host):
            yield _Step("ipset.service", lambda course: _with_sets(course, own))
    for loader, file, family in saved_rules(host):
        name = loader.name.removesuffix(".service")
        if _starts(host, name):
            yield _Step(f"{name}.service", partial(with_saved_rules, file=file, family=family))
    if host.firewalld is not None and (_starts(host, "firewalld") if host.units else host.firewalld.running):
        yield _Step("firewalld.service", lambda course: _with_firewalld(course, host))
    for line in host.boot_lines or ():
        if line.unit:
            yield _Step(line.unit, _line(line))
    for line in host.boot_lines or ():
        if not line.unit and _at_boot(line):
            yield _Step(_RC_LOCAL, _line(line))
    if docker_of(host) is not None:
        yield _Step(_DOCKER, lambda course: _with_docker(course, host))
    if any(each.kind == "podman" or each.rootless for each in host.engines):
        yield _Step(_PODMAN, lambda course: _with_podman(course, host))
    if host.named_guests or _has_rules_of_guests(host):
        from hairpin.events.boot._namespaces import with_guests_again

        yield _Step(_GUESTS, lambda course: with_guests_again(course, host))
    if any(each.name.startswith(NAMED) for each in host.namespaces):
        from hairpin.events.boot._namespaces import with_named_namespaces_again

        lines = tuple(each for each in host.boot_lines or () if each.unit or _at_boot(each))
        yield _Step(_GUESTS, lambda course: with_named_namespaces_again(course, host, lines))


def _with_sets(course: Course, was: Namespace) -> Course:
    """Return the course with the ipsets from before the boot."""
    ruleset = msgspec.structs.replace(course.namespace.ruleset, ipsets=was.ruleset.ipsets)
    own = msgspec.structs.replace(course.namespace, ruleset=ruleset)
    return course.with_host(with_own(course.host, own)).provided(message("the saved ipsets have the present addresses"))


def _has_rules_of_guests(host: Host) -> bool:
    """Return whether a program that makes rules for its own networks or guests has made some."""
    return any(
        program.makes_table(table.name) if table.dialect == "nft" else any(map(program.makes_chain, names))
        for table in host.namespace(host.netns.name).ruleset.tables
        for names in ([each.name for each in table.chains],)
        for program in having_role("virtual-machines", "links")
    )


def _starts(host: Host, name: str) -> bool:
    """Return whether the unit starts at boot.  If no unit was read, every installed program counts as starting at
    boot."""
    found = unit(host, name)
    return not host.units or (found is not None and found.is_enabled)


def _at_boot(line: ScriptLine) -> bool:
    return line.path in ("/etc/rc.local", "/etc/rc.d/rc.local") or "@reboot" in line.text


def _line(line: ScriptLine) -> Stage:
    plain = msgspec.structs.replace(line, text=line.text.removeprefix("@reboot").removeprefix(" root").strip())

    def carried_out(course: Course) -> Course:
        from hairpin.events._commands import with_line

        return with_line(course, plain)

    return carried_out


def _with_firewalld(course: Course, was: Host) -> Course:
    """Return the course after firewalld has started."""
    from hairpin.events.firewalls.firewalld import firewalld_of

    if firewalld_of(was) is None:
        return course
    from hairpin.events.firewalls._firewalld import with_firewalld_started

    return with_firewalld_started(course, was if was.firewalld is not None and was.firewalld.running else None)


def _with_docker(course: Course, was: Host) -> Course:
    """Return the course after dockerd has started, if the host starts it."""
    engine = docker_of(was)
    assert engine is not None
    if not _starts(was, "docker"):
        if _starts(was, "docker.socket"):
            return course.provided(
                message("no program connects to dockerd's socket, so systemd does not start dockerd")
            )
        return _without_bridges(course, engine)
    if not engine.running and is_unasked(was, engine):
        return course.provided(
            message(
                "the start of dockerd changes nothing (hairpin assumes this, because dockerd did not say which "
                "containers it runs)"
            )
        )
    if not engine.running:
        return course.provided(message("dockerd, which does not run now, does not start at that boot either"))
    course = _with_fresh_bridges(course, engine)
    if any(each.driver == "overlay" for each in engine.networks):
        from hairpin.events.engines._mesh import with_mesh_again

        course = with_mesh_again(course, was, engine)
    return with_dockerd_started(course, was, ended=True)


def _without_bridges(course: Course, engine: Engine) -> Course:
    """Return the course without the engine's bridges.  If dockerd does not start, no program makes the bridges after
    the boot."""
    names = {each.bridge for each in engine.networks if each.bridge is not None}
    own = course.namespace
    left = msgspec.structs.replace(
        own,
        links=tuple(each for each in own.links if each.name not in names),
        addresses=tuple(each for each in own.addresses if each.link not in names),
        routes=tuple(each for each in own.routes if not names & {hop.link for hop in each.next_hops}),
    )
    return course.with_host(with_own(course.host, left))


def _with_fresh_bridges(course: Course, engine: Engine) -> Course:
    """Return the course in which the engine's bridges have the sysctls of new links."""
    names = {each.bridge for each in engine.networks if each.bridge is not None}
    known = course.namespace.sysctls
    parts = (
        SetSysctl(course.host.netns, path, value)
        for path in known.values
        if len(path) == 5 and path[3] in names and default_of(path) is not None
        and (value := known.text(*path[:3], "default", path[4])) is not None
    )  # fmt: skip
    return course.made(*parts)


def _with_podman(course: Course, was: Host) -> Course:
    """Return the course after podman-restart, the systemd units of single containers, and the dockerd of a user whose
    session begins at boot have started."""
    always = _starts(was, "podman-restart") and unit(was, "podman-restart") is not None
    for engine in was.engines:
        if engine.kind != "podman" and not (engine.rootless and engine.lingers):
            continue
        if engine.kind == "docker":
            course = _with_dockerds_namespace(course, was, engine)
        # Podman starts a container before those that use its namespace: the infra container of a pod comes first.
        for each in sorted(engine.containers, key=lambda one: (bool(one.joined), one.id)):
            own = was.quadlet_of(each)
            if own is not None and not own.starts_at_boot:
                continue
            if engine.kind == "docker":
                if not each.starts_with_daemon:
                    continue
            elif engine.rootless and (own is None or not engine.lingers):
                continue
            elif each.unit:
                course = course.provided(message("systemd starts {unit} at boot", unit=each.unit))
            elif not (always and each.restart_policy == "always"):
                continue
            course = with_bridges_made(_container_started(course, was, each), each)
            if engine.rootless and each.running:
                course = course.made(*_relays(course, was, each))
    return course


def _with_dockerds_namespace(course: Course, was: Host, engine: Engine) -> Course:
    """Return the course with the namespace that rootlesskit makes for the user's dockerd: its links but those of
    containers, and its rules."""
    made = tuple(
        msgspec.structs.replace(
            each, links=tuple(link for link in each.links if link.kind != "veth"), connections=(), neighbours=()
        )
        for each in was.namespaces
        if Netns(was.name, each.name).is_rootless_dockerds
    )
    host = msgspec.structs.replace(course.host, namespaces=(*course.host.namespaces, *made))
    return course.with_host(host).provided(
        message("the manager of {user} starts dockerd at boot", user=engine.user or "user")
    )


def _relays(course: Course, was: Host, container: Container) -> Iterator[AddSocket]:
    """Yield the sockets of the user's processes that take the connections to the ports of a rootless container."""
    ports = {(each.protocol, each.host_port) for each in container.bindings}
    for each in was.namespace(was.netns.name).sockets:
        if each.engine_relay is not None and (each.protocol, each.port) in ports:
            yield AddSocket(course.host.netns, each, by_start(container))


def _container_started(course: Course, was: Host, container: Container) -> Course:
    if container.running:
        return with_container_started(course, was, container)
    return with_container_first_started(course, container)


# ---- the order of the steps
# -----------------------------------------------------------------------------------------------


def _in_order(host: Host, steps: list[_Step]) -> Iterator[_Step]:
    """Yield the boot steps in the order that the unit files demand.

    Two steps that no unit file orders keep their order in ``steps``."""
    before = _before(host)
    left = list(steps)
    while left:
        ready = next(
            (each for each in left if not any(_is_before(before, one.unit, each.unit) for one in left)), left[0]
        )
        left.remove(ready)
        yield ready


def _before(host: Host) -> dict[str, set[str]]:
    """Return, for each unit or target, the units that systemd starts after it."""
    found: dict[str, set[str]] = {}
    for first, then in _ORDER:
        found.setdefault(first, set()).add(then)
    for each in host.units:
        for one in each.before:
            found.setdefault(each.name, set()).add(one)
        for one in each.after:
            found.setdefault(one, set()).add(each.name)
    return found


def _is_before(before: dict[str, set[str]], first: str, then: str) -> bool:
    seen, left = {first}, [first]
    while left:
        for each in before.get(left.pop(), ()):
            if each == then and each != first:
                return True
            if each not in seen:
                seen.add(each)
                left.append(each)
    return False
