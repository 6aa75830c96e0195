"""The known flows of a host: flows that a change may affect in addition to the asked flows.

The known flows are:

- flows to published ports, from each standpoint and from one container of each network,
- flows to the ports on which containers listen, published or not, at the containers' own addresses,
- flows from each container to another container,
- flows to the host's own services, at each address of the host's uplinks,
- outgoing flows of each container and of the host: to the Internet by TCP and UDP, to name servers, to the LAN.

If the change connects a container to a network, flows from another container of this network to the container's ports
are known flows, too.

A narrow repair lets only the asked flow pass.  The rule or policy that stopped it may stop other known flows, too.  A
person who repairs one port wants to know that another port, or the containers' way out, fails for the same cause.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Literal

import msgspec

from hairpin.causes.where import OfPolicyRule, Where, rule_of
from hairpin.change.change import AddNamespace, Change
from hairpin.errors import HairpinError
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.kept import kept
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network, addresses_of, is_uplink, netns_of, owns_address
from hairpin.network.prefix import Version, is_loopback
from hairpin.network.socket_owner import holds_for_engine, serves
from hairpin.question.flows import flows_for
from hairpin.question.standpoints import clients, lan_client, primary_address, somebody
from hairpin.walk.decided import RouteDecided, RuleDecided
from hairpin.walk.trace import Trace

Group = Literal["published", "unpublished", "service", "way-out"]
"""The kind of a flow's target: a published port, another port of a container, a service of the host, or a place
outside."""
_ANY_PORT = 80
"""The destination port of flows to a container without a listener.  A packet that arrives at this port is refused."""
_LOOPBACK: dict[Version, int] = {4: 0x7F000001, 6: 1}
_MOST_ADDRESSES = 4
"""The greatest number of uplink addresses at which each service of the host is asked."""
Inside = dict[str, tuple[tuple[Container, Netns], ...]]
"""The first two running containers of each network, by the network's name.

The second container asks for the ports of the first container."""
_OUTWARD = ("egress", "dns")


class Known(msgspec.Struct, frozen=True):
    """A known flow, and the kind of its target."""

    flow: Flow
    group: Group


@kept
def known_flows(network: Network) -> tuple[Known, ...]:
    """Return the known flows of this host, each flow once; none of a host that only a text describes, because most of
    what they would meet is supposed.

    The groups take turns: the beginning of the result contains flows of each group."""
    host = network.this
    if host.is_of_text:
        return ()
    try:
        everything = [flow for flow in flows_for(network, (), None) if flow.host in ("", host.name)]
    except HairpinError:
        return ()
    inside = _one_of_each_network(host)
    served = [each for each in everything if each.purpose not in _OUTWARD]
    outward = [each for each in everything if each.purpose in _OUTWARD]
    groups: tuple[Iterator[Known], ...] = (
        _of("published", served),
        _of("published", _published_from(served, inside)),
        _of("service", _services(network, host, inside)),
        *(_ports_of(network, host, container, inside) for container in host.containers()),
        _of("unpublished", _between(host, inside)),
        _of("published", _asked_by_each(host, served)),
        _of("unpublished", _asked_of_siblings(host)),
        _of("way-out", outward),
        _of("way-out", _further_out(network, host, outward)),
        _of("way-out", _out_of_host(network, host)),
    )
    found: dict[object, Known] = {}
    for abreast in zip_longest(*groups):  # so that a maximum number of flows still has some flows of each group
        for each in abreast:
            if each is not None:
                found.setdefault(flow_key(each.flow), each)
    return tuple(found.values())


def asked_by(network: Network, container: FromContainer) -> Iterator[Known]:
    """Yield the container's flows to the other containers, to the host, and to itself through the host.  Without this
    function, only one container of each network has all these known flows."""
    for each in known_flows(network):
        inside = isinstance(each.flow.start, FromContainer) and each.group != "way-out"
        if inside and (each.flow.container != container.name or each.flow.purpose == "published"):
            yield Known(asked_from(each.flow, container), each.group)


def asked_from(flow: Flow, container: FromContainer) -> Flow:
    """Return the flow from the given container to the same port."""
    return msgspec.structs.replace(flow, start=container, stand_ins=(), invented=False)


def is_published_outside(flow: Flow) -> bool:
    """Return whether the flow is from an outside client to a published port."""
    return flow.purpose == "published" and isinstance(flow.start, Outside)


def flow_key(flow: Flow) -> tuple[Start, Version, int, str, int]:
    """Return the key that distinguishes a flow from the other flows of its host.

    The key does not contain the source port."""
    return flow.start, flow.version, flow.daddr, flow.protocol, flow.dport


def _of(group: Group, flows: Iterable[Flow]) -> Iterator[Known]:
    return (Known(flow, group) for flow in flows)


def _programs(host: Host) -> tuple[Container, ...]:
    """Return the host's containers without the infra containers of pods, for which the pods' other containers stand."""
    return tuple(each for each in host.containers() if not any(one.running for one in host.members_of(each)))


def _one_of_each_network(host: Host) -> Inside:
    found: Inside = {}
    for container in _programs(host):
        netns = _own_netns(host, container)
        for endpoint in host.pod_holder(container).endpoints if netns is not None else ():
            if netns is not None and endpoint.ipv4 is not None:
                found[endpoint.network] = (*found.get(endpoint.network, ()), (container, netns))[:2]
    return found


def _firsts(inside: Inside) -> Iterator[tuple[str, Container, Netns]]:
    return ((name, *pairs[0]) for name, pairs in inside.items())


def _own_netns(host: Host, container: Container) -> Netns | None:
    """Return the namespace of a running container; None if it is the host's namespace, or was not read."""
    netns = netns_of(host, container)
    known = container.running and netns is not None and not netns.is_host and netns.name in host
    return netns if known else None


