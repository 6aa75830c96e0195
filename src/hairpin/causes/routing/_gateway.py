"""The router that a missing default route could have led to."""

from hairpin.host.netns import Netns
from hairpin.network.network import Network, addresses_of, is_uplink
from hairpin.network.prefix import Version, inside, network_of


def likely_gateway(network: Network, netns: Netns, version: Version) -> tuple[str, int, bool] | None:
    """Return an uplink, a likely address of its router, and whether that address was seen as a neighbour.

    The address is that of the only neighbour known on the link, or else the first address of its subnet.
    """
    host = network.namespace(netns)
    for address in addresses_of(host, None, version):
        link = host.link(address.link)
        if link is None or address.scope != "global" or not is_uplink(network, netns, link):
            continue
        seen = {
            each.value
            for each in host.neighbours
            if each.link == link.name
            and each.version == version
            and each.mac is not None
            and inside(each.value, address.value, address.prefix_length, version)
        }
        if len(seen) == 1:
            return link.name, seen.pop(), True
        first = network_of(address.value, address.prefix_length, version) + 1
        return link.name, first if first != address.value else first + 1, False
    return None
