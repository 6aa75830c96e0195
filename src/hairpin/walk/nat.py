"""Network address translation of a walked packet.

Source: net/netfilter/nf_nat_core.c nf_nat_inet_fn(), nf_nat_setup_info(), nf_nat_packet(); nf_nat_masquerade.c,
nf_nat_redirect.c
"""

from typing import Literal

import msgspec

from hairpin.host.host import Namespace
from hairpin.netfilter.ir import STATUS_DNAT, STATUS_SNAT, Nat
from hairpin.netfilter.packet import ICMP_ANSWERS, Connection, Packet, Tuple
from hairpin.network.network import addresses_of
from hairpin.network.prefix import LINK_LOCAL6, inside, is_multicast
from hairpin.network.routing import source_address
from hairpin.walk.conntrack import PORTED, remembered
from hairpin.walk.state import State

Manip = Literal["src", "dst"]


def needs_decision(state: State, manip: Manip) -> bool:
    """Return whether nat chains are asked: once a connection and direction of translation, for its first packets."""
    connection = state.connection
    return (
        connection is not None
        and not connection.live
        and state.ct_direction == 0
        and manip not in connection.nat_checked
    )


def set_up(state: State, namespace: Namespace, manip: Manip, nat: Nat | None) -> State | None:
    """Return the state with the translation (None: none) decided for the connection.

    Returns None when it cannot be made (MASQUERADE without an address on the link): the kernel then drops the packet.
    """
    connection = state.connection
    assert connection is not None
    checked = (*connection.nat_checked, manip)
    if nat is None:
        return _replace(state, msgspec.structs.replace(connection, nat_checked=checked))
    wanted = connection.reply.reversed()
    address = _address(state, namespace, nat)
    if address is None and nat.nat in ("masquerade", "redirect"):
        return None
    if manip == "dst":
        wanted = Tuple(
            wanted.saddr,
            wanted.daddr if address is None else address,
            wanted.protocol,
            wanted.sport,
            _port(nat, wanted.dport),
        )
        status = connection.status | STATUS_DNAT
    else:
        wanted = Tuple(
            wanted.saddr if address is None else address,
            wanted.daddr,
            wanted.protocol,
            _port(nat, wanted.sport),
            wanted.dport,
        )
        status = connection.status | STATUS_SNAT
        wanted = _without_clash(state, namespace, connection, wanted)
    if wanted.reversed() == connection.reply:
        status = connection.status
    return _replace(
        state, msgspec.structs.replace(connection, reply=wanted.reversed(), status=status, nat_checked=checked)
    )


def _replace(state: State, connection: Connection) -> State:
    return remembered(msgspec.structs.replace(state, connection=connection))


def _address(state: State, namespace: Namespace, nat: Nat) -> int | None:
    version = state.packet.version
    if nat.nat == "masquerade":
        hop = state.next_hop
        towards = hop.gateway if hop is not None and hop.gateway is not None else state.packet.daddr
        return source_address(namespace, version, state.oif, towards)
    if nat.nat == "redirect":
        if not state.iif:
            return 0x7F000001 if version == 4 else 1
        own = addresses_of(namespace, state.iif, version)
        if version == 6:
            own = tuple(each for each in own if not each.tentative and _fits_scope(each.value, state.packet.daddr))
        return own[0].value if own else None
    if nat.addresses is None or (nat.version is not None and nat.version != version):
        return None
    first, last = nat.addresses
    if nat.prefix:
        size = last - first + 1
        old = state.packet.saddr if nat.nat == "snat" else state.packet.daddr
        return first | (old & (size - 1))
    return first


def _fits_scope(address: int, asked: int) -> bool:
    """Source: net/netfilter/nf_nat_redirect.c nf_nat_redirect_ipv6_usable()"""
    if is_multicast(asked, 6):
        scope = asked >> 112 & 0xF
        return scope == 0xE or (scope == 2 and inside(address, *LINK_LOCAL6, 6))
    return not inside(asked, *LINK_LOCAL6, 6) or inside(address, *LINK_LOCAL6, 6)


def _port(nat: Nat, port: int) -> int:
    if nat.ports is None:
        return port
    first, last = nat.ports
    return port if first <= port <= last else first


def _without_clash(state: State, namespace: Namespace, connection: Connection, wanted: Tuple) -> Tuple:
    """Return the tuple with another source port when another connection already gets its answers on this one."""
    if wanted.protocol not in (6, 17):
        return wanted
    walked = (each for netns, each in state.connections if netns == state.netns)
    taken = {each.reply for each in (*walked, *namespace.connections) if each.original != connection.original}
    while wanted.reversed() in taken:
        sport = 1024 + (wanted.sport - 1023) % 64512
        wanted = msgspec.structs.replace(wanted, sport=sport)
    return wanted


def translate(state: State, manip: Manip) -> State:
    """Return the state with its packet rewritten as its connection says, for this hook's kind of manipulation."""
    connection = state.connection
    if connection is None:
        return state
    forward = state.ct_direction == 0
    bit = STATUS_DNAT if (manip == "dst") == forward else STATUS_SNAT
    if not connection.status & bit:
        return state
    target = connection.reply.reversed() if forward else connection.original.reversed()
    return msgspec.structs.replace(state, packet=_rewritten(state.packet, target, manip))


def _rewritten(packet: Packet, target: Tuple, manip: Manip) -> Packet:
    """Return the packet with the tuple's source or destination; an ICMP question keeps its type and has one id."""
    if manip == "dst":
        packet = msgspec.structs.replace(packet, daddr=target.daddr)
    else:
        packet = msgspec.structs.replace(packet, saddr=target.saddr)
    if packet.protocol in ICMP_ANSWERS:
        return msgspec.structs.replace(packet, sport=target.sport, dport=target.sport)
    if packet.protocol not in PORTED or packet.sport is None:
        return packet
    if manip == "dst":
        return msgspec.structs.replace(packet, dport=target.dport)
    return msgspec.structs.replace(packet, sport=target.sport)
