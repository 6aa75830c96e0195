"""The container's own interface is down.

Users see: clients time out, or get "No route to host" after three seconds.

Proof: the container's interface is not up.  After the interface is set up, the packet arrives.
Now: ``nsenter -t PID -n ip link set LINK up``, then add the IPv6 address and the default route that the kernel deleted.
Lasting: nothing has to be done, because the engine sets the interface up when it starts the container.
"""

from hairpin.causes.bridge._link_state import brought_up, down
from hairpin.causes.container._engine_gateway import containers_of_flow, default_route, gateways
from hairpin.causes.kit import LINK_STOPS, Candidate, Cause, Iterator, Netns, View, message
from hairpin.change.change import AddEntry
from hairpin.host.link import Address, Link
from hairpin.network.network import owns_address, veth_peer


def find(view: View) -> Iterator[Candidate]:
    netns, link = view.stop.netns, down(view)
    if view.on_host or netns.overlay is not None:
        netns, link = _behind_port(view)
    lost: tuple[AddEntry, ...] = ()
    if link is None:
        netns, link, lost = _without_address(view)
    if link is None:
        return
    title = message("{link} inside {netns} is down", link=link.name, netns=view.network.netns_text(netns))
    detail = message("The container's own interface is administratively down.")
    routes = lost or (tuple(_default_route(view, link)) if netns == view.stop.netns else ())
    yield from brought_up(view, link, title, detail, routes, netns=netns)


def _without_address(view: View) -> tuple[Netns, Link | None, tuple[AddEntry, ...]]:
    """Return the link that is down in a container of the flow, with the container's lost IPv6 address and default
    route.

    The kernel deleted the address and the route when the link went down.

    Source: net/ipv6/addrconf.c addrconf_ifdown(); net.ipv6.conf.LINK.keep_addr_on_down
    """
    version = view.stop.seen.packet.version
    for container, netns in containers_of_flow(view) if version == 6 else ():
        namespace = view.network.namespace(netns)
        links = [each for each in namespace.links if not each.up and each.name != "lo"]
        endpoints = view.host.engine_of(container).endpoints_of(container)
        given = [each for each in endpoints if each.ipv6 is not None and not owns_address(namespace, 6, each.ipv6)]
        if len(links) == 1 and len(given) == 1 and given[0].ipv6 is not None:
            own = Address(links[0].name, 6, given[0].ipv6, given[0].ipv6_prefix_length)
            routes = default_route(netns, namespace, version, own.link, given[0].gateway6)
            return netns, links[0], (AddEntry(netns, own), *routes)
    return view.stop.netns, None, ()


def _behind_port(view: View) -> tuple[Netns, Link | None]:
    """Return the container's veth end and its namespace, if this end is down and the packet stopped at the bridge port
    that is the veth's other end."""
    port = view.namespace.link(view.stop.link)
    peer = veth_peer(view.network, view.stop.netns, port) if port is not None and port.up else None
    if view.stop.reason != "bridge-port-state" or peer is None:
        return view.stop.netns, None
    inner = view.network.namespace(peer.netns).link(peer.link)
    return peer.netns, inner if inner is not None and not inner.up else None


def _default_route(view: View, link: Link) -> Iterator[AddEntry]:
    """Yield the container's lost default route by the link.

    The engine gave the route to the container.  The kernel deleted the route when the link went down."""
    version = view.flow.version
    if view.container is None:
        return
    holder = view.host.pod_holder(view.container)
    for gateway, name in gateways(view.host.engine_of(holder), holder, view.namespace, version):
        if name == link.name:
            yield from default_route(view.stop.netns, view.namespace, version, name, gateway)
            return


CAUSE = Cause(
    title=message("The container's interface is down"),
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"no-route", "bridge-port-state", "no-neighbour", "no-source-address", *LINK_STOPS}),
)
