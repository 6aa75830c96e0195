"""Because of an address or its prefix length, the kernel has a route that leads packets for another machine to this
machine, or to a wrong link.

Users see: since an address was added or changed, this host or container cannot reach one machine or one network.

Proof: the lookup finds a route that the kernel made for this address, and the packet is for a machine elsewhere.  The
route for the broadcast address counts, too, because the kernel keeps the packets to this address for itself.  If the
address is deleted, the packet arrives.  If a container engine assigned the address, the packet arrives with the prefix
length that the engine assigned.
Now: ``ip address del ADDRESS/LENGTH dev LINK``, then add the right address.  If a container network has an address or
the range of the host's own network, recreate this network with another subnet.
Lasting: correct the network configuration that sets the address.
"""

import msgspec

from hairpin.causes.container._engine_gateway import default_route
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Namespace, Netns, OfContainer, OfLink, View, message
from hairpin.causes.routing._asked import is_elsewhere, lookups_on_way, namespaces_on_way
from hairpin.causes.routing._overlap import of_networks, overlapping_uplink
from hairpin.change.change import AddEntry, Change, DeleteEntry, one
from hairpin.change.simulation.addresses import address_of
from hairpin.engines.repair.bridging import engine_addresses
from hairpin.host.link import Address
from hairpin.network.attachment import attachment_of, network_of_bridge
from hairpin.network.network import is_bridge_port, is_uplink, owns_address
from hairpin.network.prefix import address_text, is_loopback
from hairpin.network.routing import route_text
from hairpin.network.strayed import is_typed_in
from hairpin.walk.deciders import Lookup


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each wrong address: its prefix length differs from the length that its engine gave, or a
    gateway, another machine or the packet's sender should have the address, or the address's route decided a lookup for
    another machine's address."""
    version = view.stop.seen.packet.version
    for netns, namespace in namespaces_on_way(view):
        lengths = _lengths(view, netns)
        for address in (each for each in namespace.addresses if each.version == version):
            length = lengths.get(address.value)
            if length and length != address.prefix_length:
                yield _misfitting(view, netns, address, length)
            elif length is None and _is_gateway(namespace, address) and not _is_networks(view, netns, address):
                yield _of_gateway(netns, address)
    yield from of_networks(view)
    yield from _of_sender(view)
    yield from _of_source(view)
    for each in lookups_on_way(view):
        if each.found.route is None:
            continue
        own = address_of(view.network.namespace(each.netns), each.found.route)
        known = _lengths(view, each.netns)
        if own is not None and own.value in known and each.found.type == "broadcast":
            yield from _on_last_address(view, each)
        if own is None or own.value in known or _is_on_port(view, each, own):
            continue
        overlap = overlapping_uplink(view, each, own)
        if overlap is not None:
            yield overlap
            continue
        # An engine assigns all addresses of a container and its veth.  An address that no engine assigned is a
        # mistake.
        of_container = bool(known) and not each.netns.is_host and not is_loopback(own.value, own.version)
        foreign = is_elsewhere(view, each) and not _may_be_a_neighbour(view, each)
        if foreign or of_container or _is_typed_in(view, each.netns, own):
            yield _foreign(each, own)


def _on_last_address(view: View, each: Lookup) -> Iterator[Candidate]:
    """Yield the candidate for a container that has the broadcast address of its own network."""
    route, version = each.found.route, each.query.version
    found = attachment_of(view.network, view.host, each.query.daddr, version)
    if found is None or route is None:
        return
    facts = {
        "name": found.container.name,
        "address": address_text(each.query.daddr, version),
        "network": found.network.name,
    }
    yield Candidate(
        title=message("Container {name} has {address}, the broadcast address of network {network}", **facts),
        detail=message(
            "The host takes packets to {address} for broadcasts (`{route}`), and TCP accepts no broadcast.",
            route=route_text(route),
            **facts,
        ),
        change=one(DeleteEntry(each.netns, route)),
        where=OfContainer(found.container.name, network=found.network.name, address=facts["address"]),
        in_class="diverting-route",
        evidence=(route.evidence,),
        advice=(
            message("recreate container {name} with another address, for example by --ip", **facts),
            message("keep the last address of the subnet out of --ip-range, so that no container gets it"),
        ),
    )


