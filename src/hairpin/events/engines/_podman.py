"""The work of Podman's network back end when a container stops and starts: bridges, rules, addresses, the name server.

netavark makes a network's bridge with its first container, and removes the bridge with the last container.  CNI keeps
the bridge.  netavark and CNI append their rules to the end of the chain.  Source: netavark src/network/bridge.rs,
src/firewall/varktables/types.rs; containers/common libnetwork/netavark/ipam.go; containernetworking plugins
plugins/ipam/host-local; measured with Podman 4.3.1 and netavark 1.4.0 (`python -m tests.matrix`).
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

import msgspec

from hairpin.change import change as c
from hairpin.engines import podman
from hairpin.engines.expected import ExpectedRule, ExpectedRules
from hairpin.engines.found import tables_of_backend
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.bridging import lacks_bridge, new_bridge
from hairpin.engines.repair.endpoints import new_endpoint
from hairpin.engines.repair.starting import bridged_subnet
from hairpin.events.course import Course
from hairpin.events.firewalls.iptables import deleting, key_of
from hairpin.host.docker import STACKED, Container, DockerNetwork, Endpoint, Engine, Subnet
from hairpin.host.host import Host
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import jumped_to
from hairpin.netfilter.ir import Table
from hairpin.network.attachment import gateway_of
from hairpin.network.prefix import Version, last_of, network_of

_replace = msgspec.structs.replace
_SERVER = "aardvark-dns"
_FORWARDING: Path = ("net", "ipv4", "ip_forward")


def without_networks(course: Course, was: Engine, container: Container) -> Course:
    """Return the course after the back end has torn down the networks of a stopped container.

    ``was``: the engine when the container ran."""
    if was.rootless:  # the networks of a rootless Podman are in the user's own namespace
        return course
    makes_rules = not podman.makes_no_rules(was)
    left = [each for each in _bridged(was, container) if _is_left(course.host, was, each)]
    names = frozenset(each.name for each in left)
    course = _foreseeable(course, was, container) if makes_rules else course
    if not podman.is_known(was) and makes_rules:
        from hairpin.events.engines._kept_rules import rules_gone

        course = course.made(*rules_gone(course, container))
    course = course.made(*_rules_gone(course, was, container, names))
    course = course.made(*_chains_gone(course, was, container, names))
    for each in left:
        course = course.made(*_servers_gone(course.host, each), c.DeleteLink(course.host.netns, each.bridge or ""))
    return _without_sources(course, was, left)


def _without_sources(course: Course, engine: Engine, left: Iterable[DockerNetwork]) -> Course:
    """Return the course after firewalld's zone has lost the subnets of the networks without a container."""
    zone, gone = _zone_and_sources(course.host, engine, left)
    if not gone:
        return course
    from hairpin.events.firewalls._zones import without_sources

    return without_sources(course, zone, gone)


def with_sources(course: Course, engine: Engine, networks: Iterable[DockerNetwork]) -> Course:
    """Return the course in which the networks' subnets are sources of firewalld's zone, as after each start of a
    container."""
    zone, own = _zone_and_sources(course.host, engine, networks)
    if not own:
        return course
    from hairpin.events.firewalls._zones import with_sources_bound

    return with_sources_bound(course, zone, own)


def _zone_and_sources(host: Host, engine: Engine, networks: Iterable[DockerNetwork]) -> tuple[str, tuple[str, ...]]:
    """Return the zone, and the subnets that netavark makes its sources; none if firewalld does not run."""
    zone = podman.zone_of_networks(engine)
    if zone is None or host.firewalld is None or not host.firewalld.running:
        return "", ()
    return zone, tuple(str(each.prefix) for each in podman.subnets_in_zone(networks))


def _bridged(engine: Engine, container: Container) -> Iterator[DockerNetwork]:
    for end in container.endpoints:
        joined = engine.network(end.network)
        if joined is not None and joined.driver == "bridge":
            yield joined


def _is_left(host: Host, engine: Engine, joined: DockerNetwork) -> bool:
    """Return whether netavark removes the network's bridge now.  netavark removes a bridge that has no port."""
    links = host.namespace(host.netns.name).links
    there = any(each.name == joined.bridge for each in links)
    return engine.network_backend == "netavark" and there and all(each.master != joined.bridge for each in links)


def _foreseeable(course: Course, engine: Engine, container: Container) -> Course:
    """Return the course with a condition for each fact about the back end's rules that hairpin does not know."""
    known = message("hairpin knows which rules {name} makes", name=f"{engine.network_backend} {engine.network_version}")
    if podman.expected(engine, course.namespace).unknown:
        course = course.provided(known)
    if len(container.endpoints) > 1 and container.bindings:
        course = course.provided(message("Podman publishes the ports of {name} as before", name=container.name))
    return course


