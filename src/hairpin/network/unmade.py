"""Networks of guests that their program (libvirt, lxc-net, Incus) is told to make and has not made."""

from hairpin.host.managers import GuestNetwork
from hairpin.host.netns import Netns
from hairpin.network.network import Network
from hairpin.network.prefix import Version, inside
from hairpin.network.query import Query
from hairpin.network.routing import lookup


def unmade_network(network: Network, netns: Netns, version: Version, address: int) -> GuestNetwork | None:
    """Return the network of the host that has the address and is not made; None if there is none, or if a route that is
    no default route leads to the address: another machine then has it."""
    told = network.host(netns.host).guest_networks
    if not told or netns not in network:
        return None
    namespace = network.namespace(netns)
    found = lookup(namespace, Query(version, address)).route
    if not namespace.links or (found is not None and found.prefix_length):
        return None
    own = {(each.version, each.value) for each in namespace.addresses}
    return next(
        (
            each
            for each in told
            for held in each.addresses
            if held[0] == version and inside(address, held[1], held[2], version) and held[:2] not in own
        ),
        None,
    )
