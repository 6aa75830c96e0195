"""Finds the namespace that a name or an address means, if no container runs in it: the namespace of a pod, of a guest
of LXC or nspawn, or another namespace that has a name on its host; and the guest whose address a DHCP server of its
host gave out.  A container's name always means the container."""

from collections.abc import Iterator

import msgspec

from hairpin.errors import UsageError
from hairpin.host.host import Host, Namespace
from hairpin.host.managers import NamedGuest
from hairpin.host.netns import NAMED, Netns
from hairpin.message import message
from hairpin.network.flow import FromContainer
from hairpin.network.index import is_joined, is_meant
from hairpin.network.network import Network, addresses_of, is_uplink, owns_address, veth_peer
from hairpin.network.prefix import Version, address_text, is_loopback, parse_address
from hairpin.network.stacked import lower_of
from hairpin.network.strayed import is_typed_in
from hairpin.question.asked import Origin, Target


def namespace_named(network: Network, name: str, label: str = "") -> Netns | None:
    """Return the namespace that ``NAME`` or ``netns:NAME`` means, on the host with the label, or else on the first host
    that has it; None if the name means a container, or no namespace that was read."""
    bare = name.removeprefix(NAMED)
    hosts = [each for each in network.hosts if label in ("", each.name)]
    if bare == name and any(each.containers_named(name) for each in hosts):
        return None
    found = (each.netns.sibling(name) for each in hosts for name in (f"{NAMED}{bare}", *_held_by(each, bare)))
    return next((each for each in found if each in network), None)


def _held_by(host: Host, name: str) -> Iterator[str]:
    """Yield the namespaces of the host's guests with the name."""
    return (each.netns for each in host.named_guests if each.name == name and each.netns)


def guest_address(network: Network, name: str, label: str = "") -> tuple[Host, Version, int] | None:
    """Return the host of the guest that the name means, and the guest's address; None if the name means a container, a
    namespace, or no guest with an address."""
    hosts = [each for each in network.hosts if label in ("", each.name)]
    if any(each.containers_named(name) for each in hosts) or namespace_named(network, name, label) is not None:
        return None
    for host in hosts:
        for guest in host.named_guests:
            if guest.name == name and guest.addresses:
                version, value = guest.addresses[0]
                return host, version, value
    return None


def with_guest(network: Network, origin: Origin | None) -> Origin | None:
    """Return the origin; in place of a guest that is no namespace, such as a virtual machine, its address."""
    if origin is None or origin.kind != "container":
        return origin
    found = guest_address(network, origin.container or "", origin.host)
    if found is None:
        return origin
    host, version, value = found
    return Origin("address", version, value, host=host.name if len(network.hosts) > 1 else "")


def asking_namespace(network: Network, origin: Origin | None) -> Netns | None:
    """Return the namespace of ``namespace_named`` in which the flow starts; None if it starts elsewhere."""
    if origin is None or origin.kind != "container":
        return None
    return namespace_named(network, origin.container or "", origin.host)


def start_in(network: Network, netns: Netns) -> FromContainer:
    """Return the start of a flow in a namespace in which no container runs.  It has the name of the guest whose
    namespace it is."""
    guest = guest_in(network, netns)
    return FromContainer(guest.name if guest is not None else netns.name.removeprefix(NAMED), netns)


def guest_in(network: Network, netns: Netns) -> NamedGuest | None:
    """Return the guest in the namespace: its processes hold the namespace, or a lease gave it an address there."""
    guests = network.host(netns.host).named_guests
    if not guests or not netns.is_named:
        return None
    held = {(version, value) for version, value in _global(network.namespace(netns))}
    return next((each for each in guests if each.netns == netns.name or held & {*each.addresses}), None)


def namespaces_with(network: Network, host: Host, version: Version, address: int) -> tuple[Netns, ...]:
    """Return the namespaces of the host, besides its own and those that dockerd made for swarm, that have the address
    and exchange packets with the host or with the outside.  An address that a user added beside the engine's addresses
    does not count, because a machine outside may have it, too, and so may an address that is_meant() refuses."""
    found: list[Netns] = []
    for namespace in host.namespaces:
        netns = host.netns.sibling(namespace.name)
        if netns == host.netns or netns.is_dockerds or not owns_address(namespace, version, address):
            continue
        if netns.is_named and not is_meant(host, namespace.name, version, address):
            continue
        if is_typed_in(host, namespace, version, address) or is_loopback(address, version):
            continue
        cards = (each for each in namespace.links if each.kind != "veth")
        if is_joined(host, namespace.name) or any(is_uplink(network, netns, each) for each in cards):
            found.append(netns)
    return tuple(found)


