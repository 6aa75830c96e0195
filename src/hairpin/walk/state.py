"""Where a walked packet stands, what each step of its way was, and how a way can end."""

from collections.abc import Generator, Iterable
from typing import Literal

import msgspec

from hairpin.host.link import Tunnel
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop
from hairpin.host.sysctl import Path
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Condition, Decision, Place
from hairpin.netfilter.ir import CT_INVALID, CT_RELATED
from hairpin.netfilter.packet import ICMP, ICMP6, Connection, Packet, Seen
from hairpin.network.network import Port

Stage = Literal[
    "device-in", "bridge", "prerouting", "input-route", "input", "socket", "forward", "output-route", "output",
    "postrouting", "neighbour", "device-out", "tunnel", "outside", "relay",
]  # fmt: skip

Reason = Literal[
    "link-missing", "link-down", "no-carrier", "mtu", "bridge-down", "bridge-port-state", "bridge-port-isolated",
    "bridge-vlan", "hairpin-off", "no-neighbour", "neighbour-wrong",
    "rule", "policy", "reject", "taken-away", "rules-unread",
    "martian-source", "martian-destination", "rp-filter", "forwarding-off", "no-route", "route-type", "ttl",
    "route-localnet", "no-source-address", "loop", "conntrack-clash", "redirect-translated", "masquerade-moved",
    "no-listener", "process-frozen", "never-accepts", "sockets-unread", "namespace-unread",
    "gateway-does-not-hairpin", "upstream-denies", "source-not-translated", "peer-drops", "wrong-answer",
    "no-tunnel-remote", "no-tunnel", "tunnel-elsewhere", "peer-not-allowed", "endpoint-elsewhere",
    "opaque-device", "no-container", "left-instead",
    "too-many-ways",
]  # fmt: skip
Note = Reason | Literal["snat", "dnat", "masquerade", "redirect", "reverse path"]
"""What a step is about beside what decided it: why it stopped the packet, how it translated, what it asked."""


class RuleDecided(msgspec.Struct, frozen=True, tag="rule"):
    """A rule or a policy."""

    place: Place


class RouteDecided(msgspec.Struct, frozen=True, tag="route"):
    """A route, found through a policy rule."""

    route: str
    rule: str
    evidence: str = ""
    rule_evidence: str = ""


class SysctlDecided(msgspec.Struct, frozen=True, tag="sysctl"):
    """A value under /proc/sys; ``wanted`` would have let the packet go on."""

    path: Path
    value: str
    wanted: str
    evidence: str = ""


class SocketDecided(msgspec.Struct, frozen=True, tag="socket"):
    """A socket, or that there is none (then ``said`` tells what is there instead)."""

    said: Message
    evidence: str = ""


class LinkDecided(msgspec.Struct, frozen=True, tag="link"):
    """A link's state, its wire, a neighbour."""

    link: str
    said: Message
    evidence: str = ""


class ConntrackDecided(msgspec.Struct, frozen=True, tag="conntrack"):
    """An entry of the connection table."""

    said: Message
    evidence: str = ""


class Assumed(msgspec.Struct, frozen=True, tag="assumed"):
    """Something outside of the host, from a profile or stated by the user."""

    said: Message


class OpenQuestion(msgspec.Struct, frozen=True):
    """Something outside of the host that only the user knows; the walk goes on as if the answer was yes.

    ``if_yes`` and ``if_no``: what then becomes of the flow.  ``option``: the option that settles it."""

    text: Message
    if_yes: Message
    if_no: Message
    option: str


DecidedBy = RuleDecided | RouteDecided | SysctlDecided | SocketDecided | LinkDecided | ConntrackDecided | Assumed


class Step(msgspec.Struct, frozen=True, gc=False):
    """One step: ``packet`` is as it is after the step.  ``note``: what it was about, where it stopped or translated."""

    netns: Netns
    stage: Stage
    link: str
    packet: Packet
    decided_by: DecidedBy | None = None
    note: Note | None = None


class Stop(msgspec.Struct, frozen=True):
    """Where and why a packet's way ended.  ``seen`` is the packet as it was there; ``reject`` the answer it got;
    ``address`` whom nobody answered for; ``port`` the link that was in the way."""

    reason: Reason
    netns: Netns
    stage: Stage
    link: str
    seen: Seen
    decided_by: DecidedBy | None = None
    reject: str | None = None
    address: int | None = None
    container: str | None = None


