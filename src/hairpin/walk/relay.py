"""The connection that a relay (docker-proxy, rootlessport, pasta) opens for each connection that it accepts."""

from hairpin.host.netns import Netns
from hairpin.host.socket import Relay, Socket, TapEntry
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import Packet
from hairpin.network.attachment import address_behind, routers_of, tap_of
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import LINK_LOCAL6, Version, address_text, is_loopback
from hairpin.walk.state import State

_LOOPBACK: dict[Version, int] = {4: 0x7F000001, 6: 1}
_ROUTER6 = 0xFE80 << 112 | 1
"""A link-local address for the far side of a tap link.  The stack draws its own one."""


def relayed_flow(network: Network, flow: Flow, at: State, socket: Socket, *, to_loopback: bool = False) -> Flow | None:
    """Return the flow of the relay's own connection; None if the relay's namespace or its target was not read.

    ``at``: the client's packet at the relay's listening socket.  ``to_loopback``: whether the relay connects to the
    container's loopback address, if its release is not known."""
    relay = socket.relay
    assert relay is not None
    inside = at.netns.sibling(relay.netns)
    if inside not in network if relay.netns else not relay.address:
        return None
    start: Start = FromContainer(flow.container or "", inside) if relay.netns else FromHost()
    version, address = relay.version, relay.address
    if relay.tap is not None:
        version = at.packet.version
        start, address = _entering(network, flow, inside, relay.tap, at.packet, to_loopback=to_loopback)
    return Flow(
        start=start,
        version=version,
        daddr=address or _own_address(network, inside, version),
        protocol=flow.protocol,
        dport=relay.port,
        sport=flow.sport + 1,
        container=flow.container,
        host=at.netns.host,
        data_bytes=flow.data_bytes,
    )


def loopback_in_doubt(relay: Relay, packet: Packet) -> Condition | None:
    """Return the condition under which a network stack of unknown release connects to the container's loopback address;
    None if the relay's target is known."""
    if relay.tap is None or relay.tap.from_loopback != "either" or not is_loopback(packet.saddr, packet.version):
        return None
    said = message(
        "pasta connects to {address} inside the container, as it did before release 2024_10_30",
        address=address_text(_LOOPBACK[packet.version], packet.version),
    )
    return Condition(said, holds=True)


def _entering(
    network: Network, flow: Flow, inside: Netns, tap: TapEntry, packet: Packet, *, to_loopback: bool
) -> tuple[Start, int]:
    """Return where the stack's packet enters the container, and its destination (0: the container's own address)."""
    version, namespace = packet.version, network.namespace(inside)
    link = tap_of(namespace, tap.link)
    local = is_loopback(packet.saddr, version)
    if local and tap.from_loopback != "tap":
        within = to_loopback or tap.from_loopback == "loopback"
        return FromContainer(flow.container or "", inside), _LOOPBACK[version] if within else 0
    own = address_behind(namespace, link, version)
    source = packet.saddr
    if local or (tap.copies_host and source == own):
        mapped = tap.own4 if version == 4 else tap.own6
        router = next((each for each, _ in routers_of(network, inside, version)), source) if version == 4 else _ROUTER6
        source = mapped or router
    near = version == 6 and LINK_LOCAL6.holds(source, 6)
    target = address_behind(namespace, link, version, near=near)
    # Without an address of its own, the container takes no address for its own, also not the one the client asked.
    return Outside(source, link, inside), target or packet.daddr


def _own_address(network: Network, netns: Netns, version: Version) -> int:
    """Return the address of a container behind a network stack; the loopback address if the container has none."""
    return address_behind(network.namespace(netns), None, version) or _LOOPBACK[version]
