"""The route into a container network's bridge is gone, so translated packets leave by the default route.

Users see: clients time out, or get "No route to host".

Proof: no route to the container's subnet leads through its bridge.  With the route the packet arrives.
Now: ``ip route add SUBNET dev BRIDGE``.
Lasting: the engine makes the route when it starts.  Keep network managers away from the bridge (unmanaged).
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, View, message, of_missing
from hairpin.change.change import AddEntry, one
from hairpin.engines.repair.bridging import lost_addresses
from hairpin.host.route import NextHop, Route
from hairpin.network.attachment import network_for


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the host has no route by the bridge to the subnet of the packet's container network.

    Yield none if the bridge has lost its address in the subnet: the kernel adds the route together with the address."""
    packet = view.stop.seen.packet
    network = network_for(view.host, packet.daddr, packet.version)
    if network is None or network.bridge is None or not view.on_host:
        return
    bridge = view.host_namespace.link(network.bridge)
    subnet = next((each for each in network.subnets if each.version == packet.version), None)
    if bridge is None or subnet is None or not bridge.up:
        return
    wanted = (subnet.network, subnet.prefix_length)
    if any(
        (route.destination, route.prefix_length) == wanted
        and any(hop.link == network.bridge for hop in route.next_hops)
        for route in view.host_namespace.routes
    ):
        return
    if any(subnet.holds(each.value, each.version) for each in lost_addresses(view.host, network)):
        return
    text = str(subnet.prefix)
    route = Route(
        subnet.version,
        subnet.network,
        subnet.prefix_length,
        next_hops=(NextHop(network.bridge),),  # the bridge's own address becomes the packet's source
    )
    yield Candidate(
        title=message("The route to {subnet} through {bridge} is missing", subnet=text, bridge=network.bridge),
        detail=message(
            "The host has no route through {bridge} to the containers of network {name}.",
            bridge=network.bridge,
            name=network.name,
        ),
        change=one(AddEntry(view.host_netns, route)),
        where=of_missing(route, view.host_namespace.routes),
        in_class="link-or-route",
        evidence=tuple(
            dict.fromkeys(each.evidence for each in view.host_namespace.routes if each.version == subnet.version)
        )[:1],
        advice=(message("keep network managers away from {link} (unmanaged)", link=network.bridge),),
    )


CAUSE = Cause(
    title=message("The route into the container network is missing"),
    source="net/ipv4/fib_frontend.c fib_add_ifaddr()",
    reasons=frozenset({"left-instead", "no-route", "no-neighbour", "route-type", "no-source-address", "martian-source",
                       "rp-filter", "wrong-answer", "route-localnet", *RULE_STOPS}),
)  # fmt: skip
