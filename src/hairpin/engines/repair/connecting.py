"""The effects of ``network connect`` and ``restart`` on a container's interfaces.

``network connect`` gives the container a second interface, and may change its default route.  ``restart`` restores a
lost interface.

Measured with Docker 20.10.24: the container's default route leads to the network whose name sorts first.  If the
default route moves to another network, the published ports and their docker-proxy move to the container's address on
that network. Source: moby libnetwork/sandbox.go, endpoint.Less(): internal networks last, then by name
"""

from collections.abc import Iterator

import msgspec

from hairpin.change import change as c
from hairpin.change.calls import ConnectContainer
from hairpin.engines.repair.bridging import new_bridge
from hairpin.engines.repair.endpoints import addresses, new_endpoint, routes, sysctls
from hairpin.engines.repair.republishing import added_rules, relays
from hairpin.engines.repair.starting import (
    PUBLISHES_NOTHING,
    bridged_subnet,
    on_network,
    restarts,
    rp_filter_off,
    stacked_link,
    stacked_subnet,
    veth_pair,
)
from hairpin.host.boot.saved_rules import rule_of
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_MAIN, Route
from hairpin.host.sysctl import Path
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import FieldMatch, Nat, Rule
from hairpin.network.attachment import gateway_of
from hairpin.network.prefix import address_text

_NONE = "none"
"""The name of Docker's network without links, which is also the network mode of a container on this network."""


def connecting_change(host: Host, container: Container, joined: DockerNetwork) -> c.Change | None:
    """Return the change by which the engine connects the running container to the network.

    Return None if the container is on this network already, on no network or on the host's; if its namespace, the
    network's bridge or IPv4 subnet was not read; or if the engine would refuse the call (:func:`own_default_route`)."""
    engine = next((each for each in host.engines if container in each.containers), None)
    subnet = bridged_subnet(host, joined)
    on_it = any(each.network == joined.name for each in container.endpoints)
    if engine is None or subnet is None or on_it or container.netns is None or container.netns not in host:
        return None
    if container.network_mode == _NONE:
        return reconnecting_change(host, container, next(iter(container.bindings), PUBLISHES_NOTHING), joined.name)
    if container.on_host_network or not container.endpoints or own_default_route(host, container, joined) is not None:
        return None
    parts = tuple(_parts(host, engine, container, joined, new_endpoint(engine, joined, subnet)))
    return c.Change(parts, _calls(engine, container, joined.name))


def own_default_route(host: Host, container: Container, joined: DockerNetwork) -> Route | None:
    """Return the container's default route that keeps the engine from connecting the container to the network, or None.

    If the network's gateway becomes the container's gateway, dockerd deletes the default route that it made and adds a
    new one.  dockerd does not delete a default route that it did not make.  The kernel then refuses the new route, and
    dockerd says ``failed to set gateway while updating gateway: file exists``.  Measured with Docker 20.10.24 and 28.

    Source: moby libnetwork/sandbox.go updateGateway()"""
    engine = host.engine_of(container)
    if engine.kind != "docker" or container.netns is None or container.netns not in host:
        return None
    if not _becomes_way_out(engine, container, joined):
        return None
    gateways = {each.gateway4 for each in container.endpoints}
    gateways |= {gateway_of(subnet) for network in engine.networks for subnet in network.subnets}
    for route in host.namespace(container.netns).routes:
        is_first = _is_default(route) and (route.version, route.metric) == (4, 0) and route.next_hops
        if is_first and not gateways & {hop.gateway for hop in route.next_hops}:
            return route
    return None


def refused_connection(container: Container, joined: str) -> Message:
    """Return what a person can do if :func:`own_default_route` keeps the engine from connecting the container."""
    return message(
        "recreate {name} with network {network} from the start: {name} has a default route of its own, so the engine "
        "cannot connect it while it runs",
        name=container.name,
        network=joined,
    )


def reconnecting_change(host: Host, container: Container, binding: PortBinding, joined: str) -> c.Change | None:
    """Return the change that connects a running container without a network, or on Docker's network ``none``, to the
    named network.  Return None for a Podman container with the network mode ``none``, and if the network has no bridge.

    The container's namespace keeps its rules, sockets and sysctls, and a paused container stays paused."""
    engine = host.engine_of(container)
    if container.network_mode == _NONE and engine.kind != "docker":
        return None
    change = on_network(host, container, binding, joined, *_calls(engine, container, joined))
    if change is None or container.netns is None or container.netns not in host:
        return change
    before = host.namespace(container.netns)
    parts = tuple(
        _joined(part, before, container.status) if isinstance(part, c.AddNamespace) else part for part in change.parts
    )
    return msgspec.structs.replace(change, parts=parts)


