"""The world around the hosts as one namespace, which stands for any client, router, neighbour, peer or gateway.

For packets that come from a wire, a route makes every address local.  Because of this route, the world answers ARP for
every address and accepts every packet.  Policy rules before that route drop packets that the outside would not answer:
an untranslated source, a peer's filter, a gateway that does not hairpin.  The world has a permanent entry for the
host's hardware address, as a router does.  The world sends neighbour solicitations for the host's IPv6 addresses,
because the host's rules may drop them.  The walk makes the same assumptions about the outside (walk/outside.py).
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.lost_address import lost_by, named_for
from hairpin.network.network import Network, Port, accepts_address, addresses_of, is_held, owns_address, veth_peer
from hairpin.network.prefix import LINK_LOCAL6, Version, address_text, parse_address, prefix_text, width
from hairpin.network.stacked import link_of, lower_of, takes_address
from hairpin.network.world import Peer
from hairpin.replica.plan import between, far_ends, replies, routers
from hairpin.replica.plan.blueprint import WORLD, NetnsPlan, Service, SysctlValue, Way
from hairpin.replica.plan.entry import entry
from hairpin.replica.plan.hardware_addresses import accepting_rules, macs_behind, world_end_lines
from hairpin.replica.plan.links import Wire, holder_of, mac_of
from hairpin.replica.plan.replies import exempted_prefixes, known_sources
from hairpin.replica.plan.routers import routes, rules, wire_mtu
from hairpin.walk.link.neighbour_discovery import asked_for
from hairpin.walk.walked import walked

_TABLE = 100
_FILTERED = (ICMP, TCP, UDP, ICMP6)
"""The protocols that a filtering peer drops.

If the peer's rules named no protocols, they would also drop ARP requests, which the peer answers."""
_SYSCTLS = (
    ("net/ipv4/ip_forward", "0"), ("net/ipv4/ip_nonlocal_bind", "1"), ("net/ipv6/ip_nonlocal_bind", "1"),
    ("net/ipv4/conf/all/rp_filter", "0"), ("net/ipv4/conf/default/rp_filter", "0"),
    ("net/ipv4/conf/all/accept_local", "1"), ("net/ipv4/conf/default/accept_local", "1"),
    ("net/ipv4/conf/all/arp_ignore", "0"), ("net/ipv4/conf/default/arp_ignore", "0"),
    ("net/ipv4/conf/all/arp_filter", "0"), ("net/ipv4/conf/default/arp_filter", "0"),
    ("net/ipv4/conf/all/send_redirects", "0"), ("net/ipv4/conf/default/send_redirects", "0"),
    ("net/ipv6/conf/all/disable_ipv6", "0"), ("net/ipv6/conf/default/disable_ipv6", "0"),
    ("net/ipv6/conf/default/accept_dad", "0"), ("net/ipv6/conf/default/dad_transmits", "0"),
    ("net/ipv6/conf/default/router_solicitations", "0"), ("net/ipv6/conf/default/accept_ra", "0"),
    ("net/ipv4/icmp_ratemask", "0"), ("net/ipv4/tcp_synack_retries", "0"),
)  # fmt: skip


def ways(wires: tuple[Wire, ...]) -> tuple[Way, ...]:
    """Return the ways by which outside clients, and the far ends of a host's tunnels, send packets into the links of
    the hosts and of their containers."""
    return tuple(Way(wire.netns, wire.link.name, wire.name, 1 + number) for number, wire in enumerate(wires))


