"""The namespace of a container that starts: its links and addresses, without the changes that users made after an
earlier start."""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import SetLink
from hairpin.engines.docker.history import BOTH_FAMILIES_BY_ORDER
from hairpin.engines.docker.options import dockerd_version
from hairpin.engines.repair.bridging import port_of
from hairpin.engines.repair.endpoints import addresses, routes
from hairpin.engines.repair.starting import veth_pair
from hairpin.host.docker import STACKED, Container, Endpoint, Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.host.socket import Socket
from hairpin.netfilter.ir import Chain, Jump, Rule, Ruleset, Table
from hairpin.network.prefix import Version

_replace = msgspec.structs.replace
_RESOLVERS = "DOCKER_"
"""The prefix of the chains that lead a container's queries to dockerd's resolver."""


def namespace_at_start(
    host: Host, engine: Engine, before: Namespace, was: Container, running: Container
) -> tuple[Namespace, list[Link]]:
    """Return the container's new namespace, and the links at the host's end of the container's veth pairs."""
    fresh = _replace(
        before,
        rules=tuple(each for each in before.rules if each.priority in (0, 32766, 32767)),
        neighbours=(),
        fdb=(),
        connections=(),
        sockets=tuple(as_restarted(each) for each in before.sockets if is_own(each, was)),
        ruleset=_resolver_rules(before.ruleset),
    )
    if engine.rootless:  # the container's link leads to no link of the host
        return _with_addresses(fresh, was, running), []
    if not was.endpoints:
        return fresh, []
    links = [each for each in before.links if each.name == "lo"]
    held: list[Address] = [each for each in before.addresses if each.link == "lo"]
    ways: list[Route] = [Route(4, 0x7F000000, 8, TABLE_LOCAL, "local", (NextHop("lo"),))]
    outers: list[Link] = []
    ways_out = _ways_out(engine, running)
    for number, (old, new) in enumerate(zip(was.endpoints, running.endpoints, strict=True)):
        inner = _link_of(before, old)
        joined = engine.network(new.network)
        name = inner.name if inner is not None else f"eth{number}"
        if joined is None or (joined.driver in STACKED and inner is None):
            continue
        held += addresses(new, name)
        own = routes(new, name, way_out=True)
        ways += (each for each in own if each.prefix_length or ways_out[each.version] == new.network)
        if joined.driver in STACKED and inner is not None:
            links.append(inner)
            continue
        made, outer = veth_pair(host, name, joined)
        # Each veth pair takes two free interface indexes.
        made = _replace(made, index=made.index + 2 * len(outers), peer_index=outer.index + 2 * len(outers), mac=new.mac)
        outers.append(
            _replace(
                outer, index=made.peer_index, peer_index=made.index, name=f"veth{made.index:x}", port=port_of(engine)
            )
        )
        links.append(made)
    return _replace(fresh, links=tuple(links), addresses=tuple(held), routes=tuple(ways)), outers


def _with_addresses(fresh: Namespace, was: Container, running: Container) -> Namespace:
    """Return the namespace with the container's present addresses in place of its former ones."""
    moved = dict[tuple[Version, int | None], int | None]()
    for old, new in zip(was.endpoints, running.endpoints, strict=True):
        moved |= {(4, old.ipv4): new.ipv4, (6, old.ipv6): new.ipv6}

    def now(version: Version, value: int) -> int:
        found = moved.get((version, value))
        return value if found is None else found

    return _replace(
        fresh,
        addresses=tuple(_replace(each, value=now(each.version, each.value)) for each in fresh.addresses),
        routes=tuple(
            _replace(
                each,
                destination=now(each.version, each.destination),
                prefsrc=None if each.prefsrc is None else now(each.version, each.prefsrc),
            )
            for each in fresh.routes
        ),
    )


def far_ends(was: Host, before: Namespace) -> Iterator[SetLink]:
    """Yield the links at the other end of a rootless container's veth pairs, in the namespace of the user's networks.
    The engine makes them again when the container starts."""
    pairs = {(each.peer_index, each.index) for each in before.links if each.kind == "veth"}
    for namespace in was.namespaces:
        netns = Netns(was.name, namespace.name)
        for link in namespace.links if netns.is_rootless else ():
            if link.kind == "veth" and (link.index, link.peer_index) in pairs:
                yield SetLink(netns, link)


def _ways_out(engine: Engine, running: Container) -> dict[Version, str]:
    """Return for each IP version the network by which the container's default route leaves.

    The network is the first by name that has the version and is not internal.  Before version 29, dockerd takes a
    network with both versions first, as for published ports (``gateways_of``).

    Source: moby libnetwork/sandbox.go getGatewayEndpoint(), endpoint.Less(); measured with Docker 28.5.2"""
    internal = {each.name for each in engine.networks if each.internal}
    ends = sorted((each for each in running.endpoints if each.network not in internal), key=lambda each: each.network)
    if engine.kind == "docker" and (dockerd_version(engine.version) or BOTH_FAMILIES_BY_ORDER) < BOTH_FAMILIES_BY_ORDER:
        ends.sort(key=lambda each: each.ipv4 is None or each.ipv6 is None)
    return {
        4: next((each.network for each in ends if each.ipv4 is not None), ""),
        6: next((each.network for each in ends if each.ipv6 is not None), ""),
    }


def _link_of(namespace: Namespace, endpoint: Endpoint) -> Link | None:
    for each in namespace.addresses:
        if each.value in (endpoint.ipv4, endpoint.ipv6) and each.link != "lo":
            return namespace.link(each.link)
    return None


def is_own(socket: Socket, container: Container) -> bool:
    """Return whether the container's first process or one of its children has the socket.

    A process from ``docker exec``, or a process of another container in the same namespace, does not start with the
    container."""
    if socket.container not in (None, container.id):
        return False
    return container.pid is None or not socket.ancestors or container.pid in socket.ancestors


def as_restarted(socket: Socket) -> Socket:
    """Return the socket in its state after its process has been started again."""
    return _replace(socket.drained, halted=False, frozen="", pid=None, ancestors=())


def _resolver_rules(ruleset: Ruleset) -> Ruleset:
    """Return dockerd's rules that lead queries to its resolver; all other rules in a container were added by users."""
    tables = (_of_resolver(each) for each in ruleset.tables if any(_is_resolvers(chain) for chain in each.chains))
    return Ruleset(tables=tuple(tables), ipsets=())


def _of_resolver(table: Table) -> Table:
    chains = (
        each if _is_resolvers(each) else _replace(each, rules=tuple(filter(_leads_to_resolver, each.rules)))
        for each in table.chains
    )
    return _replace(table, chains=tuple(chains))


def _is_resolvers(chain: Chain) -> bool:
    return chain.name.startswith(_RESOLVERS)


def _leads_to_resolver(rule: Rule) -> bool:
    return any(isinstance(each, Jump) and each.chain.startswith(_RESOLVERS) for each in rule.body)
