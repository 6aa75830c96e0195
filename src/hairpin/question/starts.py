"""Finds the starts of flows: the start that the user named, or all usual starts."""

from collections.abc import Iterator
from typing import assert_never

import msgspec

from hairpin.errors import UnknownNameError, UsageError
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.flow import FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network, addresses_of, netns_of, owns_address
from hairpin.network.prefix import Version, address_text, is_loopback
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.strayed import is_on_no_network, is_typed_in
from hairpin.network.wires import holder_of
from hairpin.question.asked import Origin
from hairpin.question.hosts import container_named, host_named, host_with
from hairpin.question.namespaces import asking_namespace, links_towards, namespaces_with, start_in
from hairpin.question.standpoints import clients, lan_client
from hairpin.question.unread_ports import port_towards_unread


class Standpoint(msgspec.Struct, frozen=True):
    """The start of a flow, and a host: either the start is on this host, or the start is a client of this host.
    ``seen``: whether a reading shows this very client."""

    start: Start
    host: Host
    seen: bool = False


def usual(network: Network, host: Host, version: Version, others: tuple[Host, ...]) -> Iterator[Standpoint]:
    """Yield the usual clients of a host: an outside client, clients that sent requests to the host and that a container
    network covers, a LAN neighbour, the host itself, and the hosts ``others``."""
    outside = clients(network, host.netns, version)
    if outside:
        yield Standpoint(Outside(outside[0]), host)
    if network.namespace(host.netns).connections:
        from hairpin.question.seen_clients import covered_clients  # noqa: PLC0415 - no connection shows no client

        for client in covered_clients(network, host.netns, version):
            yield Standpoint(Outside(client), host, seen=True)
    neighbour = lan_client(network, host.netns, version)
    if neighbour is not None:
        yield Standpoint(Lan(neighbour), host)
    yield Standpoint(FromHost(), host)
    for other in others:
        yield Standpoint(FromHost(), other)


def start_named(network: Network, host: Host, version: Version, origin: Origin) -> Standpoint:
    """Return the start that the user named, for a flow to ``host``; raises UsageError if there is no such start.

    An outside client and a LAN neighbour are clients of ``host``, except if the user names another host.  An address of
    the host means the host itself.  But an address that an administrator added to a container's veth, or to a link that
    leads to no machine, means the other machine that has the address: nobody names the host by such an address.
    """
    match origin.kind:
        case "host":
            return Standpoint(FromHost(), host_named(network, origin.host))
        case "lan":
            place = host_named(network, origin.host) if origin.host else host
            address = lan_client(network, place.netns, version)
            if address is None:
                raise UsageError(message("--from lan: no link of this host has a network; name an address instead"))
            return Standpoint(Lan(address), place)
        case "container":
            return _container(network, origin)
        case "outside":
            return _outside(network, host_named(network, origin.host) if origin.host else host, version)
        case "address":
            assert origin.address is not None
            if origin.version != version:
                raise UsageError(message("--from and TARGET are of different address families"))
            if origin.host:  # the user names the host of the client
                return _at_address(network, host_named(network, origin.host), version, origin.address)
            found = _at_address(network, host, version, origin.address)
            far = holder_of(network, version, origin.address, besides=host.name)
            is_outside = isinstance(found.start, Outside)
            return _on_another(network, far, origin.address) if is_outside and far is not None else found
        case _:
            assert_never(origin.kind)


def _outside(network: Network, host: Host, version: Version) -> Standpoint:
    outside = clients(network, host.netns, version)
    if not outside:
        raise UsageError(message("--from outside: no client outside reaches this host; name an address instead"))
    return Standpoint(Outside(outside[0]), host)


def _at_address(network: Network, host: Host, version: Version, address: int) -> Standpoint:
    """Return the start that an address means: the host itself, a container of the host, or an outside client."""
    if is_loopback(address, version):
        return Standpoint(FromHost(), host)
    namespace = network.namespace(host.netns)
    is_own = owns_address(namespace, version, address) and not is_typed_in(host, namespace, version, address)
    if is_own and not is_on_no_network(host, namespace, version, address):
        return Standpoint(FromHost(address), host)
    for container in host.containers():
        held = any(address == (each.ipv4 if version == 4 else each.ipv6) for each in container.endpoints)
        netns = netns_of(host, container)
        if held and netns is not None and not netns.is_host:
            return Standpoint(FromContainer(container.name, netns), host)
    inside = namespaces_with(network, host, version, address)
    if inside:
        netns = _only(network, host, version, address, inside)
        own = [each for each in addresses_of(network.namespace(netns), None, version) if each.scope == "global"]
        start = _inside(network, netns)
        return Standpoint(msgspec.structs.replace(start, address=address) if len(own) > 1 else start, host)
    behind = _behind_container(network, host, version, address)
    port = port_towards_unread(network, host.netns, version, address) if behind is None else None
    return Standpoint(behind or Outside(address, port.link.name if port is not None else None), host)


