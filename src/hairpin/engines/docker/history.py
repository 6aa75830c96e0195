"""The order in which an engine made its networks and started its containers.  The order of the engine's rules follows
from this order.

The order does not change what happens to a packet, but a restored rule should be in its old place.  The rules on the
host show parts of the order.  If the rules do not show the order of networks, networks that existed when dockerd
started come first, then the default network, then later networks.  If creation times are unknown, networks are in the
order of their links.  Containers are in the order of their start.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import msgspec

from hairpin.engines.docker.options import Bridge, Daemon, Version, bridges_of
from hairpin.engines.expected import ExpectedRule
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import Nat
from hairpin.netfilter.rule_address import IpFamily

T = TypeVar("T", bound=Hashable)

BOTH_FAMILIES_BY_ORDER: Version = (29, 0, 0)
"""From this version on, the default route of each family leads to the first network that has this family.  In older
versions the default route leads to a dual-stack network if the container is on such a network."""
PORTS_SORTED: Version = (27, 0, 0)
"""From this version on, dockerd programs the ports of one container in the order of the container ports."""
_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}


class Attachment(msgspec.Struct, frozen=True):
    """The attachment of a running container to a bridge."""

    container: str
    bridge: Bridge
    ip: int | None
    ip6: int | None

    def address(self, family: IpFamily) -> int | None:
        """Return the container's address in the family, or None."""
        return self.ip if family == "ip" else self.ip6


class Port(msgspec.Struct, frozen=True):
    """A published port that leads to an attachment.  ``family`` is the family of the container's address.  The host's
    address may have the other family: docker-proxy relays from an IPv6 address to a container with only IPv4."""

    attachment: Attachment
    binding: PortBinding
    family: IpFamily

    @property
    def address(self) -> int:
        """The container's address to which the port leads."""
        address = self.attachment.address(self.family)
        if address is None:
            raise ValueError(self.attachment.container)
        return address

    @property
    def proxied(self) -> bool:
        """Whether only docker-proxy can serve the port: the port leads from an IPv6 address to an IPv4 address."""
        return (self.binding.version == 4) != (self.family == "ip")


class Started(msgspec.Struct, frozen=True):
    """The networks and ports that the engine programmed when it started one container."""

    attachments: tuple[Attachment, ...]
    ports: tuple[Port, ...]


class History(msgspec.Struct, frozen=True):
    """Networks, attachments and ports, each in the order in which the engine programmed them."""

    bridges: tuple[Bridge, ...]
    attachments: tuple[Attachment, ...]
    ports: tuple[Port, ...]

    def containers(self) -> Iterator[Started]:
        """Yield the containers in the order of their first attachments."""
        for name in dict.fromkeys(attachment.container for attachment in self.attachments):
            yield Started(
                tuple(attachment for attachment in self.attachments if attachment.container == name),
                tuple(port for port in self.ports if port.attachment.container == name),
            )


def history_of(engine: Engine, daemon: Daemon, namespace: Namespace) -> History:
    """Return the most likely history.  The history is derived from networks, links, start times and dockerd's order of
    ports."""
    links = {link.name: link.index for link in namespace.links}
    later = _later_ones(engine)
    bridges = tuple(
        sorted(bridges_of(engine), key=lambda one: (later.get(one.name, 0), links.get(one.device, 1 << 31)))
    )
    by_name = {bridge.name: bridge for bridge in bridges}
    containers = sorted((one for one in engine.containers if one.running), key=lambda one: moment(one.started_at))
    attachments: list[Attachment] = []
    ports: list[Port] = []
    for container in containers:
        mine = attachments_of(container, by_name)
        attachments.extend(mine)
        ports.extend(ports_of(container, mine, daemon, namespace))
    return History(bridges, tuple(attachments), tuple(ports))


def _later_ones(engine: Engine) -> dict[str, int]:
    """Return the rank of each network by its name; no ranks if creation times are unknown.

    A network that existed when dockerd started has rank 0.  The default network, which dockerd makes at its start, has
    rank 1, and each later network has rank 2.

    Source: moby daemon/daemon_unix.go initNetworkController(), initBridgeDriver()"""
    default = next((each for each in engine.networks if each.name == engine.traits.default_network), None)
    if default is None or not default.created:
        return {}
    made = moment(default.created)
    return {
        each.name: 1 if each is default else 2 if moment(each.created) > made else 0
        for each in engine.networks
        if each.created
    }


def attachments_of(container: Container, bridges: dict[str, Bridge]) -> tuple[Attachment, ...]:
    """Return the container's attachments: the bridges on which it has an address now."""
    return tuple(
        Attachment(container.name, bridges[endpoint.network], endpoint.ipv4, endpoint.ipv6)
        for endpoint in container.endpoints
        if endpoint.network in bridges and (endpoint.ipv4 is not None or endpoint.ipv6 is not None)
    )


def ports_of(
    container: Container, attachments: Sequence[Attachment], daemon: Daemon, namespace: Namespace
) -> tuple[Port, ...]:
    """Return the container's published ports, each with the container's attachment to the network that publishes it."""
    gateways = gateways_of(attachments, daemon, namespace)
    ports: list[Port] = []
    for binding in in_port_order(container.bindings, daemon.version):
        family: IpFamily = "ip" if binding.version == 4 else "ip6"
        gateway = gateways[family]
        if gateway is not None and (binding.actual or is_routed(gateway, family)):
            ports.append(Port(gateway, binding, family))
        elif gateway is None and gateways["ip"] is not None and binding.actual:
            ports.append(Port(gateways["ip"], binding, "ip"))
        if daemon.version >= BOTH_FAMILIES_BY_ORDER:
            ports.extend(
                Port(attachment, binding, family)
                for attachment in attachments
                if attachment != gateway and is_routed(attachment, family)
            )
    return tuple(ports)


