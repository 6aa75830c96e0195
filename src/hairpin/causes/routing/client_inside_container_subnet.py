"""The client's address is inside a container network's subnet, so replies to the client go into the bridge.

Users see: only the clients of one office or VPN time out.  The SYN arrives, and the SYN-ACK never leaves the host.

Proof: the client's address is in the bridge's subnet, so the reply goes into the bridge.  With another subnet the reply
reaches the client.
Now: recreate the network with another subnet.
Lasting: set ``bip`` and ``default-address-pools`` in daemon.json, or ``ipam`` in the Compose file.
"""

import msgspec

from hairpin.causes.kit import LINK_STOPS, RULE_STOPS, Candidate, Cause, Iterator, OfRoute, View, message
from hairpin.causes.routing._overlap import Overlap, led_past, moved_away, overlaps
from hairpin.change.change import DeleteEntry, one
from hairpin.network.attachment import attachment_of, network_of_bridge
from hairpin.network.flow import Lan, Outside
from hairpin.network.prefix import address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup, route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the route back to an outside client leads into a container network."""
    start = view.flow.start
    if not isinstance(start, (Outside, Lan)):
        return
    client = address_text(start.address, view.flow.version)
    yield from _as_broadcast(view, start.address, client)
    for each in overlaps(_where_answered(view), of_containers=True):
        if each.address != start.address:
            continue
        if not each.is_subnet:
            yield _led_astray(each, client)
            continue
        title = message(
            "The client's address lies inside container network {name} ({subnet})", name=each.name, subnet=each.subnet
        )
        holder = attachment_of(view.network, view.host, each.address, view.flow.version)
        values = {"client": client, "route": route_text(each.route)}
        detail = message(
            "Answers to {client} take the route `{route}` into the bridge, where nothing has this address.", **values
        )
        if holder is not None:
            detail = message(
                "Answers to {client} take the route `{route}` into the bridge, where container {name} has this "
                "address.",
                name=holder.container.name,
                **values,
            )
        # other machines in the client's LAN have the same fault, so a route to this one client is not enough
        if isinstance(start, Lan):
            yield moved_away(each, title, detail, in_class="client-in-container-subnet")
        else:
            yield led_past(view, each, title, detail, in_class="client-in-container-subnet")


def _as_broadcast(view: View, address: int, client: str) -> Iterator[Candidate]:
    """Yield the candidate for a client whose address is the broadcast address of a container network.  The host takes
    answers to it for broadcasts, and delivers them to itself."""
    if not view.on_host:
        return
    found = lookup(view.host_namespace, Query(view.flow.version, address))
    route, bridge = found.route, next((hop.link for hop in found.next_hops if hop.link is not None), None)
    network = network_of_bridge(view.host, bridge) if bridge is not None else None
    if found.type != "broadcast" or route is None or bridge is None or network is None:
        return
    holds = (str(each.prefix) for each in network.subnets if each.holds(address, view.flow.version))
    yield moved_away(
        Overlap(view.host_netns, route, bridge, network, address),
        message(
            "The client's address is the broadcast address of container network {name} ({subnet})",
            name=network.name,
            subnet=next(holds, str(route.prefix)),
        ),
        message(
            "This host takes packets to {client} for broadcasts on {bridge}, and delivers them to itself: `{route}`.",
            client=client,
            bridge=bridge,
            route=route_text(route),
        ),
        in_class="client-in-container-subnet",
    )


def _led_astray(each: Overlap, client: str) -> Candidate:
    """Return the candidate that deletes a route into the bridge.  The route is not the route of the network's
    subnet."""
    return Candidate(
        title=message("A route leads answers to {client} into bridge {bridge}", client=client, bridge=each.bridge),
        detail=message(
            "Answers to {client} take the route `{route}` into the bridge, where nothing has this address.",
            client=client,
            route=route_text(each.route),
        ),
        change=one(DeleteEntry(each.netns, each.route)),
        where=OfRoute(route=each.route),
        in_class="client-in-container-subnet",
        evidence=(each.route.evidence,),
        advice=(message("find what adds the route (a script, a network manager), and take it out there"),),
    )


def _where_answered(view: View) -> View:
    """Return the view with the stop moved to the container that answered, if this container's answer went to another
    container; else the unchanged view."""
    first = next(iter(view.branch.reply), None)
    if view.stop.reason != "wrong-answer" or first is None or first.netns.is_host:
        return view
    return msgspec.structs.replace(view, stop=msgspec.structs.replace(view.stop, netns=first.netns))


CAUSE = Cause(
    title=message("The client's address is inside a container network's subnet"),
    source="net/ipv4/fib_trie.c: longest prefix",
    shown_by=(
        "ip route show table all; docker network inspect $(docker network ls -q)",
        message("the client's or the server's address is inside a container network's range"),
    ),
    reasons=frozenset({"no-neighbour", "rp-filter", "wrong-answer", *RULE_STOPS, *LINK_STOPS}),
    fixed_with="network",
)