def world(
    network: Network, flows: tuple[Flow, ...], wires: tuple[Wire, ...], changed: Network | None = None
) -> NetnsPlan:
    """Return the world's namespace for these flows.  ``changed``: the network after a change, as in ``blueprint()``."""
    known = macs_behind(network, wires)
    lines = ["link set dev lo up"]
    for number, wire in enumerate(wires):
        made = (*far_ends.device(wire), *world_end_lines(wire, known[number]))
        lines += (*made, *_wire(network, flows, wire, number, changed))
    lines += (*far_ends.routes(wires), *far_ends.neighbours(network, wires))
    rules4, rules6 = (
        (
            *_rules(network, flows, wires, version, changed),
            *replies.rules(wires),
            *far_ends.rules(wires, version),
            *rules(network, flows, wires, version, {each.wire: each.mark for each in ways(wires)}),
        )
        for version in (4, 6)
    )
    lines += (line for version in (4, 6) for line in _table(network, flows, version, changed))
    several = len(network.hosts) > 1
    return NetnsPlan(
        WORLD,
        sysctls=(
            *(SysctlValue(path, value) for path, value in _SYSCTLS),
            *replies.SYSCTLS,
            *(between.FORWARDING if several else ()),
        ),
        link_sysctls=(
            *routers.asking(network, flows, wires),
            *(between.proxy_arp_settings(far_ends.without(wires)) if several else ()),
        ),
        lines=tuple(dict.fromkeys((*lines, *rules4))),
        lines6=tuple(dict.fromkeys(rules6)),
        loads=(*accepting_rules(known), *replies.marking(wires, flows), *far_ends.opening(network, wires)),
        services=tuple(dict.fromkeys(_services(network, flows, wires, changed))),
        running=tuple(wire.name for wire in wires if wire.link.up and wire.link.carrier),
    )


def _wire(network: Network, flows: tuple[Flow, ...], wire: Wire, number: int, changed: Network | None) -> Iterator[str]:
    yield f"link set dev {wire.name} addrgenmode none"
    if wire.link.up and not wire.link.carrier:
        return  # no machine is at the wire's other end
    yield from wire_mtu(wire)
    yield f"link set dev {wire.name} up"
    # A router sends solicitations from its link-local address.
    if not any(LINK_LOCAL6.holds(parse_address(each)[1], 6) for each in _answered6(network, changed, wire)):
        yield f"address add fe80::ffff:{number + 1}/64 dev {wire.name} nodad noprefixroute"
    versions: tuple[Version, ...] = (4, 6)
    for version in versions:
        for address in _others(network, wire, version):
            yield f"route add {address}/{width(version)} dev {wire.name} metric {number + 1}"
            yield f"route add {address}/{width(version)} dev {wire.name} table {replies.table_of(number)}"
        everything = "0.0.0.0/0" if version == 4 else "::/0"
        router, line = routers.next_hop(network, flows, wire, version)
        yield line
        yield f"route add {everything} via {router} dev {wire.name} onlink metric {number + 1}"
        for table in (_TABLE + 1 + number, replies.table_of(number)):
            yield f"route add {everything} via {router} dev {wire.name} onlink table {table}"
        yield from routes(network, flows, wire, number, version)
    for near in _asked_near(flows):  # the kernel does not use a route by another link: net/ipv6/route.c rt6_check_dev()
        yield f"route add local {near}/128 dev {wire.name} table {_TABLE} metric {number + 1}"
    yield from _stacked(network, flows, wire, _TABLE + 1 + number)
    for way in _asked6(network, flows, wire):
        yield f"route add {way} table {_TABLE + 1 + number}"
    for address in _answered6(network, changed, wire):
        yield f"address add {address}/128 dev {wire.name} nodad noprefixroute"
    for far in (far for flow in flows if flow.version == 6 for far in _far6(network, flow)):
        # An address behind a router takes no part in neighbour discovery, so it is on lo.  A link-local address is
        # always on the link.
        where = wire.name if LINK_LOCAL6.holds(far, 6) or _is_near(network, wire, far) else "lo"
        yield f"address add {address_text(far, 6)}/128 dev {where} nodad noprefixroute"


def _far6(network: Network, flow: Flow) -> tuple[int, ...]:
    """Return the outside addresses of the IPv6 flow: its client's address, and its destination if the destination is
    outside."""
    begins = entry(network, flow)
    ends = [flow.start.address] if isinstance(flow.start, (Outside, Lan)) else []
    ends += [flow.daddr] if begins is None or begins.link else []
    return tuple(each for each in ends if not is_held(network, 6, each))


def _others(network: Network, wire: Wire, version: Version) -> Iterator[str]:
    """Yield the addresses of the host's other namespaces that are in a network of the wire's link.  The world resolves
    these addresses itself."""
    namespace = network.namespace(wire.netns)
    holder = holder_of(namespace, wire.link)
    subnets = addresses_of(namespace, holder.name, version)
    for netns, other in network.namespaces():
        if netns == wire.netns or netns.host != wire.netns.host:
            continue
        for address in addresses_of(other, None, version):
            if any(each.holds(address.value, version) for each in subnets):
                yield address_text(address.value, version)


