"""Finds the namespace that a name or an address means, if no container runs in it: the namespace of a pod, or another
namespace that has a name on its host.  A container's name always means the container."""

import msgspec

from hairpin.errors import UsageError
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import NAMED, Netns
from hairpin.message import message
from hairpin.network.flow import FromContainer
from hairpin.network.index import is_joined, is_meant
from hairpin.network.network import Network, addresses_of, is_uplink, owns_address, veth_peer
from hairpin.network.prefix import Version, is_loopback, parse_address
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
    found = (each.netns.sibling(f"{NAMED}{bare}") for each in hosts)
    return next((each for each in found if each in network), None)


def asking_namespace(network: Network, origin: Origin | None) -> Netns | None:
    """Return the namespace of ``namespace_named`` in which the flow starts; None if it starts elsewhere."""
    if origin is None or origin.kind != "container":
        return None
    return namespace_named(network, origin.container or "", origin.host)


def start_in(netns: Netns) -> FromContainer:
    """Return the start of a flow in a namespace in which no container runs."""
    return FromContainer(netns.name.removeprefix(NAMED), netns)


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