def _rules_gone(course: Course, was: Engine, container: Container, left: frozenset[str]) -> Iterator[c.Primitive]:
    """Yield the deletions of the rules for this container, and of the rules for each network that has no other
    container."""
    namespace = course.namespace
    now = course.host.engine_of(container)
    before, after = podman.expected(was, namespace), podman.expected(now, namespace)
    stay = {key_of(one) for one in after.rules}
    own = {key_of(one) for one in before.rules if _goes(was, one, container, left)}
    yield from deleting(course, before, own - stay)


def _goes(engine: Engine, one: ExpectedRule, container: Container, left: frozenset[str]) -> bool:
    if one.container is not None:
        return one.container == container.name
    return one.network in left if engine.network_backend == "netavark" else one.network is not None


def _chains_gone(course: Course, was: Engine, container: Container, left: frozenset[str]) -> Iterator[c.Primitive]:
    """Yield the deletions of the chains that the back end deletes together with these rules.  netavark keeps the chain
    of a network's ports if the network's last container published no port."""
    namespace = course.namespace
    before, after = podman.expected(was, namespace), podman.expected(course.host.engine_of(container), namespace)
    for each in before.chains:
        if each in after.chains or not podman.passes(was, each.chain, left):
            continue
        for table in _tables(course, before):
            found = table.chain(each.chain)
            same = (table.family, table.name) == (each.family, each.table)
            if same and found is not None and not found.rules and each.chain not in jumped_to(table):
                yield c.DeleteChain(course.host.netns, table.dialect, table.family, table.name, each.chain)


def _tables(course: Course, wanted: ExpectedRules) -> tuple[Table, ...]:
    version = course.host.version("iptables")
    return tables_of_backend(wanted.backend, wanted.rules, course.namespace, version).tables


def _servers_gone(host: Host, joined: DockerNetwork) -> Iterator[c.Primitive]:
    """Yield the deletions of the sockets with which the name server listens on the network."""
    for each in host.namespace(host.netns.name).sockets:
        if _serves(each, joined):
            yield c.DeleteSocket(host.netns, each)


def _serves(socket: Socket, joined: DockerNetwork) -> bool:
    own = any((socket.version, socket.address) == (each.version, gateway_of(each)) for each in joined.subnets)
    return socket.process == _SERVER and own


def with_networks(course: Course, was: Host, running: Container) -> Course:
    """Return the course after the back end has made the bridges that the container needs, with their name servers.  The
    back end also switches forwarding on."""
    engine = course.host.engine_of(running)
    if engine.rootless:
        return course
    for each in _bridged(engine, running):
        if course.namespace.sysctls.text(*_FORWARDING) == "0":
            course = course.made(c.SetSysctl(course.host.netns, _FORWARDING, "1"))
        if lacks_bridge(course.host, each):
            course = course.made(*new_bridge(course.host, engine, each))
        if each.dns_enabled and not any(_serves(one, each) for one in course.namespace.sockets):
            course = course.made(
                *(c.AddSocket(course.host.netns, one, by_start(running)) for one in _servers(was, each))
            )
    return with_sources(course, engine, _bridged(engine, running))


def with_bridges_made(course: Course, running: Container) -> Course:
    """Return the course in which the container's bridges have the sysctls that the back end sets.  A boot has reset
    these sysctls."""
    paths = (
        ("net", "ipv4", "conf", each.bridge, "route_localnet")
        for each in _bridged(course.host.engine_of(running), running)
        if each.bridge is not None
    )
    known = course.namespace.sysctls
    return course.made(*(c.SetSysctl(course.host.netns, path, "1") for path in paths if known.text(*path) == "0"))


def _servers(was: Host, joined: DockerNetwork) -> tuple[Socket, ...]:
    """Return the sockets of the network's name server: the sockets that it had before.

    If no former socket is known, return one socket at each gateway address."""
    known = tuple(each for each in was.namespace(was.netns.name).sockets if _serves(each, joined))
    return known or tuple(Socket("udp", each.version, gateway_of(each), 53, process=_SERVER) for each in joined.subnets)


def by_start(container: Container) -> Message:
    """Return the advice "start the container", after which the container's sockets listen."""
    return message("start {name}", name=container.name)


