"""Where a walked packet stands, what each step of its way was, and how a way can end."""

from collections.abc import Generator, Iterable
from typing import Literal

import msgspec

from hairpin.host.netns import Netns
from hairpin.host.route import NextHop
from hairpin.host.sysctl import Path
from hairpin.netfilter.evaluate.chain import Condition, Place
from hairpin.netfilter.ir import CT_INVALID, CT_RELATED
from hairpin.netfilter.packet import ICMP, ICMP6, Connection, Packet, Seen
from hairpin.network.network import Port

Stage = Literal[
    "device-in", "bridge", "prerouting", "input-route", "input", "socket", "forward", "output-route", "output",
    "postrouting", "neighbour", "device-out", "outside", "relay",
]  # fmt: skip

Reason = Literal[
    "link-missing", "link-down", "no-carrier", "mtu", "bridge-down", "bridge-port-state", "bridge-port-isolated",
    "bridge-vlan", "hairpin-off", "no-neighbour", "neighbour-wrong",
    "rule", "policy", "reject", "taken-away", "rules-unread",
    "martian-source", "martian-destination", "rp-filter", "forwarding-off", "no-route", "route-type", "ttl",
    "route-localnet", "no-source-address", "loop", "conntrack-clash", "redirect-translated", "masquerade-moved",
    "no-listener", "process-frozen", "never-accepts", "sockets-unread", "namespace-unread",
    "gateway-does-not-hairpin", "upstream-denies", "source-not-translated", "peer-drops", "wrong-answer",
    "opaque-device", "no-container", "left-instead", "too-many-ways",
]  # fmt: skip


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
    """A socket, or that there is none (then ``text`` says what is there instead)."""

    text: str
    evidence: str = ""


class LinkDecided(msgspec.Struct, frozen=True, tag="link"):
    """A link's state, its wire, a neighbour."""

    link: str
    text: str
    evidence: str = ""


class ConntrackDecided(msgspec.Struct, frozen=True, tag="conntrack"):
    """An entry of the connection table."""

    text: str
    evidence: str = ""


class Assumed(msgspec.Struct, frozen=True, tag="assumed"):
    """Something outside of the host, from a profile or stated by the user."""

    text: str


DecidedBy = RuleDecided | RouteDecided | SysctlDecided | SocketDecided | LinkDecided | ConntrackDecided | Assumed


class Step(msgspec.Struct, frozen=True):
    """One step: ``packet`` is as it is after the step."""

    netns: Netns
    stage: Stage
    link: str
    packet: Packet
    decided_by: DecidedBy | None = None
    text: str = ""


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


class State(msgspec.Struct, frozen=True):
    """A packet on its way.  ``connections`` are those that the walk itself made, by namespace.  ``target``: the port
    that the frame is addressed to.  ``local``: it started here and has its route already."""

    stage: Stage
    netns: Netns
    packet: Packet
    iif: str = ""
    oif: str = ""
    slave: str = ""
    """The link that it came by, where ``iif`` is that link's VRF; as by this one IPv4 routes it."""
    physin: str = ""
    physout: str = ""
    ct_state: int = 0
    ct_direction: Literal[0, 1] = 0
    connection: Connection | None = None
    next_hop: NextHop | None = None
    mtu_bytes: int | None = None
    """What fits on the way that its route chose; None before."""
    fragment_bytes: int | None = None
    """The largest piece of a packet that goes in fragments; None: it is whole."""
    fragsize: int | None = None
    """The size in bytes of the pieces that the socket here has made it in, which are sent at once where they fit."""
    put_together: int = 0
    """It came in fragments and is whole in this namespace: the largest of them in bytes, in which it goes on if it is
    too large; ``fragment_bytes`` is what it goes in whether it is or not."""
    vid: int | None = None
    """The VLAN of a tagged frame, or of any frame within a bridge that filters VLANs."""
    target: Port | None = None
    above: Port | None = None
    """The ipvlan in mode l3s that takes what INPUT sees come in by the link below."""
    dmac: int | None = None
    """The hardware address that a neighbour entry names for the way on; None: that of ``target``."""
    local: bool = False
    to_many: bool = False
    """Its route is a broadcast's or a group's (IPv4)."""
    rerouted: str = ""
    """The link that a packet of our own leaves by since a rule of OUTPUT changed it; OUTPUT itself sees ``oif``."""
    notrack: bool = False
    zone: int | None = None
    """The conntrack zone that a rule has put the packet into, before it is looked up."""
    uid: int | None = None
    by_kernel: bool = False
    """A socket of the kernel's own sends it, as it does ICMP errors (not a rule's resets): it has no owner, ``uid`` is
    what policy rules see."""
    header_included: bool = False
    """A raw socket here has made its IPv4 header, too: net/ipv4/raw.c raw_send_hdrinc() shows it to no VRF."""
    other_host: bool = False
    """The frame is addressed to nobody of this namespace (PACKET_OTHERHOST)."""
    hops: int = 0
    connections: tuple[tuple[Netns, Connection], ...] = ()
    neighbours: tuple[tuple[Netns, str, int], ...] = ()
    """Whom questions on the way have made known: namespace, link, IPv6 address."""
    steps: tuple[Step, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def seen(self) -> Seen:
        """Return the packet as rules see it here: what is related to no connection (it answers an untracked packet) is
        invalid to them."""
        unrelated = self.ct_state == CT_RELATED and self.connection is None
        owner = None if self.by_kernel else self.uid  # its sockets are no files: xt_owner.c owner_mt()
        return Seen(
            packet=self.packet,
            iif=self.iif,
            oif=self.oif,
            physin=self.physin,
            physout=self.physout,
            ct_state=CT_INVALID if unrelated else self.ct_state,
            ct_direction=self.ct_direction,
            connection=self.connection,
            uid=owner,
            gid=owner,  # root's group is 0 as well, and nobody else's packets are walked
            by_kernel=self.by_kernel,
            pkttype=3 if self.other_host else 0,
        )

    def to(self, stage: Stage, **changes: object) -> "State":
        """Return the state at another stage."""
        return msgspec.structs.replace(self, stage=stage, **changes)

    def noted(self, stage: Stage, link: str, decided_by: DecidedBy | None = None, text: str = "") -> "State":
        """Return the state with one more step on record."""
        step = Step(self.netns, stage, link, self.packet, decided_by, text)
        return msgspec.structs.replace(self, steps=(*self.steps, step))


class End(msgspec.Struct, frozen=True):
    """One way's end.  ``arrived``: at a socket of ``state.netns``; ``left``: out of the snapshot by ``state.oif``;
    otherwise ``stop`` says why not."""

    kind: Literal["arrived", "left", "dropped", "rejected", "unknown", "looped"]
    state: State
    stop: Stop | None = None


Outcome = State | End


def going_on(ways: Iterable[Iterable[Outcome]]) -> Generator[End, None, list[State]]:
    """Yield the ends of the ways; return the states that go on, for ``states = yield from going_on(…)``."""
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
    return End(kind, state.noted(at, link, decided_by, text=reason), stop)


def _may_be_answered(packet: Packet) -> bool:
    """Whether an ICMP error may answer the packet: it answers no other error, nor what might be one (RFC 1122 3.2.2).

    Source: net/ipv4/icmp.c __icmp_send(), icmp_pointers; net/ipv6/icmp.c is_ineligible()
    """
    if packet.icmp is None or packet.protocol not in (ICMP, ICMP6):
        return True
    kind = packet.icmp >> 8
    return kind >= 128 if packet.protocol == ICMP6 else kind in (0, 8) or 13 <= kind <= 18
