"""Finds container networks whose subnet covers other machines' addresses, and makes routes that lead past such a
network.  Finds also container networks that have an address or the range of the host's own network."""

import msgspec

from hairpin.causes.kit import Candidate, Iterator, Message, Namespace, Netns, OfNetwork, OfRoute, View, Way, message
from hairpin.causes.order import Class
from hairpin.causes.routing._asked import is_wanted
from hairpin.change.change import AddEntry, Change, DeleteEntry, one
from hairpin.host.docker import DockerNetwork
from hairpin.host.link import Address
from hairpin.host.netns import NAMED
from hairpin.host.route import TABLE_LOCAL, Neighbour, NextHop, Route
from hairpin.network.attachment import attachment_of, gateway_of, network_for, network_of_bridge
from hairpin.network.flow import FromContainer
from hairpin.network.index import holders
from hairpin.network.network import addresses_of, bridge_ports, is_uplink, outer_link
from hairpin.network.pinned_names import misleading
from hairpin.network.prefix import address_text, width
from hairpin.network.query import Query
from hairpin.network.routing import lookup, route_text
from hairpin.network.strayed import held_elsewhere
from hairpin.walk.deciders import Lookup
from hairpin.wanted import ask_container


class Overlap(msgspec.Struct, frozen=True):
    """An on-link route into a container network that covers the looked-up address, in the host's or a container's
    namespace.  ``network`` is None if no engine made the bridge."""

    netns: Netns
    route: Route
    bridge: str
    network: DockerNetwork | None
    address: int

    @property
    def is_subnet(self) -> bool:
        """Whether the route is for the network's subnet, and not another route into the network's bridge."""
        subnets = self.network.subnets if self.network is not None else ()
        prefix = (self.route.destination, self.route.prefix_length)
        return not subnets or any((each.network, each.prefix_length) == prefix for each in subnets)

    @property
    def name(self) -> str:
        """The name of the network, or the name of its bridge if no engine knows the network."""
        return self.network.name if self.network is not None else self.bridge

    @property
    def subnet(self) -> str:
        """The destination prefix of the route."""
        return str(self.route.prefix)


def overlaps(view: View, *, of_containers: bool = False) -> Iterator[Overlap]:
    """Yield each route into a container network that covers the looked-up address, if no container and no other
    namespace with a name has the address.

    If ``of_containers`` is true, the routes are yielded even if a container has the address.  A bridge with a port that
    leads to other hosts is skipped, because its addresses may be on these hosts.
    """
    address, version = view.looked_up, view.stop.seen.packet.version
    if misleading(view.network, view.flow) is not None:
        return  # an entry in /etc/hosts leads the name to a wrong address, which no machine has
    inside = any(each.startswith(NAMED) for each in holders(view.host, version, address))
    if not of_containers and (inside or attachment_of(view.network, view.host, address, version) is not None):
        return
    netns = view.stop.netns
    network = network_of_bridge(view.host, _bridge(view)) if view.on_host else network_for(view.host, address, version)
    bridge = _bridge(view) if view.on_host else (network.bridge or "") if network is not None else ""
    link = view.host_namespace.link(bridge)
    if link is None or link.kind != "bridge" or _reaches_out(view, bridge):
        return
    for route in _on_link(view.namespace, address, version):
        if not view.on_host or any(hop.link == bridge for hop in route.next_hops):
            yield Overlap(netns, route, bridge, network, address)


def _bridge(view: View) -> str:
    """Return the name of the link by which the host sends packets to the looked-up address."""
    if view.stop.reason != "rp-filter":
        return view.stop.seen.oif or view.stop.link
    back = lookup(view.host_namespace, Query(view.stop.seen.packet.version, view.looked_up))
    return next((hop.link for hop in back.next_hops if hop.link is not None), "")


def _on_link(namespace: Namespace, address: int, version: int) -> Iterator[Route]:
    """Yield the routes without a gateway that cover the address, except default routes."""
    for route in namespace.routes:
        if route.version != version or route.table == TABLE_LOCAL or route.type != "unicast" or not route.prefix_length:
            continue
        covers = route.holds(address, route.version)
        if covers and any(hop.gateway is None for hop in route.next_hops):
            yield route


def _reaches_out(view: View, bridge: str) -> bool:
    netns = view.host_netns
    ports = bridge_ports(view.host_namespace, bridge)
    return any(port.tunnel is not None or is_uplink(view.network, netns, port) for port in ports)