def _published_from(published: list[Flow], inside: Inside) -> Iterator[Flow]:
    for flow in published:
        if is_published_outside(flow):
            for pairs in inside.values():
                others = [each for each in pairs if each[0].name != flow.container]
                for container, netns in (*others, *pairs)[:1]:  # the only container of its network asks itself
                    yield asked_from(flow, FromContainer(container.name, netns))


def _services(network: Network, host: Host, inside: Inside) -> Iterator[Flow]:
    """Yield the flows to the host's own sockets: from outside to each address of the host's uplinks, from a neighbour,
    from the host itself, and from one container of each network to the network's gateway and to the host's own address.

    A user's network stack opens a UDP socket for each exchange of a container with the outside, and closes it after the
    exchange.  Source: libslirp src/udp.c udp_attach(); passt udp_flow.c"""
    namespace = host.namespace(host.netns.name)
    for socket in namespace.sockets:
        if holds_for_engine(socket) and not serves(socket, namespace):
            continue
        for version in _versions(socket):
            for start, address in _asked_at(network, host, inside, version, socket):
                yield Flow(start, version, address, socket.protocol, socket.port, host=host.name)


def _asked_at(
    network: Network, host: Host, inside: Inside, version: Version, socket: Socket
) -> Iterator[tuple[Start, int]]:
    own = primary_address(network, host.netns, version)
    bound = socket.address if socket.version == version else None
    held = (bound,) if bound is not None else _of_uplinks(network, host, version)
    for client in clients(network, host.netns, version)[:1]:
        yield from ((Outside(client), address) for address in held)
    neighbour, first = lan_client(network, host.netns, version), bound if bound is not None else own
    if neighbour is not None and first is not None:
        yield Lan(neighbour), first
    yield FromHost(), bound if bound is not None else _LOOPBACK[version]
    for name, container, netns in _firsts(inside):
        of_bridge = _gateway(network, host, name, version) if bound is None else bound
        asked = dict.fromkeys((of_bridge, own if bound is None else bound))
        yield from ((FromContainer(container.name, netns), each) for each in asked if each is not None)


def _of_uplinks(network: Network, host: Host, version: Version) -> tuple[int, ...]:
    namespace = network.namespace(host.netns)
    uplinks = {each.name for each in namespace.links if is_uplink(network, host.netns, each)}
    held = addresses_of(namespace, None, version)
    return tuple(each.value for each in held if each.scope == "global" and each.link in uplinks)[:_MOST_ADDRESSES]


def _gateway(network: Network, host: Host, name: str, version: Version) -> int | None:
    """Return the host's address on the bridge of the network."""
    bridge = next((each.bridge for engine in host.engines for each in engine.networks if each.name == name), None)
    held = addresses_of(network.namespace(host.netns), bridge, version) if bridge is not None else ()
    return next((each.value for each in held if each.scope == "global"), None)


