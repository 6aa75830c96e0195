"""What a candidate is about: a rule, a route, a container …, as values.  ``places`` words it, as in JSON.

The report quotes the entries that these values were read from.  A field without a value is not told.
"""

from typing import cast

import msgspec

from hairpin.engines.expected import ExpectedChain, ExpectedRule
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path, dotted
from hairpin.host.traffic_control import Filter, Qdisc
from hairpin.netfilter.evaluate.chain import Place
from hairpin.network.routing import route_text
from hairpin.walk.sockets import socket_text

Places = tuple[tuple[str, str], ...]
Entry = Route | PolicyRule | Neighbour | FdbEntry | Socket
"""An entry of a reading that knows its place there."""


class OfRule(msgspec.Struct, frozen=True):
    """A rule or a policy of the packet filter."""

    place: Place


class OfWall(msgspec.Struct, frozen=True):
    """A rule by which an engine keeps packets apart, and the bridge that they come from."""

    place: Place
    link: str | None = None


class OfZone(msgspec.Struct, frozen=True):
    """A zone of firewalld, whose chain stopped the packet.  ``tells_rule``: a single rule in it is meant."""

    place: Place
    interface: str | None = None
    zone: str | None = None
    port: str | None = None
    tells_rule: bool = False


class OfLostRules(msgspec.Struct, frozen=True):
    """Chains and rules of an engine that are gone.  ``backend``: Podman's program that made them."""

    chains: tuple[ExpectedChain, ...] = ()
    rules: tuple[ExpectedRule, ...] = ()
    backend: str | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of their tables, each once."""
        return tuple(dict.fromkeys((*(each.table for each in self.chains), *(each.table for each in self.rules))))


class OfSysctl(msgspec.Struct, frozen=True):
    """A value under /proc/sys, and the value with which the packet would have gone on."""

    sysctl: Path
    value: str | int
    wanted: str | int


class OfRoute(msgspec.Struct, frozen=True):
    """A route that is there or (``rivals``) is not: they are the routes to the same destination.  ``table``: its table
    is told.  ``network`` and ``subnet``, or ``container``: whose route it is.  ``address``: to whom it should lead.
    """

    route: Route
    host: str | None = None
    container: str | None = None
    address: str | None = None
    network: str | None = None
    subnet: str | None = None
    table: int | None = None
    link: str | None = None
    wanted: Route | None = None
    rivals: tuple[Route, ...] = ()


class OfPolicyRule(msgspec.Struct, frozen=True):
    """A policy rule."""

    rule: PolicyRule


class OfLink(msgspec.Struct, frozen=True):
    """A link, by one of its settings: what it is (``value``) and should be (``wanted``)."""

    link: str
    host: str | None = None
    netns: Netns | None = None
    address: str | None = None
    master: str | None = None
    hairpin: str | None = None
    isolated: str | None = None
    state: str | None = None
    network: str | None = None
    value: str | int | None = None
    wanted: str | int | None = None
    far_link: str | None = None
    underlay: str | None = None
    container: str | None = None


class OfTrafficControl(msgspec.Struct, frozen=True):
    """A queueing discipline or a filter of a link."""

    link: str
    netns: str
    control: Qdisc | Filter


class OfTunnelEnd(msgspec.Struct, frozen=True):
    """A tunnel device that a host lacks, and the outer address that it would have."""

    host: str
    kind: str
    address: str


class OfNeighbour(msgspec.Struct, frozen=True):
    """A neighbour entry that is there (``entry``) or is not, and the hardware address that is right."""

    link: str
    address: str
    host: str | None = None
    mac: str | None = None
    wanted: str | None = None
    entry: Neighbour | None = None


class OfForwarding(msgspec.Struct, frozen=True):
    """Forwarding entries of a tunnel device, or of a bridge's port, for a hardware address.  ``remote``: where they
    lead to, ``wanted``: where they should."""

    host: str
    link: str
    mac: str
    remote: str | None
    wanted: str | None
    entries: tuple[FdbEntry, ...]


class OfPeer(msgspec.Struct, frozen=True):
    """A machine that does not accept the addresses of a subnet."""

    host: str
    subnet: str
    peer: str


class OfAddress(msgspec.Struct, frozen=True):
    """An address that a host or a container should have or reach.  ``private``: what a gateway maps it to."""

    address: str
    private: str | None = None
    port: str | None = None
    link: str | None = None
    network: str | None = None


class OfContainer(msgspec.Struct, frozen=True):
    """A container, with what is wrong about it or one of its ports."""

    container: str
    network: str | None = None
    networks: str | None = None
    host_ip: str | None = None
    address: str | None = None
    state: str | None = None
    exit_code: int | None = None
    port: str | int | None = None
    published: str | None = None
    answered: str | None = None
    asked: str | None = None
    shares: str | None = None
    process: str | None = None
    pid: int | None = None
    held_by: str | None = None


class OfPort(msgspec.Struct, frozen=True):
    """A port of the host that nothing serves, and the swarm's service that publishes it."""

    port: str | int
    service: str | None = None


class OfSocket(msgspec.Struct, frozen=True):
    """A socket.  ``container``: whose, and which of its ports is ``published`` instead."""

    socket: Socket
    container: str | None = None
    published: str | None = None


class OfProcess(msgspec.Struct, frozen=True):
    """A process that does not answer; ``group``: the frozen control group that it is in."""

    process: str | None
    pid: int | None
    port: int
    socket: Socket | None = None
    group: str | None = None
    container: str | None = None


class OfConnection(msgspec.Struct, frozen=True):
    """An entry of the connection table, by its original direction."""

    protocol: str
    source: str
    sport: int | None
    destination: str
    port: int | None
    table: str = "conntrack"