def led_past(view: View, each: Overlap, title: Message, detail: Message, *, in_class: Class) -> Candidate:
    """Return the candidate that adds a route past the container network for this one address.

    If the host has no other route to the address, the candidate gives the network another subnet.  If a person typed
    the route into the network, the candidate deletes this route.  If a container has the address, the warning that
    other hosts stay out of reach is left out.
    """
    found, own = moved_away(each, title, detail, in_class=in_class), _own_routes(view, each)
    if not each.is_subnet and not is_wanted(view.network.namespace(each.netns), each.route):
        return _taken_back(found, own)
    if not own:
        return found
    if attachment_of(view.network, view.host, each.address, each.route.version) is not None:
        return msgspec.structs.replace(found, change=Change(own))
    only = message("this route serves one address: other hosts in {subnet} stay out of reach", subnet=each.subnet)
    if each.netns.is_host and each.network is not None:
        only = message(
            "this route serves one address: other hosts in {subnet} stay out of reach, and the containers of {name} "
            "reach none of them",
            subnet=each.subnet,
            name=each.name,
        )
    return msgspec.structs.replace(found, change=Change(own), advice=(*found.advice, only))


NOT_KEPT = message("the route is gone after the next boot, unless the host's network configuration has it")
"""The warning that a route past the container network does not survive a reboot."""


def _taken_back(found: Candidate, own: tuple[AddEntry, ...]) -> Candidate:
    """Return the candidate that deletes a route that a person typed.

    A route that a person typed belongs to no network of an engine."""
    advice = (message("find what added the route: it belongs to no network of a container engine"),)
    return msgspec.structs.replace(found, advice=advice, ways=(Way(Change(own), (NOT_KEPT,)),) if own else ())


def is_elsewhere(view: View, each: Overlap) -> bool:
    """Return whether the host has a specific route to the address that does not lead into the container network.
    If the host has no specific route elsewhere, the address may have belonged to a container that is gone."""
    covering = _on_host(view, each)[0]
    return covering is not None and covering.prefix_length > 0


def is_out_of_reach(view: View, network: DockerNetwork | None) -> bool:
    """Return whether the flow starts in a container that is not on the network.

    A container that is not on the network cannot reach the network's containers by their addresses, because engines
    isolate networks.  The flow is therefore for a machine elsewhere."""
    start = view.flow.start
    asking = view.host.container(start.name) if isinstance(start, FromContainer) and not start.netns.is_host else None
    if network is None or asking is None:
        return False
    joined = {each.network for each in view.host.network_owner(asking).endpoints}
    return bool(joined) and network.name not in joined


def _on_host(view: View, each: Overlap) -> tuple[Route | None, NextHop | None]:
    """Return the host's route to the address that does not lead into the bridge, and this route's next hop.

    If the host has no other route to the address, return None twice."""
    host, version = view.host_namespace, each.route.version
    kept = tuple(route for route in host.routes if route not in _into(view, each))
    past = lookup(msgspec.structs.replace(host, routes=kept), Query(version, each.address))
    hop = next((hop for hop in past.next_hops if hop.link not in (None, each.bridge)), None)
    return (past.route, hop) if past.type == "unicast" and hop is not None else (None, None)


def _into(view: View, each: Overlap) -> tuple[Route, ...]:
    covering = _on_link(view.host_namespace, each.address, each.route.version)
    return tuple(route for route in covering if any(hop.link == each.bridge for hop in route.next_hops))


def _own_routes(view: View, each: Overlap) -> tuple[AddEntry, ...]:
    """Return the parts that add routes for the address: a route on the host past the container network, and a route in
    the container through the host."""
    version, into, hop = each.route.version, _into(view, each), _on_host(view, each)[1]
    if hop is None:
        return ()
    table = each.route.table if each.netns.is_host else into[0].table if into else None
    found = [AddEntry(view.host_netns, _own(each, hop, table))] if table is not None else []
    if each.netns.is_host:
        return tuple(found)
    subnets = each.network.subnets if each.network is not None else ()
    gateway = next((gateway_of(one) for one in subnets if one.version == version), None)
    link = each.route.next_hops[0].link
    if gateway is None or link is None:
        return ()
    return (AddEntry(each.netns, _own(each, NextHop(link, gateway), each.route.table)), *found)


def _own(each: Overlap, hop: NextHop, table: int) -> Route:
    way = NextHop(hop.link, hop.gateway, hop.gateway_version, onlink=hop.onlink)
    return Route(each.route.version, each.address, width(each.route.version), table=table, next_hops=(way,))


def moved_away(each: Overlap, title: Message, detail: Message, *, in_class: Class) -> Candidate:
    """Return the candidate that gives the container network another subnet.  A person has to carry out the repair.  In
    the model, the change only deletes the network's route, and the packet takes another route."""
    return Candidate(
        title=title,
        detail=detail,
        change=one(DeleteEntry(each.netns, each.route)),
        where=OfRoute(network=each.name, subnet=each.subnet, route=each.route),
        in_class=in_class,
        evidence=(each.route.evidence,),
        advice=(
            another_subnet(each.network, "docker", each.name),
            message("keep Docker away from your ranges: default-address-pools and bip in daemon.json"),
        ),
    )