def _ports_of(network: Network, host: Host, container: Container, inside: Inside) -> Iterator[Known]:
    """Yield the flows to the container's own addresses: from outside, from a neighbour, from the host, and from one
    container of each network.

    A published port counts as published at the container's own address, too, because the engine's rules accept packets
    by the port that they have after the translation."""
    netns, name, holder = _own_netns(host, container), host.told_names(container)[0], host.pod_holder(container)
    sockets = host.namespace(netns.name).sockets if netns is not None else ()
    published = {(each.protocol, each.container_port) for each in holder.bindings if each.actual}
    for endpoint in holder.endpoints:
        for socket in sockets:
            group: Group = "published" if (socket.protocol, socket.port) in published else "unpublished"
            for version in _versions(socket):
                address = endpoint.ipv4 if version == 4 else endpoint.ipv6
                for start in _askers(network, host, inside, version, container) if address is not None else ():
                    assert address is not None
                    yield Known(
                        Flow(start, version, address, socket.protocol, socket.port, container=name,
                             purpose="published" if group == "published" else "asked", host=host.name),
                        group,
                    )  # fmt: skip


def _askers(network: Network, host: Host, inside: Inside, version: Version, asked: Container) -> Iterator[Start]:
    yield from (Outside(each) for each in clients(network, host.netns, version)[:1])
    neighbour = lan_client(network, host.netns, version)
    if neighbour is not None:
        yield Lan(neighbour)
    yield FromHost()
    for pairs in inside.values():
        yield from [FromContainer(each.name, netns) for each, netns in pairs if netns.name != asked.netns][:1]


def _versions(socket: Socket) -> tuple[Version, ...]:
    """Return the IP versions in which the socket accepts packets from outside."""
    if socket.engine_relay is not None or (socket.address is not None and is_loopback(socket.address, socket.version)):
        return ()
    return (6, 4) if (socket.version, socket.address, socket.v6only) == (6, None, False) else (socket.version,)


def _between(host: Host, inside: Inside) -> Iterator[Flow]:
    """Yield a flow from one container of each network to one container of each other network, to a port without a
    listener.  A packet that arrives at this port is refused."""
    for one, asking, netns in _firsts(inside):
        for other, asked, far in _firsts(inside):
            address = next((each.ipv4 for each in host.pod_holder(asked).endpoints if each.network == other), None)
            listens = any(each.protocol == "tcp" and 4 in _versions(each) for each in host.namespace(far.name).sockets)
            if one != other and asking is not asked and address is not None and not listens:
                yield Flow(FromContainer(asking.name, netns), 4, address, "tcp", _ANY_PORT, container=asked.name,
                           host=host.name)  # fmt: skip


def _asked_by_each(host: Host, served: list[Flow]) -> Iterator[Flow]:
    """Yield a flow from each container to a published port of another container."""
    published = list(filter(is_published_outside, served))
    for container in _programs(host):
        netns = _own_netns(host, container)
        wanted = next((each for each in published if each.container != container.name), None)
        if netns is not None and wanted is not None:
            yield asked_from(wanted, FromContainer(container.name, netns))


def _asked_of_siblings(host: Host) -> Iterator[Flow]:
    """Yield a flow from each container to a port on which another container of one of its networks listens."""
    listening: dict[str, list[tuple[Container, int, Socket]]] = {}
    running = [(each, netns) for each in _programs(host) if (netns := _own_netns(host, each)) is not None]
    for container, netns in running:
        sockets = [
            each for each in host.namespace(netns.name).sockets if each.protocol == "tcp" and 4 in _versions(each)
        ]
        for endpoint in host.pod_holder(container).endpoints if sockets else ():
            if endpoint.ipv4 is not None:
                listening.setdefault(endpoint.network, []).append((container, endpoint.ipv4, sockets[0]))
    for container, netns in running:
        for endpoint in host.pod_holder(container).endpoints:
            others = (each for each in listening.get(endpoint.network, ()) if each[0].netns != container.netns)
            for asked, address, socket in list(others)[:1]:
                yield Flow(FromContainer(container.name, netns), 4, address, "tcp", socket.port, container=asked.name,
                           host=host.name)  # fmt: skip