def stacked_again(host: Host, container: Container, joined: DockerNetwork) -> c.Change | None:
    """Return the change that connects a running container without a network to a macvlan or ipvlan network.

    Return None if the parent link, an IPv4 subnet of the network or the container's namespace was not read."""
    engine = host.engine_of(container)
    subnet = stacked_subnet(host, joined)
    if subnet is None or container.netns is None or container.netns not in host:
        return None
    before = host.namespace(container.netns)
    endpoint = new_endpoint(engine, joined, subnet)
    index = max(each.index for each in before.links)
    link = stacked_link(host, joined, endpoint, _free_name(before), index)
    if link is None:
        return None
    netns = Netns(host.name, before.name)
    way_out = not any(map(_is_default, before.routes))
    connected = msgspec.structs.replace(container, endpoints=(*container.endpoints, endpoint))
    parts: tuple[c.Primitive, ...] = (
        c.SetLink(netns, link),
        *(c.AddEntry(netns, each) for each in addresses(endpoint, link.name)),
        *(c.AddEntry(netns, each) for each in routes(endpoint, link.name, way_out=way_out)),
        c.SetContainer(host.name, connected),
    )
    return c.Change(parts, _calls(engine, container, joined.name))


def _calls(engine: Engine, container: Container, joined: str) -> tuple[ConnectContainer, ...]:
    """Return the calls that connect the container.  A container on Docker's network ``none`` first has to be
    disconnected from this network, because Docker allows such a container no second network.  Source: moby
    daemon/container_operations.go updateNetworkSettings(), ErrConflictNoNetwork"""
    connect = ConnectContainer(engine.kind, "connect", joined, container.name, engine.user)
    if engine.kind == "docker" and container.network_mode == _NONE:
        return ConnectContainer(engine.kind, "disconnect", _NONE, container.name, engine.user), connect
    return (connect,)


def _joined(part: c.AddNamespace, before: Namespace, status: str) -> c.AddNamespace:
    new = part.namespace
    namespace = msgspec.structs.replace(
        before,
        links=(*before.links, *(link for link in new.links if link.name != "lo")),
        addresses=(*before.addresses, *(each for each in new.addresses if each.link != "lo")),
        routes=(*before.routes, *(each for each in new.routes if all(hop.link != "lo" for hop in each.next_hops))),
    )
    same = msgspec.structs.replace(part.container, status=status)
    return msgspec.structs.replace(part, namespace=namespace, container=same)


def moves_ports(host: Host, container: Container, joined: DockerNetwork) -> bool:
    """Return whether the connection moves the container's published ports to the new network, which breaks open
    connections."""
    engine = next((each for each in host.engines if container in each.containers), None)
    published = any(each.actual for each in container.bindings)
    return engine is not None and published and _becomes_way_out(engine, container, joined)


def interface_restored(host: Host, container: Container, endpoint: Endpoint) -> c.Change | None:
    """Return the change by which a restart restores the running container's interface of this endpoint.

    Return None if the container's namespace was not read, or if the network has no bridge.  Podman also makes a bridge
    that is missing."""
    engine = host.engine_of(container)
    joined = engine.network(endpoint.network)
    if joined is None or container.netns is None or container.netns not in host:
        return None
    before = host.namespace(container.netns)
    if joined.driver == "overlay":
        return _on_overlay(host, container, endpoint, before, joined)
    if bridged_subnet(host, joined) is None:
        return None
    inner, outer = veth_pair(host, _free_name(before), joined)
    inner = msgspec.structs.replace(inner, mac=endpoint.mac)  # dockerd derives it from the IP address or an option
    namespace = _grown(before, inner, endpoint, way_out=not any(map(_is_default, before.routes)))
    values = (rp_filter_off(inner), *_sysctls_of(before, inner), *sysctls(endpoint, inner.name))
    made = c.AddNamespace(host.name, namespace, outer, container, values)
    return c.Change((*new_bridge(host, engine, joined), made), restarts(host, container))


def _on_overlay(
    host: Host, container: Container, endpoint: Endpoint, before: Namespace, joined: DockerNetwork
) -> c.Change | None:
    """Return the change that gives the container its interface on the overlay network, or None.

    The interface is a veth to the bridge in the namespace that dockerd keeps for the network.  Return None if this
    namespace was not read.  Source: moby libnetwork/drivers/overlay/joinleave.go Join()"""
    gateways = {gateway_of(each) for each in joined.subnets if each.version == 4}
    bridges = (
        (Netns(host.name, each.name), each.link(address.link))
        for each in host.namespaces
        if each.name != host.netns.name
        for address in each.addresses
        if address.version == 4 and address.value in gateways
    )
    segment, bridge = next(((netns, link) for netns, link in bridges if link and link.kind == "bridge"), (None, None))
    if segment is None or bridge is None:
        return None
    inner, outer = veth_pair(host, _free_name(before), msgspec.structs.replace(joined, bridge=bridge.name))
    inner = msgspec.structs.replace(inner, mac=endpoint.mac, mtu_bytes=bridge.mtu_bytes)
    netns = Netns(host.name, before.name)
    parts: tuple[c.Primitive, ...] = (
        c.SetLink(netns, inner),
        *(c.AddEntry(netns, each) for each in addresses(endpoint, inner.name)),
        *(c.AddEntry(netns, each) for each in routes(endpoint, inner.name, way_out=False)),
        c.SetLink(segment, msgspec.structs.replace(outer, mtu_bytes=bridge.mtu_bytes)),
    )
    return c.Change(parts, restarts(host, container))


