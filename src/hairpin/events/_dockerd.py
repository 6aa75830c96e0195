"""What a dockerd does to its host when it ends and when it starts.

Measured with Docker 20.10.24 (`python -m tests.matrix`), and read in moby daemon/daemon.go Shutdown(),
restore(); libnetwork/drivers/bridge; libnetwork/iptables.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.change import DeleteRule, DeleteSocket, InsertRule, Primitive, SetPolicy, SetSysctl
from hairpin.engines.dockerd import FORWARD_CHAIN, expected
from hairpin.engines.expected import ExpectedPolicy
from hairpin.engines.found import tables_of_backend
from hairpin.engines.history import history_of
from hairpin.engines.missing import missing_of
from hairpin.engines.options import daemon_of, dockerd_version
from hairpin.engines.restoring import restoring_all
from hairpin.engines.sysctls import policies_of, sysctls_of
from hairpin.events._containers import with_container_first_started, with_container_started, with_containers_ended
from hairpin.events._docker_zone import with_bridges_bound, with_conflict, with_docker_zone
from hairpin.events.course import Course
from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import place_of, policy_place
from hairpin.netfilter.ir import Rule
from hairpin.netfilter.meaning import meaning

_HELD = ("docker-proxy", "dockerd")
_FORWARD: Path = ("net", "ipv4", "ip_forward")


def docker_of(host: Host) -> Engine | None:
    """Return the host's own Docker; None if it has none, or only a user's."""
    return next((each for each in host.engines if each.kind == "docker" and not each.rootless), None)


def with_dockerd_killed(course: Course) -> Course:
    """Return the course after dockerd was killed: its proxies and its resolvers end with it, containers and rules stay.

    Source: moby cmd/docker-proxy (Pdeathsig), libnetwork/resolver.go"""
    course = course.made(*_sockets_of_daemon(course.host))
    return course.with_host(_with_state(course.host, "stopped"))


def with_dockerd_stopped(course: Course, engine: Engine) -> Course:
    """Return the course after dockerd was told to end.  Without live-restore it stops its containers first."""
    if not engine.live_restore:
        course = with_containers_ended(course, (each for each in engine.containers if each.running))
    return with_dockerd_killed(course)


def with_dockerd_started(course: Course, was: Host, *, ended: bool = False) -> Course:
    """Return the course after dockerd has started.  ``was``: the host before it ended, with what then ran; ``ended``:
    nothing of that runs any more, whatever dockerd's options say.

    A container that somebody has stopped starts with the policy ``always``; one that never ran does not.
    Source: moby daemon/daemon.go restore(), restartmanager/restartmanager.go ShouldRestart()"""
    stopped, before = docker_of(course.host), docker_of(was)
    assert stopped is not None
    assert before is not None
    ready = with_conflict(with_docker_zone(course), stopped)
    if len(ready.failures) > len(course.failures):
        return ready
    course = ready.with_host(_with_state(ready.host, "answers"))
    now = docker_of(course.host)
    assert now is not None
    closing = tuple(_closing(course, now))
    course = course.made(*_forwarding(course, now))
    course = course.made(*restoring_all(missing_of(course.host, now), course.host.netns, course.namespace).parts)
    course = course.made(*(part for each in closing for part in _policy(course, each)))
    if (dockerd_version(now.version) or FORWARD_CHAIN) < FORWARD_CHAIN:
        course = course.made(*_default_network_first(course, now))
    course = with_bridges_bound(course, now)
    if now.live_restore and not ended:
        return course
    for each in sorted(before.containers, key=lambda one: one.started_at):
        if each.running and each.restart_policy == "on-failure":
            # dockerd has ended it: whether that was a failure, the container's own process decides.
            course = course.provided(
                message("{name} ends with an error when it is told to end, so dockerd starts it", name=each.name)
            )
        if each.running and (each.starts_with_daemon or each.restart_policy == "on-failure"):
            course = with_container_started(course, was, each)
        elif each.status == "exited" and each.restart_policy == "always":  # somebody has stopped it
            course = with_container_first_started(course, each)
    return course


def _forwarding(course: Course, engine: Engine) -> Iterator[Primitive]:
    """Yield the values that dockerd writes at its start."""
    daemon = daemon_of(engine, dockerd_version(engine.version) or FORWARD_CHAIN)
    if daemon.backend != "nftables":
        for each in sysctls_of(daemon, history_of(engine, daemon, course.namespace)):
            if each.network is None and course.namespace.sysctls.text(*each.path) not in (None, each.value):
                yield SetSysctl(course.host.netns, each.path, each.value)


def _closing(course: Course, engine: Engine) -> Iterator[ExpectedPolicy]:
    """Yield the policies that dockerd sets at its start: for IPv4 only where it finds forwarding switched off."""
    daemon = daemon_of(engine, dockerd_version(engine.version) or FORWARD_CHAIN)
    had = course.namespace.sysctls.text(*_FORWARD)
    for each in policies_of(daemon, history_of(engine, daemon, course.namespace)):
        if each.certain or (each.family == "ip" and had == "0"):
            yield each


def _default_network_first(course: Course, engine: Engine) -> Iterator[Primitive]:
    """Yield the moves of the rules that dockerd makes anew for its default network at each start: it inserts them, then
    its jumps, before all that stands in those chains, whoever has put it there.

    Source: moby libnetwork/drivers/bridge/setup_ip_tables.go, libnetwork/firewall_linux.go"""
    wanted = expected(engine, course.namespace)
    where = tables_of_backend(wanted.backend, wanted.rules, course.namespace, course.host.version("iptables"))
    own = [each for each in wanted.rules if each.position == "first" and each.container is None]
    for table in where.tables:
        for chain in table.chains:
            of_chain = [
                one for one in own if (one.family, one.table, one.chain) == (table.family, table.name, chain.name)
            ]
            jumps = {meaning(one.rule) for one in of_chain if one.network is None}
            moved = {meaning(one.rule) for one in of_chain if one.network == engine.default_network}
            parts = [[rule for rule in chain.rules if meaning(rule) in each] for each in (jumps, moved)]
            front = [rule for part in parts for rule in part]
            if not moved or list(chain.rules[: len(front)]) == front:
                continue
            yield from (DeleteRule(course.host.netns, place_of(table, chain.name, each)) for each in _last_first(front))
            for number, rule in enumerate(front, 1):
                yield InsertRule(course.host.netns, table.dialect, table.family, table.name, chain.name, rule, number)


def _last_first(rules: list[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda each: -each.number)


def _policy(course: Course, wanted: ExpectedPolicy) -> Iterator[Primitive]:
    for each in course.namespace.ruleset.tables:
        found = each.chain(wanted.chain)
        of_iptables = each.dialect in ("iptables-nft", "iptables-legacy")
        if of_iptables and (each.family, each.name) == (wanted.family, wanted.table) and found is not None:
            yield SetPolicy(course.host.netns, policy_place(each, found), wanted.policy)


def _sockets_of_daemon(host: Host) -> Iterator[Primitive]:
    for namespace in host.namespaces:
        for each in namespace.sockets:
            if _is_daemons(each):
                yield DeleteSocket(Netns(host.name, namespace.name), each)


def _is_daemons(socket: Socket) -> bool:
    return socket.process in _HELD


def _with_state(host: Host, state: Literal["answers", "stopped"]) -> Host:
    """Return the host whose dockerd is in this state."""
    own = docker_of(host)
    place = next((number for number, each in enumerate(host.engines) if each is own), None)
    contacts = tuple(
        msgspec.structs.replace(each, state=state) if number == place else each
        for number, each in enumerate(host.contacts)
    )
    runs = state == "answers"
    engines = tuple(
        msgspec.structs.replace(each, running=runs, stored=not runs) if each is own else each for each in host.engines
    )
    return msgspec.structs.replace(host, contacts=contacts, engines=engines)
