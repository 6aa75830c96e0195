"""A link gets other properties: what the kernel does besides when it comes up.

Source: net/bridge/br_if.c br_port_carrier_check(), br_stp_if.c (ports of a bridge that is down, or without carrier, are
disabled); net/core/link_watch.c (a veth has carrier while its other end is up); net/ipv4/fib_frontend.c
fib_netdev_event()
"""

import msgspec

from hairpin.change.addresses import with_connected_routes
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.network.network import Network, veth_peer


def with_link(network: Network, netns: Netns, link: Link) -> Network:
    """Return the network in which the namespace has this link in place of the one of its name."""
    namespace = network.namespace(netns)
    links = tuple(link if each.name == link.name else each for each in namespace.links)
    changed = msgspec.structs.replace(namespace, links=links)
    if link.up:
        changed = with_connected_routes(_on_wire(changed, link), link.name)
        changed = _with_ports_forwarding(changed, link) if link.kind == "bridge" else changed
        changed = with_carrier_by(changed, link)
    network = network.with_namespace(netns, changed)
    peer = veth_peer(network, netns, link)
    if not link.up or peer is None:
        return network
    other = network.namespace(peer.netns)
    links = tuple(_with_carrier(each) if each.name == peer.link else each for each in other.links)
    end = next(each for each in links if each.name == peer.link)
    wired = _on_wire(msgspec.structs.replace(other, links=links), end)
    return network.with_namespace(peer.netns, with_carrier_by(wired, end))


def with_carrier_by(namespace: Namespace, port: Link) -> Namespace:
    """Return the namespace in which the bridge that the link is a port of has carrier, if the port works."""
    bridge = namespace.link(port.master) if port.master is not None else None
    if bridge is None or bridge.kind != "bridge" or bridge.carrier or not (bridge.up and port.up and port.carrier):
        return namespace
    risen = msgspec.structs.replace(bridge, carrier=True, operstate="UP")
    links = tuple(risen if each.name == bridge.name else each for each in namespace.links)
    return _on_wire(msgspec.structs.replace(namespace, links=links), risen)


def _on_wire(namespace: Namespace, link: Link) -> Namespace:
    """Return the namespace whose routes by the link say whether it has carrier: fib_sync_up()."""
    routes = tuple(
        msgspec.structs.replace(
            route,
            next_hops=tuple(
                msgspec.structs.replace(hop, linkdown=not link.carrier) if hop.link == link.name else hop
                for hop in route.next_hops
            ),
        )
        if route.type in ("unicast", "broadcast") and any(hop.link == link.name for hop in route.next_hops)
        else route
        for route in namespace.routes
    )
    return msgspec.structs.replace(namespace, routes=routes)


def _with_ports_forwarding(namespace: Namespace, bridge: Link) -> Namespace:
    links = tuple(_enabled(each) if each.master == bridge.name and each.up else each for each in namespace.links)
    return msgspec.structs.replace(namespace, links=links)


def _with_carrier(link: Link) -> Link:
    return _enabled(msgspec.structs.replace(link, carrier=True)) if link.up else link


def _enabled(link: Link) -> Link:
    if link.port is None or link.port.state != "disabled":
        return link
    return msgspec.structs.replace(link, port=msgspec.structs.replace(link.port, state="forwarding"))
