"""Makes the blueprint of a network: the parts that are rebuilt, and the reasons why other parts are not.

Bridge ports to containers that are not rebuilt are left out.  No frame of the flows takes these ports, but with 200
containers most of the work would be for them.

The listening sockets of a namespace are bound as in the snapshot.  Each service answers with arbitrary bytes, because
the snapshot does not show a service's real answers.  A relay (docker-proxy) really connects to its container.  Three
kinds of services never answer: a port that dockerd only holds, a halted process, and a paused container.  A socket with
a full backlog or receive queue drops new packets.
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.socket import Relay, Socket
from hairpin.message import Message, message
from hairpin.netfilter.ir import NameKey
from hairpin.netfilter.packet import Connection
from hairpin.network.attachment import sender_netns
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, Port, is_bridge_port, leads_to_left, veth_peer
from hairpin.network.prefix import LINK_LOCAL6, MULTICAST6, Version, address_text
from hairpin.network.routing import route_text
from hairpin.network.socket_owner import never_answers
from hairpin.network.tunnel.tunnels import underlay_netns
from hairpin.replica.plan import addresses, far_ends, link_settings, links, routes, rules, sysctls, tunnels
from hairpin.replica.plan.between import segments_plan
from hairpin.replica.plan.blueprint import APART, Blueprint, NetnsPlan, Service, named, path_of
from hairpin.replica.plan.connections import concerning, met_by
from hairpin.replica.plan.hardware_addresses import macs_behind
from hairpin.replica.plan.long_sets import known_addresses
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


_WORD = re.compile(r'[^\s",{}]+')


def thinned(network: Network, names: tuple[Netns, ...], met: frozenset[Port]) -> Network:
    """Return the network without bridge ports to containers that are not rebuilt, in the namespaces of ``names``.

    Links on the flows' paths (``met``) stay.  Links that rules name stay, too, because nft looks up the named links
    when it loads a rule.  Links with an added address or route also stay, because added addresses and routes affect the
    route lookups of other packets.  One running port of each bridge stays, because a bridge without a running port has
    no carrier."""
    for netns in names:
        namespace = network.namespace(netns)
        gone = set(_unneeded(network, netns, namespace, names, met))
        if gone:
            network = network.with_namespace(netns, _without(namespace, gone))
    return network


def _without(namespace: Namespace, gone: set[str]) -> Namespace:
    """Return the namespace without these links, and without the IPv6 address and the routes that the kernel gave each
    link."""
    return msgspec.structs.replace(
        namespace,
        links=tuple(link for link in namespace.links if link.name not in gone),
        addresses=tuple(each for each in namespace.addresses if each.link not in gone),
        routes=tuple(
            each
            for each in namespace.routes
            if not each.next_hops or any(hop.link not in gone for hop in each.next_hops)
        ),
    )


def _unneeded(
    network: Network, netns: Netns, namespace: Namespace, names: tuple[Netns, ...], met: frozenset[Port]
) -> Iterator[str]:
    spare = [
        link
        for link in namespace.links
        if is_bridge_port(namespace, link)
        and Port(netns, link.name) not in met
        and _is_behind_nothing(network, netns, link, names)
    ]
    if not spare:
        return
    named = _in_rules(namespace) | _with_something_on_them(namespace)
    carried = {link.master for link in namespace.links if link.carrier and link not in spare}
    for link in spare:
        if link.name in named:
            continue
        if link.carrier and link.master not in carried:
            carried.add(link.master)
            continue
        yield link.name


def _is_behind_nothing(network: Network, netns: Netns, link: Link, names: tuple[Netns, ...]) -> bool:
    """Return whether the link's peer is in a namespace that is not rebuilt."""
    if leads_to_left(network, netns, link):
        return True
    peer = veth_peer(network, netns, link)
    return peer is not None and peer.netns not in names


def _with_something_on_them(namespace: Namespace) -> frozenset[str]:
    """Return the links that have an address or a route that the kernel does not give every bridge port."""
    found = {each.link for each in namespace.addresses if not _is_kernels_own(each.version, each.value)}
    for route in namespace.routes:
        if not _is_kernels_own(route.version, route.destination):
            found.update(hop.link for hop in route.next_hops if hop.link is not None)
    return frozenset(found)


def _is_kernels_own(version: Version, address: int) -> bool:
    """Return whether the address is a link-local or multicast IPv6 address, as the kernel gives each link with IPv6.

    Source: net/ipv6/addrconf.c addrconf_dev_config(), addrconf_add_mroute()"""
    return LINK_LOCAL6.holds(address, version) or MULTICAST6.holds(address, version)


def _in_rules(namespace: Namespace) -> frozenset[str]:
    """Return all texts that may contain names of links: the words of all rules, the devices of chains, and the names in
    sets and maps."""
    found: set[str] = set()
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            found.update(chain.devices)
            for rule in chain.rules:
                found.update(_WORD.findall(rule.text))
        keys = [element.key for each in table.sets for element in each.elements]
        keys += [element.key for each in table.maps for element in each.elements]
        found.update(part.name for key in keys for part in key if isinstance(part, NameKey))
    return frozenset(found)