def covering_public(view: View, each: Overlap, title: Message, detail: Message) -> Candidate:
    """Return the candidate for a network that covers an address of the Internet, which no container has.

    A person has to give the network another subnet.  In the model, routes for this one address lead past the
    network."""
    made = moved_away(each, title, detail, in_class="overlapping-subnet")
    said = message(
        "{detail} The address is in no private range, so another machine on the Internet may have it. As long as the "
        "network exists, neither this host nor a container of the network reaches that machine.",
        detail=detail,
    )
    own, tool = _own_routes(view, each), view.host.tool_of(each.network) if each.network is not None else "docker"
    stale = message(
        "if a container of {name} should have the address: none has it now. Ask for the container by its name, which "
        "stays the same: {question}",
        name=each.name,
        question=ask_container("", view.flow.dport),
    )
    way = Way(Change(()), (another_subnet(each.network, tool, each.name), stale), by_person=True)
    return msgspec.structs.replace(
        made, detail=said, change=Change(own) if own else made.change, advice=(), ways=(way,), offered=False
    )


def another_subnet(network: DockerNetwork | None, tool: str, name: str) -> Message:
    """Return the advice on how to give the network another subnet.  For an engine's default network, the advice names a
    configuration file."""
    if network is not None and (tool, network.name) == ("docker", "bridge"):
        return message(
            "give docker0 a subnet that nothing else uses: bip in /etc/docker/daemon.json; dockerd uses it only after "
            "a restart, which also restarts the containers"
        )
    if network is not None and (tool, network.name) == ("podman", "podman"):
        return message(
            "give Podman's default network a subnet that nothing else uses: default_subnet in section [network] of "
            "containers.conf; only containers that are made afterwards use it"
        )
    return message(
        "recreate network {name} with a subnet that nothing else uses ({tool} network create --subnet)",
        name=name, tool=tool,
    )  # fmt: skip


def of_networks(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each network whose bridge has the address of a gateway or of a machine on another link of
    the host."""
    version = view.stop.seen.packet.version
    for engine in view.host.engines:
        for each in engine.networks:
            for address in addresses_of(view.host_namespace, each.bridge, version) if each.bridge else ():
                found = held_elsewhere(view.network, view.host_netns, version, address.value, each.bridge)
                if found is not None:
                    yield _took(view, each, address, found)


def _sentence(found: Route | Neighbour, text: str) -> Message:
    if isinstance(found, Route):
        return message(
            "The gateway of the route `{route}` has the same address, and this host now treats {address} as its own.",
            route=route_text(found),
            address=text,
        )
    return message(
        "A machine on {link} has the same address, and this host now treats {address} as its own.",
        link=found.link,
        address=text,
    )


def _took(view: View, network: DockerNetwork, address: Address, found: Route | Neighbour) -> Candidate:
    text = address_text(address.value, address.version)
    return Candidate(
        title=message("Network {name} has taken {address}, another machine's address", name=network.name, address=text),
        detail=_sentence(found, text),
        change=one(DeleteEntry(view.host_netns, address)),
        where=OfNetwork(networks=network.name),
        in_class="kernels-own",
        evidence=(address.evidence,),
        ways=(_with_another_subnet(view, network),),
        offered=False,
    )


def overlapping_uplink(view: View, each: Lookup, own: Address) -> Candidate | None:
    """Return the candidate for an uplink that has the range of a container network: the host looks for the container
    on the uplink.  Return None if the link of ``own`` leads to containers only.

    The first address of an uplink is the host's own, so the container's network has to go.  A further address may be
    the mistake."""
    first = next(iter(addresses_of(view.network.namespace(each.netns), own.link, own.version)), None)
    if own != first or each.found.type == "local":
        return None
    link = view.network.namespace(each.netns).link(own.link) if each.netns.is_host else None
    found = attachment_of(view.network, view.host, each.query.daddr, own.version)
    if link is None or found is None or found.network.bridge in (None, own.link):
        return None
    subnet = next((one for one in found.network.subnets if one.version == own.version
                   and (one.holds(own.value, own.version) or own.holds(one.network, own.version))), None)  # fmt: skip
    if subnet is None or outer_link(view.network, each.netns, link) is None:
        return None
    asked = address_text(each.query.daddr, own.version)
    hops = (NextHop(found.network.bridge),)
    return Candidate(
        title=message(
            "Network {name} has the range {subnet}, which is the network of {link}",
            name=found.network.name, subnet=str(subnet.prefix), link=own.link,
        ),
        detail=message(
            "Packets to {asked} leave through {link} instead of {bridge}: the host's own address on {link} has the "
            "same range.",
            asked=asked, link=own.link, bridge=found.network.bridge,
        ),
        change=one(AddEntry(each.netns, Route(own.version, each.query.daddr, width(own.version), next_hops=hops))),
        where=OfNetwork(networks=found.network.name),
        in_class="diverting-route",
        evidence=(own.evidence,),
        ways=(_with_another_subnet(view, found.network),),
        offered=False,
    )  # fmt: skip


def _with_another_subnet(view: View, network: DockerNetwork) -> Way:

    return Way(Change(()), (another_subnet(network, view.host.tool_of(network), network.name),), by_person=True)
