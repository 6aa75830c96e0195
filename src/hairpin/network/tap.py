"""The tap link by which a user's network stack (slirp4netns, pasta) is a container's network."""

from collections.abc import Iterator

from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.network.network import Network, addresses_of, owns_address
from hairpin.network.prefix import Version


def tap_of(namespace: Namespace, name: str = "") -> str:
    """Return the name of the container's tap link: ``name`` if it is given, else the first link of the kind ``tun``;
    empty if there is none."""
    taps = (each.name for each in namespace.links if each.kind == "tun")
    return name or next(taps, "")


def is_behind_stack(network: Network, netns: Netns) -> bool:
    """Return whether a user's network stack is the network of the containers in this namespace."""
    container = network.container_of(netns)
    return container is not None and network.host(netns.host).network_owner(container).by_user_stack


def address_behind(namespace: Namespace, link: str | None, version: Version, *, near: bool = False) -> int | None:
    """Return the container's first global address on the link (None: on any link), with ``near`` its link-local
    address; None if it has none."""
    scope = "link" if near else "global"
    return next((each.value for each in addresses_of(namespace, link, version) if each.scope == scope), None)


def routers_of(network: Network, netns: Netns, version: Version) -> Iterator[tuple[int, str]]:
    """Yield the addresses by which the stack itself is a router of the container, with the tap link: the host's own
    router, whose route pasta copies, or slirp4netns' second address.  The stack answers ARP for each of them.

    Source: passt(1), --config-net, --gateway; slirp4netns(1), DESCRIPTION"""
    if not is_behind_stack(network, netns):
        return
    namespace, outer = network.namespace(netns), network.namespace(netns.of_host)
    link = tap_of(namespace)
    held = addresses_of(namespace, link, version)
    copied = any(owns_address(outer, version, each.value) for each in held if each.scope == "global")
    defaults = (each for each in outer.routes if each.version == version and not each.prefix_length)
    hosts = [hop.gateway for each in defaults for hop in each.next_hops]
    for own in held:
        for gateway in hosts if copied else [own.prefix.first + 2]:
            if gateway is not None and own.holds(gateway, version):
                yield gateway, link
