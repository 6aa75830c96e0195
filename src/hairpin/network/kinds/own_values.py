"""The values that belong to one container alone: its names, addresses, links and published ports."""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from hairpin.field import Role
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.kept import kept
from hairpin.netfilter.ir import Nat
from hairpin.network.index import namespaces_of, other_end
from hairpin.network.network import Network, addresses_of

OF_HOST: tuple[Role, ...] = ("name", "id", "netns", "netnsid", "link", "index", "inner-index")
"""Roles whose values have a meaning on one host only."""

_SOLICITED = 0x3333FF000000
"""The hardware address of a solicited-node group.  Its low 24 bits, here 0, are the low 24 bits of the IPv6 address:
RFC 2464 section 7."""


class Own(msgspec.Struct, frozen=True, cache_hash=True):
    """The place of a container's own value, for example the container's first address or second port.

    ``of_other`` is true for a value of the container to which a flow leads."""

    role: Role
    number: int
    of_other: bool = False


OwnValues = Mapping[Role, Mapping[int | str, Own]]
"""A container's own values by role, each value with its place."""
NOTHING_OWN: OwnValues = {}
Claim = tuple[str, Role, int | str]
"""A value that a container claims: the host's label if the role has a meaning on one host only (else empty), the role,
and the value."""


class Owner(msgspec.Struct, frozen=True):
    """A container, its namespace, and its own values.  ``inside`` is None for a stopped container, which has no
    namespace, and for a container whose namespace the question left unread."""

    host: Host
    container: Container
    inside: Namespace | None
    values: OwnValues


def owners_of(network: Network) -> tuple[Owner, ...]:
    """Return the containers that can have own values, with these values.

    A value that two containers claim is an own value of neither.  A container that shares its namespace is left out."""
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
    """Return the values with their places.  If other containers claim a value, too, the value's place stays empty."""
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
    # A stopped container has the name that its namespace had.
    name = inside.name if inside is not None else container.left_unread or f"container:{container.name}"
    yield "netns", name
    for number in _ids_of_namespaces(host).get(name, ()):
        yield "netnsid", number
    if inside is not None:
        for port in _chosen_ports(inside):
            yield "port", port
        yield from _of_wires(host, inside)
    elif container.left_unread is not None:
        yield from _of_outer_ends(host, name)


@kept
def _ids_of_namespaces(host: Host) -> dict[str, list[int]]:
    """Return the ids that the host's own namespace has for each other namespace, by that namespace's name."""
    found: dict[str, list[int]] = {}
    for number, name in host.namespace(host.netns.name).netnsids:
        found.setdefault(name, []).append(number)
    return found


def _chosen_ports(inside: Namespace) -> Iterator[int]:
    """Yield the ports to which rules in the container's namespace translate.  dockerd's resolver has another port in
    each container.

    Source: moby libnetwork/resolver_unix.go setupNAT()"""
    for table in inside.ruleset.tables:
        for chain in table.chains:
            for rule in chain.rules:
                for part in rule.body:
                    if isinstance(part, Nat) and part.ports is not None and part.ports[0] == part.ports[1]:
                        yield part.ports[0]


def _of_outer_ends(host: Host, name: str) -> Iterator[tuple[Role, int | str]]:
    """Yield the own values of the host's ends of the veths that lead into a namespace that was left unread."""
    outer = namespaces_of(host)[host.netns.name]
    for number in _ids_of_namespaces(host).get(name, ()):
        for link in _veths_into(outer).get(number, ()):
            yield from _of_end(link)
            if link.peer_index is not None:
                yield "inner-index", link.peer_index
            yield from _of_addresses(outer, link.name)


@kept
def _veths_into(outer: Namespace) -> dict[int, list[Link]]:
    """Return the host's ends of the veths whose other end is in another namespace, by the host's id for that one."""
    found: dict[int, list[Link]] = {}
    for link in outer.links:
        if link.kind == "veth" and link.peer_netnsid is not None:
            found.setdefault(link.peer_netnsid, []).append(link)
    return found


def _of_wires(host: Host, inside: Namespace) -> Iterator[tuple[Role, int | str]]:
    """Yield the own values of the links in the container's namespace, and of their peers on the host."""
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
        yield from _of_end(peer)
        yield "inner-index", link.index
        if peer.peer_netnsid is not None:
            yield "netnsid", peer.peer_netnsid  # a pasted text has no list of the host's ids
    for space, name in ends:
        yield from _of_addresses(space, name)


def _of_end(link: Link) -> Iterator[tuple[Role, int | str]]:
    """Yield the own values of a veth's end on the host."""
    yield "link", link.name
    yield "index", link.index
    if link.mac:
        yield "mac", link.mac


def _of_addresses(space: Namespace, link: str) -> Iterator[tuple[Role, int | str]]:
    for address in addresses_of(space, link, 4):
        yield "address", address.value
    for address in addresses_of(space, link, 6):
        yield "address", address.value
        yield "mac", _SOLICITED | address.value & 0xFFFFFF
