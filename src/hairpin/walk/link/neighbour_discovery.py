"""IPv6 neighbour discovery, whose packets pass the firewall: rules that drop them make a neighbour unreachable.

ARP does not pass the IP hooks (walk/link/arp_frames.py).  A solicitation (ICMPv6 type 135) and the advertisement that
answers it (136) are untracked.  Both messages pass OUTPUT and POSTROUTING in the namespace that sends them, and
PREROUTING and INPUT in the namespace that receives them.  The receiver of a solicitation also learns the sender's
address.  A solicitation that no rule drops is answered if walk/link/segment.py finds the address.

Source: net/ipv6/ndisc.c ndisc_solicit(), ndisc_send_skb(), ndisc_recv_ns(); net/netfilter/nf_conntrack_proto_icmpv6.c
noct_valid_new
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.netfilter.packet import ICMP6, Packet
from hairpin.network.index import loops_back
from hairpin.network.network import Network, Port, addresses_of, is_bridge_port, owns_address
from hairpin.network.prefix import LINK_LOCAL6, is_multicast
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.stacked import link_of, lower_of
from hairpin.walk.link.arp_frames import after_arp, after_arp_from_outside
from hairpin.walk.link.neighbour import is_known, neighbour, next_address, permanent, unresolved_end
from hairpin.walk.link.segment import who_answers
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.state import End, Frame, Outcome, Sender, State

_ROUTER = 0xFE80 << 112 | 1
_SOLICITED_NODE, _GROUP_MAC = 0xFF0200000000000000000001FF000000, 0x3333 << 32
"""The solicited-node prefix ff02::1:ff00:0/104 (RFC 4291), and the multicast hardware addresses 33:33:00:00:00:00/16
(RFC 2464)."""
_SOLICITATION, _ADVERTISEMENT = 135 << 8, 136 << 8


def walk_asking(network: Network, start: State) -> tuple[End, ...]:
    """Return the packet's ends as walk_packet() does; ARP and solicitations for unknown neighbours are walked as
    packets, too."""
    return walk_packet(network, start, _asking)


def after_solicitation(network: Network, started: State) -> State | End:
    """Return a packet from outside after its sender's solicitation for the host's address.  The solicitation tells the
    host the sender's hardware address.

    Return the packet's end if the solicitation does not arrive or the advertisement does not leave.
    """
    packet = started.packet
    if packet.version == 4:
        return after_arp_from_outside(network, started)
    if started.stage != "device-in" or not started.netns.is_host:
        return started
    host = network.namespace(started.netns)
    link = host.link(started.iif)
    near = link.master if link is not None and link.master and is_bridge_port(host, link) else started.iif
    target = asked_for(host, near, packet.daddr) if owns_address(host, 6, packet.daddr) else None
    if target is None:
        return started
    back = lookup(host, Query(6, packet.saddr))
    gateways = [hop.gateway for hop in back.next_hops if hop.gateway is not None]
    on_link = any(hop.link == near and hop.gateway is None for hop in back.next_hops)
    sender = packet.saddr if on_link or LINK_LOCAL6.holds(packet.saddr, 6) else _ROUTER
    lost: list[End] = []
    for asked in (_group(target), target):
        question = msgspec.structs.replace(_message(sender, asked, _SOLICITATION), smac=packet.smac)
        ends = walk_packet(network, State("device-in", started.netns, question, iif=started.iif), _settled)
        dropped = _dropped(ends)
        if dropped is None:
            return _answered_outside(network, started, ends, sender, target, gateways)
        lost.append(dropped)
    return unresolved_end(started, lost[0])


def asked_for(namespace: Namespace, link: str, daddr: int) -> int | None:
    """Return the address that a sender on the link solicits to reach this host.

    The sender solicits the packet's destination if the link has this address.  If another link has the destination, the
    sender solicits the first address of this link, as a router does for its next hop: a link answers for its own
    addresses only.

    Source: net/ipv6/ndisc.c ndisc_recv_ns(): ipv6_get_ifaddr()
    """
    own = [each.value for each in addresses_of(namespace, link, 6) if not each.tentative]
    return daddr if daddr in own else next(iter(own), None)


def _answered_outside(
    network: Network, started: State, asked: tuple[End, ...], sender: int, target: int, gateways: list[int]
) -> State | End:
    link = next((end.state.slave or end.state.iif for end in asked if end.kind == "arrived"), None)
    if link is None:
        return started
    answer = _message(target, sender, _ADVERTISEMENT)
    dropped = _dropped(
        walk_packet(network, State("output", started.netns, answer, oif=link, sender=Sender(by_kernel=True)), _settled)
    )
    if dropped is not None:
        return unresolved_end(started, dropped)
    # A router solicits from its link-local address, so its other addresses stay unknown.
    known = [each for each in gateways if LINK_LOCAL6.holds(each, 6)] if gateways else [sender]
    return _knowing(started, *((started.netns, link, each) for each in known))


def _asking(network: Network, state: State) -> Iterator[Outcome]:
    for outcome in neighbour(network, state):
        if isinstance(outcome, End):
            yield outcome
        else:
            yield after_arp(network, state, outcome) if state.packet.version == 4 else _found(network, outcome)


def _settled(_network: Network, state: State) -> Iterator[Outcome]:
    """Yield the state at the stage ``device-out``: packets of neighbour discovery need no neighbour discovery.

    A multicast group has a fixed hardware address, and a solicitation contains its sender's hardware address.
    """
    yield state.to("device-out")


def _found(network: Network, state: State) -> State | End:
    """Return the packet with its neighbour known; its end if rules drop the solicitation or the advertisement."""
    namespace = network.namespace(state.netns)
    link, address = namespace.link(state.oif), next_address(state)
    if link is None or is_multicast(address, 6) or _is_settled(network, state, link):
        return state
    source = _asker(namespace, link, state.packet.saddr)
    if source is None:
        return state
    ends = walk_packet(network, _question(network, state, link, source), _settled)
    dropped = _dropped(ends)
    if dropped is not None:
        return unresolved_end(state, dropped)
    answer = next(filter(None, (_answer(network, end, address, source) for end in ends)), None)
    dropped = _dropped(walk_packet(network, answer, _settled)) if answer is not None else None
    if dropped is not None:
        return unresolved_end(state, dropped)
    found = _knowing(state, (state.netns, link.name, address))
    if state.frame.target is None or answer is None:
        return found
    return _knowing(found, (answer.netns, answer.oif, source))


def _is_settled(network: Network, state: State, link: Link) -> bool:
    """Return whether the kernel sends no solicitation: the link has no hardware addresses, or the neighbour's is known.

    A stale entry is used while it is being confirmed.

    Source: net/ipv6/ndisc.c ndisc_constructor(); net/core/neighbour.c __neigh_event_send()
    """
    if state.frame.dmac is not None or loops_back(link) or "NOARP" in link.flags:
        return True
    address = next_address(state)
    known = permanent(network, state, link, address) is not None
    known = known or is_known(network.namespace(state.netns), link, 6, address)
    return known or (state.netns, link.name, address) in state.history.neighbours


def _asker(namespace: Namespace, link: Link, source: int) -> int | None:
    """Return the source address of a solicitation: the packet's source, if the link has it, else the link-local
    address.

    Return None if the link has no link-local address; the solicitation is then not walked.

    Source: net/ipv6/ndisc.c ndisc_solicit(), ndisc_send_ns(); net/ipv6/addrconf.c __ipv6_get_lladdr()
    """
    own = [each.value for each in addresses_of(namespace, link.name, 6) if not each.tentative]
    if source in own:
        return source
    return next((each for each in reversed(own) if LINK_LOCAL6.holds(each, 6)), None)


def _question(network: Network, state: State, link: Link, source: int) -> State:
    """Return the state in which the solicitation starts.  A solicitation to or from a macvlan is walked as a frame to
    one link only."""
    ends = [Port(state.netns, link.name), *([state.frame.target] if state.frame.target is not None else [])]
    alone = any(lower_of(network, each.netns, link_of(network, each)) is not None for each in ends)
    group = _group(next_address(state))
    return State(
        "output",
        state.netns,
        _message(source, group, _SOLICITATION),
        oif=link.name,
        frame=Frame(target=state.frame.target, dmac=None if alone else _GROUP_MAC | group & 0xFFFFFFFF),
        sender=Sender(by_kernel=True),
    )


def _answer(network: Network, asked: End, address: int, source: int) -> State | None:
    """Return the state in which the advertisement starts or enters from outside; None if no owner got the
    solicitation."""
    state, message = asked.state, _message(address, source, _ADVERTISEMENT)
    if asked.kind == "left":
        return State("device-in", state.netns, message, iif=state.oif, frame=Frame(vid=state.frame.vid))
    link = network.namespace(state.netns).link(state.slave or state.iif) if asked.kind == "arrived" else None
    asker = who_answers(network, state.netns, link, 6, source).port if link is not None else None
    if link is None or asker is None:
        return None
    return State(
        "output", state.netns, message, oif=link.name, frame=Frame(target=asker), sender=Sender(by_kernel=True)
    )


def _message(source: int, destination: int, kind: int) -> Packet:
    """Return a solicitation or an advertisement, with its option for the hardware address."""
    return Packet(6, source, destination, ICMP6, icmp=kind, ttl=255, length_bytes=72)


def _group(address: int) -> int:
    return _SOLICITED_NODE | address & 0xFFFFFF


def _dropped(ends: tuple[End, ...]) -> End | None:
    """Return the message's first end if rules drop it on every branch, else None.

    The message needs no route, unless a rule marks it: net/ipv6/netfilter.c ip6_route_me_harder()
    """
    lost: list[End] = []
    for end in ends:
        if end.stop is None or end.kind not in ("dropped", "rejected"):
            return None
        if end.stop.reason == "route-type" and is_multicast(end.state.packet.daddr, 6):
            continue  # a host joins the solicited-node group of each of its addresses
        if end.stop.reason not in _LOSING:
            return None
        lost.append(end)
    return lost[0] if lost else None


_LOSING = frozenset(("rule", "policy", "reject", "no-route", "route-type", "bridge-port-state"))
"""The reasons for which a message of neighbour discovery is lost.  A stop for any other reason would end the packet
itself, too."""


def _knowing(state: State, *known: tuple[Netns, str, int]) -> State:
    return state.with_history(neighbours=(*state.history.neighbours, *known))