def _out_of_host(network: Network, host: Host) -> Iterator[Flow]:
    """Yield the host's own egress flows."""
    out = Flow(FromHost(), 4, somebody(4)[0], "tcp", 443, purpose="egress", host=host.name, invented=True)
    yield from (out, msgspec.structs.replace(out, protocol="udp"))
    neighbour = lan_client(network, host.netns, 4)
    if neighbour is not None:
        yield msgspec.structs.replace(out, daddr=neighbour, dport=_ANY_PORT, invented=False)


def _further_out(network: Network, host: Host, outward: list[Flow]) -> Iterator[Flow]:
    """Yield two flows for each TCP flow to the Internet: the same flow over UDP, and a flow to a neighbour in the
    LAN."""
    for flow in outward:
        if flow.purpose == "egress":
            yield msgspec.structs.replace(flow, protocol="udp")
            neighbour = lan_client(network, host.netns, flow.version)
            if neighbour is not None:
                yield msgspec.structs.replace(flow, daddr=neighbour, dport=_ANY_PORT, stand_ins=(), invented=False)


def flows_to_joined(before: Network, change: Change) -> Iterator[Flow]:
    """Yield the flows to a running container that joins a network by the change.

    For each joined network, another container of the network asks for each TCP port on which the joining container
    listens."""
    host = before.this
    for part in change.parts:
        if not isinstance(part, AddNamespace) or part.host != host.name:
            continue
        was = host.container(part.container.name)
        if was is None or not was.running:
            continue  # a container that is only started is reached in the same way as before it ended
        ports = dict.fromkeys(
            each.port
            for each in part.namespace.sockets
            if each.protocol == "tcp" and each.address is None and each.relay is None
        )
        known = {each.network for each in was.endpoints}
        for endpoint in part.container.endpoints:
            asking = _another(host, was, endpoint.network) if endpoint.network not in known else None
            if asking is None or endpoint.ipv4 is None:
                continue
            for port in ports:
                yield Flow(asking, 4, endpoint.ipv4, "tcp", port, host=host.name)


def _another(host: Host, joining: Container, network: str) -> FromContainer | None:
    """Return another running container of the network as the standpoint of a flow; None if there is none."""
    for each in host.engine_of(joining).containers:
        netns = netns_of(host, each) if each.running and each.name != joining.name else None
        on_it = any(endpoint.network == network for endpoint in each.endpoints)
        if on_it and netns is not None and not netns.is_host and netns.name in host:
            return FromContainer(host.told_names(each)[0], netns)
    return None


_MEANT_TO_PASS: tuple[Group, ...] = ("published", "way-out")
"""The groups of flows that should pass on an ordinary host.  A firewall usually stops all other known flows."""


def still_stopped(
    network: Network, known: tuple[Known, ...], before: tuple[Trace, ...], after: tuple[Trace, ...], where: Where
) -> tuple[Known, ...]:
    """Return the known flows that the rule, policy or policy rule at ``where`` stops, and that still fail after a
    repair.

    ``before`` and ``after``: the traces of the known flows in ``network`` and with the repair.  Clients outside ask for
    published ports at the host's addresses, so their flows to a container's own address are left out."""
    if rule_of(where) is None and not isinstance(where, OfPolicyRule):
        return ()
    found: list[Known] = []
    for each, one, other in zip(known, before, after, strict=True):
        fails = not one.succeeds and not other.succeeds and _is_stopped(one, where)
        if fails and each.group in _MEANT_TO_PASS and not _asks_container_directly(network, each.flow):
            found.append(each)
    return tuple(found)


def _is_stopped(trace: Trace, where: Where) -> bool:
    """Return whether the rule or policy stops the flow, or the policy rule chose the last route before its stop."""
    usual = trace.like.usual  # an alike flow stops at the same rule
    decided = usual.stop.decided_by if usual.stop is not None else None
    if isinstance(where, OfPolicyRule):
        chosen = (step.decided_by for step in reversed((*usual.request, *usual.reply)))
        last = next((each for each in chosen if isinstance(each, RouteDecided)), None)
        return last is not None and last.by == where.rule and not isinstance(decided, RuleDecided)
    return isinstance(decided, RuleDecided) and decided.place == rule_of(where)


def _asks_container_directly(network: Network, flow: Flow) -> bool:
    here = network.namespace(network.this.netns)
    return isinstance(flow.start, Outside | Lan) and not owns_address(here, flow.version, flow.daddr)