def targets_in(network: Network, target: Target) -> tuple[Target, ...]:
    """Return the targets for a target that names a namespace in which no container runs, or its address without a port:
    the asked port, or else each TCP port on which the namespace listens.  Return the target itself if it names
    something else.  Raise UsageError if nothing can be asked for."""
    name = target.container or ""
    guest = guest_address(network, name, target.host) if name else None
    if guest is not None:
        return _of_guest(network, target, guest)
    netns = namespace_named(network, name, target.host) if name else None
    held = _global(network.namespace(netns)) if netns is not None else ()
    if netns is None:
        for host in network.hosts:
            netns, held = _at_address(network, host, name) if target.host in ("", host.name) else (None, ())
            if netns is not None:
                break
    if netns is None or (not held and target.port is not None):
        return (target,)
    plain = msgspec.structs.replace(target, container=None, host=netns.host if len(network.hosts) > 1 else "")
    if target.port is not None:
        return tuple(msgspec.structs.replace(plain, version=version, address=value) for version, value in held[:1])
    namespace = network.namespace(netns)
    found = tuple(
        msgspec.structs.replace(plain, version=version, address=value, port=port, protocol="tcp")
        for version, value in held[:1]
        for port in listening(namespace, version, value)
    )
    if not found:
        raise UsageError(
            message(
                "in namespace {name} no process listens for others; name a port: {name}:PORT, or a destination: "
                "ADDRESS:PORT --from {name}",
                name=netns.name.removeprefix(NAMED),
            )
        )
    return found


def _of_guest(network: Network, target: Target, guest: tuple[Host, Version, int]) -> tuple[Target, ...]:
    """Return the targets at the guest's address; raise UsageError if the question names no port, and the guest's
    sockets were not read."""
    host, version, value = guest
    if target.port is None and not namespaces_with(network, host, version, value):
        raise UsageError(
            message(
                "{name} is a guest of {host} with the address {address}; name a port: {name}:PORT, or a destination: "
                "ADDRESS:PORT --from {name}",
                name=target.container,
                host=host.name,
                address=address_text(value, version),
            )
        )
    label = host.name if len(network.hosts) > 1 else ""
    if target.port is None:
        return targets_in(network, msgspec.structs.replace(target, container=address_text(value, version), host=label))
    return (msgspec.structs.replace(target, container=None, version=version, address=value, host=label),)


def _at_address(network: Network, host: Host, name: str) -> tuple[Netns | None, tuple[tuple[Version, int], ...]]:
    """Return the namespace without a container that has the address which the name is, and the address."""
    try:
        version, value = parse_address(name)
    except ValueError:
        return None, ()
    found = (each for each in namespaces_with(network, host, version, value) if network.container_of(each) is None)
    return next(found, None), ((version, value),)


def _global(namespace: Namespace) -> tuple[tuple[Version, int], ...]:
    """Return the global addresses of the namespace, IPv4 addresses first."""
    versions: tuple[Version, ...] = (4, 6)
    return tuple(
        (version, each.value)
        for version in versions
        for each in addresses_of(namespace, None, version)
        if each.scope == "global"
    )


def listening(namespace: Namespace, version: Version, own: int) -> tuple[int, ...]:
    """Return the TCP ports on which the namespace accepts connections to its address ``own``, sorted."""
    sockets = (
        each
        for each in namespace.sockets
        if each.protocol == "tcp" and (each.address == own or (each.address is None and each.takes(version)))
    )
    return tuple(sorted({each.port for each in sockets}))


def links_towards(network: Network, netns: Netns, inner: Netns) -> frozenset[str]:
    """Return the links of ``netns`` whose packets come to ``inner`` at once: the ends of its veths and their bridges,
    and the links on which its links are stacked."""
    namespace, found = network.namespace(netns), set[str]()
    for link in network.namespace(inner).links:
        end = veth_peer(network, inner, link)
        outer = namespace.link(end.link) if end is not None and end.netns == netns else None
        below = lower_of(network, inner, link) if link.kind in ("macvlan", "ipvlan") else None
        found |= {name for name in (outer.name, outer.master) if name is not None} if outer is not None else set()
        found |= {below.link} if below is not None and below.netns == netns else set()
    return frozenset(found)