def _only(network: Network, host: Host, version: Version, address: int, found: tuple[Netns, ...]) -> Netns:
    """Return the namespace that has the address.  If several have it, return the one to which the host's own packets to
    the address go; raise UsageError if this is not one of them alone."""
    if len(found) == 1:
        return found[0]
    ways = {hop.link for hop in lookup(network.namespace(host.netns), Query(version, address)).next_hops}
    near = tuple(each for each in found if ways & links_towards(network, host.netns, each))
    if len(near) == 1:
        return near[0]
    names = ", ".join(dict.fromkeys(_inside(network, each).name for each in near or found))
    raise UsageError(
        message(
            "--from {address}: several namespaces have this address; write one of {names}",
            address=address_text(address, version),
            names=names,
        )
    )


def _inside(network: Network, netns: Netns) -> FromContainer:
    """Return the start in the namespace: its container, or the namespace itself if no container runs in it."""
    container = network.container_of(netns)
    return FromContainer(container.name, netns) if container is not None else start_in(network, netns)


def _behind_container(network: Network, host: Host, version: Version, address: int) -> Outside | None:
    """Return the start of a client behind a container that routes the client's packets, such as a VPN server; None if
    there is no such container.

    The container has a route to the client by a link that no network of the engine gave to the container.  The host has
    no route to the client except its default route, or a route to the container."""
    own = lookup(network.namespace(host.netns), Query(version, address))
    for container in host.containers():
        netns = netns_of(host, container)
        if netns is None or netns.is_host or netns not in network:
            continue
        namespace = network.namespace(netns)
        given = {each.ipv4 if version == 4 else each.ipv6 for each in host.engine_of(container).endpoints_of(container)}
        elsewhere = own.route is not None and own.route.prefix_length > 0
        if elsewhere and not any(hop.gateway is not None and hop.gateway in given for hop in own.next_hops):
            continue
        found = lookup(namespace, Query(version, address))
        link = next((hop.link for hop in found.next_hops if hop.link is not None), None)
        if link is None or found.type != "unicast" or found.route is None or not found.route.prefix_length:
            continue
        held = {each.value for each in addresses_of(namespace, link, version)}
        if link != "lo" and not held & given and _forwards(namespace, version):
            return Outside(address, link, netns)
    return None


def _forwards(namespace: Namespace, version: Version) -> bool:
    return namespace.sysctl("net", f"ipv{version}", "conf", "all", "forwarding") == 1


def _on_another(network: Network, far: Netns, address: int) -> Standpoint:
    """Return the start on another host that was read: this other host, or its container that has the address."""
    place = network.host(far.host)
    return Standpoint(FromHost(address) if far.is_host else _inside(network, far), place)


def asker(network: Network, origin: Origin) -> Host:
    """Return the host of the container or the namespace in which the flow starts."""
    inside = asking_namespace(network, origin)
    return network.host(inside.host) if inside is not None else _asker(network, origin)[0]


def _asker(network: Network, origin: Origin) -> tuple[Host, Container]:
    """Return the container in which the flow starts, and its host.  Raises the same errors as ``container_named``."""
    try:
        host = host_with(network, origin.container or "", origin.host)
        return host, container_named(network, host, origin.container or "")
    except UnknownNameError as error:
        if not origin.bare:
            raise
        raise UsageError(
            message(
                "--from {text}: write an address, outside, host, lan or container:NAME; {said}",
                text=origin.container,
                said=error.said,
            )
        ) from error


def _container(network: Network, origin: Origin) -> Standpoint:
    inside = asking_namespace(network, origin)
    if inside is not None:
        return Standpoint(start_in(network, inside), network.host(inside.host))
    host, container = _asker(network, origin)
    if container.netns is None and not container.running:
        # A stopped container sends no packet, which is also an answer.  The flow starts in the namespace that the
        # container had or will have.
        return Standpoint(FromContainer(container.name, Netns(host.name, f"container:{container.name}")), host)
    if container.netns is None:
        raise UsageError(
            message(
                "--from: hairpin did not read the network namespace of container {name!r}; run hairpin as root",
                name=container.name,
            )
        )
    netns = Netns(host.name, container.netns)
    return Standpoint(FromHost() if netns.is_host else FromContainer(container.name, netns), host)
