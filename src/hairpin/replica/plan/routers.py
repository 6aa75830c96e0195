"""The machines around the hosts, which the world stands for: their addresses, and the ARP requests that a host refuses.

The world sends to a host's hardware address without asking for it.  Only where the walk says that the host does not
answer the ARP request of a router, or of a client on the link, does the world send one, as they would, and the kernel
judges.
"""

from collections.abc import Iterator

from hairpin.netfilter.rule_address import write_mac
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, addresses_of, is_uplink
from hairpin.network.prefix import Version, address_text, inside
from hairpin.replica.plan import replies
from hairpin.replica.plan.blueprint import SysctlValue
from hairpin.replica.plan.links import Wire, holder_of, mac_of
from hairpin.walk.outside import asked_by_sender, enters_by, sender_of
from hairpin.walk.state import End

_MAIN_ADDRESS = "2"
"""arp_announce: the sender of a request is an address of its link, whatever the packet's source is."""


def covered_gateways(network: Network, changed: Network | None, version: Version) -> Iterator[str]:
    """Yield the gateways that a container network may cover, each once: of the network, and of what a change makes of
    it."""
    if any(host.engines for host in network.hosts):
        both = (each for each in (network, changed) if each is not None)
        yield from dict.fromkeys(each for one in both for each in gateways(one, version))


def gateways(network: Network, version: Version) -> Iterator[str]:
    """Yield the next hops of the hosts' routes by uplinks that are known as neighbours there, or in a network of the
    link's.  A container network may cover their addresses, too."""
    for netns, namespace in network.namespaces():
        known = {each.value for each in namespace.neighbours if each.mac is not None and each.version == version}
        for hop in (each for route in namespace.routes for each in route.next_hops):
            link = namespace.link(hop.link) if hop.link is not None else None
            if link is None or hop.gateway is None or not is_uplink(network, netns, link):
                continue
            if (hop.gateway_version or (4 if hop.gateway < 1 << 32 else 6)) != version:
                continue
            # It asked or answered on the link, or has its place there: it is no mere entry in a route.
            own = addresses_of(namespace, link.name, version)
            if hop.gateway in known or any(
                inside(hop.gateway, each.value, each.prefix_length, version) for each in own
            ):
                yield address_text(hop.gateway, version)


def next_hop(network: Network, flows: tuple[Flow, ...], wire: Wire, version: Version) -> tuple[str, str]:
    """Return the next hop of the world's routes by the wire, and the line that makes it known."""
    asked = unheard_router(network, flows, wire) if version == 4 else None
    if asked is not None:
        return asked[1], f"address add {asked[0]}/32 dev {wire.name} noprefixroute"
    router, mac = replies.ROUTER[version], mac_of(wire.netns, holder_of(network.namespace(wire.netns), wire.link))
    return router, f"neighbour replace {router} lladdr {write_mac(mac)} dev {wire.name} nud permanent"


def unheard_router(network: Network, flows: tuple[Flow, ...], wire: Wire) -> tuple[str, str] | None:
    """Return the machine that asks in vain on this wire, and the host's address that it asks for; or None."""
    for flow in flows:
        if flow.version == 6 or not isinstance(flow.start, (Outside, Lan)):
            continue
        started = enters_by(network, flow)
        if isinstance(started, End) or (started.netns, started.iif) != (wire.netns, wire.link.name):
            continue
        sender = sender_of(network, flow, started)
        if sender is not None and isinstance(asked_by_sender(network, flow, started), End):
            return address_text(sender, 4), address_text(started.packet.daddr, 4)
    return None


def asking(network: Network, flows: tuple[Flow, ...], wires: tuple[Wire, ...]) -> Iterator[SysctlValue]:
    """Yield the settings by which the world asks with that machine's address."""
    for wire in wires:
        if unheard_router(network, flows, wire) is not None:
            yield SysctlValue(f"net/ipv4/conf/{wire.name}/arp_announce", _MAIN_ADDRESS)
