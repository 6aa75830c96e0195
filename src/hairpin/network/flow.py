"""One flow, from a start to an address and port."""

from typing import Literal

import msgspec

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import ICMP, ICMP6, SYN, TCP, UDP, Packet
from hairpin.network.prefix import Version, address_text

Protocol = Literal["tcp", "udp", "icmp"]


class Outside(msgspec.Struct, frozen=True, tag="outside"):
    """A client outside, behind the router of ``link`` (None: the link of the route to it)."""

    address: int
    link: str | None = None


class Lan(msgspec.Struct, frozen=True, tag="lan"):
    """A neighbour on ``link`` (None: the link of the default route)."""

    address: int
    link: str | None = None


class FromHost(msgspec.Struct, frozen=True, tag="host"):
    """A process in the host's namespace; ``address`` is the source that it binds to (None: the kernel chooses)."""

    address: int | None = None


class FromContainer(msgspec.Struct, frozen=True, tag="container"):
    """A process in a container's namespace."""

    name: str
    netns: Netns


Start = Outside | Lan | FromHost | FromContainer


class Flow(msgspec.Struct, frozen=True):
    """One flow.

    ``dport`` is the ICMP id for echo.  ``container``: the container that the user asked about, for the report.
    ``host``: the label of the host that it starts on, or whose client starts it (empty: the network's first).
    ``asked_host``: the label of the host whose port or container the user asked about (empty: the same).
    ``data_bytes``: the bytes that the client sends at once, and over TCP receives; 0: a short request. ``invented``:
    the user did not name the outside end; it has a documentation address.

    ``stand_ins``: alternative addresses for an outside end that the user did not name, because a rule against one
    documentation range says nothing about other clients.
    """

    start: Start
    version: Version
    daddr: int
    protocol: Protocol
    dport: int
    sport: int = 40000
    container: str | None = None
    purpose: Literal["published", "egress", "dns", "asked"] = "asked"
    stand_ins: tuple[int, ...] = ()
    host: str = ""
    asked_host: str = ""
    data_bytes: int = 0
    invented: bool = False
    asked_name: str = ""
    """The container name in a DNS query.  The server is the client's first name server."""

    @property
    def of_container(self) -> str | None:
        """The name of the container in which the flow starts, or else to which it leads."""
        return self.start.name if isinstance(self.start, FromContainer) else self.container

    @property
    def names_no_client(self) -> bool:
        """Whether hairpin chose the address of the outside end.  A LAN neighbour gets a free address of the LAN."""
        return self.invented or isinstance(self.start, Lan)

    def packet(self, saddr: int) -> Packet:
        """Return the flow's first packet as it leaves its sender."""
        number = {"tcp": TCP, "udp": UDP, "icmp": ICMP if self.version == 4 else ICMP6}[self.protocol]
        icmp = None
        if self.protocol == "icmp":
            icmp = 8 << 8 if self.version == 4 else 128 << 8
        packet = Packet(
            version=self.version,
            saddr=saddr,
            daddr=self.daddr,
            protocol=number,
            sport=self.sport if icmp is None else self.dport,
            dport=self.dport,
            tcp_flags=SYN if self.protocol == "tcp" else 0,
            icmp=icmp,
        )
        if self.protocol == "tcp" or not self.data_bytes:
            return packet
        headers = (20 if self.version == 4 else 40) + 8
        return msgspec.structs.replace(packet, length_bytes=self.data_bytes + headers)

    def with_stand_in(self, address: int) -> "Flow":
        """Return the flow with another address for its outside end."""
        if isinstance(self.start, (Outside, Lan)):
            return msgspec.structs.replace(self, start=msgspec.structs.replace(self.start, address=address))
        return msgspec.structs.replace(self, daddr=address)

    def target_text(self) -> str:
        """Return ``198.51.100.2:8151/tcp`` (``[2001:db8::1]:80/tcp``)."""
        address = address_text(self.daddr, self.version)
        if self.protocol == "icmp":
            return f"{address}/icmp"
        return f"{f'[{address}]' if self.version == 6 else address}:{self.dport}/{self.protocol}"

    def start_text(self, *, with_host: bool = False) -> str:
        """Return the start as text: an address, ``host``, ``container:NAME`` or ``lan``; ``with_host``:
        ``container:NAME@HOST``."""
        at = f"@{self.host}" if with_host and self.host else ""
        match self.start:
            case Outside(address=address):
                return address_text(address, self.version)
            case Lan(address=address):
                return f"lan ({address_text(address, self.version)})"
            case FromHost():
                return f"host{at}"
            case FromContainer(name=name):
                return f"container:{name}{at}"
