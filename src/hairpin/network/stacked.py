"""Links on a parent link: macvlans, with their own hardware addresses, and ipvlans, which share the parent's.

The kernel delivers frames to these links before the parent's own network layer, even if the links are in another
namespace.
Source: drivers/net/macvlan.c macvlan_handle_frame(), macvlan_queue_xmit(); drivers/net/ipvlan/ipvlan_core.c
"""

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.network.index import stacked_links
from hairpin.network.network import Network, Port, addresses_of, owns_address
from hairpin.network.prefix import Version
from hairpin.network.query import Query
from hairpin.network.routing import lookup

_KINDS = ("macvlan", "ipvlan")


def lower_of(network: Network, netns: Netns, link: Link) -> Port | None:
    """Return the parent link of a macvlan or ipvlan; None if it was not read.

    If the parent link is in another namespace, it is looked up in the host's own namespace, where engines have the
    parent links of their macvlan and ipvlan networks.
    """
    if link.kind not in _KINDS or link.peer_index is None:
        return None
    if link.peer_netnsid is not None and netns.is_host:
        return None
    where = netns if link.peer_netnsid is None else netns.of_host
    if where not in network:
        return None
    links = network.namespace(where).links
    return next((Port(where, each.name) for each in links if each.index == link.peer_index), None)


def stacked_on(network: Network, lower: Port) -> tuple[Port, ...]:
    """Return the macvlans and ipvlans on top of a link."""
    found = network.namespace(lower.netns).link(lower.link)
    if found is None:
        return ()
    stacked = stacked_links(network.host(lower.netns.host))
    names = list(stacked.get((lower.netns.name, found.index), ()))
    if lower.netns.is_host:
        names += [each for each in stacked.get((None, found.index), ()) if each[0] != lower.netns.name]
    return tuple(Port(lower.netns.sibling(name), link) for name, link in names)


def takes_frame(network: Network, lower: Port, mac: int) -> Port | None:
    """Return the macvlan on the link ``lower`` that receives frames to the hardware address, or None.  A macvlan in
    passthru mode receives all frames."""
    receiver = takes_all(network, lower)
    if receiver is not None:
        return receiver
    for port in stacked_on(network, lower):
        link = link_of(network, port)
        if link.kind == "macvlan" and link.mac == mac and link.up:
            return port
    return None


def takes_all(network: Network, lower: Port) -> Port | None:
    """Return the macvlan in passthru mode on the link ``lower``, which receives every unicast frame instead of that
    link; or None."""
    for port in stacked_on(network, lower):
        link = link_of(network, port)
        if (link.kind, link.macvlan_mode) == ("macvlan", "passthru"):
            return port
    return None


def takes_address(network: Network, lower: Port, version: Version, value: int) -> Port | None:
    """Return the macvlan or ipvlan on the link ``lower`` that is up and has the address, or None."""
    for port in stacked_on(network, lower):
        own = addresses_of(network.namespace(port.netns), port.link, version)
        if link_of(network, port).up and any(each.value == value for each in own):
            return port
    return None


def parents_of(network: Network, netns: Netns, version: Version, value: int) -> tuple[str, ...]:
    """Return the links of the host's namespace behind which LAN machines reach the address in a macvlan or ipvlan
    directly.  The host's own network layer gets their packets only in the modes l3 and l3s of ipvlan, or if the host is
    the router of the macvlan or ipvlan network."""
    if netns not in network or not stacked_links(network.host(netns.host)):
        return ()
    found: list[str] = []
    for link in network.namespace(netns).links:
        holder = takes_address(network, Port(netns, link.name), version, value)
        if holder is None or routes_below(link_of(network, holder)):
            continue
        if not _is_routed_by_host(network, netns, holder, version):
            found.append(link.name)
    return tuple(found)


def _is_routed_by_host(network: Network, netns: Netns, holder: Port, version: Version) -> bool:
    """Return whether the default route of the macvlan's or ipvlan's namespace leads to an address of the host.  If the
    route leads to the host, the host is the router of the macvlan or ipvlan network, and packets to this network pass
    through the host."""
    gateways = {
        hop.gateway
        for route in network.namespace(holder.netns).routes
        if (route.version, route.prefix_length) == (version, 0)
        for hop in route.next_hops
        if hop.gateway is not None
    }
    host = network.namespace(netns)
    return any(owns_address(host, version, each) for each in gateways)


def bridges(link: Link) -> bool:
    """Return whether the kernel delivers the link's frames directly to a sibling on the same parent link."""
    if link.kind == "ipvlan":
        return link.ipvlan_flag in (None, "bridge")
    return link.macvlan_mode in (None, "bridge")


def routes_below(link: Link) -> bool:
    """Return whether the parent link's namespace routes the packets of this ipvlan (modes l3 and l3s)."""
    return link.kind == "ipvlan" and link.macvlan_mode in ("l3", "l3s")


def link_of(network: Network, port: Port) -> Link:
    """Return the link; raise KeyError if the namespace has no such link."""
    link = network.namespace(port.netns).link(port.link)
    if link is None:
        raise KeyError(port.link)
    return link


def parent_between(network: Network, netns: Netns, version: Version, address: int) -> str | None:
    """Return the host's link between the host and the address, if the address is on a macvlan or ipvlan of this link
    and the host's route leads there; None for every other address, and if a link beside that one leads to it."""
    parents = parents_of(network, netns, version, address)
    if not parents:
        return None
    found = lookup(network.namespace(netns), Query(version, address))
    return next((hop.link for hop in found.next_hops if hop.link in parents), None)
