"""The packet that answers another packet, with the user and the mark that it gets from the answering socket.

Policy rules with ``uidrange`` or ``fwmark``, and rules with ``-m owner``, see both.  The SYN-ACK and the connection's
later packets have the user of the listening socket, because an accepted socket keeps the route of the handshake.

Source: net/ipv4/inet_connection_sock.c inet_csk_route_req(), inet_csk_clone_lock(); include/net/inet_sock.h
inet_request_mark(); net/ipv4/udp.c udp_sendmsg(); net/netfilter/xt_owner.c owner_mt()
"""

from hairpin.host.host import Namespace
from hairpin.host.socket import Socket
from hairpin.netfilter.packet import ICMP, TCP, Packet
from hairpin.walk.decided import SocketDecided
from hairpin.walk.state import Sender, State


def answer_to(packet: Packet, tcp_flags: int) -> Packet:
    """Return the packet that answers this packet: addresses and ports are swapped, and an echo request becomes an echo
    reply."""
    icmp = None
    if packet.icmp is not None:
        icmp = 0 if packet.protocol == ICMP else 129 << 8
    return Packet(
        version=packet.version,
        saddr=packet.daddr,
        daddr=packet.saddr,
        protocol=packet.protocol,
        sport=packet.dport,
        dport=packet.sport,
        tcp_flags=tcp_flags if packet.protocol == TCP else 0,
        icmp=icmp,
    )


def answering_socket(arrived: State) -> Socket | None:
    """Return the socket that received the packet; None if the packet did not come to a socket that was read."""
    step = arrived.history.steps[-1] if arrived.history.steps else None
    found = step.decided_by if step is not None and step.stage == "socket" else None
    return found.socket if isinstance(found, SocketDecided) else None


def sender_of_answer(arrived: State) -> Sender:
    """Return the sender of a socket's answer.  A socket whose user was not read counts as root's."""
    socket = answering_socket(arrived)
    return Sender(uid=socket.uid or 0 if socket is not None else 0)


def mark_of_answer(namespace: Namespace, arrived: State, *, by_kernel: bool = False) -> int:
    """Return the mark of the answer to a packet that arrived.  ``by_kernel``: whether the kernel itself answers."""
    if by_kernel:
        return reflected_mark(namespace, arrived.packet)
    socket = answering_socket(arrived)
    if socket is not None and socket.mark:
        return socket.mark
    # TCP over IPv6 reads this sysctl, too.
    takes_it = arrived.packet.protocol == TCP and namespace.sysctl("net", "ipv4", "tcp_fwmark_accept")
    return arrived.packet.mark if takes_it else 0


def reflected_mark(namespace: Namespace, packet: Packet) -> int:
    """Return the mark of the kernel's own answer: the packet's mark if ``fwmark_reflect`` is on, else 0.

    Source: include/net/ip.h IP4_REPLY_MARK(), include/net/ipv6.h IP6_REPLY_MARK()"""
    reflects = namespace.sysctl("net", "ipv4" if packet.version == 4 else "ipv6", "fwmark_reflect")
    return packet.mark if reflects else 0
