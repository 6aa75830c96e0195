"""The rules that engines restore after firewalld has started or reloaded.

dockerd listens for firewalld on D-Bus only if firewalld ran when dockerd started.  When firewalld starts or reloads,
dockerd inserts its rules in this order: the default network's rules, the rules of the networks that dockerd found at
its start (in the order of their ids), the jump to DOCKER-USER, the rules of later networks.  The default network's
position among the networks that dockerd found is unknown until the first reload of firewalld.  Docker 20.10 to 27 do
not restore the rules that isolate networks from each other.

Source: moby libnetwork/iptables/firewalld.go signalHandler(), libnetwork/drivers/bridge/setup_ip_tables.go,
libnetwork/firewall_linux.go; measured with Docker 20.10.24
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import msgspec

from hairpin.change.change import AddChain, InsertRule, Primitive
from hairpin.engines.docker.daemon import bound_elsewhere
from hairpin.engines.docker.dockerd import FORWARD_CHAIN
from hairpin.engines.docker.options import dockerd_version
from hairpin.engines.expected import ExpectedRule
from hairpin.engines.found import of_dialect
from hairpin.engines.missing import Missing, missing_of
from hairpin.engines.repair.restoring import restoring_all
from hairpin.events.course import Course
from hairpin.events.engines._podman import with_sources
from hairpin.events.firewalls._zones import with_links_bound
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.netfilter.ir import Jump
from hairpin.netfilter.meaning import meaning
from hairpin.netfilter.rule_address import IpFamily

_ZONE = "docker"
_USER, _ISOLATION = _JUMPS = ("DOCKER-USER", "DOCKER-ISOLATION-STAGE-1")


def with_dockerds_rules(course: Course, engine: Engine, was: Host | None) -> Course:
    """Return the course after a running dockerd has answered a start or a reload of firewalld.

    ``was``: the host while firewalld last ran, or None if this is not known."""
    if was is None:
        assert course.host.firewalld is not None
        if all(each.name != _ZONE for each in course.host.firewalld.permanent):
            return course  # without its zone, dockerd did not start while firewalld ran
        course = course.provided(message("dockerd has started while firewalld ran"))
    elif not _listens(was, engine):
        return course
    order = _in_order(engine, was if was is not None else course.host)
    networks = order.networks
    elsewhere = bound_elsewhere(course.host, engine)
    if elsewhere:
        course = course.failing(
            message(
                "dockerd restores only some of the rules of {bridges}, because firewalld has these bridges in another "
                "zone",
                bridges=", ".join(elsewhere),
            )
        )
    links = (each.bridge for each in networks if each.bridge is not None and not each.internal)
    course = with_links_bound(course, _ZONE, tuple(each for each in links if each not in elsewhere))
    lost = missing_of(course.host, engine)
    if (dockerd_version(engine.version) or FORWARD_CHAIN) >= FORWARD_CHAIN:
        course = course.provided(message("dockerd {version} restores all of its rules", version=engine.version))
        return course.made(*restoring_all(lost, course.host.netns, course.namespace).parts)
    whole = frozenset(each.name for each in networks if each.bridge not in elsewhere)
    return course.made(*_put_back(course, _without_isolation(lost, whole), order))


def _listens(was: Host, engine: Engine) -> bool:
    """Return whether dockerd started while firewalld ran.

    If dockerd started while firewalld ran, one of dockerd's bridges is in dockerd's zone."""
    bridges = {each.bridge for each in engine.networks if each.bridge is not None}
    zones = was.firewalld.runtime if was.firewalld is not None else ()
    return any(each.name == _ZONE and bridges.intersection(each.interfaces) for each in zones)


class _Order(msgspec.Struct, frozen=True):
    """The bridge networks in the order in which dockerd set them up since its start.  dockerd set up the first
    ``at_start`` of these networks before the jump to DOCKER-USER."""

    networks: tuple[DockerNetwork, ...]
    at_start: int


def _in_order(engine: Engine, was: Host) -> _Order:
    """Return the order in which dockerd set up its networks.

    The positions of the networks' rules in FORWARD show this order.

    dockerd inserts each network's rules at the head, so rules that come after the default network's rules are older.
    After one reload of firewalld, all rules are in the order in which dockerd restores them."""
    places = _places(engine, was)
    own = [each for each in engine.networks if each.driver == "bridge"]
    user, isolation = places.get(_USER, 0), places.get(_ISOLATION, 0)
    by_place = sorted((each for each in own if each.name in places), key=lambda each: -places[each.name])
    if isolation and isolation < user and len(by_place) == len(own):
        return _Order(tuple(by_place), sum(1 for each in own if places[each.name] > user))
    default = places.get(engine.traits.default_network or "", 0)
    later = [each for each in by_place if places[each.name] < default]
    first = [each for each in own if each.name == engine.traits.default_network]
    stored = sorted((each for each in own if each not in later and each not in first), key=lambda each: each.id)
    return _Order((*first, *stored, *later), len(first) + len(stored))


def _places(engine: Engine, was: Host) -> dict[str, int]:
    """Return the position in FORWARD of each network's first rule and of the jumps to DOCKER-USER and to the isolation
    chain.  A network's key is its name, a jump's key the name of its chain."""
    wanted = missing_of(was, engine)
    chain = of_dialect(wanted.dialect, was.namespace(was.netns.name)).chain("ip", "filter", "FORWARD")
    numbers = {meaning(rule): rule.number for rule in reversed(chain.rules)} if chain is not None else {}
    found: dict[str, int] = {}
    for one in wanted.wanted.rules:
        number = numbers.get(meaning(one.rule))
        if number is None or one.chain != "FORWARD":
            continue
        for name in [one.network] if one.network is not None else [each for each in _JUMPS if _leads_to(one, each)]:
            found[name] = min(number, found.get(name, number))
    return found


def _without_isolation(lost: Missing, whole: AbstractSet[str]) -> Missing:
    """Return the lost rules that dockerd 20.10 to 27 restores.  ``whole``: the networks whose bridges dockerd can bind
    to its zone.  For any other network dockerd stops before it makes the network's jumps.
    Source: moby libnetwork/iptables/iptables.go ProgramChain()"""
    kept = (
        one
        for one in lost.rules
        if one.purpose != "isolation"
        and (one.purpose not in ("jump", "ct-state") or _leads_to(one, _USER) or _is_of(one, whole))
    )
    return msgspec.structs.replace(lost, rules=tuple(kept))


def _is_of(one: ExpectedRule, whole: AbstractSet[str]) -> bool:
    return one.network in whole if one.network is not None else bool(whole)


def _leads_to(one: ExpectedRule, chain: str) -> bool:
    return any(isinstance(each, Jump) and each.chain == chain for each in one.rule.body)


def _put_back(course: Course, lost: Missing, order: _Order) -> Iterator[Primitive]:
    netns = course.host.netns
    for each in lost.chains:
        yield AddChain(netns, lost.dialect, each.family, each.table, each.chain)
    by_chain: dict[tuple[IpFamily, str, str], list[ExpectedRule]] = {}
    for one in lost.rules:
        by_chain.setdefault((one.family, one.table, one.chain), []).append(one)
    for (family, table, chain), own in by_chain.items():
        inserted = [one for one in own if one.position == "first"]
        front = sorted(inserted, key=lambda one: _turn(one, order))
        for number, one in enumerate(front, 1):
            yield InsertRule(netns, lost.dialect, family, table, chain, one.rule, number)
        appended = [one for one in own if one.position == "last"]
        for one in sorted(appended, key=lambda one: _number(one, order.networks)):
            yield InsertRule(netns, lost.dialect, family, table, chain, one.rule, None)


def _number(one: ExpectedRule, networks: tuple[DockerNetwork, ...]) -> int:
    return next((number for number, each in enumerate(networks) if each.name == one.network), -1)


def _turn(one: ExpectedRule, order: _Order) -> int:
    """Return the sort key of a rule that dockerd inserts at the head of its chain.  The last inserted rule has the
    smallest key."""
    if one.network is not None:
        return -2 * _number(one, order.networks)
    if _leads_to(one, _ISOLATION):
        return -2 * len(order.networks)
    return 1 - 2 * order.at_start if _leads_to(one, _USER) else 1


def with_podmans_rules(course: Course) -> Course:
    """Return the course after netavark's unit, if it runs, has restored Podman's rules and firewalld's sources."""
    found = unit(course.host, "netavark-firewalld-reload")
    if found is None or found.active != "active":
        return course
    for engine in course.host.engines:
        if engine.kind == "podman" and not engine.rootless:
            lost = missing_of(course.host, engine)
            course = course.made(*restoring_all(lost, course.host.netns, course.namespace).parts)
            used = {end.network for each in engine.containers if each.running for end in each.endpoints}
            course = with_sources(course, engine, (each for each in engine.networks if each.name in used))
    return course
