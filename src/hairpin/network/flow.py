"""One flow, from its start to an address and a port."""

from typing import Annotated, Literal

import msgspec

from hairpin.field import of
from hairpin.host.netns import NAMED, Netns
from hairpin.netfilter.packet import CWR, ECE, ICMP, ICMP6, SYN, TCP, UDP, Packet
from hairpin.network.prefix import Version, address_text

Protocol = Literal["tcp", "udp", "icmp"]


class Outside(msgspec.Struct, frozen=True, tag="outside"):
    """A client outside, behind the router on ``link`` (None: on the link of the route to the client).  ``behind``: the
    namespace of a container that routes for the client and that has the link; None if the host's namespace has it."""

    address: int
    link: str | None = None
    behind: Netns | None = None


class Lan(msgspec.Struct, frozen=True, tag="lan"):
    """A client that is a neighbour on ``link`` (None: on the link of the default route)."""

    address: int
    link: str | None = None


class FromHost(msgspec.Struct, frozen=True, tag="host"):
    """A process in the host's namespace; ``address`` is the source address to which it binds (None: the kernel chooses
    one).  ``uid``: the user of the process."""

    address: int | None = None
    uid: int = 0


class FromContainer(msgspec.Struct, frozen=True, tag="container"):
    """A process in a container's namespace, or in a namespace with a name in which no container runs.  ``name``: the
    container's name, or the namespace's.  ``address`` is the source address to which it binds (None: the kernel chooses
    one)."""

    name: Annotated[str, of("name")]
    netns: Netns
    address: int | None = None


Start = Outside | Lan | FromHost | FromContainer


class Flow(msgspec.Struct, frozen=True):
    """One flow.

    For ICMP echo, ``dport`` is the id.  ``container`` is the container that the question is about.  ``host`` is the
    label of the host on which the flow starts, or whose client starts it (empty: the network's first host).
    ``asked_host`` is the label of the host whose port or container the user asked about (empty: the same host as
    ``host``).  ``data_bytes``: how many bytes the client sends at once, and also receives over TCP (0: a short
    request).  ``invented``: whether the outside end has a documentation address. hairpin chooses such an address if the
    user names none.

    ``stand_ins`` has other addresses for an outside end that the user did not name.  A rule against one documentation
    range says nothing about other clients.
    """

    start: Start
    version: Version
    daddr: Annotated[int, of("address")]
    protocol: Protocol
    dport: Annotated[int, of("port")]
    sport: Annotated[int, of(walked=False)] = 40000
    container: Annotated[str | None, of("name")] = None
    purpose: Literal["published", "egress", "dns", "asked"] = "asked"
    stand_ins: tuple[int, ...] = ()
    host: str = ""
    asked_host: str = ""
    data_bytes: int = 0
    invented: bool = False
    asked_name: Annotated[str, of("name")] = ""
    """The container name for which a DNS query asks.  The query goes to the client's first name server."""
    ttl: int = 0
    """The TTL of an outside client's packets when they enter the host; 0 for the usual TTL."""
    asks_for_ecn: bool = False
    """Whether the flow's SYN asks for explicit congestion notification (RFC 3168, 6.1.1), as with net.ipv4.tcp_ecn=1.
    Such a SYN also has the flags ECE and CWR."""
    from_port: bool = False
    """Whether the flow stands for the packets with its source port, which a rule treats differently."""
    port_named: bool = False
    """Whether the user named the port of a flow to the outside whose address hairpin chose."""

    @property
    def of_container(self) -> str | None:
        """The name of the container in which the flow starts, or else of the container to which it leads."""
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
            tcp_flags=(SYN | ECE | CWR if self.asks_for_ecn else SYN) if self.protocol == "tcp" else 0,
            icmp=icmp,
        )
        if self.ttl:
            packet = msgspec.structs.replace(packet, ttl=self.ttl)
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
        """Return the flow's destination as text, such as ``198.51.100.2:8151/tcp`` or ``[2001:db8::1]:80/tcp``."""
        address = address_text(self.daddr, self.version)
        if self.protocol == "icmp":
            return f"{address}/icmp"
        return f"{f'[{address}]' if self.version == 6 else address}:{self.dport}/{self.protocol}"

    def start_text(self, *, with_host: bool = False) -> str:
        """Return the flow's start as text: an address, ``host``, ``container:NAME``, ``netns:NAME`` or ``lan``.
        With ``with_host``, return ``container:NAME@HOST``."""
        at = f"@{self.host}" if with_host and self.host else ""
        match self.start:
            case Outside(address=address):
                return address_text(address, self.version)
            case Lan(address=address):
                return f"lan ({address_text(address, self.version)})"
            case FromHost():
                return f"host{at}"
            case FromContainer(name=name, netns=netns, address=address):
                bound = f" ({address_text(address, self.version)})" if address is not None else ""
                return f"{NAMED if netns.is_named else 'container:'}{name}{at}{bound}"