def with_rules(course: Course, was: Host, running: Container) -> Course:
    """Return the course with the rules that the back end adds for the container and its networks, each at the end or at
    the head of its chain.  ``was``: the host when the container last ran."""
    engine = course.host.engine_of(running)
    if podman.makes_no_rules(engine):
        return course
    if engine.rootless and engine.kind == "podman":
        from hairpin.events.engines._kept_rules import with_rules_of_user

        return with_rules_of_user(course, was, running)
    lost = missing_of(course.host, engine)
    if not engine.rootless and (lost.wanted.unknown or not podman.is_known(engine)):
        from hairpin.events.engines._kept_rules import with_rules_as_before

        return with_rules_as_before(course, was, running)
    names = {each.network for each in running.endpoints}
    own = [one for one in lost.wanted.rules if one.container in (None, running.name) and _is_on(one, names)]
    places = {(one.family, one.table, one.chain) for one in own}
    netns = course.host.netns
    chains = (each for each in lost.chains if (each.family, each.table, each.chain) in places)
    course = course.made(*(c.AddChain(netns, lost.dialect, each.family, each.table, each.chain) for each in chains))
    return course.made(
        *(
            c.InsertRule(netns, lost.dialect, one.family, one.table, one.chain, one.rule, _position(one))
            for one in lost.rules
            if one in own
        )
    )


def _is_on(one: ExpectedRule, networks: AbstractSet[str]) -> bool:
    return one.network is None or one.network in networks


def _position(one: ExpectedRule) -> int | None:
    return 1 if one.position == "first" else None


def following_endpoint(course: Course, before: Host, engine: Engine, joined: DockerNetwork, was: Endpoint) -> Endpoint:
    """Return the endpoint with the addresses that the back end gives it at the container's start, on a bridge and on
    the host's own network (macvlan).  ``before``: the host when the container last ran.

    netavark keeps the last given addresses in /run, so after a boot it begins with the first.  CNI keeps them on the
    disk.  Source: containers/common libnetwork/netavark/network.go ipam.db; measured with Podman 5.4.2"""
    given = course.host if course.cuts_all and engine.network_backend == "netavark" else before
    four, six = (next((each for each in joined.subnets if each.version == version), None) for version in (4, 6))
    chosen = Endpoint(
        was.network,
        fixed4=was.fixed4 or (following_address(given, engine, joined, four) if four is not None else None),
        fixed6=was.fixed6 or (following_address(given, engine, joined, six) if six is not None else None),
    )
    subnet = bridged_subnet(course.host, joined)
    if subnet is not None:
        made = new_endpoint(engine, joined, subnet, chosen)
        return _replace(made, aliases=was.aliases, fixed4=was.fixed4, fixed6=was.fixed6, mac=was.mac)
    if joined.driver not in STACKED or four is None:  # the LAN's own server gives the address
        return was
    return _replace(was, ipv4=chosen.fixed4, ipv6=chosen.fixed6 if joined.ipv6 else was.ipv6)


def following_address(was: Host, engine: Engine, joined: DockerNetwork, subnet: Subnet) -> int:
    """Return the address that the back end gives next in the subnet, of either family.  The next address is the address
    after the last given address.

    The containers' present addresses show the last given address; so do those that a namespace still has, although
    Podman does not list them (after a failed disconnect).  After the end of the range the back end continues with the
    first address.  ``was``: the host before the event.  Measured with Podman 4.3.1 and 5.4.2"""
    version = subnet.version
    before = (
        each for each in was.engines if joined.name in {one.name for one in each.networks} and each.kind == "podman"
    )
    given = [
        value
        for each in (engine, *before)
        for box in each.containers
        for end in box.endpoints
        if end.network == joined.name
        and not _fixed_address(end, version)
        and (value := _address(end, version)) is not None
    ]
    taken = {_address(end, version) for box in engine.containers for end in box.endpoints}
    block = subnet.part or (subnet.network, subnet.prefix_length)
    first, last = network_of(*block, version) + 1, last_of(*block, version) - 1
    inside = (each for each in was.namespaces if each.name != was.netns.name)
    given += [
        one.value for each in inside for one in each.addresses if one.version == version and first <= one.value <= last
    ]
    candidate = max(given) + 1 if given else first
    for _ in range(len(taken) + 2):
        if candidate > last:
            candidate = first
        if candidate not in taken and candidate != gateway_of(subnet):
            break
        candidate += 1
    return candidate


def _address(end: Endpoint, version: Version) -> int | None:
    return end.ipv4 if version == 4 else end.ipv6


def _fixed_address(end: Endpoint, version: Version) -> int | None:
    return end.fixed4 if version == 4 else end.fixed6
