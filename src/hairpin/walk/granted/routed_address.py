"""Whether the network leads packets to an address that only ``lo`` or a dummy link has.

A router sends packets to such an address only if somebody has routed it to this host, as for an anycast address.  A
cloud's 1:1 NAT sends them to the address of an uplink instead.  A person who puts the public address on ``lo`` in order
to publish a port on it gets no packet of a client.  An address of an uplink's own network needs no route, because the
kernel answers ARP for it on every link.
"""

from hairpin.message import Message, message
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import address_text
from hairpin.walk.state import State


def routed_address(network: Network, flow: Flow, left: State) -> tuple[Message, ...]:
    """Return the assumption that clients outside reach the address from which the answer ``left`` comes; none if a link
    to other machines has the address."""
    packet = left.packet
    if not isinstance(flow.start, Outside) or not left.netns.is_host or left.carried is not None:
        return ()
    namespace = network.namespace(left.netns)
    held = [each for each in addresses_of(namespace, None, packet.version) if each.value == packet.saddr]
    links = [link for each in held if (link := namespace.link(each.link)) is not None]
    own = next((each for each in addresses_of(namespace, left.oif, packet.version) if each.scope == "global"), None)
    if (
        not links
        or own is None
        or own.holds(packet.saddr, packet.version)
        or any(link.name != "lo" and link.kind != "dummy" for link in links)
    ):
        return ()
    return (
        message(
            "{address} is on {link} and on no uplink; it is routed to this host (behind a 1:1 NAT, the clients' "
            "packets come to {own} instead)",
            address=address_text(packet.saddr, packet.version),
            link=links[0].name,
            own=address_text(own.value, packet.version),
        ),
    )
