"""The effects of a dockerd on its host when it ends and when it starts.

Measured with Docker 20.10.24 (`python -m tests.matrix`), and read in moby daemon/daemon.go Shutdown(),
restore(); libnetwork/drivers/bridge; libnetwork/iptables.
"""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.change import AddSocket, DeleteRule, DeleteSocket, InsertRule, Primitive, SetPolicy
from hairpin.engines.docker.daemon import unloaded_networks
from hairpin.engines.docker.dockerd import FORWARD_CHAIN, expected
from hairpin.engines.docker.first_start import written_parameters
from hairpin.engines.docker.gateway_bridge import with_gateway_endpoints
from hairpin.engines.docker.history import history_of
from hairpin.engines.docker.options import daemon_of, dockerd_version
from hairpin.engines.expected import ExpectedPolicy
from hairpin.engines.found import tables_of_backend
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.restoring import restoring_all
from hairpin.engines.surplus import OWNED
from hairpin.engines.sysctls import policies_of
from hairpin.events.course import Course
from hairpin.events.engines._containers import (
    with_container_first_started,
    with_container_started,
    with_containers_ended,
    with_ports,
)
from hairpin.events.engines._namespace import as_restarted
from hairpin.events.engines._podman import by_start
from hairpin.events.firewalls.iptables import key_of
from hairpin.evidence.reading import HOST
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import place_of, policy_place
from hairpin.netfilter.ir import Chain, Jump, Rule, Table
from hairpin.netfilter.meaning import meaning
from hairpin.network.prefix import address_text

_HELD = ("docker-proxy", "dockerd")
_ISOLATION = "DOCKER-ISOLATION-STAGE-1"
_LEADING = ("PREROUTING", "OUTPUT")
"""The chains of nat that jump to the engine's chains."""
_FORWARD: Path = ("net", "ipv4", "ip_forward")


def docker_of(host: Host) -> Engine | None:
    """Return the host's system-wide Docker engine; None if the host has no Docker, or only a rootless one."""
    return next((each for each in host.engines if each.kind == "docker" and not each.rootless), None)


def with_dockerd_killed(course: Course) -> Course:
    """Return the course after dockerd was killed: its docker-proxies and DNS resolvers end, containers and rules stay.

    Source: moby cmd/docker-proxy (Pdeathsig), libnetwork/resolver.go"""
    course = course.made(*_sockets_of_daemon(course.host))
    return course.with_host(_with_state(course.host, "stopped"))


def with_dockerd_stopped(course: Course, engine: Engine) -> Course:
    """Return the course after dockerd was told to stop.  Without live-restore, dockerd first stops its containers."""
    if not engine.live_restore:
        course = with_containers_ended(course, (each for each in engine.containers if each.running))
    return with_dockerd_killed(course)


def with_dockerd_started(course: Course, was: Host, *, ended: bool = False) -> Course:
    """Return the course after dockerd has started.

    ``was``: the host before dockerd ended, with its running containers.  ``ended``: whether all containers have ended,
    even with live-restore.

    A manually stopped container starts if its restart policy is ``always``.  A container that never ran does not start.
    A swarm's task has no restart policy, because the swarm's managers run it again.  Source: moby daemon/daemon.go
    restore(), restartmanager/restartmanager.go ShouldRestart(); swarmkit manager/orchestrator/restart/restart.go"""
    stopped, before = docker_of(course.host), docker_of(was)
    assert stopped is not None
    assert before is not None
    beside_firewalld = course.host.firewalld is not None and course.host.firewalld.running
    ready = _with_zone_made(course, stopped) if beside_firewalld else course
    if len(ready.failures) > len(course.failures):
        return ready
    course = ready.with_host(_with_state(ready.host, "answers"))
    now = docker_of(course.host)
    assert now is not None
    course = course.made(*_own_services(course, was, now))
    alive = [each for each in now.containers if each.running] if now.live_restore and not ended else []
    of_old_rules = (dockerd_version(now.version) or FORWARD_CHAIN) < FORWARD_CHAIN
    course = course.made(*_emptied(course, now, jumps=of_old_rules))
    closing = tuple(_closing(course, now))
    course = course.made(*written_parameters(course.host, now))
    course = course.made(*restoring_all(missing_of(course.host, now), course.host.netns, course.namespace).parts)
    course = course.made(*(part for each in closing for part in _policy(course, each)))
    if of_old_rules:
        course = course.made(*(_isolation_first(course, now) if alive else _default_network_first(course, now)))
    unloaded = unloaded_networks(course.host, now) if beside_firewalld else ()
    course = _with_bridges_bound(course, now, unloaded) if beside_firewalld else course
    for each in alive:
        course = _with_container_restored(course, was, each)
    kept = {each.id for each in alive}
    ended_ones = sorted((each for each in before.containers if each.id not in kept), key=lambda one: one.started_at)
    course = course.provided(*_orders(course, now, [each for each in ended_ones if each.running]))
    for each in ended_ones:
        left = next((one for one in unloaded if one.name in now.network_names(each)), None)
        if left is not None:
            course = _with_start_refused(course, each, left)
            continue
        if each.running and each.restart_policy == "on-failure":
            # dockerd has stopped the container.  The exit status of the container's process decides whether dockerd
            # counts that as a failure.
            course = course.provided(
                message("{name} exits with an error when dockerd stops it, so dockerd starts it again", name=each.name)
            )
        if each.running and each.is_task:
            course = course.provided(
                message("the swarm runs its task of {service} on this node again", service=each.service)
            )
        if each.running and (each.is_task or each.starts_with_daemon or each.restart_policy == "on-failure"):
            course = with_container_started(course, was, each)
        elif each.status == "exited" and each.restart_policy == "always":  # a user has stopped the container
            course = with_container_first_started(course, each)
    return course


