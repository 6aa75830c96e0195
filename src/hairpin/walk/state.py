"""The state of a walked packet, the steps that it took, and how a walk can end."""

from collections.abc import Generator, Iterable
from typing import Literal

import msgspec

from hairpin.host.link import Link, Tunnel
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Condition, Decision
from hairpin.netfilter.ir import CT_INVALID, CT_RELATED
from hairpin.netfilter.packet import ICMP, ICMP6, Connection, Packet, Seen
from hairpin.network.network import Port
from hairpin.network.prefix import is_loopback
from hairpin.walk.decided import DecidedBy, LinkDecided

Stage = Literal[
    "device-in", "bridge", "prerouting", "input-route", "input", "socket", "forward", "output-route", "output",
    "postrouting", "neighbour", "device-out", "tunnel", "outside", "relay",
]  # fmt: skip

Reason = Literal[
    "link-missing", "link-down", "no-carrier", "mtu", "qdisc", "tc-filter", "bridge-down", "bridge-port-state",
    "bridge-port-isolated", "bridge-vlan", "hairpin-off", "no-neighbour", "neighbour-wrong", "neighbour-table-full",
    "rule", "policy", "reject", "taken-away", "rules-unread",
    "martian-source", "martian-destination", "rp-filter", "forwarding-off", "no-route", "route-type", "ttl",
    "route-localnet", "no-source-address", "loop", "conntrack-clash", "conntrack-full",
    "redirect-translated", "masquerade-moved",
    "no-listener", "answered-by-other", "process-frozen", "never-accepts", "backlog-full", "receive-queue-full",
    "unit-filter",
    "sockets-unread", "namespace-unread",
    "gateway-does-not-hairpin", "upstream-denies", "source-not-translated", "peer-drops", "wrong-answer",
    "no-tunnel-remote", "no-tunnel", "tunnel-elsewhere", "peer-not-allowed", "endpoint-elsewhere",
    "stack-refuses", "opaque-device", "no-container", "left-instead", "address-lost",
    "start-refused", "name-unknown", "too-many-ways", "xfrm-policy",
]  # fmt: skip
Note = Reason | Literal["snat", "dnat", "masquerade", "redirect", "reverse path", "balanced"]
"""A note on a step: why the packet stopped, how NAT translated it, a reverse-path lookup, or IPVS's choice."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """One step of a walk.  ``packet`` is the packet after the step."""

    netns: Netns
    stage: Stage
    link: str
    packet: Packet
    decided_by: DecidedBy | None = None
    note: Note | None = None

    @property
    def translates_destination(self) -> bool:
        """Whether a rule gave the packet another destination in this step."""
        return self.note in ("dnat", "redirect")


class Stop(msgspec.Struct, frozen=True):
    """Where and why a packet's walk ended.

    ``seen``: the packet at that stage.  ``reject``: the answer that its sender gets.  ``address``: the address of the
    neighbour that was not reached.  ``answered_by``: the container, the process or the machine that answers instead of
    the asked container; empty if none does.
    """

    reason: Reason
    netns: Netns
    stage: Stage
    link: str
    seen: Seen
    decided_by: DecidedBy | None = None
    reject: str | None = None
    address: int | None = None
    answered_by: str = ""

    @property
    def is_on_way_to_loopback6(self) -> bool:
        """Whether the packet is an answer to ::1 that came in by another link than lo.

        Source: net/ipv6/ip6_input.c ip6_rcv_core()
        """
        packet = self.seen.packet
        return self.reason == "no-route" and packet.version == 6 and is_loopback(packet.daddr, 6)


class Passed(msgspec.Struct, frozen=True, gc=False):
    """A base chain that the packet has passed, and what the chain decided."""

    netns: Netns
    decision: Decision


class Frame(msgspec.Struct, frozen=True, gc=False):
    """The Ethernet frame of the packet, and the bridge ports by which it enters and leaves."""

    physin: str = ""
    physout: str = ""
    vid: int | None = None
    """The VLAN of a tagged frame.  Within a bridge that filters VLANs each frame has a VLAN."""
    target: Port | None = None
    """The link to which the frame is addressed.  None stands for a link that is unknown or outside of the snapshot."""
    dmac: int | None = None
    """The hardware address in the next hop's neighbour entry; if it is None, the frame goes to the address of
    ``target``."""
    other_host: bool = False
    """Whether the frame's destination hardware address is not this namespace's (PACKET_OTHERHOST)."""
    foreign: bool = False
    """Whether the frame is addressed to a machine outside of the snapshot, behind another port of the bridge by whose
    port it enters: a virtual machine or a machine on the LAN."""
    routed: int | None = None
    """The packet's mark when the bridge gave it its route, because a rule had changed the packet's destination there.
    None if the bridge did not."""


class Track(msgspec.Struct, frozen=True, gc=False):
    """Connection tracking's state of the packet (``skb->_nfct``)."""

    ct_state: int = 0
    ct_direction: Literal[0, 1] = 0
    connection: Connection | None = None
    notrack: bool = False
    """Whether a rule has run NOTRACK on the packet before its connection was looked up."""
    zone: int | None = None
    """The conntrack zone that a rule has set before the packet's connection was looked up."""


