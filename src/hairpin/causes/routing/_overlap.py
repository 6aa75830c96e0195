"""Container networks whose subnet covers addresses of hosts elsewhere, and the candidate that moves one away."""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, View, where
from hairpin.causes.order import Class
from hairpin.change.change import DeleteRoute, one
from hairpin.host.docker import DockerNetwork, Tool
from hairpin.host.route import TABLE_LOCAL, Route
from hairpin.message import Message, message
from hairpin.network.attachment import attachment_of, network_of_bridge
from hairpin.network.network import bridge_ports, is_uplink
from hairpin.network.prefix import inside, prefix_text
from hairpin.network.routing import route_text


class Overlap(msgspec.Struct, frozen=True):
    """The bridge's route that covers the address; ``network`` is None if no engine made the bridge."""

    route: Route
    bridge: str
    network: DockerNetwork | None
    address: int

    @property
    def name(self) -> str:
        """The name of the network, or else of its bridge."""
        return self.network.name if self.network is not None else self.bridge

    @property
    def subnet(self) -> str:
        """The destination prefix of the route."""
        return prefix_text(self.route.destination, self.route.prefix_length, self.route.version)


def overlaps(view: View) -> Iterator[Overlap]:
    """Yield each route that sent the packet into a bridge where no container has its destination address.

    A bridge with a port that leads to other hosts is meant to have addresses elsewhere, so its routes are right.
    """
    packet = view.stop.seen.packet
    if not view.on_host or attachment_of(view.network, view.host, packet.daddr, packet.version) is not None:
        return
    bridge = view.stop.seen.oif or view.stop.link
    link = view.host_namespace.link(bridge)
    if link is None or link.kind != "bridge" or _reaches_out(view, bridge):
        return
    for route in view.host_namespace.routes:
        on_bridge = any(hop.link == bridge and hop.gateway is None for hop in route.next_hops)
        if route.version != packet.version or route.table == TABLE_LOCAL or not on_bridge:
            continue
        if route.prefix_length == 0:  # a default route is no network's subnet: bridge-became-default-route
            continue
        if route.type == "unicast" and inside(packet.daddr, route.destination, route.prefix_length, route.version):
            yield Overlap(route, bridge, network_of_bridge(view.host, bridge), packet.daddr)


def _reaches_out(view: View, bridge: str) -> bool:
    ports = bridge_ports(view.namespace, bridge)
    return any(port.tunnel is not None or is_uplink(view.network, view.stop.netns, port) for port in ports)


_POOLS: dict[Tool, Message] = {
    "docker": message("keep Docker away from your ranges: default-address-pools and bip in daemon.json"),
    "podman": message("keep Podman away from your ranges: default_subnet_pools in containers.conf"),
}


def moved_away(
    view: View, each: Overlap, title: Message, detail: Message, *, in_class: Class, by_person: bool = False
) -> Candidate:
    """Return the candidate that deletes the container network's route, so that the packet takes another one.

    ``by_person``: its remedy has no command that deletes the route, so that it has no side effect either.
    """
    cut_off = message("containers of {name} lose their network: this is the proof, not the cure", name=each.name)
    name, tool = each.name, view.host.tool_of(each.network)
    return Candidate(
        title=title,
        detail=detail,
        change=one(DeleteRoute(view.stop.netns, each.route)),
        where=where(network=name, subnet=each.subnet, route=route_text(each.route)),
        in_class=in_class,
        evidence=(each.route.evidence,),
        side_effects=() if by_person else (cut_off,),
        advice=(
            message(
                "recreate network {name} with a subnet that nobody else uses ({tool} network create --subnet)",
                tool=tool,
                name=name,
            ),
            _POOLS[tool],
        ),
    )
