"""IPv6 finds its neighbours by packets that the firewall sees, too: who drops them is reached by nobody on the link.

ARP passes below the IP hooks; neighbour solicitations (ICMPv6 type 135) come in through PREROUTING and INPUT,
untracked.
Source: net/ipv6/ndisc.c ndisc_rcv(); net/netfilter/nf_conntrack_proto_icmpv6.c noct_valid_new
"""

from hairpin.netfilter.packet import ICMP6, Packet
from hairpin.network.network import HOST, Network, owns_address
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.state import End, State

_ROUTER = 0xFE80 << 112 | 1
_SOLICITATION = 135 << 8
_SOLICITED_NODE = 0xFF0200000000000000000001FF000000
"""ff02::1:ff00:0/104 (RFC 4291)."""


def unheard(network: Network, started: State) -> End | None:
    """Return how the neighbour's solicitation for the packet's destination ends when it never arrives, else None."""
    packet = started.packet
    if packet.version != 6 or started.stage != "device-in" or started.netns != HOST:
        return None
    if not owns_address(network.namespace(HOST), 6, packet.daddr):
        return None
    lost: list[End] = []
    for asked in (_SOLICITED_NODE | packet.daddr & 0xFFFFFF, packet.daddr):
        solicitation = Packet(6, _ROUTER, asked, ICMP6, icmp=_SOLICITATION, ttl=255, smac=packet.smac)
        for end in walk_packet(network, State("device-in", HOST, solicitation, iif=started.iif, notrack=True)):
            if end.kind not in ("dropped", "rejected") or end.stop is None:
                return None
            if end.stop.reason != "route-type":  # the group of its own address is one that a host has joined
                lost.append(end)
    return lost[0] if lost else None
