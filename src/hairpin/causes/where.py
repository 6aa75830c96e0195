"""The things that candidates are about (a rule, a route, a container …), as values.  ``places`` returns their fields
with a value as words for JSON.  For each thing, the report quotes the entries of readings that show it."""

from typing import cast

import msgspec

from hairpin.engines.expected import ExpectedChain, ExpectedRule
from hairpin.host.managers import FilterLine
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path, dotted
from hairpin.host.traffic_control import Filter, Qdisc
from hairpin.netfilter.evaluate.chain import Place
from hairpin.network.routing import route_text
from hairpin.walk.sockets import socket_text

Places = tuple[tuple[str, str], ...]
Entry = Route | PolicyRule | Neighbour | FdbEntry | Socket | FilterLine
"""One entry of a reading, such as a route, with its position in the reading."""


class OfRule(msgspec.Struct, frozen=True):
    """A rule or a policy of the packet filter."""

    place: Place


class OfWall(msgspec.Struct, frozen=True):
    """An engine's isolation rule, and the bridge whose packets it drops."""

    place: Place
    link: str | None = None


class OfZone(msgspec.Struct, frozen=True):
    """A firewalld zone whose chain stopped the packet.  ``tells_rule``: whether the report names the rule, too."""

    place: Place
    interface: str | None = None
    zone: str | None = None
    port: str | None = None
    tells_rule: bool = False


class OfLostRules(msgspec.Struct, frozen=True):
    """Chains and rules of an engine that are gone.  ``backend``: netavark or CNI, if Podman made the rules."""

    chains: tuple[ExpectedChain, ...] = ()
    rules: tuple[ExpectedRule, ...] = ()
    backend: str | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables of these chains and rules, each once."""
        return tuple(dict.fromkeys((*(each.table for each in self.chains), *(each.table for each in self.rules))))


class OfSysctl(msgspec.Struct, frozen=True):
    """A sysctl with its present ``value``, and the ``wanted`` value with which the packet would have passed."""

    sysctl: Path
    value: str | int
    wanted: str | int


class OfRoute(msgspec.Struct, frozen=True):
    """A route that exists or is missing.  ``rivals``: if the route is missing, the other routes to its destination.
    ``table``: the route's table, set only if the report should name the table.  ``network`` and ``subnet``, or
    ``container``: the network or container to which the route leads.  ``address``: the host or container address to
    which the route should lead."""

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


class OfXfrmPolicy(msgspec.Struct, frozen=True):
    """A policy of IPsec, in the words of ip-xfrm(8)."""

    policy: str
    priority: int
    direction: str


class OfLink(msgspec.Struct, frozen=True):
    """A link and one of its settings: its present ``value`` and its ``wanted`` value."""

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
    """A tunnel device that is missing on a host, and the outer address that it would have."""

    host: str
    kind: str
    address: str


class OfNeighbour(msgspec.Struct, frozen=True):
    """A neighbour entry and the right hardware address.  ``entry`` is None if the neighbour entry is missing."""

    link: str
    address: str
    host: str | None = None
    mac: str | None = None
    wanted: str | None = None
    entry: Neighbour | None = None


class OfForwarding(msgspec.Struct, frozen=True):
    """Forwarding entries of a tunnel device or a bridge port for a hardware address.  ``remote``: the address to which
    the entries lead.  ``wanted``: the address to which they should lead."""

    host: str
    link: str
    mac: str
    remote: str | None
    wanted: str | None
    entries: tuple[FdbEntry, ...]


class OfPeer(msgspec.Struct, frozen=True):
    """A machine that drops packets with source addresses of a subnet."""

    host: str
    subnet: str
    peer: str


class OfAddress(msgspec.Struct, frozen=True):
    """An address that a host or container should have or reach.  ``private``: the address behind a gateway's NAT."""

    address: str
    private: str | None = None
    port: str | None = None
    link: str | None = None
    network: str | None = None


class OfContainer(msgspec.Struct, frozen=True):
    """A container, with a faulty property of the container or of one of its ports."""

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
    """A port of the host that no process serves, and the swarm service that publishes the port."""

    port: str | int
    service: str | None = None


class OfSocket(msgspec.Struct, frozen=True):
    """A socket.  ``container``: its owner.  ``published``: the port that the owning container publishes instead of the
    socket's port."""

    socket: Socket
    container: str | None = None
    published: str | None = None