class Fragments(msgspec.Struct, frozen=True, gc=False):
    """The sizes of the packet's fragments, in bytes."""

    largest: int | None = None
    """The largest fragment of a packet that travels in fragments.  ``largest`` is None if the packet travels whole."""
    by_socket: int | None = None
    """The size of the fragments that the local socket made.  The IP layer keeps these fragments if they fit the MTU."""
    defragmented: int = 0
    """The largest fragment of a packet that was defragmented in this namespace; 0 if the packet was not defragmented.
    A packet that exceeds an MTU later is fragmented again at this size."""
    gso: bool = False
    """Whether the packet is one of several full-sized TCP segments that the kernel carries as one packet (generic
    segmentation offload) until a real network card cuts them."""


class Sender(msgspec.Struct, frozen=True, gc=False):
    """The local socket that sends the packet."""

    uid: int | None = None
    by_kernel: bool = False
    """Whether a socket of the kernel sends the packet, such as an ICMP error.  A reset that a rule sends has no socket.
    A kernel socket has no owner.  Policy rules see the ``uid`` of this struct."""
    without_socket: bool = False
    """Whether a tunnel device sends the packet, and its inner packet has no local socket.  Route lookups see uid 0."""
    header_included: bool = False
    """Whether a raw socket wrote the IPv4 header.  The packet then passes no VRF device: raw.c raw_send_hdrinc()"""