class Passed(msgspec.Struct, frozen=True, gc=False):
    """A base chain that the packet has passed, and what the chain decided."""

    netns: Netns
    decision: Decision


class Frame(msgspec.Struct, frozen=True, gc=False):
    """The link-layer frame around the packet, and the bridge ports that it passes."""

    physin: str = ""
    physout: str = ""
    vid: int | None = None
    """The VLAN of a tagged frame, or of any frame within a bridge that filters VLANs."""
    target: Port | None = None
    """The port that the frame is addressed to; None: out of the snapshot, or not known."""
    dmac: int | None = None
    """The hardware address that a neighbour entry names for the next hop; None: that of ``target``."""
    other_host: bool = False
    """The frame is addressed to nobody of this namespace (PACKET_OTHERHOST)."""


class Track(msgspec.Struct, frozen=True, gc=False):
    """What connection tracking knows of the packet (``skb->_nfct``)."""

    ct_state: int = 0
    ct_direction: Literal[0, 1] = 0
    connection: Connection | None = None
    notrack: bool = False
    """A rule has said that the packet is not to be tracked, before it was looked up."""
    zone: int | None = None
    """The conntrack zone that a rule has put the packet into, before it was looked up."""


class Fragments(msgspec.Struct, frozen=True, gc=False):
    """Into which fragments the packet is cut; all sizes in bytes."""

    largest: int | None = None
    """The largest fragment of a packet that travels in fragments; None: it travels whole."""
    by_socket: int | None = None
    """The size of the fragments that the local socket made.  They are sent as they are where they fit."""
    defragmented: int = 0
    """The largest fragment of a packet that this namespace has defragmented; 0: it has not.  Where the packet is too
    large later, it is cut into fragments of that size again."""


class Sender(msgspec.Struct, frozen=True, gc=False):
    """The local socket that sends the packet."""

    uid: int | None = None
    by_kernel: bool = False
    """A socket of the kernel's own sends the packet, as it does ICMP errors (not a rule's resets).  Such a socket has
    no owner; ``uid`` is what policy rules see."""
    without_socket: bool = False
    """A tunnel device sends the packet, routed as by the kernel, for a packet that no local socket has sent."""
    header_included: bool = False
    """A raw socket made the IPv4 header, too: net/ipv4/raw.c raw_send_hdrinc() shows the packet to no VRF."""


