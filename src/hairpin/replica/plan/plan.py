"""Makes the blueprint of a network: the parts that are rebuilt, and the reasons why other parts are not.

The listening sockets of a namespace are bound as in the snapshot.  Each service answers with arbitrary bytes, because
the snapshot does not show a service's real answers.  A relay (docker-proxy) really connects to its container.  Three
kinds of services never answer: a port that dockerd only holds, a halted process, and a paused container.  A socket with
a full backlog or receive queue drops new packets.
"""

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Relay, Socket
from hairpin.message import Message, message
from hairpin.netfilter.packet import Connection
from hairpin.network.attachment import sender_netns
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, Port
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text
from hairpin.network.socket_owner import never_answers
from hairpin.network.tunnel.tunnels import underlay_netns
from hairpin.replica.plan import addresses, far_ends, link_settings, links, routes, rules, sysctls, tunnels
from hairpin.replica.plan.between import segments_plan
from hairpin.replica.plan.blueprint import APART, Blueprint, NetnsPlan, Service, named, path_of
from hairpin.replica.plan.connections import concerning, met_by
from hairpin.replica.plan.hardware_addresses import macs_behind
from hairpin.replica.plan.long_sets import known_addresses
from hairpin.replica.plan.thinned import thinned
from hairpin.replica.plan.tunnels import is_rebuilt
from hairpin.replica.plan.world import ways, world
from hairpin.walk.sockets import answers_by_route
from hairpin.walk.walked import walked

FEW = 24
"""If there are at most this many namespaces, all namespaces are rebuilt.

If there are more namespaces, hairpin rebuilds only the namespaces that a flow's packets reach or that have the flow's
destination."""
_RULES = ("iptables", "nft", "ipset", "ebtables", "ip-addr", "ip-route", "ip-rule", "sysctl", "sockets", "bridge")


def blueprint(
    network: Network,
    flows: tuple[Flow, ...],
    evidence: tuple[Evidence, ...] = (),
    read: Network | None = None,
    changed: Network | None = None,
    able: frozenset[str] = frozenset(links.KINDS),
) -> Blueprint:
    """Return the blueprint of a replica in which these flows are sent.

    ``evidence``: the evidence of the hosts by their labels; empty if there is no evidence.  ``read``: the network as it
    was parsed from the evidence, or None if ``network`` itself is this network.  A table that is equal in both networks
    is loaded from the evidence's text.  ``changed``: the network after a later change in the replica.  ``able``: the
    kinds of ``links.KINDS`` that this kernel can make."""
    names = _needed(network, flows, changed)
    network = thinned(network, names, _met(network, flows, changed))
    made = links.wiring(network, names, able)
    both = (network, changed) if changed is not None else (network,)
    met, asked = met_by(both, flows), known_addresses(both, flows)
    left_out: list[Message] = []
    wires = (*made.wires, *far_ends.wires(network, made, flows, changed))
    plans = [world(network, flows, wires, changed), *segments_plan(network, wires, macs_behind(network, wires))]
    known = read or network
    for name in names:
        namespace = network.namespace(name)
        before = known.namespace(name) if name in known else None
        own = next((each for each in evidence if each.name == name.host), None)
        called = named(name, names)
        was = before.ruleset if before is not None else None
        loads = rules.loads(namespace, own, was, called=called, known=asked)
        left_out += loads.left_out
        left_out += (
            message("{key} of {netns} could not be read", key=key, netns=called)
            for key in namespace.unread
            if key.startswith(_RULES)
        )
        left_out += (
            message("{route} of {netns} encapsulates packets", route=route_text(route), netns=called)
            for route in namespace.routes
            if any(hop.encap for hop in route.next_hops)
        )
        plan = _namespace(network, name, loads, concerning(namespace, met), able)
        plans.append(msgspec.structs.replace(plan, sysctls=(*plan.sysctls, sysctls.reserved_ports(flows))))
    far = [line for each in made.lines for line in _apart_ends(each.text)]
    plans.append(NetnsPlan(APART, lines=tuple(f"link set dev {name} up" for name in far)))
    apart = tuple(
        message("{netns}: no packet of the flow gets there", netns=named(netns, (*names, netns)))
        for netns, _ in network.namespaces()
        if netns not in names
    )
    return Blueprint(
        tuple(plans), made.lines, made.stand_ins, tuple(left_out), apart, ways(wires), far_ends.far_end_hints(wires)
    )


def _needed(network: Network, flows: tuple[Flow, ...], changed: Network | None) -> tuple[Netns, ...]:
    """Return the namespaces to rebuild.

    If there are many namespaces, return only the namespaces that a flow reaches before or after the change, and the
    hosts' own namespaces."""
    everyone = tuple(netns for netns, _ in network.namespaces())
    if len(everyone) <= FEW:
        return everyone
    wanted = {network.this.netns, *(network.host_netns(flow.host) for flow in flows)}
    for flow in flows:
        if isinstance(flow.start, FromContainer):
            wanted.add(sender_netns(network, flow.start))
        for each in (network, changed):
            for branch in walked(each, flow).branches if each is not None else ():
                wanted |= {step.netns for step in branch.steps}
        for netns, namespace in network.namespaces():
            if any(address.value == flow.daddr and address.version == flow.version for address in namespace.addresses):
                wanted.add(netns)
    wanted |= {netns.of_host for netns in wanted}
    return tuple(name for name in everyone if name in wanted)