def _is_on_port(view: View, each: Lookup, own: Address) -> bool:
    """Return whether the address is on a bridge port that leads to the outside.

    An address on a bridge port that leads to the outside belongs to the host, and has to be moved to the bridge."""
    namespace = view.network.namespace(each.netns)
    link = namespace.link(own.link)
    return link is not None and is_bridge_port(namespace, link) and is_uplink(view.network, each.netns, link)


def _of_sender(view: View) -> Iterator[Candidate]:
    """Yield the candidate for an address that no engine gave to the namespace where the packet stopped.

    The sender of the packet has the same address.  The kernel takes the sender's packets for spoofed packets
    (net/ipv4/fib_frontend.c __fib_validate_source())."""
    packet = view.stop.seen.packet
    if view.stop.reason != "martian-source":
        return
    for address in view.namespace.addresses:
        of_sender = (address.version, address.value) == (packet.version, packet.saddr)
        if of_sender and address.value not in _lengths(view, view.stop.netns):
            text = address_text(address.value, address.version)
            detail = message(
                "The kernel drops packets from {address}, because that is one of its own addresses.", address=text
            )
            yield _taking(view.stop.netns, address, detail)


def _of_source(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a container's address that no engine gave, if the container sends from it and the answer
    does not come back: for example an address from a stray router advertisement."""
    first = next(iter(view.branch.request), None)
    if first is None or first.netns.is_host or first.netns not in view.network:
        return
    version, source, known = first.packet.version, first.packet.saddr, _lengths(view, first.netns)
    addresses = view.network.namespace(first.netns).addresses
    links = {each.link for each in addresses if each.version == version and each.value in known}
    container = view.network.container_of(first.netns)
    if source in known or container is None:
        return
    for own in addresses:  # a VPN of the container has a link of its own
        if (own.version, own.value) != (version, source) or own.scope != "global" or own.link not in links:
            continue
        text = address_text(source, version)
        yield Candidate(
            title=message("{name} sends from {address}, which no engine gave to it", name=container.name, address=text),
            detail=message(
                "The kernel prefers {address} on {link} as the source of these packets. The engine's rules and the "
                "host's routes are for the addresses that the engine gave, so no answer comes back.",
                address=text,
                link=own.link,
            ),
            change=one(DeleteEntry(first.netns, own)),
            where=OfContainer(container.name, address=text),
            in_class="diverting-route",
            evidence=(own.evidence,),
            advice=(
                message("find what sets {address}: a router advertisement, a program in {name}", address=text,
                        name=container.name),
            ),
        )  # fmt: skip


def _is_typed_in(view: View, netns: Netns, address: Address) -> bool:
    host, namespace = view.network.host(netns.host), view.network.namespace(netns)
    return is_typed_in(host, namespace, address.version, address.value)


def _lengths(view: View, netns: Netns) -> dict[int, int]:
    """Return the prefix lengths that the engines gave to the addresses in the namespace, by address."""
    return {each.value: each.prefix_length for each in engine_addresses(view.network.host(netns.host), netns.name)}


def _may_be_a_neighbour(view: View, each: Lookup) -> bool:
    """Return whether another host that was read may have the looked-up address on the link of the found route.

    No reading tells whether the link leads to that host.  If the link leads there, the host's own address must not be
    deleted."""
    address, version = each.query.daddr, each.query.version
    others = (
        owns_address(namespace, version, address)
        for netns, namespace in view.network.namespaces()
        if netns.host != each.netns.host
    )
    return each.found.type != "local" and each.netns.is_host and any(others)


def _is_gateway(namespace: Namespace, address: Address) -> bool:
    """Return whether a route in the namespace has this address as its gateway.

    An address that routes use as their gateway should belong to the gateway, and not to the namespace."""
    return any(
        (hop.gateway, route.version) == (address.value, address.version)
        for route in namespace.routes
        for hop in route.next_hops
    )


def _is_networks(view: View, netns: Netns, address: Address) -> bool:
    """Return whether the address is on the bridge of an engine's network.  Docker before 28 tells a network's gateway
    only if a user stated it."""
    return netns == view.host_netns and network_of_bridge(view.host, address.link) is not None


def _of_gateway(netns: Netns, address: Address) -> Candidate:
    text = address_text(address.value, address.version)
    return Candidate(
        title=message("{link} has {address}, the address of its gateway", link=address.link, address=text),
        detail=message(
            "{address} is the gateway of a route. The gateway's own neighbour requests come from that address, and the "
            "kernel answers no request that comes from an address of this machine.",
            address=text,
        ),
        change=one(DeleteEntry(netns, address)),
        where=OfLink(link=address.link, address=f"{text}/{address.prefix_length}"),
        in_class="kernels-own",
        evidence=(address.evidence,),
        cuts=True,
    )


def _misfitting(view: View, netns: Netns, address: Address, length: int) -> Candidate:
    text = address_text(address.value, address.version)
    wanted = msgspec.structs.replace(address, prefix_length=length, secondary=False, broadcast=None)
    return Candidate(
        title=message(
            "{link} has {address} with the prefix length {length} instead of {wanted}",
            link=address.link,
            address=text,
            length=address.prefix_length,
            wanted=length,
        ),
        detail=message("The engine gave this address the prefix length {wanted}.", wanted=length),
        # Add the right address before the wrong address is deleted, because a link that always has an address keeps its
        # routes with a gateway.
        change=Change((AddEntry(netns, wanted), DeleteEntry(netns, address), *_way_out(view, netns, wanted))),
        where=OfLink(link=address.link, address=f"{text}/{address.prefix_length}"),
        in_class="kernels-own",
        evidence=(address.evidence,),
    )


def _way_out(view: View, netns: Netns, wanted: Address) -> Iterator[AddEntry]:
    """Yield the part that adds the container's default route by the link, if the route was lost with the address."""
    namespace = view.network.namespace(netns)
    host = view.network.host(netns.host)
    for container in host.containers() if not netns.is_host else ():
        if container.netns != netns.name:
            continue
        for endpoint in host.engine_of(container).endpoints_of(container):
            gateway = endpoint.gateway4 if wanted.version == 4 else endpoint.gateway6
            held = gateway is not None and wanted.holds(gateway, wanted.version)
            if held and wanted.value in (endpoint.ipv4, endpoint.ipv6):
                yield from default_route(netns, namespace, wanted.version, wanted.link, gateway)
                return


def _foreign(each: Lookup, address: Address) -> Candidate:
    route = each.found.route
    detail = message(
        "Packets to {asked} take the route `{route}`, which the kernel made for this address.",
        asked=address_text(each.query.daddr, each.query.version),
        route=route_text(route) if route is not None else "",
    )
    return _taking(each.netns, address, detail)


def _taking(netns: Netns, address: Address, detail: Message) -> Candidate:
    text = address_text(address.value, address.version)
    return Candidate(
        title=message(
            "The address {address} of {link} takes another machine's packets", address=text, link=address.link
        ),
        detail=detail,
        change=one(DeleteEntry(netns, address)),
        where=OfLink(link=address.link, address=f"{text}/{address.prefix_length}"),
        in_class="diverting-route",
        evidence=(address.evidence,),
        cuts=True,
        made_by=("address-held-twice",),
    )


CAUSE = Cause(
    title=message("An address takes another machine's packets"),
    source="net/ipv4/fib_frontend.c fib_add_ifaddr(): the routes of an address",
    general=True,
)