def _stacked(network: Network, flows: tuple[Flow, ...], wire: Wire, table: int) -> Iterator[str]:
    """Yield the lines by which outside clients reach a macvlan on the wire's link at its own hardware address.

    Source: walk/link/device.py _stacked()"""
    if not wire.netns.is_host:
        return
    for flow in flows:
        begins = entry(network, flow)
        asked = parse_address(begins.destination)[1] if begins is not None else None
        if begins is None or asked is None or accepts_address(network.namespace(wire.netns), flow.version, asked):
            continue
        receiver = takes_address(network, Port(wire.netns, wire.link.name), flow.version, asked)
        if receiver is not None and (link := link_of(network, receiver)).kind == "macvlan":
            known = write_mac(mac_of(receiver.netns, link))
            yield f"neighbour replace {begins.destination} lladdr {known} dev {wire.name} nud permanent"
            yield f"route add {begins.destination}/{width(flow.version)} dev {wire.name} table {table}"


def _is_near(network: Network, wire: Wire, far: int) -> bool:
    """Return whether a rebuilt namespace has an on-link route to the IPv6 address, and the route's link leads out by
    the wire."""
    return any(
        hop.gateway is None and hop.link is not None and _leads_out(network, netns, hop.link, wire)
        for netns, namespace in network.namespaces()
        for route in namespace.routes
        if (route.version, route.type) == (6, "unicast") and route.holds(far, 6)
        for hop in route.next_hops
    )


def _leads_out(network: Network, netns: Netns, name: str, wire: Wire) -> bool:
    """Return whether the link and the wire have the same neighbours.  A link has the neighbours of a wire if it is
    stacked on the wire's link or on that link's bridge, or if it is a veth to that bridge."""
    holder = holder_of(network.namespace(wire.netns), wire.link).name
    link = network.namespace(netns).link(name)
    if netns == wire.netns or link is None:
        return netns == wire.netns and name == holder
    lower = lower_of(network, netns, link)
    if lower is not None:
        return lower in (Port(wire.netns, wire.link.name), Port(wire.netns, holder))
    peer = veth_peer(network, netns, link)
    return peer is not None and peer.netns == wire.netns and link_of(network, peer).master == holder


def _asked6(network: Network, flows: tuple[Flow, ...], wire: Wire) -> Iterator[str]:
    """Yield routes to the host's IPv6 addresses to which outside clients send.  The world sends a neighbour
    solicitation for the address, or for the address of the host's link that stands for it, because the host's rules may
    drop the solicitation."""
    if not wire.netns.is_host:
        return
    namespace = network.namespace(wire.netns)
    for flow in flows:
        begins = entry(network, flow) if flow.version == 6 else None
        value = parse_address(begins.destination)[1] if begins is not None else None
        if begins is None or value is None or not owns_address(namespace, 6, value):
            continue
        asked = asked_for(namespace, holder_of(namespace, wire.link).name, value)
        if asked is not None:
            via = "" if asked == value else f" via {address_text(asked, 6)} onlink"
            yield f"{begins.destination}/128{via} dev {wire.name}"


def _answered6(network: Network, changed: Network | None, wire: Wire) -> Iterator[str]:
    """Yield the outside IPv6 addresses that a solicitation on this wire may ask for, before and after a change."""
    holder = holder_of(network.namespace(wire.netns), wire.link).name
    both = (each.namespace(wire.netns) for each in (network, changed) if each is not None and wire.netns in each)
    for route in dict.fromkeys(route for namespace in both for route in namespace.routes):
        for hop in route.next_hops:
            if hop.gateway is not None and (hop.gateway_version or route.version) == 6 and hop.link == holder:
                yield address_text(hop.gateway, 6)