def _free_name(namespace: Namespace) -> str:
    taken = {each.name for each in namespace.links}
    return next(name for name in (f"eth{number}" for number in range(len(taken) + 1)) if name not in taken)


def _becomes_way_out(engine: Engine, container: Container, joined: DockerNetwork) -> bool:
    internal = {each.name: each.internal for each in engine.networks}
    others = [each.network for each in container.endpoints if not internal.get(each.network, False)]
    return not joined.internal and all(joined.name < name for name in others)


def _parts(
    host: Host, engine: Engine, container: Container, joined: DockerNetwork, endpoint: Endpoint
) -> Iterator[c.Primitive]:
    way_out = _becomes_way_out(engine, container, joined)
    before = host.namespace(container.netns or "")
    inner, outer = veth_pair(host, _free_name(before), joined)
    # Podman's container holds its ports on an internal network, too, where no rule leads to them.
    first_time = way_out and (host.is_internal(container) or not any(each.actual for each in container.bindings))
    bindings = tuple(msgspec.structs.replace(each, actual=True) for each in container.bindings)
    endpoints = (endpoint, *container.endpoints) if way_out else (*container.endpoints, endpoint)
    changed = msgspec.structs.replace(
        container, endpoints=endpoints, bindings=bindings if first_time else container.bindings
    )
    namespace = _grown(before, inner, endpoint, way_out=way_out)
    yield from new_bridge(host, engine, joined)
    yield c.AddNamespace(
        host.name, namespace, outer, changed, (*_sysctls_of(before, inner), *sysctls(endpoint, inner.name))
    )
    if first_time:
        yield from added_rules(host, engine.with_container(changed), changed)
        for binding in bindings:
            yield from relays(host, changed, binding)
    elif way_out:
        yield from _moved_ports(host, engine, container, joined, endpoint)


def _grown(before: Namespace, link: Link, endpoint: Endpoint, *, way_out: bool) -> Namespace:
    """Return the container's namespace with the interface, its address and its routes."""
    new = addresses(endpoint, link.name)
    replaced = frozenset(each.version for each in new) if way_out else frozenset[int]()
    return msgspec.structs.replace(
        before,
        links=(*before.links, link),
        addresses=(*before.addresses, *new),
        routes=(
            *(each for each in before.routes if not (_is_default(each) and each.version in replaced)),
            *routes(endpoint, link.name, way_out=way_out),
        ),
    )


def _is_default(route: Route) -> bool:
    return (route.prefix_length, route.table) == (0, TABLE_MAIN)


def _sysctls_of(before: Namespace, link: Link) -> tuple[tuple[Path, str], ...]:
    """Return the sysctls of the new interface, copied from the container's first interface."""
    like = next((each.name for each in before.links if each.kind != "loopback" and each.name != "lo"), "")
    return tuple(
        ((*path[:3], link.name, *path[4:]), value)
        for path, value in before.sysctls.values.items()
        if len(path) > 4 and path[2] == "conf" and path[3] == like
    )


def _moved_ports(
    host: Host, engine: Engine, container: Container, joined: DockerNetwork, endpoint: Endpoint
) -> Iterator[c.Primitive]:
    """Yield the changes of iptables rules and docker-proxy that lead the published ports to the container's new
    address."""
    bridges = {each.name: each.bridge for each in engine.networks}
    known = {each.ipv4: bridges.get(each.network) for each in container.endpoints if each.ipv4 is not None}
    now = address_text(endpoint.ipv4 or 0, 4)
    namespace = host.namespace(host.netns.name)
    for table in namespace.ruleset.tables:
        for chain in table.chains if table.family == "ip" and table.dialect != "nft" else ():
            for rule in chain.rules:
                old = next((each for each in known if _is_about(rule, each)), None)
                if old is None:
                    continue
                text = rule.text.replace(address_text(old, 4), now).replace(known[old] or "-", joined.bridge or "-")
                moved = rule_of("ip", table.name, chain.name, text)
                if moved is not None:
                    yield c.DeleteRule(host.netns, place_of(table, chain.name, rule))
                    yield c.InsertRule(host.netns, table.dialect, "ip", table.name, chain.name, moved, rule.number)
    for socket in namespace.sockets:
        led = socket.engine_relay
        if led is not None and led.version == 4 and led.address in known:
            relay = msgspec.structs.replace(led, address=endpoint.ipv4 or 0)
            yield c.DeleteSocket(host.netns, socket)
            said = message("recreate {container} with its port published on every address", container=container.name)
            yield c.AddSocket(host.netns, msgspec.structs.replace(socket, relay=relay), said)


def _is_about(rule: Rule, address: int) -> bool:
    """Return whether the rule translates a published port to the address, or accepts packets to the port there."""
    only = (address, address)
    asked = {part.field: part.ranges for part in rule.body if isinstance(part, FieldMatch) and not part.negated}
    leads = any(isinstance(part, Nat) and part.addresses == only and part.ports is not None for part in rule.body)
    return leads or (asked.get("daddr4") == (only,) and "dport" in asked)
