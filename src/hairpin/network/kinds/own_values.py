"""What belongs to one container alone: its names, its addresses, its wires, and its published ports."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.kept import kept
from hairpin.netfilter.ir import Nat
from hairpin.network.index import namespaces_of, other_end
from hairpin.network.network import Network, addresses_of

Role = Literal["name", "id", "netns", "netnsid", "link", "index", "inner-index", "mac", "address", "port"]
"""What a value is: a number is an address in one field and a port in another.

``link`` and ``index`` are of the host's end of a veth, ``inner-index`` of the container's, ``netnsid`` is the host's id
for the container's namespace."""

OF_HOST: tuple[Role, ...] = ("name", "id", "netns", "netnsid", "link", "index", "inner-index")
"""Roles whose values mean something on one host only."""

_SOLICITED = 0x3333FF000000
"""The hardware address of the solicited-node group of an IPv6 address, whose low 24 bits it has: RFC 2464 section 7."""


class Own(msgspec.Struct, frozen=True, cache_hash=True):
    """The place of a container's own value: the first of its addresses, the second of its ports.

    ``of_other``: it is of the container that a flow leads to."""

    role: Role
    number: int
    of_other: bool = False


OwnValues = Mapping[Role, Mapping[int | str, Own]]
"""A container's own values by role, each with its place."""
NOTHING_OWN: OwnValues = {}
Claim = tuple[str, Role, int | str]
"""A value that a container claims: the host's label where the role is of one host, the role, the value."""


class Owner(msgspec.Struct, frozen=True):
    """A container, its namespace (None: it has none now, as a stopped one), and its own values."""

    host: Host
    container: Container
    inside: Namespace | None
    values: OwnValues


def owners_of(network: Network) -> tuple[Owner, ...]:
    """Return the containers that have something of their own.

    A value of two containers belongs to neither.  A container that shares its namespace is none of them."""
    found = [(host, *each) for host in network.hosts for each in _candidates(host)]
    listed = [tuple(_values(host, container, inside)) for host, container, inside in found]
    claims = Counter(
        _claim(host, role, value)
        for (host, _, _), values in zip(found, listed, strict=True)
        for role, value in dict.fromkeys(values)
    )
    return tuple(
        Owner(host, container, inside, _with_places(host, values, claims))
        for (host, container, inside), values in zip(found, listed, strict=True)
    )


def _claim(host: Host, role: Role, value: int | str) -> Claim:
    return (host.name if role in OF_HOST else ""), role, value


def _with_places(host: Host, values: tuple[tuple[Role, int | str], ...], claims: Counter[Claim]) -> OwnValues:
    """Return the values with their places.  A value that others claim, too, keeps its place empty."""
    own: dict[Role, dict[int | str, Own]] = {}
    counts: Counter[Role] = Counter()
    for role, value in values:
        of_role = own.setdefault(role, {})
        if value not in of_role:
            if claims[_claim(host, role, value)] == 1:
                of_role[value] = Own(role, counts[role])
            counts[role] += 1
    return own


def _candidates(host: Host) -> Iterator[tuple[Container, Namespace | None]]:
    if host.netns.name not in host:
        return
    spaces = namespaces_of(host)
    shared = Counter(each.netns for each in host.containers() if each.netns is not None)
    for container in host.containers():
        if container.netns is None:
            yield container, None
        elif container.netns != host.netns.name and shared[container.netns] == 1 and container.netns in spaces:
            yield container, spaces[container.netns]


def _values(host: Host, container: Container, inside: Namespace | None) -> Iterator[tuple[Role, int | str]]:
    yield "id", container.id
    for name in (container.name, container.id[:12], container.service):
        if name:
            yield "name", name
    for endpoint in container.endpoints:
        for alias in endpoint.aliases:
            yield "name", alias
        for address in (endpoint.ipv4, endpoint.ipv6, endpoint.fixed4, endpoint.fixed6):
            if address is not None:
                yield "address", address
        if endpoint.mac is not None:
            yield "mac", endpoint.mac
    for binding in container.bindings:
        yield "port", binding.host_port
    name = inside.name if inside is not None else f"container:{container.name}"  # what a stopped one had
    yield "netns", name
    for number in _ids_of_namespaces(host).get(name, ()):
        yield "netnsid", number
    if inside is not None:
        for port in _chosen_ports(inside):
            yield "port", port
        yield from _of_wires(host, inside)


@kept
def _ids_of_namespaces(host: Host) -> dict[str, list[int]]:
    """Return the host's ids for each namespace."""
    found: dict[str, list[int]] = {}
    for number, name in host.namespace(host.netns.name).netnsids:
        found.setdefault(name, []).append(number)
    return found


def _chosen_ports(inside: Namespace) -> Iterator[int]:
    """Yield the ports to which rules in the namespace translate: dockerd's resolver has another one in each container.

    Source: moby libnetwork/resolver_unix.go setupNAT()"""
    for table in inside.ruleset.tables:
        for chain in table.chains:
            for rule in chain.rules:
                for part in rule.body:
                    if isinstance(part, Nat) and part.ports is not None and part.ports[0] == part.ports[1]:
                        yield part.ports[0]


def _of_wires(host: Host, inside: Namespace) -> Iterator[tuple[Role, int | str]]:
    """Yield the values of the links in the namespace, and of their other ends on the host."""
    outer = namespaces_of(host)[host.netns.name]
    ends: list[tuple[Namespace, str]] = []
    for link in inside.links:
        if link.kind == "loopback":
            continue
        ends.append((inside, link.name))
        end = other_end(host, inside.name, link)
        peer = outer.link(end[1]) if end is not None and end[0] == host.netns.name else None
        if link.mac:
            yield "mac", link.mac
        if peer is None:
            continue
        ends.append((outer, peer.name))
        yield "link", peer.name
        yield "index", peer.index
        yield "inner-index", link.index
        if peer.mac:
            yield "mac", peer.mac
    for space, name in ends:
        for address in addresses_of(space, name, 4):
            yield "address", address.value
        for address in addresses_of(space, name, 6):
            yield "address", address.value
            yield "mac", _SOLICITED | address.value & 0xFFFFFF
