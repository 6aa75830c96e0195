"""Links that a person or program moved from the host into a container's namespace.

A link that is moved to another namespace loses its addresses."""

from collections.abc import Iterator

import msgspec

from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.link import Link
from hairpin.network.network import Network, addresses_of, is_uplink, netns_of
from hairpin.network.prefix import LINK_LOCAL6

_WIRES = ("", "veth")


class MovedLink(msgspec.Struct, frozen=True):
    """A link without addresses in a container's namespace, whose other end is not on this host.

    An engine gives each link of a container an address.  Source: net/core/dev.c __dev_change_net_namespace()"""

    container: Container
    link: Link


def moved_links(network: Network, host: Host) -> Iterator[MovedLink]:
    """Yield the network cards, and other links that lead outside, that are in containers of the host and have no
    address."""
    for container in host.containers():
        netns = netns_of(host, container)
        if netns is None or netns.is_host or netns not in network:
            continue
        namespace = network.namespace(netns)
        for link in namespace.links:
            bare = not any(
                not LINK_LOCAL6.holds(each.value, version)
                for version in (4, 6)
                for each in addresses_of(namespace, link.name, version)
            )
            if link.kind in _WIRES and link.master is None and bare and is_uplink(network, netns, link):
                yield MovedLink(container, link)
