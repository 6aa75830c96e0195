"""ARP messages as frames: rules of the arp and bridge families, chains of netdev, and tc filters may drop them.

ARP does not pass the IP hooks.  An ARP message passes OUTPUT of the arp family (arptables) in the namespace that sends
the message, and INPUT in the namespace that receives it.  On a bridge, an ARP message also passes the bridge's hooks,
as a frame of EtherType 0x0806.  A request from the bridge's own namespace passes OUTPUT and POSTROUTING at each port,
and the reply to it passes PREROUTING and INPUT.  If the bridge forwards request and reply from port to port, both pass
PREROUTING, FORWARD and POSTROUTING. walk/link/segment.py decides whether the owner replies.

Source: net/bridge/br_input.c, br_forward.c; measured with counters in chains of the bridge family, Linux 6.18
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import BROADCAST
from hairpin.kept import kept
from hairpin.message import Message, message, verbatim
from hairpin.netfilter.packet import Packet
from hairpin.network.address_type import is_to_many
from hairpin.network.index import loops_back
from hairpin.network.network import Network, Port, addresses_of, is_bridge_port
from hairpin.network.prefix import address_text
from hairpin.network.stacked import link_of, lower_of, routes_below
from hairpin.walk.decided import Assumed, LinkDecided, RuleDecided
from hairpin.walk.hooks.chains import chains_of_frames
from hairpin.walk.hooks.hooks import run_arp_hook
from hairpin.walk.link.neighbour import arp_sender, known_entry, next_address, permanent, unresolved_end
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.state import End, Frame, Outcome, Sender, State

_REQUEST: Literal[1] = 1
_REPLY: Literal[2] = 2
_LENGTH_BYTES = 28


def after_arp(network: Network, asked: State, found: State) -> State | End:
    """Return the packet ``asked`` with its neighbour ``found``, or its end if a rule drops the ARP request or
    the reply.

    If the kernel has a usable neighbour entry, it sends the packet in spite of the rule.  The walk then assumes that
    the entry stays valid, although the rule drops the ARP messages by which the kernel confirms it.
    """
    namespace = network.namespace(asked.netns)
    link, address = namespace.link(asked.oif), next_address(asked)
    if link is None or not any(filters_frames(host) for host in network.hosts):
        return found
    if _needs_no_request(network, asked, link) or (asked.netns, link.name, address) in asked.history.neighbours:
        return found
    lost, passing = _messages(network, asked, found, link)
    if lost is None:
        return _unclear_end(asked, passing) or found
    entry = known_entry(namespace, link, 4, address)
    if entry is None and not passing:
        return unresolved_end(asked, lost)
    facts = {
        "address": address_text(address, 4),
        "link": link.name,
        "netns": network.netns_text(asked.netns),
        "what": _what(lost),
    }
    said = (
        message("rules let ARP messages for {address} on {link} of {netns} pass ({what})", **facts)
        if entry is None
        else message(
            "the neighbour entry of {address} on {link} of {netns} keeps its state ({state}), because a rule drops the "
            "ARP messages that confirm it ({what})",
            state=entry.state,
            **facts,
        )
    )
    return found.noted("neighbour", link.name, Assumed(said))


def after_arp_from_outside(network: Network, started: State) -> State | End:
    """Return a packet from outside, or its end if a rule that hairpin does not understand sees its ARP
    messages. If a rule drops its sender's ARP request or the reply, the packet enters nevertheless, and the
    walk assumes that the sender already knows the host's hardware address.

    The sender's neighbour table was not read, and its entry for the host may be fresh.
    """
    if (
        started.stage != "device-in"
        or not started.netns.is_host
        or not filters_frames(network.host(started.netns.host))
    ):
        return started
    host = network.namespace(started.netns)
    link = host.link(started.iif)
    if link is None or started.packet.arp or "NOARP" in link.flags or link.tunnel is not None:
        return started
    near = link.master if link.master and is_bridge_port(host, link) else link.name
    own = [each.value for each in addresses_of(host, near, 4)]
    if not own:
        return started
    address = started.packet.daddr if started.packet.daddr in own else own[0]
    request = msgspec.structs.replace(_message(started.packet.saddr, address, _REQUEST), dmac=BROADCAST)
    frame = Frame(target=Port(started.netns, near), vid=started.frame.vid)
    entering = State("device-in", started.netns, request, iif=link.name, frame=frame)
    ends = _walk(network, entering, started.packet.smac)
    lost, passing = _sorted(ends)
    if any(each.kind == "arrived" for each in passing) and lost is None:
        reply = _sent(started.netns, near, _message(address, started.packet.saddr, _REPLY), Frame())
        answers = _walk(network, reply, host_link.mac if (host_link := host.link(near)) else None)
        lost, _ = _sorted(answers)
        ends += answers
    if lost is None:
        return _unclear_end(started, ends) or started
    said = message(
        "the machine next to {netns} on {link} keeps the present hardware address of {address}, because a rule drops "
        "the ARP messages that would change it ({what})",
        netns=network.netns_text(started.netns), link=near, address=address_text(address, 4), what=_what(lost),
    )  # fmt: skip
    return started.noted("neighbour", near, Assumed(said))


@kept
def filters_frames(host: Host) -> bool:
    """Return whether the host has any rule or filter that sees frames."""
    return any(_has_rules(each) or any(link.filters for link in each.links) for each in host.namespaces)


def _has_rules(namespace: Namespace) -> bool:
    return any(chain.rules or chain.policy == "drop" for chain in chains_of_frames(namespace.ruleset))


def _needs_no_request(network: Network, state: State, link: Link) -> bool:
    """Return whether the kernel sends the packet without an ARP request, even if ARP has resolved no neighbour
    entry."""
    namespace, daddr = network.namespace(state.netns), state.packet.daddr
    without = "NOARP" in link.flags or loops_back(link) or routes_below(link) or link.tunnel is not None
    without = without or (state.next_hop is not None and state.next_hop.encap != "")
    to_many = is_to_many(namespace, 4, daddr)
    return without or to_many or permanent(network, state, link, next_address(state)) is not None


def _messages(network: Network, asked: State, found: State, link: Link) -> tuple[End | None, list[End]]:
    """Return the end of a dropped ARP request or reply (None if none is dropped), and the ends of the branches on which
    no message is dropped."""
    here = Port(asked.netns, link.name)
    sender = arp_sender(network.namespace(asked.netns), asked, link, next_address(asked))
    request = _request(network, here, sender, next_address(asked), found.frame)
    ends = _walk(network, request, link.mac)
    lost, passing = _sorted(ends)
    came = next((each for each in passing if each.kind in ("arrived", "left")), None)
    if came is None:
        return lost, passing
    unclear = [each for each in passing if each.kind == "unknown"]
    answers = _walk(network, _reply(came, here, sender, next_address(asked), link.mac), _sender_mac(network, came))
    lost_answer, passing = _sorted(answers)
    return lost or lost_answer, [*passing, *unclear] if passing else []


def _walk(network: Network, start: State, mac: int | None) -> tuple[End, ...]:
    """Return the ends of an ARP message whose sender has the hardware address ``mac``."""
    start = msgspec.structs.replace(start, packet=msgspec.structs.replace(start.packet, smac=mac))
    if start.stage != "device-out":
        return walk_packet(network, start, _settled)
    ends: list[End] = []
    for outcome in run_arp_hook(network, start, "output"):
        ends += (outcome,) if isinstance(outcome, End) else walk_packet(network, outcome, _settled)
    return tuple(ends)


def _sender_mac(network: Network, asked: End) -> int | None:
    """Return the hardware address of the link that got the request and answers it; None if the link is outside."""
    state = asked.state
    link = network.namespace(state.netns).link(state.iif) if asked.kind == "arrived" else None
    return link.mac if link is not None else None


def _request(network: Network, here: Port, sender: int, address: int, to: Frame) -> State:
    """Return the state in which the ARP request starts.  ``to``: the receiver of the packet, on whose way the request
    is walked.  A request from or to a macvlan is walked as a unicast frame."""
    ends = [here, *([to.target] if to.target is not None else [])]
    alone = any(lower_of(network, each.netns, link_of(network, each)) is not None for each in ends)
    dmac = None if alone else BROADCAST
    request = msgspec.structs.replace(_message(sender, address, _REQUEST), dmac=dmac)
    return _sent(here.netns, here.link, request, Frame(target=to.target, dmac=dmac, foreign=to.foreign))


def _reply(asked: End, asker: Port, sender: int, address: int, mac: int | None) -> State:
    """Return the state in which the ARP reply starts, or enters the snapshot from outside."""
    state, reply, frame = asked.state, _message(address, sender, _REPLY), Frame(target=asker, dmac=mac)
    if asked.kind == "arrived":
        return _sent(state.netns, state.iif, reply, frame)
    entering = msgspec.structs.replace(frame, vid=state.frame.vid)
    return State("device-in", state.netns, msgspec.structs.replace(reply, dmac=mac), iif=state.oif, frame=entering)


def _sent(netns: Netns, link: str, packet: Packet, frame: Frame) -> State:
    return State("device-out", netns, packet, oif=link, frame=frame, sender=Sender(by_kernel=True))


def _message(sender: int, target: int, operation: Literal[1, 2]) -> Packet:
    return Packet(4, sender, target, 0, arp=operation, length_bytes=_LENGTH_BYTES, dont_fragment=False)


def _settled(_network: Network, state: State) -> Iterator[Outcome]:
    """Yield the state at the stage ``device-out``: an ARP message needs no neighbour, because its frame already has a
    receiver."""
    yield state.to("device-out")


def _sorted(ends: tuple[End, ...]) -> tuple[End | None, list[End]]:
    """Return the first end that a rule or filter decided, and all other ends.  Branches that are taken only under load
    are ignored."""
    quiet = [each for each in ends if not any(one.load and not one.usual for one in each.state.history.conditions)]
    dropped = [
        each for each in quiet if each.stop is not None and each.stop.reason in _DECIDED and each.kind != "unknown"
    ]
    return (dropped[0] if dropped else None), [each for each in quiet if each not in dropped]


_DECIDED = ("rule", "policy", "reject", "tc-filter")


def _unclear_end(state: State, ends: Iterable[End]) -> End | None:
    """Return the packet's end if a rule that hairpin does not understand may take away or change one of its ARP
    messages, else None.  Nobody knows then whether the packet's sender and receiver find each other."""
    doubt = next((each for each in ends if each.kind == "unknown" and each.stop is not None), None)
    if doubt is None or doubt.stop is None:
        return None
    there = msgspec.structs.replace(state, netns=doubt.stop.netns)
    return End("unknown", there.noted(doubt.stop.stage, doubt.stop.link, doubt.stop.decided_by), doubt.stop)


def _what(lost: End) -> Message:
    """Return the text of the rule or filter that dropped the ARP message."""
    decided = lost.stop.decided_by if lost.stop is not None else None
    match decided:
        case RuleDecided(place=place):
            return verbatim(place.text)
        case LinkDecided(said=said):
            return said
        case _:
            return message("a rule")