class OfNetwork(msgspec.Struct, frozen=True):
    """A container network or several, and the option that decides.  ``chain``: the closed one that it leads to."""

    network: str | None = None
    option: str | None = None
    networks: str | None = None
    chain: str | None = None


class OfUnit(msgspec.Struct, frozen=True):
    """A service of the host.  ``container``: what would start with it."""

    unit: str
    state: str
    container: str | None = None
    port: int | None = None


class OfFile(msgspec.Struct, frozen=True):
    """A configuration file."""

    file: str


class OfTool(msgspec.Struct, frozen=True):
    """What rules are made with: a program, a module of the kernel, or the lock and the process that holds it.
    ``manager``: the program that may have taken an engine's rules away."""

    program: str | None = None
    version: str | None = None
    package: str | None = None
    module: str | None = None
    folder: str | None = None
    lock: str | None = None
    process: str | None = None
    pid: int | None = None
    manager: str | None = None


Where = (
    OfRule
    | OfWall
    | OfZone
    | OfLostRules
    | OfSysctl
    | OfRoute
    | OfPolicyRule
    | OfLink
    | OfTrafficControl
    | OfTunnelEnd
    | OfNeighbour
    | OfForwarding
    | OfPeer
    | OfAddress
    | OfContainer
    | OfPort
    | OfSocket
    | OfProcess
    | OfConnection
    | OfNetwork
    | OfUnit
    | OfFile
    | OfTool
)


def of_missing(
    route: Route,
    routes: tuple[Route, ...],
    *,
    host: str | None = None,
    link: str | None = None,
    table: int | None = None,
) -> OfRoute:
    """Return the place of a route that is not among these."""
    wanted = (route.version, route.destination, route.prefix_length)
    rivals = (each for each in routes if (each.version, each.destination, each.prefix_length) == wanted)
    return OfRoute(route, host=host, link=link, table=table, rivals=tuple(rivals))


def rule_of(where: Where) -> Place | None:
    """Return the rule or policy of the packet filter that is meant, or None."""
    match where:
        case OfRule(place=place) | OfWall(place=place) | OfZone(place=place, tells_rule=True):
            return place
        case _:
            return None


def container_of(where: Where) -> str | None:
    """Return the name of the container that is meant, or None."""
    match where:
        case OfContainer() | OfSocket() | OfProcess() | OfRoute() | OfLink() | OfUnit():
            return where.container
        case _:
            return None


def read_entries(where: Where) -> tuple[Entry, ...]:
    """Return the entries of readings that are meant."""
    match where:
        case OfPolicyRule(rule=rule):
            return (rule,)
        case OfNeighbour(entry=entry) if entry is not None:
            return (entry,)
        case OfForwarding(entries=entries):
            return entries
        case OfSocket(socket=socket) | OfProcess(socket=socket) if socket is not None:
            return (socket,)
        case _:
            return ()


def places(where: Where) -> Places:
    """Return the names of the places and the words for them, in the order in which they are told."""
    found: dict[str, object]
    match where:
        case OfRule(place=place):
            found = {
                "tool": place.dialect,
                "family": place.family,
                "table": place.table,
                "chain": place.chain,
                "number": place.number or None,
                "handle": place.handle,
                "rule": place.text,
            }
        case OfWall(place=place, link=link):
            found = {"table": place.table, "chain": place.chain, "rule": place.text, "link": link}
        case OfZone(place=place):
            rule = place.text if where.tells_rule else None
            found = {"interface": where.interface, "zone": where.zone, "port": where.port}
            found |= {"table": f"{place.family} {place.table}", "chain": place.chain, "rule": rule}
        case OfLostRules(chains=chains, rules=rules, backend=backend):
            table = ", ".join(where.tables) if backend is None else None
            named, texts = (f"{each.table} {each.chain}" for each in chains), (_rule_text(each) for each in rules)
            found = {"backend": backend, "table": table}
            found |= {"chains": ", ".join(named) or None, "rules": "; ".join(texts) or None}
        case OfPolicyRule(rule=policy):
            found = {"rule": policy.text, "priority": policy.priority, "table": policy.table}
        case OfTrafficControl(link=link, netns=netns, control=control):
            found = {"link": link, "netns": netns, "qdisc" if isinstance(control, Qdisc) else "filter": control.text}
        case _:
            found = {name: getattr(where, name) for name in _TOLD.get(type(where), where.__struct_fields__)}
    return tuple((name, _text(value)) for name, value in found.items() if value is not None)


_TOLD: dict[type, tuple[str, ...]] = {
    OfRoute: ("host", "container", "address", "network", "subnet", "route", "table", "link", "wanted"),
    OfLink: (
        "host", "netns", "link", "address", "master", "hairpin", "isolated", "state", "network", "value", "wanted",
        "far_link", "underlay", "container",
    ),
    OfConnection: ("table", "protocol", "source", "sport", "destination", "port"),
    OfNeighbour: ("host", "link", "address", "mac", "wanted"),
    OfForwarding: ("host", "link", "mac", "remote", "wanted"),
    OfSocket: ("container", "published", "socket"),
    OfProcess: ("process", "pid", "container", "port", "socket", "group"),
}  # fmt: skip
"""The fields that are told, and in which order, where these are not all in their own."""


def _rule_text(expected: ExpectedRule) -> str:
    return f"-t {expected.table} {expected.rule.text}"


def _text(value: object) -> str:
    match value:
        case Route():
            return route_text(value)
        case Socket():
            return socket_text(value)
        case tuple():
            return dotted(cast(Path, value))
        case _:
            return str(value)