class History(msgspec.Struct, frozen=True, gc=False):
    """What this walk has changed and recorded so far, with this packet and with earlier packets."""

    connections: tuple[tuple[Netns, Connection], ...] = ()
    """Connections that this walk made or changed, by namespace."""
    neighbours: tuple[tuple[Netns, str, int], ...] = ()
    """Neighbours that the kernel knows by this walk's solicitations or ARP requests: namespace, link, address."""
    passed: tuple[Passed, ...] = ()
    """The base chains that the packet has passed.  Base chains are recorded only for an observer (door.py)."""
    steps: tuple[Step, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sent: frozenset[Netns] = frozenset()
    """The namespaces through which the flow's earlier packets went.  Each of them has sent a frame."""

    def for_answer(self) -> "History":
        """Return the history with which the answer's walk begins: this history without its steps."""
        return msgspec.structs.replace(self, steps=(), sent=self.sent | {each.netns for each in self.steps})


class State(msgspec.Struct, frozen=True, gc=False):
    """A packet at one stage of its walk: namespace, links, route, frame, tracking, fragments, sender and history."""

    stage: Stage
    netns: Netns
    packet: Packet
    iif: str = ""
    oif: str = ""
    slave: str = ""
    """The VRF port by which the packet came in, if ``iif`` is the VRF.  IPv4 looks routes up with this port."""
    rerouted: str = ""
    """The new output link of a local packet that a rule of OUTPUT changed.  Chains of OUTPUT still see ``oif``."""
    next_hop: NextHop | None = None
    mtu_bytes: int | None = None
    """The MTU of the packet's route, or of the route's link.  ``mtu_bytes`` is None before the packet is routed."""
    to_many: bool = False
    """Whether the packet's IPv4 route is a broadcast or multicast route."""
    local: bool = False
    """Whether this namespace sent the packet over the loopback link.  A packet that came over the loopback link has its
    route already."""
    handed_back: Literal["", "sent", "forwarded"] = ""
    """Whether this namespace ``sent`` or ``forwarded`` a packet that has come back with its old route; empty for any
    other packet.  A packet comes back from lo, to which it was forwarded, or from a vxlan device, which makes no outer
    packet for its own host."""
    l3s: Port | None = None
    """The ipvlan in mode l3s that receives the packet, while INPUT sees the link below as its interface."""
    hops: int = 0
    """The number of devices that the packet has passed."""
    frame: Frame = Frame()
    track: Track = Track()
    fragments: Fragments = Fragments()
    sender: Sender = Sender()
    history: History = History()
    carried: "Carried | None" = None
    """The frame inside the packet, if the packet is a tunnel's outer packet; else None."""

    def seen(self) -> Seen:
        """Return the packet as rules see it at this stage.  A packet that is related to no connection, because it
        answers an untracked packet, has the ctstate INVALID."""
        frame, track, sender = self.frame, self.track, self.sender
        unrelated = track.ct_state == CT_RELATED and track.connection is None
        owner = None if sender.by_kernel else sender.uid  # a kernel socket has no file: xt_owner.c owner_mt()
        return Seen(
            packet=self.packet,
            iif=self.iif,
            oif=self.oif,
            physin=frame.physin,
            physout=frame.physout,
            ct_state=CT_INVALID if unrelated else track.ct_state,
            ct_direction=track.ct_direction,
            connection=track.connection,
            uid=owner,
            gid=owner if owner == 0 else None,  # no reading shows another user's group
            by_kernel=sender.by_kernel and not sender.without_socket,
            pkttype=1 if self.packet.arp == 1 and frame.physin else 3 if frame.other_host else 0,
        )

    def to(self, stage: Stage, **changes: object) -> "State":
        """Return the state moved to another stage."""
        return msgspec.structs.replace(self, stage=stage, **changes)

    def noted(self, stage: Stage, link: str, decided_by: DecidedBy | None = None, note: Note | None = None) -> "State":
        """Return the state with one more step recorded."""
        step, history = Step(self.netns, stage, link, self.packet, decided_by, note), self.history
        steps = (*history.steps, step)
        return msgspec.structs.replace(self, history=msgspec.structs.replace(history, steps=steps))

    def given(self, condition: Condition) -> "State":
        """Return the state on the branch on which the condition holds."""
        return self.with_history(conditions=(*self.history.conditions, condition))

    @property
    def mark_of_route(self) -> int:
        """The mark with which the packet is routed.  A bridge with br_netfilter routes a packet that DNAT has changed
        before its later chains can change the mark: net/bridge/br_netfilter_hooks.c br_nf_pre_routing_finish()"""
        return self.packet.mark if self.frame.routed is None else self.frame.routed

    def with_frame(self, **changes: object) -> "State":
        """Return the state with fields of its frame changed."""
        return msgspec.structs.replace(self, frame=msgspec.structs.replace(self.frame, **changes))

    def with_track(self, **changes: object) -> "State":
        """Return the state with fields of its connection tracking changed."""
        return msgspec.structs.replace(self, track=msgspec.structs.replace(self.track, **changes))

    def with_fragments(self, **changes: object) -> "State":
        """Return the state with fields of its fragments changed."""
        return msgspec.structs.replace(self, fragments=msgspec.structs.replace(self.fragments, **changes))

    def with_history(self, **changes: object) -> "State":
        """Return the state with fields of its history changed."""
        return msgspec.structs.replace(self, history=msgspec.structs.replace(self.history, **changes))


class Carried(msgspec.Struct, frozen=True):
    """The frame inside a tunnel's outer packet: its state as it leaves by the tunnel device, and the encapsulation."""

    frame: State
    tunnel: Tunnel


class End(msgspec.Struct, frozen=True):
    """The end of a branch.  ``arrived``: at a socket of ``state.netns``.  ``left``: the packet left the snapshot by
    ``state.oif``.  ``balanced``: IPVS sends the packet to a server that is ``assumed`` to answer.  Any other end has a
    ``stop``."""

    kind: Literal["arrived", "left", "balanced", "dropped", "rejected", "unknown", "looped"]
    state: State
    stop: Stop | None = None
    assumed: Message | None = None


Outcome = State | End


def without_ends(ways: Iterable[Iterable[Outcome]]) -> Generator[End, None, list[State]]:
    """Yield the packets' ends and return the states that continue, for ``states = yield from without_ends(…)``."""
    states: list[State] = []
    for outcomes in ways:
        for outcome in outcomes:
            if isinstance(outcome, End):
                yield outcome
            else:
                states.append(outcome)
    return states


def stopped(
    state: State,
    reason: Reason,
    *,
    stage: Stage | None = None,
    link: str = "",
    decided_by: DecidedBy | None = None,
    reject: str | None = None,
    address: int | None = None,
) -> End:
    """Return the end of a branch: ``rejected`` if the sender gets an answer, else ``dropped``."""
    if not _may_be_answered(state.packet):
        reject = None
    at = stage or state.stage
    stop = Stop(reason, state.netns, at, link, state.seen(), decided_by, reject, address)
    kind: Literal["dropped", "rejected"] = "rejected" if reject is not None else "dropped"
    return End(kind, state.noted(at, link, decided_by, note=reason), stop)


def stopped_by(
    state: State,
    reason: Reason,
    link: Link,
    said: Message,
    *,
    stage: Stage | None = None,
    reject: str | None = None,
    address: int | None = None,
) -> End:
    """Return the end of a branch that the link decides.  ``said`` is the link's state or action, in words."""
    decided = LinkDecided(link.name, said, link.evidence)
    return stopped(state, reason, stage=stage, link=link.name, decided_by=decided, reject=reject, address=address)


def _may_be_answered(packet: Packet) -> bool:
    """Return whether an ICMP error may answer the packet: not if the packet is, or may be, an error itself (RFC 1122
    3.2.2).

    Source: net/ipv4/icmp.c __icmp_send(), icmp_pointers; net/ipv6/icmp.c is_ineligible()
    """
    if packet.icmp is None or packet.protocol not in (ICMP, ICMP6):
        return True
    kind = packet.icmp >> 8
    return kind >= 128 if packet.protocol == ICMP6 else kind in (0, 8) or 13 <= kind <= 18
