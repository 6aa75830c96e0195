"""The kernel's events: each packet that arrives, leaves, or is rejected.

An nftables table of the hunt's own logs each packet at the end of INPUT and drops it there, behind the confirmation
of its connection, so that only the hunt answers. It also logs each rejection when the kernel makes it (packets of
processes have their socket's owner).
"""

import errno
import socket
import struct
from typing import Literal

import msgspec

from hairpin.door import Encapsulated
from hairpin.netfilter.evaluate.header import WITH_PORTS
from hairpin.netfilter.packet import UDP, Packet
from tests.fidelity.case import Wire
from tests.fidelity.testbed.fragments import Together
from tests.fidelity.testbed.frames import OUTER_PROTOCOLS, TUNNEL_PORTS, decode
from tests.fidelity.testbed.netns import Netns

TABLE = "fidelity-observer"
_ARRIVED, _ANSWERED = 1, 2
_SOL_NETLINK, _NETLINK_NETFILTER = 270, 12
_NOTE = f"log group {_ANSWERED} queue-threshold 1 snaplen 2048"

_OUTER = ", ".join(map(str, TUNNEL_PORTS))

RULES = f"""
table inet {TABLE} {{
    chain arrived {{
        type filter hook input priority 2147483647; policy accept;
        udp dport {{ {_OUTER} }} return
        meta l4proto {{ {", ".join(map(str, OUTER_PROTOCOLS))} }} return
        log group {_ARRIVED} queue-threshold 1 snaplen 2048 drop
    }}
    chain answers {{
        type filter hook output priority -2147483648; policy accept;
        udp dport {{ {_OUTER} }} {_NOTE}
        udp dport {{ {_OUTER} }} return
        meta skuid 0 return
        icmp type {{ 3, 5, 11, 12 }} {_NOTE}
        icmpv6 type {{ 1, 2, 3, 4 }} {_NOTE}
        tcp flags & rst == rst meta length {{ 40, 60 }} {_NOTE}
        icmpv6 type {{ 130, 131, 132, 133, 134, 135, 136, 137, 143 }} drop
    }}
}}
"""
"""Loaded before all other rules: of hooks of equal priority the one registered last runs first. Conntrack's
confirmation is registered later, so it runs before ``arrived``.
"""


TRACKING = f"""
add chain inet {TABLE} tracking
add rule inet {TABLE} tracking ct state new
"""
"""Makes the kernel track connections, as any rule about connections does (the chain never runs): without tracking
its nat chains do not run at all.
"""


class Event(msgspec.Struct, frozen=True, order=True):
    """One event of a flow's packet. ``place``: the namespace, and the link for ``left``."""

    kind: Literal["arrived", "left", "answer"]
    netns: str
    link: str
    saddr: int = 0
    daddr: int = 0
    protocol: int = 0
    sport: int = -1
    dport: int = -1
    ttl: int = 0
    dscp: int = 0
    answer: str = ""
    inner: tuple[int, ...] = ()
    """The packet that an ICMP error is about: addresses, protocol, ports."""


def event_of(
    kind: Literal["arrived", "left"], netns: str, link: str, packet: Packet, answer: str | None = None
) -> Event:
    """Return the event of a packet that came to rest; ``answer``: it was made by a kernel to reject another one."""
    sport, dport = _ports(packet)
    inner: tuple[int, ...] = ()
    if packet.inner is not None:
        inner = (packet.inner.saddr, packet.inner.daddr, packet.inner.protocol, *_ports(packet.inner))
    return Event(kind, netns, link, packet.saddr, packet.daddr, packet.protocol, sport, dport, packet.ttl, packet.dscp,
                 answer or "", inner)  # fmt: skip


def _ports(packet: Packet) -> tuple[int, int]:
    if is_outer(packet) and packet.protocol == UDP:
        return (0, packet.dport or 0)  # the kernel draws it: Encapsulated
    return (packet.sport if packet.sport is not None else -1, packet.dport if packet.dport is not None else -1)


def is_outer(packet: Packet) -> bool:
    """Return whether a tunnel device has made the packet, and its port is still a tunnel's."""
    return packet.protocol in OUTER_PROTOCOLS or (packet.protocol == UDP and packet.dport in TUNNEL_PORTS)


def encapsulated(netns: str, packet: Packet) -> Encapsulated:
    """Return the fields by which an inner packet is recognised."""
    ports = _ports(packet) if packet.protocol in WITH_PORTS else (-1, -1)
    return Encapsulated("", netns, packet.saddr, packet.daddr, packet.protocol, *ports)


