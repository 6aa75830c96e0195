"""The packets that a flow sends, one after the other: each depends on the events of those before."""

import os

import msgspec

from hairpin.door import Encapsulated
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, ICMP_ANSWERS, PSH, RST, SYN, TCP, UDP, Packet
from tests.fidelity.case import Flow, Sent
from tests.fidelity.testbed.events import Event
from tests.fidelity.testbed.frames import TUNNEL_PORTS


class Transmission(msgspec.Struct, frozen=True):
    """One packet of a flow, as sent, and its events."""

    sent: Sent
    events: tuple[Event, ...]
    refused: bool = False
    """The kernel did not let the process send it."""
    position: int = 0
    """The round in which it was sent: a flow without an answer to give sends nothing in a round."""
    outer_ports: tuple[tuple[Encapsulated, int], ...] = ()
    """The source ports that the kernel has drawn for outer packets of tunnels."""


def next_packet(flow: Flow, transmissions: tuple[Transmission, ...], position: int) -> Sent | None:
    """Return the packet that the flow sends at that position; None if there is nothing to answer."""
    if position == 0:
        return flow.first
    if position > len(flow.then) or not transmissions or transmissions[-1].refused:
        return None
    if flow.then[position - 1] == "error":
        return _error(flow, transmissions[-1])
    if flow.then[position - 1] == "again":
        packet = flow.first.packet
        answered = len(transmissions) > 1 and transmissions[1].sent.packet.tcp_flags & SYN and transmissions[1].events
        # Data without a handshake would not fit the kernel's state of the TCP connection.
        flags = (flow.again_flags or ACK | PSH) if answered else SYN
        flags = flow.flags[position - 1] if flow.flags else flags
        again = msgspec.structs.replace(packet, tcp_flags=flags if packet.protocol == TCP else 0)
        if again.saddr == 0 or _resets_again(again, transmissions):
            return None
        return msgspec.structs.replace(flow.first, packet=again)
    rested = _rested(transmissions[0])
    reply = _reply(flow, rested, position) if rested is not None and not transmissions[0].refused else None
    return None if reply is not None and _resets_again(reply.packet, transmissions) else reply


def _resets_again(packet: Packet, transmissions: tuple[Transmission, ...]) -> bool:
    return (
        _ONE_RESET and packet.tcp_flags & RST != 0 and any(each.sent.packet.tcp_flags & RST for each in transmissions)
    )


def _rested(transmission: Transmission) -> Event | None:
    """Return where the packet came to rest; None if it came to several places, or if no answer can be sent from there.

    An answer goes to one host only, even if the sender's address was translated.
    """
    if _is_group(transmission.sent.packet.saddr):
        return None
    rested = [
        event
        for event in transmission.events
        if event.kind in ("arrived", "left")
        and not event.answer
        and not _is_outer(transmission.sent.packet, event)
        and not any(each == 0 or _is_group(each) for each in (event.saddr, event.daddr))
    ]
    return rested[0] if len(rested) == 1 else None


def _is_outer(packet: Packet, event: Event) -> bool:
    """Return whether a tunnel's outer packet has come to rest instead of the packet in it: known by its port or, if
    rules have changed that, by its addresses.
    """
    addresses = event.saddr, event.daddr
    to_six, to_four = any(each >> 32 for each in addresses), all(1 < each < 1 << 32 for each in addresses)
    other = to_six if packet.version == 4 else to_four
    return other or (event.protocol == UDP and event.dport in TUNNEL_PORTS) or event.protocol != packet.protocol


_KERNEL = tuple(int(part) for part in os.uname().release.split(".")[:2])
LOWEST_IS_BROADCAST = _KERNEL < (5, 14)
"""Whether a network's lowest address is a broadcast of it too: what is sent by a process to it, or from it, is not
compared.

Source: net/ipv4/fib_frontend.c fib_add_ifaddr()"""
_ONE_RESET = _KERNEL < (5, 14)
"""Whether conntrack looks for a reset's number in what is closed already, too: the walk knows of no numbers.

Source: net/netfilter/nf_conntrack_proto_tcp.c nf_conntrack_tcp_packet()"""


def _is_group(address: int) -> bool:
    """Return whether the address cannot be a source: multicast or, in the hunt's networks, broadcast."""
    if address >> 32:
        return address >> 120 == 0xFF
    return address >> 28 >= 0xE or address & 0xFF in (0xFF, *((0,) if LOWEST_IS_BROADCAST else ()))


def _reply(flow: Flow, event: Event, position: int) -> Sent:
    packet = flow.first.packet
    icmp = None
    if packet.icmp is not None:
        kind = packet.icmp >> 8
        icmp = ICMP_ANSWERS[packet.protocol].get(kind, kind) << 8
    flags = flow.flags[position - 1] if flow.flags else flow.reply_flags or SYN | ACK
    ports = event.sport >= 0
    back = Packet(
        version=packet.version,
        saddr=event.daddr,
        daddr=event.saddr,
        protocol=packet.protocol,
        sport=event.dport if ports else None,
        dport=event.sport if ports else None,
        tcp_flags=flags if packet.protocol == TCP else 0,
        icmp=icmp,
        dont_fragment=False,
        bad_checksum=packet.bad_checksum,
    )
    where = ("host", event.link) if event.kind == "left" else (event.netns, "")
    return Sent(*where, back, flow.first.padding, flow.first.no_checksum, flow.first.fragmented)


def _error(flow: Flow, transmission: Transmission) -> Sent | None:
    """Return the ICMP error that the flow plans, about the packet of the transmission."""
    plan, rested = flow.error, _rested(transmission)
    if plan is None or rested is None or rested.inner:
        return None
    about = transmission.sent.packet
    ports = rested.sport >= 0
    sport = rested.sport if plan.sport is None else plan.sport
    inner = msgspec.structs.replace(
        about,
        saddr=rested.saddr,
        daddr=rested.daddr,
        sport=sport if ports else None,
        dport=(sport if about.icmp is not None else rested.dport) if ports else None,
        ttl=rested.ttl,
        dscp=rested.dscp,
        bad_checksum=False,
    )
    packet = Packet(
        version=about.version,
        saddr=rested.daddr if plan.source is None else plan.source,
        daddr=rested.saddr if plan.target is None else plan.target,
        protocol=ICMP if about.version == 4 else ICMP6,
        icmp=plan.icmp,
        dont_fragment=False,
        inner=inner,
    )
    padding = min(flow.first.padding, _QUOTED)
    if rested.kind == "left":
        fragmented = flow.first.fragmented
        return Sent("host", plan.link or rested.link, packet, padding, fragmented=fragmented)
    return Sent(rested.netns, "", packet, padding)


_QUOTED = 60
"""The most bytes of padding that an error quotes: the error itself must fit a link."""