def _with_container_restored(course: Course, was: Host, container: Container) -> Course:
    """Return the course after a starting dockerd has found a running container: the container's ports get
    docker-proxies and their missing rules, and the container's namespace gets a DNS resolver.  ``was``: the host before
    dockerd last ended.

    While containers run that were started before dockerd, dockerd does not make its default network again.  Source:
    moby daemon/daemon_unix.go initNetworkController(); libnetwork/sandbox.go restore(), drivers/bridge
    restorePortAllocations(); measured with Docker 20.10.24"""
    course = with_ports(course, container)
    if container.netns is None or container.netns not in course.host or container.on_host_network:
        return course
    netns = Netns(course.label, container.netns)
    resolvers = (each for each in was.namespace(container.netns).sockets if _is_daemons(each))
    return course.made(*(AddSocket(netns, each, by_start(container)) for each in resolvers))


_DOTTED = re.compile(r"[\d.]+")
"""Digits and dots up to any other character: an IPv4 address, if the text has one there."""


def _orders(course: Course, engine: Engine, starting: list[Container]) -> Iterator[Message]:
    """Yield the assumed start order of each network's containers, if users' rules name these containers' addresses.

    dockerd starts a network's containers in parallel, so their start order decides which container gets which address.
    Before these starts the engine's rules for containers are gone, so only users' rules name addresses.  Source: moby
    daemon/daemon.go restore()"""
    texts = [rule.text for table in course.namespace.ruleset.tables for chain in table.chains for rule in chain.rules]
    texts += [each.text for each in course.host.boot_lines or ()]
    named = {each for text in texts for each in _DOTTED.findall(text)}
    for network in engine.networks:
        drawing = {
            each.name: end.ipv4
            for each in starting
            for end in each.endpoints
            if end.network == network.name and end.ipv4 is not None and end.fixed4 is None
        }
        if len(drawing) > 1 and not named.isdisjoint(address_text(each, 4) for each in drawing.values()):
            yield message("dockerd starts the containers of {network} in this order: {names}", network=network.name,
                          names=", ".join(drawing))  # fmt: skip


def _with_zone_made(course: Course, engine: Engine) -> Course:
    """Return the course with dockerd's firewalld zone.  Most hosts have no firewalld, so its model is imported only
    here."""
    from hairpin.events.engines._docker_zone import with_conflict, with_docker_zone

    return with_conflict(with_docker_zone(course), engine)


def _with_bridges_bound(course: Course, engine: Engine, unloaded: tuple[DockerNetwork, ...]) -> Course:
    from hairpin.events.engines._docker_zone import with_bridges_bound, without_unloaded

    return with_bridges_bound(without_unloaded(course, unloaded), engine)


def _with_start_refused(course: Course, container: Container, joined: DockerNetwork) -> Course:
    from hairpin.events.engines._docker_zone import with_start_refused

    if container.running and (container.starts_with_daemon or container.restart_policy == "on-failure"):
        return with_start_refused(course, container, joined)
    return course


def _emptied(course: Course, engine: Engine, *, jumps: bool) -> Iterator[Primitive]:
    """Yield the deletions of foreign rules in the engine's own chains: dockerd empties its chains when it starts.

    ``jumps``: also yield the moves of the jumps to these chains, to the end of the nat chain that contains each jump.
    Source: moby libnetwork/drivers/bridge/setup_ip_tables.go removeIPChains(), iptables.go ChainInfo.Remove()"""
    wanted = expected(with_gateway_endpoints(course.host, engine), course.namespace)
    if wanted.backend == "nftables" or not wanted.rules:
        return
    own = {key_of(one) for one in wanted.rules}
    for table in tables_of_backend(
        wanted.backend, wanted.rules, course.namespace, course.host.version("iptables")
    ).tables:
        for chain in table.chains:
            if (table.name, chain.name) in OWNED:
                foreign = [
                    rule for rule in chain.rules if (table.family, table.name, chain.name, meaning(rule)) not in own
                ]
                yield from _deleted(course, table, chain, foreign)
            elif jumps and table.name == "nat" and chain.name in _LEADING:
                led = [rule for rule in chain.rules if (table.family, table.name, chain.name, meaning(rule)) in own]
                yield from _moved(course, table, chain, led, len(chain.rules) - len(led))