def _rules(
    network: Network, flows: tuple[Flow, ...], wires: tuple[Wire, ...], version: Version, changed: Network | None
) -> Iterator[str]:
    """Yield the policy rules of the world: packets to clients are delivered, and packets that the outside would not
    answer are dropped."""
    bits, everything = width(version), "0.0.0.0/0" if version == 4 else "::/0"
    yield "rule add priority 5000 lookup local"
    yield "rule del priority 0"
    for number, way in enumerate(ways(wires)):
        yield f"rule add priority {10 + number} fwmark {way.mark} iif lo lookup {_TABLE + way.mark}"
        yield f"rule add priority {100 + number} fwmark {way.mark} iif lo blackhole"  # the wire has no live peer
    wires = far_ends.without(wires)
    if len(network.hosts) > 1:
        yield from between.forwarding_rules(network, wires, version, _TABLE + 1)
        yield from between.own_rules(network, wires, version, _TABLE + 1)
        yield from between.sinks(network, wires)
    clients = [begins.source for flow in flows if flow.version == version and (begins := entry(network, flow))]
    for wire in wires:
        if clients:
            yield from _router_rules(network, wire, version)
        for client in dict.fromkeys(clients):
            yield f"rule add priority 200 iif {wire.name} to {client}/{bits} lookup {_TABLE}"
        if version == 6:
            for near in _asked_near(flows):
                # A link inside a host may have the same link-local address.
                yield f"rule add priority 200 iif {wire.name} to {near}/128 lookup {_TABLE}"
            for always in ("fe80::/10", "::/128"):
                yield f"rule add priority 201 iif {wire.name} from {always} lookup local"
            for always in ("fe80::/10", "ff00::/8"):
                yield f"rule add priority 201 iif {wire.name} to {always} lookup local"
        if any(peer.link for peer in _peers(network, wire, version)):
            for near in _networks_on(network, wire, version):
                yield f"rule add priority 299 iif {wire.name} to {near} lookup {_TABLE}"
        for number, peer in enumerate(_peers(network, wire, version)):
            for accepted in peer.accepts:
                source = prefix_text(*accepted, version)
                yield (
                    f"rule add priority {300 + number} iif {wire.name} from {source} to {peer.prefix} lookup {_TABLE}"
                )
            for protocol in _FILTERED:
                refused = f"to {peer.prefix} ipproto {protocol} blackhole"
                yield f"rule add priority {300 + number} iif {wire.name} {refused}"
        both = tuple(each for each in (network, changed) if each is not None)
        known = [source for each in both for source in (*known_sources(each, version), *_beside(each, wire, version))]
        known += (source for each in both for source in exempted_prefixes(each, flows, version))
        for source in dict.fromkeys((*known, *(f"{client}/{bits}" for client in clients))):
            yield f"rule add priority 600 iif {wire.name} from {source} lookup {_TABLE}"
        if version == 6:
            yield f"rule add priority 601 iif {wire.name} from fc00::/7 blackhole"
            yield f"rule add priority 602 iif {wire.name} from {everything} lookup {_TABLE}"
        yield f"rule add priority 700 iif {wire.name} from {everything} blackhole"


def _peers(network: Network, wire: Wire, version: Version) -> Iterator[Peer]:
    """Yield the peers that packets of the wire's host can reach by this wire."""
    for each in network.world.peers:
        known = each.version == version and each.concerns(wire.netns.host)
        if known and each.link in ("", holder_of(network.namespace(wire.netns), wire.link).name):
            yield each


def _router_rules(network: Network, wire: Wire, version: Version) -> Iterator[str]:
    """Yield the rules of the router behind the wire that the user stated.  The stated router also drops answers to
    clients.  All other packets jump to the clients' rules (priority 200)."""
    for peer in (each for each in _peers(network, wire, version) if each.link):
        there = str(peer.prefix)
        for accepted in peer.accepts:
            yield f"rule add priority 150 iif {wire.name} from {prefix_text(*accepted, version)} goto 200"
        for near in _networks_on(network, wire, version):
            yield f"rule add priority 150 iif {wire.name} to {near} goto 200"
        for protocol in _FILTERED:
            yield f"rule add priority 151 iif {wire.name} to {there} ipproto {protocol} blackhole"


def _networks_on(network: Network, wire: Wire, version: Version) -> Iterator[str]:
    """Yield the networks of the wire's link.  Packets to machines in these networks do not pass the router."""
    namespace = network.namespace(wire.netns)
    for each in addresses_of(namespace, holder_of(namespace, wire.link).name, version):
        yield str(each.prefix)


