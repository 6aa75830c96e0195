"""The tap link by which a user's network stack (slirp4netns, pasta) is a container's network."""

from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.network.network import Network, addresses_of
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


def router_of(namespace: Namespace, link: str, version: Version) -> int | None:
    """Return the gateway of the default route by the tap link, which is the stack's own address; None without such a
    route."""
    defaults = (each for each in namespace.routes if each.version == version and not each.prefix_length)
    hops = (hop for route in defaults for hop in route.next_hops if hop.link == link)
    return next((hop.gateway for hop in hops if hop.gateway is not None), None)