def is_routed(attachment: Attachment, family: IpFamily) -> bool:
    """Return whether clients reach the container's ports by routing, without address translation."""
    side = attachment.bridge.side(family)
    return side is not None and side.mode == "routed" and attachment.address(family) is not None


def gateways_of(
    attachments: Sequence[Attachment], daemon: Daemon, namespace: Namespace
) -> dict[IpFamily, Attachment | None]:
    """Return for each family the attachment that has the container's default route and that publishes its ports.

    Source: libnetwork's Endpoint.Less() and getGatewayEndpoint(): the engine takes the first by gateway priority, then
    by name.  The readings contain no priority.  The DNAT rules of published ports show the attachment that was taken.
    """
    candidates = sorted(
        (one for one in attachments if not one.bridge.internal), key=lambda one: one.bridge.name.encode("utf-8")
    )
    dual = next((one for one in candidates if one.ip is not None and one.ip6 is not None), None)
    if daemon.version >= BOTH_FAMILIES_BY_ORDER:
        dual = None
    ip = _seen(candidates, namespace) or dual or next((one for one in candidates if one.ip is not None), None)
    ip6 = dual or next((one for one in candidates if one.ip6 is not None), None)
    return {"ip": ip, "ip6": ip6}


def _seen(candidates: Sequence[Attachment], namespace: Namespace) -> Attachment | None:
    """Return the candidate whose address is the target of a DNAT rule of the host.

    Return None if no DNAT rule leads to a candidate, or if there is only one candidate."""
    if len(candidates) < 2:
        return None
    destinations = {
        expression.addresses
        for table in namespace.ruleset.tables
        if table.family == "ip" and table.name == "nat"
        for chain in table.chains
        for rule in chain.rules
        for expression in rule.body
        if isinstance(expression, Nat) and expression.nat == "dnat"
    }
    return next((one for one in candidates if one.ip is not None and (one.ip, one.ip) in destinations), None)


def in_port_order(bindings: Sequence[PortBinding], version: Version) -> tuple[PortBinding, ...]:
    """Return a container's bindings in the order in which dockerd programs them.

    dockerd before 27 sorts container ports by their highest host port, in descending order.  The comparison of dockerd
    before 27 is not consistent for some ports, so the order of these ports is random.  dockerd 27 and later sorts by
    container port, in ascending order.

    Source: go-connections nat.SortPortMap(), libnetwork's cmpPortBinding().
    """
    if version >= PORTS_SORTED:
        return tuple(sorted(bindings, key=lambda one: (one.container_port, _PROTOCOLS[one.protocol], *_host_side(one))))
    downwards = sorted(bindings, key=lambda one: (-one.host_port, -one.container_port, *_host_side(one)))
    groups: dict[tuple[int, str], list[PortBinding]] = {}
    for binding in downwards:
        groups.setdefault((binding.container_port, binding.protocol), []).append(binding)
    return tuple(binding for group in groups.values() for binding in group)


def _host_side(binding: PortBinding) -> tuple[int, int, int]:
    return binding.host_port, binding.version, binding.host_ip or 0


def moment(text: str) -> tuple[str, str]:
    """Return a form of the time by which times can be sorted.  The text is an RFC 3339 time in UTC with any number of
    fraction digits."""
    whole, _dot, fraction = text.rstrip("Z").partition(".")
    return whole, fraction.ljust(9, "0")


def as_seen(history: History, shown: Iterable[Sequence[ExpectedRule]]) -> History:
    """Return the history that fits the rules on the host.  ``shown`` has one sequence of rules for each chain and
    purpose, in the order in which the engine made the rules."""
    runs = [tuple(run) for run in shown]
    bridges = in_order_of_runs(
        history.bridges,
        [[one.network for one in run if one.container is None] for run in runs],
        lambda bridge: bridge.name,
    )
    attachments = in_order_of_runs(
        history.attachments,
        [[(one.container, one.network) for one in run if one.container and one.binding is None] for run in runs],
        lambda attachment: (attachment.container, attachment.bridge.name),
    )
    ports = in_order_of_runs(
        history.ports,
        [[(one.container, one.network, one.binding) for one in run if one.binding is not None] for run in runs],
        lambda port: (port.attachment.container, port.attachment.bridge.name, port.binding),
    )
    return History(bridges, attachments, ports)


def in_order_of_runs(
    items: tuple[T, ...], runs: Iterable[Sequence[Hashable]], name: Callable[[T], Hashable]
) -> tuple[T, ...]:
    """Return the items in the order in which their names stand in the runs.

    If two runs contradict each other, the earlier run decides.  Items whose names are in no run keep their order."""
    waits: dict[Hashable, set[Hashable]] = {name(item): set() for item in items}
    decided: set[Hashable] = set()
    for run in runs:
        names = [one for one in dict.fromkeys(run) if one in waits]
        for earlier, later in pairwise(names):
            if not (earlier in decided and later in decided):
                waits[later].add(earlier)
        decided.update(names)
    order: list[Hashable] = []
    rest = list(waits)
    while rest:
        # If contradictory runs block every item, the first item is taken.
        chosen = next((one for one in rest if waits[one].isdisjoint(rest)), rest[0])
        rest.remove(chosen)
        order.append(chosen)
    place = {key: number for number, key in enumerate(order)}
    return tuple(sorted(items, key=lambda item: place[name(item)]))
