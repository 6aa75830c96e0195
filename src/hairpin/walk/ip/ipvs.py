"""IPVS takes packets for its services after the rules of INPUT, and forwards each packet to one of the service's
servers.

The choice of a server and the path to the server are not modelled: the server is assumed to answer.  If all servers of
a service have weight 0, IPVS rejects the packet.

Source: net/netfilter/ipvs/ip_vs_core.c ip_vs_ops4: LOCAL_IN, NF_IP_PRI_NAT_SRC - 1; ip_vs_schedule(), ip_vs_leave()
"""

from hairpin.host.socket import VirtualService
from hairpin.message import message
from hairpin.netfilter.packet import Packet
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.decided import LinkDecided, SysctlDecided
from hairpin.walk.state import End, State, stopped

_FORWARDING = ("net", "ipv4", "ip_forward")


def balanced(network: Network, state: State) -> End | None:
    """Return the end of a packet that IPVS takes; None if IPVS has no service for the packet."""
    packet, namespace = state.packet, network.namespace(state.netns)
    service = next((each for each in namespace.virtual_services if _serves(each, packet)), None)
    if service is None:
        return None
    address = address_text(packet.daddr, packet.version)
    taken = message("IPVS handles packets for {address}", address=address)
    noted = state.noted("input", state.iif, LinkDecided(state.iif, taken, service.evidence), note="balanced")
    if not service.servers:
        none = message("IPVS has no server for {address}, port {port}", address=address, port=packet.dport)
        decided = LinkDecided(state.iif, none, service.evidence)
        return stopped(noted, "no-listener", link=state.iif, decided_by=decided, reject="icmp-port-unreachable")
    if namespace.sysctl(*_FORWARDING) == 0 and packet.version == 4:
        # The answer of a server is forwarded to the client: ip_vs_out(), NF_INET_FORWARD.
        return stopped(noted, "forwarding-off", link=state.iif, decided_by=SysctlDecided(_FORWARDING, "0", "1"))
    said = message(
        "IPVS in {netns} brings packets for {address} to a server that answers",
        netns=network.netns_text(state.netns),
        address=address,
    )
    return End("balanced", noted, assumed=said)


def _serves(service: VirtualService, packet: Packet) -> bool:
    if service.mark is not None:
        return packet.mark == service.mark
    asked = (packet.protocol, packet.version, packet.daddr)
    return asked == (service.protocol, service.version, service.address) and service.port in (0, packet.dport)
