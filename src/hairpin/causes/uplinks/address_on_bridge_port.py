"""A link was made a port of a bridge, and its addresses and routes stayed on it.

Users see: since a network card was put into a bridge (for virtual machines, LXC, macvtap), the host is out of reach, or
loses its neighbours after some seconds.

Proof: the bridge takes all frames that come in by its port, so a neighbour's answer never reaches the addresses of the
port.  With the addresses and the routes on the bridge, the packet passes.
Now: add the addresses to the bridge, move the routes to it, then delete the addresses of the port.
Lasting: correct the host's network configuration: the bridge has the addresses, and the port has none.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Namespace, Netns, OfLink, View, message
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.change.change import AddEntry, Change, DeleteEntry, Primitive, ReplaceEntry, SetLink
from hairpin.change.simulation.addresses import address_of
from hairpin.host.link import Address, Link
from hairpin.host.route import Route
from hairpin.network.lost_address import addresses_on_port
from hairpin.network.network import is_bridge_port, is_uplink
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each bridge port that leads to the outside and has addresses, in the namespaces on the
    flow's path."""
    for netns, namespace in namespaces_on_way(view):
        for port in namespace.links:
            bridge = namespace.link(port.master or "")
            own = addresses_on_port(namespace, port)
            outside = is_bridge_port(namespace, port) and is_uplink(view.network, netns, port)
            if bridge is not None and own and outside:
                yield _candidate(netns, namespace, port, bridge, own)


def _candidate(netns: Netns, namespace: Namespace, port: Link, bridge: Link, own: tuple[Address, ...]) -> Candidate:
    texts = ", ".join(f"{address_text(each.value, each.version)}/{each.prefix_length}" for each in own)
    facts = {"port": port.name, "bridge": bridge.name, "addresses": texts}
    return Candidate(
        title=message("{port} is a port of {bridge}, but its addresses are still on {port} itself", **facts),
        detail=message(
            "Frames that come in through a port belong to its bridge, so {bridge} gets the answers to ARP requests of "
            "{port}. The addresses {addresses} and the routes through {port} belong on {bridge}.",
            **facts,
        ),
        change=Change(tuple(_moving(netns, namespace, port, bridge, own))),
        where=OfLink(link=port.name, master=bridge.name),
        in_class="kernels-own",
        evidence=tuple(dict.fromkeys(each for each in (port.evidence, bridge.evidence) if each)),
        advice=(
            message(
                "run all these commands at once, from the console or as one script: this host is out of reach until "
                "the last command has run. If {port} should not be in {bridge}: ip link set {port} nomaster",
                **facts,
            ),
        ),
    )


def _moving(
    netns: Netns, namespace: Namespace, port: Link, bridge: Link, own: tuple[Address, ...]
) -> Iterator[Primitive]:
    """Yield the parts that move the addresses and the routes.  A route with a gateway needs the address on the bridge
    first, and the kernel deletes the port's routes with the port's address."""
    if not bridge.up:
        yield SetLink(netns, msgspec.structs.replace(bridge, up=True))
    held = {(each.version, each.value) for each in namespace.addresses if each.link == bridge.name}
    for each in own:
        if (each.version, each.value) not in held:
            yield AddEntry(netns, msgspec.structs.replace(each, link=bridge.name, evidence=""))
    for route in namespace.routes:
        if _is_to_move(namespace, route, port.name):
            hops = tuple(
                msgspec.structs.replace(hop, link=bridge.name) if hop.link == port.name else hop
                for hop in route.next_hops
            )
            yield ReplaceEntry(netns, route, msgspec.structs.replace(route, next_hops=hops, nexthop_id=None))
    for each in own:
        yield DeleteEntry(netns, each)


def _is_to_move(namespace: Namespace, route: Route, link: str) -> bool:
    """Return whether the route was made by a program or a person.  The kernel makes the routes of an address itself."""
    if route.protocol in ("kernel", "ra") or route.type != "unicast" or address_of(namespace, route) is not None:
        return False
    return any(hop.link == link for hop in route.next_hops)


CAUSE = Cause(
    title=message("A bridge port has kept the addresses that belong on the bridge"),
    source="net/bridge/br_input.c br_handle_frame()",
    reasons=frozenset({"no-neighbour", "rp-filter"}),
)