class OfProcess(msgspec.Struct, frozen=True):
    """A process that does not answer.  ``group``: the frozen control group that the process is in."""

    process: str | None
    pid: int | None
    port: int
    socket: Socket | None = None
    group: str | None = None
    container: str | None = None


class OfConnection(msgspec.Struct, frozen=True):
    """A conntrack entry, with the addresses and ports of its original direction."""

    protocol: str
    source: str
    sport: int | None
    destination: str
    port: int | None
    table: str = "conntrack"


class OfNetwork(msgspec.Struct, frozen=True):
    """Container networks, and the network option that decides the flow.  ``chain``: the closed chain of the network."""

    network: str | None = None
    option: str | None = None
    networks: str | None = None
    chain: str | None = None


class OfUnit(msgspec.Struct, frozen=True):
    """A systemd unit, the container that would start with it, and its address filter's lines if these are at fault."""

    unit: str
    state: str
    container: str | None = None
    port: int | None = None
    filters: tuple[FilterLine, ...] = ()


class OfFile(msgspec.Struct, frozen=True):
    """A configuration file."""

    file: str


class OfTool(msgspec.Struct, frozen=True):
    """A tool that makes rules: a program, a kernel module, or the xtables lock with the process that holds it.
    ``manager``: the program that may have removed an engine's rules.  ``fact``: the id of a row in ``facts/``."""

    program: str | None = None
    version: str | None = None
    package: str | None = None
    module: str | None = None
    folder: str | None = None
    lock: str | None = None
    process: str | None = None
    pid: int | None = None
    manager: str | None = None
    fact: str | None = None


Where = (
    OfRule
    | OfWall
    | OfZone
    | OfLostRules
    | OfSysctl
    | OfRoute
    | OfPolicyRule
    | OfXfrmPolicy
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
    route: Route, routes: tuple[Route, ...], *, host: str | None = None, link: str | None = None,
    table: int | None = None,
) -> OfRoute:  # fmt: skip
    """Return the place of a missing route, with the routes among ``routes`` that have the same destination."""
    wanted = (route.version, route.destination, route.prefix_length)
    rivals = (each for each in routes if (each.version, each.destination, each.prefix_length) == wanted)
    return OfRoute(route, host=host, link=link, table=table, rivals=tuple(rivals))


def rule_of(where: Where) -> Place | None:
    """Return the rule or policy of the packet filter that ``where`` names, or None."""
    match where:
        case OfRule(place=place) | OfWall(place=place) | OfZone(place=place, tells_rule=True):
            return place
        case _:
            return None


def container_of(where: Where) -> str | None:
    """Return the name of the container that ``where`` names, or None."""
    match where:
        case OfContainer() | OfSocket() | OfProcess() | OfRoute() | OfLink() | OfUnit():
            return where.container
        case _:
            return None


def read_entries(where: Where) -> tuple[Entry, ...]:
    """Return the entries of readings that a report quotes for ``where``."""
    match where:
        case OfPolicyRule(rule=rule):
            return (rule,)
        case OfNeighbour(entry=entry) if entry is not None:
            return (entry,)
        case OfForwarding(entries=entries) | OfUnit(filters=entries):
            return entries
        case OfSocket(socket=socket) | OfProcess(socket=socket) if socket is not None:
            return (socket,)
        case _:
            return ()


def places(where: Where) -> Places:
    """Return the fields of ``where`` as pairs of name and text, in the order of the report."""
    found: dict[str, object]
    match where:
        case OfRule(place=place):
            found = {"tool": place.dialect, "family": place.family, "table": place.table, "chain": place.chain}
            found |= {"number": place.number or None, "handle": place.handle, "rule": place.text}
        case OfWall(place=place, link=link):
            found = {"table": place.table, "chain": place.chain, "rule": place.text, "link": link}
        case OfZone(place=place):
            rule = place.text if where.tells_rule else None
            found = {"interface": where.interface, "zone": where.zone, "port": where.port}
            found |= {"table": f"{place.family} {place.table}", "chain": place.chain, "rule": rule}
        case OfLostRules(chains=chains, rules=rules, backend=backend):
            table = ", ".join(where.tables) if backend is None else None
            named = (f"{each.table} {each.chain}" for each in chains)
            texts = (f"-t {each.table} {each.rule.text}" for each in rules)
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
    OfUnit: ("unit", "state", "container", "port"),
}  # fmt: skip
"""The reported fields in their order, for each type whose fields are not all reported, or are reported in another
order."""


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
