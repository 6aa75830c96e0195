"""IPVS: it takes packets for its services behind the rules of INPUT, and sends them on to a server of its choice.

Which server that is, and by which way the packet goes there, is not modelled: that it arrives is a condition.

Source: net/netfilter/ipvs/ip_vs_core.c ip_vs_ops4: LOCAL_IN, NF_IP_PRI_NAT_SRC - 1
"""

import msgspec

from hairpin.host.socket import VirtualService
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import Packet
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.state import End, LinkDecided, State, stopped


def balanced(network: Network, state: State) -> End | None:
    """Return the end of a packet that IPVS takes, or None."""
    packet, namespace = state.packet, network.namespace(state.netns)
    service = next((each for each in namespace.virtual_services if _serves(each, packet)), None)
    if service is None:
        return None
    address = address_text(packet.daddr, packet.version)
    said = message(
        "IPVS in {netns} brings packets for {address} to a server that answers",
        netns=network.netns_text(state.netns),
        address=address,
    )
    decided = LinkDecided(state.iif, message("IPVS takes packets for {address}", address=address), service.evidence)
    given = state.given(Condition(said, holds=True))
    end = stopped(given, "opaque-device", link=state.iif, decided_by=decided)
    return msgspec.structs.replace(end, kind="unknown")


def _serves(service: VirtualService, packet: Packet) -> bool:
    if service.mark is not None:
        return packet.mark == service.mark
    asked = (packet.protocol, packet.version, packet.daddr)
    return asked == (service.protocol, service.version, service.address) and service.port in (0, packet.dport)
