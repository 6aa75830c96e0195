"""Links to the outside without an address, and the address that one of them seems to have had."""

from collections.abc import Iterator

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow
from hairpin.network.network import Network, addresses_of, outer_link, owns_address
from hairpin.network.prefix import Version
from hairpin.network.query import NO_ROUTE, Query
from hairpin.network.routing import lookup

_TUNNELS = ("tun", "wireguard")


def bare_links(network: Network, netns: Netns, version: Version) -> Iterator[Link]:
    """Yield the links to the outside that are up and have no address; tunnels have theirs from their programs."""
    namespace = network.namespace(netns)
    for link in namespace.links:
        own = link.up and link.master is None and link.tunnel is None and link.kind not in _TUNNELS
        bare = all(each.scope != "global" for each in addresses_of(namespace, link.name, version))
        if own and bare and outer_link(network, netns, link) is not None:
            yield link


def has_address(network: Network, netns: Netns) -> bool:
    """Return whether a link to the outside has an IPv4 address, or a link of no other machine: where routers are told
    of it (BGP), the links to them need none."""
    namespace = network.namespace(netns)
    for own in addresses_of(namespace, None, 4):
        link = namespace.link(own.link)
        if own.scope != "global" or link is None or link.kind in _TUNNELS:
            continue
        if link.name == "lo" or link.kind == "dummy" or outer_link(network, netns, link) is not None:
            return True
    return False


def lost_by(network: Network, flow: Flow) -> Link | None:
    """Return the link that seems to have had the flow's destination: nobody has that address, no route leads to it, the
    host publishes the port on every address, and a link to the outside has none.  None if it does not seem so.

    Most links have no IPv6 address and need none: there it says nothing."""
    version, address = flow.version, flow.daddr
    host = network.host(flow.host)
    if (
        version == 6
        or not host.publishes_on(version, None, flow.dport, flow.protocol)
        or network.world.public(version, address) is not None
        or any(owns_address(each, version, address) for _, each in network.namespaces())
        or lookup(network.namespace(host.netns), Query(version, address)) != NO_ROUTE
    ):
        return None
    return next(bare_links(network, host.netns, version), None)