def _asked_near(flows: tuple[Flow, ...]) -> tuple[str, ...]:
    """Return the link-local destinations of the flows."""
    found = dict.fromkeys(flow.daddr for flow in flows if LINK_LOCAL6.holds(flow.daddr, flow.version))
    return tuple(address_text(each, 6) for each in found)


def _beside(network: Network, wire: Wire, version: Version) -> Iterator[str]:
    """Yield the networks of a container's link that leads out.  The machine behind this link answers the container
    itself."""
    if not wire.netns.is_host and wire.netns in network:
        yield from _networks_on(network, wire, version)


def _table(network: Network, flows: tuple[Flow, ...], version: Version, changed: Network | None) -> Iterator[str]:
    """Yield the routing table for packets that enter the world: every destination is local, except addresses that no
    outside machine has."""
    everything = "0.0.0.0/0" if version == 4 else "::/0"
    yield f"route add local {everything} dev lo table {_TABLE}"
    lost = {flow.daddr for flow in flows if flow.version == version and lost_by(network, flow) is not None}
    asked = {flow.daddr for flow in flows if flow.version == version} - _containers(network, version) - lost
    lost |= {each for each in asked if named_for(network, version, each) is not None}
    # an address that the change gives to a host belongs to no outside machine, not even before the change
    if changed is not None:
        lost |= {each for each in asked if is_held(changed, version, each) and not is_held(network, version, each)}
    asked -= lost
    for address in sorted(lost):
        yield f"route add blackhole {address_text(address, version)}/{width(version)} table {_TABLE}"
    for engine in (engine for host in network.hosts for engine in host.engines):
        for each in engine.networks:
            for subnet in each.subnets if each.driver == "bridge" else ():
                if subnet.version == version:
                    yield f"route add blackhole {subnet.prefix} table {_TABLE}"
    for gateway in routers.covered_gateways(network, changed, version):
        yield f"route add local {gateway}/{width(version)} dev lo table {_TABLE}"
    clients = {
        flow.start.address for flow in flows if flow.version == version and isinstance(flow.start, (Outside, Lan))
    }
    found = {flow.daddr for flow in flows if (begins := entry(network, flow)) is not None and not begins.link}
    for known in sorted(asked | clients):
        text = f"route add local {address_text(known, version)}/{width(version)} dev lo table"
        yield f"{text} {_TABLE}"
        if not is_held(network, version, known) or known in asked - found:
            # The world needs this address as its own source address: net/ipv4/devinet.c __ip_dev_find() asks this
            # table.  If a container has the same address, packets that left the host may still be delivered to this
            # address in the world.  Packets towards the container carry the wire's mark and do not use this route.
            yield f"{text} local"
    for public in network.world.publics:
        if public.version == version and not public.hairpins:
            yield f"route replace blackhole {address_text(public.public, version)}/{width(version)} table {_TABLE}"


def _containers(network: Network, version: Version) -> set[int]:
    """Return the addresses of containers, for which no outside machine answers (network/strayed.py is_containers())."""
    endpoints = (each for host in network.hosts for container in host.containers() for each in container.endpoints)
    addresses = (each.ipv4 if version == 4 else each.ipv6 for each in endpoints)
    return {each for each in addresses if each is not None}


def _services(
    network: Network, flows: tuple[Flow, ...], wires: tuple[Wire, ...], changed: Network | None
) -> Iterator[Service]:
    """Yield the world's services: for the flow's destination port, and for each port to which NAT translates it, before
    or after the change.  Every wire has its own service.  Therefore the answer leaves by the request's wire."""
    both = tuple(each for each in (network, changed) if each is not None)
    for flow in flows:
        if flow.protocol == "icmp":
            continue
        steps = (step for each in both for branch in walked(each, flow).branches for step in branch.request)
        left = {step.packet.dport for step in steps if step.stage in ("outside", "tunnel") and step.packet.dport}
        for port in sorted(left | {flow.dport}):
            for number, wire in enumerate(wires):
                bound = Service(flow.protocol, flow.version, None, port, wire.name, mark=replies.mark_of(number))
                yield msgspec.structs.replace(bound, v6only=flow.version == 6)