def _met(network: Network, flows: tuple[Flow, ...], changed: Network | None) -> frozenset[Port]:
    """Return the links that packets of the flows reach, before or after the change."""
    found: set[Port] = set()
    traces = (walked(each, flow) for each in (network, changed) if each is not None for flow in flows)
    for branch in (branch for trace in traces for branch in trace.branches):
        steps = branch.steps
        found |= {Port(step.netns, step.link) for step in (*steps, *((branch.stop,) if branch.stop else ()))}
    return frozenset(found)


def _apart_ends(line: str) -> tuple[str, ...]:
    """Return the name of the link that a line puts into the namespace ``apart``."""
    words = line.split()
    return (words[words.index("peer") + 2],) if path_of(APART) in line and "peer" in words else ()


def _namespace(
    network: Network, netns: Netns, loads: rules.Loads, connections: tuple[Connection, ...], able: frozenset[str]
) -> NetnsPlan:
    namespace = network.namespace(netns)
    lines = (
        *(("link set dev lo up",) if (lo := namespace.link("lo")) is None or lo.up else ()),
        *link_settings.settings(namespace, able),
        *addresses.lost_addresses(namespace),
        *addresses.addresses(namespace),
        *addresses.neighbours(namespace),
        *addresses.still_known(network, netns),
        *routes.routes(namespace),
        *routes.lost_routes(namespace),  # the kernel refuses a route while its source address does not exist
        *routes.rules(namespace, 4),
    )
    return NetnsPlan(
        netns,
        sysctls=sysctls.before_links(network, netns),
        link_sysctls=sysctls.of_links(namespace),
        lines=lines,
        lines6=routes.rules(namespace, 6),
        bridge_lines=(*link_settings.vlans(namespace), *tunnels.forwarding_entries(network, netns, able)),
        loads=loads.loads,
        services=services_of(network, netns),
        running=link_settings.running(namespace),
        running_lines=tuple(link_settings.states(namespace)),
        connections=connections,
    )


_NOBODY = 1
"""A port on which no process listens."""


def services_of(network: Network, netns: Netns) -> tuple[Service, ...]:
    """Return the sockets to open.  The UDP port of a rebuilt tunnel device is not among them, because the device opens
    it itself."""
    host, namespace = network.host(netns.host), network.namespace(netns)
    tunnels = {
        link.tunnel.port
        for other, each in network.namespaces()
        for link in (each.links if other.host == netns.host else ())
        if link.tunnel and underlay_netns(other, link) == netns and is_rebuilt(network, other, link)
    }
    sockets = (each for each in namespace.sockets if each.protocol != "udp" or each.port not in tunnels)
    return tuple(
        dict.fromkeys(_service(network, host, each, frozen=never_answers(network, netns, each)) for each in sockets)
    )


def _of_rootless(network: Network, host: Host, relay: Relay, plain: Service) -> Service:
    """Return the service for a relay that connects from inside the container's namespace (rootless).  The replica has
    no such relay, so this service behaves as the container's own service does."""
    netns = Netns(host.name, relay.netns)
    behind = network.namespace(netns).sockets if netns in network else ()
    serving = [each for each in behind if (each.protocol, each.port) == (plain.protocol, relay.port)]
    if not serving:
        return msgspec.structs.replace(plain, does="relay", to=(4, "127.0.0.1", _NOBODY))
    if all(never_answers(network, netns, each) for each in serving):
        return msgspec.structs.replace(plain, does="hold")
    if all(each.is_full for each in serving):
        return msgspec.structs.replace(plain, does="full")
    return plain


def _service(network: Network, host: Host, socket: Socket, *, frozen: bool) -> Service:
    relay = socket.relay
    plain = Service(
        socket.protocol,
        socket.version,
        None if socket.address is None else address_text(socket.address, socket.version),
        socket.port,
        socket.device,
        socket.v6only,
        mark=socket.mark or None,
        uid=socket.uid or 0,
    )
    if frozen or (relay is not None and relay.holds_only):
        return msgspec.structs.replace(plain, does="hold")
    if socket.is_full:
        return msgspec.structs.replace(plain, does="full")
    if relay is not None and relay.netns:
        return _of_rootless(network, host, relay, plain)
    if relay is not None:
        to = (relay.version, address_text(relay.address, relay.version), relay.port)
        return msgspec.structs.replace(plain, does="relay", to=to, answers_by_route=answers_by_route(host, socket))
    return plain
