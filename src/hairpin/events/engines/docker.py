"""dockerd is stopped, killed, restarted and upgraded."""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import DeleteChain, DeleteRule, Primitive
from hairpin.engines.docker.dockerd import INGRESS, expected
from hairpin.engines.docker.gateway_bridge import with_gateway_endpoints
from hairpin.engines.docker.options import Version, dockerd_version
from hairpin.engines.expected import ExpectedRules
from hairpin.engines.found import tables_of_backend
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.restoring import restoring_all
from hairpin.engines.surplus import OWNED
from hairpin.events.course import Course
from hairpin.events.engines._dockerd import docker_of, with_dockerd_killed, with_dockerd_started, with_dockerd_stopped
from hairpin.events.event import Event
from hairpin.events.firewalls.iptables import deleting, key_of
from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import jumped_to, place_of
from hairpin.netfilter.ir import Jump, Rule, Table

_GENERATIONS: tuple[tuple[Version, str], ...] = (((28, 0, 1), "28.5.2"), ((29, 0, 0), "29.7.2"))
"""The first Docker version of each generation of rules, and the release of this generation that hairpin models best."""
_USERS = "DOCKER-USER"


def running_docker(host: Host) -> Engine | None:
    """Return the host's running Docker engine; None if none runs."""
    engine = docker_of(host)
    return engine if engine is not None and engine.running else None


def _restarted(course: Course) -> Course | None:
    """Return the course after dockerd has stopped and started; None if no dockerd runs.

    Without live-restore the containers stop.  The containers with a restart policy then start again, with addresses
    that are free at their start."""
    engine = running_docker(course.host)
    return with_dockerd_started(with_dockerd_stopped(course, engine), course.host) if engine is not None else None


def _stopped(course: Course) -> Course | None:
    """Return the course after dockerd was stopped; None if no dockerd runs.

    Without live-restore, dockerd first stops its containers and deletes their rules and proxies.  The engine's chains,
    jumps and bridges stay."""
    engine = running_docker(course.host)
    return with_dockerd_stopped(course, engine) if engine is not None else None


def _killed(course: Course) -> Course | None:
    """Return the course after dockerd was killed (out of memory, ``kill -9``); None if no dockerd runs.

    dockerd's docker-proxies and DNS resolvers end together with dockerd.  Containers and rules stay."""
    return with_dockerd_killed(course) if running_docker(course.host) is not None else None


DOCKER_RESTART = Event(
    id="docker-restart",
    title=message("dockerd is restarted"),
    source="moby daemon/daemon.go Shutdown(), restore(); libnetwork/drivers/bridge/bridge_linux.go initStore()",
    happens=_restarted,
    units=("docker",),
    command="systemctl restart docker",
)
DOCKER_STOP = Event(
    id="docker-stop",
    title=message("dockerd is stopped"),
    source="moby daemon/daemon.go Shutdown()",
    happens=_stopped,
    units=("docker",),
    verbs=("stop",),
    command="systemctl stop docker",
)
DOCKER_KILL = Event(
    id="docker-kill",
    title=message("dockerd is killed"),
    source="moby cmd/docker-proxy/main_linux.go, daemon/daemon.go",
    happens=_killed,
    units=("docker",),
    verbs=("kill",),
    command="systemctl kill -s KILL docker",
)


# ---- the upgrade --------------------------------------------------------------------------------------------------


def _upgraded(course: Course) -> Course | None:
    """Return the course after a dockerd with the next generation of rules has replaced the old dockerd.

    Return None if no Docker runs, or if hairpin knows no later generation.

    The new dockerd empties its own chains, foreign rules included, and deletes the old dockerd's rules from FORWARD and
    nat.  DOCKER-USER stays."""
    engine, was = running_docker(course.host), course.host
    following = _following(engine) if engine is not None else None
    if engine is None or following is None or (engine.firewall_backend or "").startswith("nftables"):
        return None
    course = with_dockerd_stopped(course, engine).provided(
        message("the upgrade installs Docker {version}", version=following)
    )
    if engine.mesh:
        course = course.provided(message("the new dockerd routes the swarm's published ports as the old dockerd did"))
    course = _without_old_rules(course)
    own = docker_of(course.host)
    assert own is not None
    course = course.with_host(course.host.with_engine(msgspec.structs.replace(own, version=following)))
    return with_dockerd_started(_with_networks(course), was)


def _following(engine: Engine) -> str | None:
    version = dockerd_version(engine.version)
    return next((release for first, release in _GENERATIONS if version is not None and version < first), None)


def _without_old_rules(course: Course) -> Course:
    """Return the course without the rules that the old dockerd left behind.

    Source: moby v28.5.2 libnetwork/drivers/bridge/internal/iptabler, deleteLegacyTopLevelRules(),
    deleteLegacyFilterRules(), removeIPChains()"""
    now = docker_of(course.host)
    assert now is not None
    old = expected(with_gateway_endpoints(course.host, msgspec.structs.replace(now, running=True)), course.namespace)
    own = {key_of(one) for one in old.rules if one.chain not in (_USERS, INGRESS) and not _is_of_swarm(one.rule)}
    course = course.made(*deleting(course, old, own))
    course = course.made(*(part for table in _tables(course, old) for part in _emptied(course, table)))
    return course.made(*(part for table in _tables(course, old) for part in _left_over(course, table)))


def _is_of_swarm(rule: Rule) -> bool:
    return any(isinstance(each, Jump) and each.chain == INGRESS for each in rule.body)


def _tables(course: Course, old: ExpectedRules) -> tuple[Table, ...]:
    version = course.host.version("iptables")
    return tables_of_backend(old.backend, old.rules, course.namespace, version).tables


def _emptied(course: Course, table: Table) -> Iterator[Primitive]:
    """Yield the deletions of foreign rules in the engine's own chains."""
    for chain in table.chains:
        if (table.name, chain.name) in OWNED:
            for rule in reversed(chain.rules):
                yield DeleteRule(course.host.netns, place_of(table, chain.name, rule))


def _left_over(course: Course, table: Table) -> Iterator[Primitive]:
    """Yield the deletions of the engine's chains to which no rule jumps.  dockerd's next start makes the needed chains
    again."""
    led_to = jumped_to(table)
    for chain in table.chains:
        if (table.name, chain.name) in OWNED and chain.name not in led_to and not chain.rules:
            yield DeleteChain(course.host.netns, table.dialect, table.family, table.name, chain.name)


def _with_networks(course: Course) -> Course:
    """Return the course with the rules of the engine's networks.  dockerd sets up the networks in the order of their
    ids, and the default network last.

    Source: moby libnetwork/drivers/bridge/bridge_store.go populateNetworks(), daemon/daemon_unix.go initBridgeDriver()
    """
    own = docker_of(course.host)
    assert own is not None
    networks = sorted(own.networks, key=lambda each: (each.name == own.traits.default_network, each.id))
    # each network's rules are added in a separate step, because rules go before or after all rules that are present at
    # this step
    for network in networks:
        known = msgspec.structs.replace(own, networks=(network,), containers=(), running=True)
        lost = missing_of(course.host, known)
        course = course.made(*restoring_all(lost, course.host.netns, course.namespace).parts)
    return course


DOCKER_UPGRADE = Event(
    id="docker-upgrade",
    title=message("Docker is upgraded"),
    source="moby libnetwork/drivers/bridge/internal/iptabler; docs/engine/release-notes of Docker 28 and 29",
    happens=_upgraded,
    packages=("docker.io", "docker-ce", "moby-engine", "docker"),
)