class Log:
    """Packets that an nftables ``log group`` of one namespace hands out."""

    def __init__(self, netns: Netns) -> None:
        self.netns = netns.name
        self.together = Together()
        self.outer_ports: dict[int, dict[Encapsulated, int]] = {}
        with netns.entered():
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
            self.names: dict[int, str] = {}
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.socket.bind((0, 0))
        for group in (_ARRIVED, _ANSWERED):
            self._configure(group, 1, struct.pack("!BBH", 1, 0, 0))  # NFULA_CFG_CMD: bind
            self._configure(group, 2, struct.pack("!IBB", 2048, 2, 0))  # NFULA_CFG_MODE: copy packet
            self._configure(group, 5, struct.pack("!I", 1))  # NFULA_CFG_QTHRESH
        self.socket.setblocking(False)

    def _configure(self, group: int, attribute: int, value: bytes) -> None:
        padded = value + b"\0" * (-len(value) % 4)
        body = struct.pack("=BBH", 0, 0, socket.htons(group)) + struct.pack("=HH", 4 + len(value), attribute) + padded
        # NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG; NLM_F_REQUEST | NLM_F_ACK
        self.socket.send(struct.pack("=IHHII", 16 + len(body), 4 << 8 | 1, 5, 0, 0) + body)
        while True:  # packets may come before the answer; the hunt has not sent them
            answer = self.socket.recv(65536)
            (kind,) = struct.unpack_from("=H", answer, 4)
            if kind == 2:  # NLMSG_ERROR, which also acknowledges
                break
        (failed,) = struct.unpack_from("=i", answer, 16)
        if failed:
            raise OSError(-failed, f"log group {group}")

    def read(self) -> list[tuple[int, Event]]:
        """Return (flow, event) of all that is waiting."""
        found: list[tuple[int, Event]] = []
        while True:
            try:
                data = self.socket.recv(1 << 17)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK):
                    return found
                raise
            at = 0
            while at + 16 <= len(data):
                size, kind = struct.unpack_from("=IH", data, at)
                if kind == 4 << 8:
                    event = self._event(data[at + 20 : at + size])
                    if event is not None:
                        found.append(event)
                at += (size + 3) & ~3

    def _event(self, attributes: bytes) -> tuple[int, Event] | None:
        payload, iif, at = b"", 0, 0
        hook = 0
        while at + 4 <= len(attributes):
            size, kind = struct.unpack_from("=HH", attributes, at)
            value = attributes[at + 4 : at + size]
            match kind & 0x7FFF:
                case 1:
                    hook = value[2]
                case 4:
                    (iif,) = struct.unpack("!I", value)
                case 9:
                    payload = value
                case _:
                    pass
            at += (size + 3) & ~3
        whole = self.together.whole(payload)
        parsed = decode(whole) if whole is not None else None
        if parsed is None or parsed.flow is None:
            return None
        if hook == 3 and parsed.carried is not None:
            ports = self.outer_ports.setdefault(parsed.flow, {})
            ports[encapsulated(self.netns, parsed.carried)] = parsed.packet.sport or 0
            return None
        if hook == 3:  # the hunt's own packets are logged here, too, if another namespace routes them (ipvlan)
            return (parsed.flow, Event("answer", "", "", answer=parsed.answer)) if parsed.answer is not None else None
        link = self.names.get(iif, str(iif))
        return parsed.flow, event_of("arrived", self.netns, link, parsed.packet, parsed.answer)

    def close(self) -> None:
        """Stop."""
        self.socket.close()


class Tap:
    """The world's end of a wire: sends frames to the host, and receives the host's frames.

    ``senders``: the hardware address from which each flow's last packet came.
    """

    def __init__(self, world: Netns, wire: Wire) -> None:
        self.wire = wire
        self.together = Together()
        with world.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
        self.socket.bind((wire.peer, 3))
        self.socket.setblocking(False)
        head = bytes.fromhex((wire.mac + wire.peer_mac).replace(":", ""))
        self.senders: dict[int, int] = {}
        if wire.vlan:
            head += b"\x81\x00" + wire.vlan.to_bytes(2)
        self._heads = {4: head + b"\x08\x00", 6: head + b"\x86\xdd"}

    def send(self, packet: Packet, data: bytes) -> None:
        """Send a packet to the host's link, or to the hardware address that it has."""
        head = self._heads[packet.version]
        if packet.dmac is not None:
            head = packet.dmac.to_bytes(6) + head[6:]
        try:
            self.socket.send(head + data)
        except OSError as error:
            if error.errno not in (errno.ENETDOWN, errno.ENOBUFS):
                raise

    def read(self) -> list[tuple[int, Event]]:
        """Return (flow, event) of the packets that the host has sent."""
        found: list[tuple[int, Event]] = []
        while True:
            try:
                data, address = self.socket.recvfrom(4096)
            except OSError as error:
                if error.errno == errno.ENETDOWN:
                    continue
                return found
            if address[2] == 4 or data[12:14] not in (b"\x08\x00", b"\x86\xdd"):  # PACKET_OUTGOING: our own
                continue
            whole = self.together.whole(data[14:])
            parsed = decode(whole) if whole is not None else None
            if parsed is not None and parsed.flow is not None:
                if parsed.answer is None:
                    self.senders[parsed.flow] = int.from_bytes(data[6:12])
                found.append((parsed.flow, event_of("left", "host", self.wire.link, parsed.packet, parsed.answer)))

    def close(self) -> None:
        """Stop."""
        self.socket.close()