class History(msgspec.Struct, frozen=True, gc=False):
    """What the packet and those before it have left behind in the walk."""

    connections: tuple[tuple[Netns, Connection], ...] = ()
    """Connections that the walk itself made or changed, by namespace."""
    neighbours: tuple[tuple[Netns, str, int], ...] = ()
    """Neighbours that solicitations of the walk have made known: namespace, link, IPv6 address."""
    passed: tuple[Passed, ...] = ()
    """The base chains of all hooks so far; kept only while somebody observes the walk (door.py)."""
    steps: tuple[Step, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def for_answer(self) -> "History":
        """Return what the answer to the packet begins with: everything but the steps."""
        return msgspec.structs.replace(self, steps=())


class State(msgspec.Struct, frozen=True, gc=False):
    """A packet on its way: where it is, by which links and route it goes, and in five parts all that hangs on it."""

    stage: Stage
    netns: Netns
    packet: Packet
    iif: str = ""
    oif: str = ""
    slave: str = ""
    """The link that the packet came in by, where ``iif`` is that link's VRF.  IPv4 routes the packet by this link."""
    rerouted: str = ""
    """The link that a packet of this namespace leaves by since a rule of OUTPUT changed it; OUTPUT still sees
    ``oif``."""
    next_hop: NextHop | None = None
    mtu_bytes: int | None = None
    """The MTU of the route (or its link); None before the packet is routed."""
    to_many: bool = False
    """The route is a broadcast's or a multicast group's (IPv4)."""
    local: bool = False
    """The packet started here and has its route already: it came in over the loopback link."""
    handed_back: Literal["", "sent", "forwarded"] = ""
    """A vxlan has handed the packet to a vxlan of this namespace without an outer packet; it still has the route by
    which this namespace has ``sent`` or ``forwarded`` it."""
    l3s: Port | None = None
    """The ipvlan in mode l3s whose packet INPUT sees come in by the link below."""
    hops: int = 0
    """Devices that the packet has passed."""
    frame: Frame = Frame()
    track: Track = Track()
    fragments: Fragments = Fragments()
    sender: Sender = Sender()
    history: History = History()
    carried: "Carried | None" = None
    """What the packet carries for a tunnel; None for most packets."""

    def seen(self) -> Seen:
        """Return the packet as rules see it here: what is related to no connection (it answers an untracked packet) is
        invalid to them."""
        frame, track, sender = self.frame, self.track, self.sender
        unrelated = track.ct_state == CT_RELATED and track.connection is None
        owner = None if sender.by_kernel else sender.uid  # its sockets are no files: xt_owner.c owner_mt()
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
            gid=owner,  # root's group is 0 as well, and nobody else's packets are walked
            by_kernel=sender.by_kernel and not sender.without_socket,
            pkttype=3 if frame.other_host else 0,
        )

    def to(self, stage: Stage, **changes: object) -> "State":
        """Return the state at another stage."""
        return msgspec.structs.replace(self, stage=stage, **changes)

    def noted(self, stage: Stage, link: str, decided_by: DecidedBy | None = None, note: Note | None = None) -> "State":
        """Return the state with one more step on record."""
        step, history = Step(self.netns, stage, link, self.packet, decided_by, note), self.history
        steps = (*history.steps, step)
        return msgspec.structs.replace(self, history=msgspec.structs.replace(history, steps=steps))

    def given(self, condition: Condition) -> "State":
        """Return the state on the branch that takes the condition for given."""
        return self.with_history(conditions=(*self.history.conditions, condition))

    def with_frame(self, **changes: object) -> "State":
        """Return the state with fields of its frame changed."""
        return msgspec.structs.replace(self, frame=msgspec.structs.replace(self.frame, **changes))

    def with_track(self, **changes: object) -> "State":
        """Return the state with fields of its track changed."""
        return msgspec.structs.replace(self, track=msgspec.structs.replace(self.track, **changes))

    def with_fragments(self, **changes: object) -> "State":
        """Return the state with fields of its fragments changed."""
        return msgspec.structs.replace(self, fragments=msgspec.structs.replace(self.fragments, **changes))

    def with_history(self, **changes: object) -> "State":
        """Return the state with fields of its history changed."""
        return msgspec.structs.replace(self, history=msgspec.structs.replace(self.history, **changes))


class Carried(msgspec.Struct, frozen=True):
    """A frame inside an outer packet: as it left by the tunnel device that sent it, and how that one encapsulates.

    ``by_socket``: a program's socket sends the outer packet, and not the kernel."""

    frame: State
    tunnel: Tunnel
    by_socket: bool = False


class End(msgspec.Struct, frozen=True):
    """One way's end.  ``arrived``: at a socket of ``state.netns``; ``left``: out of the snapshot by ``state.oif``;
    otherwise ``stop`` says why not."""

    kind: Literal["arrived", "left", "dropped", "rejected", "unknown", "looped"]
    state: State
    stop: Stop | None = None


Outcome = State | End


def without_ends(ways: Iterable[Iterable[Outcome]]) -> Generator[End, None, list[State]]:
    """Yield the ends of the ways; return the states of the others, for ``states = yield from without_ends(…)``."""
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
    """Return the end of a way: ``rejected`` when the sender is told, else ``dropped``."""
    if not _may_be_answered(state.packet):
        reject = None
    at = stage or state.stage
    stop = Stop(reason, state.netns, at, link, state.seen(), decided_by, reject, address)
    kind: Literal["dropped", "rejected"] = "rejected" if reject is not None else "dropped"
    return End(kind, state.noted(at, link, decided_by, note=reason), stop)


def _may_be_answered(packet: Packet) -> bool:
    """Whether an ICMP error may answer the packet: it answers no other error, nor what might be one (RFC 1122 3.2.2).

    Source: net/ipv4/icmp.c __icmp_send(), icmp_pointers; net/ipv6/icmp.c is_ineligible()
    """
    if packet.icmp is None or packet.protocol not in (ICMP, ICMP6):
        return True
    kind = packet.icmp >> 8
    return kind >= 128 if packet.protocol == ICMP6 else kind in (0, 8) or 13 <= kind <= 18