def _isolation_first(course: Course, engine: Engine) -> Iterator[Primitive]:
    """Yield the move of the isolation jump to the head of FORWARD: dockerd moves the jump there for each network that
    it finds.  Source: libnetwork/drivers/bridge/setup_ip_tables.go setupIPTables()"""
    wanted = expected(engine, course.namespace)
    for table in tables_of_backend(
        wanted.backend, wanted.rules, course.namespace, course.host.version("iptables")
    ).tables:
        chain = table.chain("FORWARD")
        jumps = {
            meaning(one.rule)
            for one in wanted.rules
            if (one.family, one.table, one.chain) == (table.family, table.name, "FORWARD")
        }
        if chain is not None:
            moved = [rule for rule in chain.rules if meaning(rule) in jumps and _leads_to(rule, _ISOLATION)]
            yield from _moved(course, table, chain, moved, 0)


def _leads_to(rule: Rule, chain: str) -> bool:
    return any(isinstance(each, Jump) and each.chain == chain for each in rule.body)


def _moved(course: Course, table: Table, chain: Chain, rules: list[Rule], place: int) -> Iterator[Primitive]:
    """Yield the moves of the rules to the position after the first ``place`` other rules of the chain.

    The rules keep their order."""
    if list(chain.rules[place : place + len(rules)]) == rules:
        return
    yield from _deleted(course, table, chain, rules)
    for number, rule in enumerate(rules, place + 1):
        yield InsertRule(course.host.netns, table.dialect, table.family, table.name, chain.name, rule, number)


def _deleted(course: Course, table: Table, chain: Chain, rules: list[Rule]) -> Iterator[Primitive]:
    for each in sorted(rules, key=lambda one: -one.number):
        yield DeleteRule(course.host.netns, place_of(table, chain.name, each))


def _closing(course: Course, engine: Engine) -> Iterator[ExpectedPolicy]:
    """Yield the chain policies that dockerd sets at its start.  dockerd sets IPv4's policy only if it finds forwarding
    off."""
    daemon = daemon_of(engine, dockerd_version(engine.version) or FORWARD_CHAIN)
    had = course.namespace.sysctls.text(*_FORWARD)
    for each in policies_of(daemon, history_of(engine, daemon, course.namespace)):
        if each.certain or (each.family == "ip" and had == "0"):
            yield each


def _default_network_first(course: Course, engine: Engine) -> Iterator[Primitive]:
    """Yield the moves of the rules that dockerd makes again for its default network at each start.

    dockerd inserts these rules, and then its jumps, before all other rules of the same chains.

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
            moved = {meaning(one.rule) for one in of_chain if one.network == engine.traits.default_network}
            parts = [[rule for rule in chain.rules if meaning(rule) in each] for each in (jumps, moved)]
            front = [rule for part in parts for rule in part]
            if moved:
                yield from _moved(course, table, chain, front, 0)


def _policy(course: Course, wanted: ExpectedPolicy) -> Iterator[Primitive]:
    for each in course.namespace.ruleset.tables:
        found = each.chain(wanted.chain)
        of_iptables = each.dialect in ("iptables-nft", "iptables-legacy")
        if of_iptables and (each.family, each.name) == (wanted.family, wanted.table) and found is not None:
            yield SetPolicy(course.host.netns, policy_place(each, found), wanted.policy)


def _own_services(course: Course, was: Host, engine: Engine) -> Iterator[Primitive]:
    """Yield the sockets of dockerd's own services, such as its metrics and its API: they are on no container's port."""
    published = {(each.protocol, each.host_port) for one in engine.containers for each in one.bindings}
    for each in was.namespace(was.netns.name).sockets:
        own = each.process == "dockerd" and each.relay is None and each.container is None
        if own and (each.protocol, each.port) not in published and each not in course.namespace.sockets:
            yield AddSocket(course.host.netns, as_restarted(each), message("start dockerd"))


def _sockets_of_daemon(host: Host) -> Iterator[Primitive]:
    of_users = {each.netns for engine in host.engines if engine.rootless for each in engine.containers} - {HOST}
    for namespace in host.namespaces:
        netns = Netns(host.name, namespace.name)
        if netns.is_rootless_dockerds or namespace.name in of_users:
            continue
        for each in namespace.sockets:
            if _is_daemons(each):
                yield DeleteSocket(netns, each)


def _is_daemons(socket: Socket) -> bool:
    return socket.process in _HELD


def _with_state(host: Host, state: Literal["answers", "stopped"]) -> Host:
    """Return the host with its dockerd in this state: dockerd answers, or it is stopped."""
    own = docker_of(host)
    place = next((number for number, each in enumerate(host.engines) if each is own), None)
    contacts = tuple(
        msgspec.structs.replace(each, state=state) if number == place else each
        for number, each in enumerate(host.contacts)
    )
    host = msgspec.structs.replace(host, contacts=contacts)
    runs = state == "answers"
    return host if own is None else host.with_engine(msgspec.structs.replace(own, running=runs, stored=not runs))
