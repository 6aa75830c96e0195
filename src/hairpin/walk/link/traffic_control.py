"""Traffic control on a link: filters that drop or redirect a packet, and queueing disciplines that drop all or long
packets.

Source: net/core/dev.c sch_handle_ingress(), sch_handle_egress(), __dev_xmit_skb(); net/sched/cls_api.c tcf_classify();
net/sched/sch_fifo.c, sch_tbf.c tbf_enqueue(), sch_netem.c netem_enqueue(), sch_blackhole.c; act_mirred.c

Programs of classic BPF in tc filters see each frame from its link header on, even a received frame.  Source:
net/sched/cls_bpf.c cls_bpf_classify(), cls_bpf_exec_opcode()
"""

from collections.abc import Iterator
from typing import assert_never

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.traffic_control import (
    BitsMatch,
    Filter,
    FilterAction,
    FilterMatch,
    HeaderMatch,
    ProgramMatch,
    Qdisc,
    UnknownMatch,
)
from hairpin.message import Message, message, verbatim
from hairpin.netfilter.evaluate.bytecode import Bytes, Program, results, seen_by_program
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.packet import ICMP, ICMP6, Packet
from hairpin.walk.decided import LinkDecided
from hairpin.walk.ip.mtu import length_on_wire
from hairpin.walk.link.classes import refusing
from hairpin.walk.state import End, Outcome, State, stopped, stopped_by

WITHOUT_HEADER = ("tun", "wireguard", "ipip", "gre", "sit")
"""The kinds of links whose frames have no Ethernet header."""
_ACTIONS: dict[int | None, FilterAction] = {0: "pass", 2: "drop", 4: "drop", 8: "drop", 7: "unknown", None: "unknown"}
"""The meaning of each result of a direct-action program: TC_ACT_OK, SHOT, STOLEN, TRAP, REDIRECT.  The next filter sees
the packet after any other result."""
_ETHERNET_HEADER = 14


def longest_taken(link: Link) -> int | None:
    """Return the length of the longest packet that the link's queue accepts, from its network header; None if the queue
    accepts every length."""
    found = [size for each in _used(link.qdiscs) if (size := _takes(each, link)) is not None]
    return min(found, default=None)


def through_queue(namespace: Namespace, state: State, link: Link) -> Iterator[Outcome]:
    """Yield the packet that the link's queueing discipline takes, or its end.  If it is not known into which class the
    packet gets, both outcomes are yielded, each under its condition."""
    if not link.qdiscs:
        yield state
        return

    length = length_on_wire(state)

    def refuses(each: Qdisc) -> bool:
        most = _takes(each, link)
        return most is not None and length > most

    found = refusing(namespace, link, state.packet, _applies, refuses)
    bad = next((each for each in found if each is not None), None)
    if bad is None:
        yield _below_rate(state, link)
        return
    if None not in found:
        yield _refusal(state, link, bad)
        return
    said = message("{link} puts the packet into a class other than {parent}, which has the discipline {qdisc}",
                   link=link.name, parent=bad.parent, qdisc=bad.text)  # fmt: skip
    yield state.given(Condition(said, holds=True))
    yield _refusal(state.given(Condition(said, holds=False, usual=False)), link, bad)


def _below_rate(state: State, link: Link) -> State:
    """Return the packet that the queue takes, under the condition that the traffic stays below the rate of a ``tbf``,
    which drops what does not fit into its queue."""
    for each in _used(link.qdiscs) if not state.packet.arp else ():
        if each.kind == "tbf" and "rate" in each.words:
            rate = each.words[each.words.index("rate") + 1]
            bound = message("{link} sends at most {rate} per second", link=link.name, rate=rate)
            said = message("{link} has {qdisc}", link=link.name, qdisc=each.text)
            state = state.given(Condition(said, holds=True, load=True, bound=bound))
    return state


def _below_policer(link: Link, by: Filter) -> Condition:
    """Return the condition that the packets stay below the rate of the filter's policer.  tc's JSON lacks the rate."""
    bound = message("the packets stay below the rate of the policer on {link}", link=link.name)
    said = message("{filter} (`tc filter show dev {link} {place}` shows the rate)", filter=_decided(link, by).said,
                   link=link.name, place=by.place)  # fmt: skip
    return Condition(said, holds=True, load=True, bound=bound)


def _applies(packet: Packet, by: Filter) -> Truth:
    return matches(packet, by) if by.protocol in _protocols(packet) else Truth.NO


def _refusal(state: State, link: Link, by: Qdisc) -> End:
    most = _takes(by, link) or 0
    said = (
        message("has a queueing discipline that takes no packet: {qdisc}", qdisc=by.text)
        if most <= 0
        else message("has a queueing discipline that takes packets of up to {most} bytes: {qdisc}",
                     most=most, qdisc=by.text)
    )  # fmt: skip
    decided = LinkDecided(link.name, said, by.evidence or link.evidence, control=by)
    return stopped(state, "qdisc", link=link.name, decided_by=decided)


def _used(qdiscs: tuple[Qdisc, ...]) -> Iterator[Qdisc]:
    """Yield the link's root queueing discipline, then the child discipline that gets every packet, and so on."""
    root = next((each for each in qdiscs if not each.parent), None)
    while root is not None:
        yield root
        own = root.handle if root.kind in ("tbf", "netem") and root.handle else None
        root = next((each for each in qdiscs if own is not None and each.parent.startswith(own)), None)


def _takes(qdisc: Qdisc, link: Link) -> int | None:
    """Return the length of the longest packet that the discipline accepts; 0 if it accepts no packet, None if it has no
    limit."""
    header = 0 if link.kind in WITHOUT_HEADER else _ETHERNET_HEADER
    match qdisc.kind:
        case "blackhole":
            return 0
        case "pfifo" | "pfifo_head_drop":
            return 0 if qdisc.limit == 0 else None
        case "netem":
            return 0 if qdisc.loss >= 1 or qdisc.limit == 0 else None
        case "bfifo":
            return max(qdisc.limit - header, 0) if qdisc.limit is not None else None
        case "tbf":
            known = [each for each in (qdisc.burst_bytes, qdisc.limit) if each is not None]
            return max(min(known) - header, 0) if known else None
        case "drr" | "qfq":  # drr and qfq drop a packet that no filter classifies
            return 0 if not any(each.place == "root" for each in link.filters) and not link.tc_egress else None
        case _:
            return None


def through_filters(namespace: Namespace, state: State, link: Link, places: tuple[str, ...]) -> Iterator[Outcome]:
    """Yield the packet after the link's filters at these places, or the packet's end."""
    for listed in link.filters:
        if listed.place not in places or listed.protocol not in _protocols(state.packet):
            continue

        each = with_programs(listed, state.packet, link)
        truth = min(matches(state.packet, each), Truth.UNKNOWN if each.action == "unknown" else Truth.YES)
        harmless = each.action in ("pass", "continue")
        if truth is Truth.NO or (truth is Truth.UNKNOWN and harmless) or each.action == "continue":
            continue
        if truth is Truth.UNKNOWN:
            what = message("a tc filter")
            yield opaque(state.given(passes(what, link)), link, what)
            yield state.given(passes(what, link))
            return
        if not harmless:
            yield from _action(namespace, state, link, each, listed)
            return
        if listed.polices and not state.packet.arp:
            yield state.given(_below_policer(link, listed))
            return
        break
    yield state


def _protocols(packet: Packet) -> tuple[str, ...]:
    """Return the ``protocol`` values of filters that see the packet."""
    if packet.arp:
        return ("all", "arp")
    return ("all", "ip") if packet.version == 4 else ("all", "ipv6")


def _action(namespace: Namespace, state: State, link: Link, by: Filter, listed: Filter) -> Iterator[Outcome]:
    """Yield what happens to a packet that the filter drops or redirects: its end, or its state after an ifb device.
    ``listed``: the filter as tc lists it.

    An ifb device returns the packet to the link: drivers/net/ifb.c ifb_ri_tasklet().  A dummy device drops the packet.
    The packet is not walked beyond any other device."""
    target = namespace.link(by.to_link) if by.action == "redirect" else None
    if target is not None and target.kind == "ifb" and target.up:
        yield from through_queue(namespace, state, target)
        return
    if target is not None and target.up and target.kind not in ("ifb", "dummy") and target.name != "lo":
        said = message("the target of {target} lets the packet pass", target=target.name)
        yield opaque(state.given(Condition(said, holds=True)), link, message("a tc filter that redirects packets"))
        return
    yield stopped(state, "tc-filter", link=link.name, decided_by=_decided(link, listed))


def _decided(link: Link, by: Filter) -> LinkDecided:
    said = verbatim(f"{_PLACES[by.place]} {by.text}")
    return LinkDecided(link.name, said, by.evidence or link.evidence, control=by)


_PLACES = {"ingress": "tc filter, ingress:", "egress": "tc filter, egress:", "root": "tc filter:"}


def through_traffic_control(namespace: Namespace, state: State, link: Link) -> Iterator[Outcome]:
    """Yield the packet after the link's egress filters and queueing discipline.  A link without carrier has no
    discipline."""
    if link.tc_egress:
        what = message("a tc egress filter")
        state = state.given(passes(what, link))
        yield opaque(state, link, what)
    if not link.filters and not link.qdiscs:
        yield state
        return
    for outcome in through_filters(namespace, state, link, ("egress", "root")):
        if isinstance(outcome, End) or not link.carrier:
            yield outcome
        else:
            yield from through_queue(namespace, outcome, link)


def passes(what: Message, link: Link) -> Condition:
    """Return the condition that a program on the link lets the packet pass."""
    return Condition(message("{what} on {link} lets the packet pass", what=what, link=link.name), holds=True)


def opaque(state: State, link: Link, what: Message) -> End:
    """Return the packet's end on the branch on which a program that hairpin cannot read drops it."""
    *others, last = state.history.conditions
    conditions = (*others, msgspec.structs.replace(last, holds=False, usual=False))
    said = message("has {what}, which hairpin cannot read", what=what)
    end = stopped_by(state.with_history(conditions=conditions), "opaque-device", link, said)
    return msgspec.structs.replace(end, kind="unknown")


def matches(packet: Packet, by: Filter) -> Truth:
    """Return whether the filter matches the packet.  Only matches of IP packets are modelled."""
    if packet.arp and by.matches:
        return Truth.UNKNOWN
    return min((_match(packet, each) for each in by.matches), default=Truth.YES)


def _match(packet: Packet, match_: FilterMatch) -> Truth:
    match match_:
        case UnknownMatch() | ProgramMatch():  # with_programs() has run a program before
            return Truth.UNKNOWN
        case HeaderMatch(field=field, first=first, last=last):
            value = _value(packet, field)
            return Truth.YES if value is not None and first <= value <= last else Truth.NO
        case BitsMatch(offset=offset, mask=mask, value=value):
            from hairpin.netfilter.evaluate.bytecode import packet_bytes

            known, bits = packet_bytes(packet)
            end = offset + 4
            if len(bits) < end:
                wanted = int.from_bytes(known[offset:end].ljust(4, b"\0"), "big")
                return Truth.UNKNOWN if mask & ~wanted else Truth.NO
            if mask & ~int.from_bytes(known[offset:end], "big"):
                return Truth.UNKNOWN
            return Truth.YES if int.from_bytes(bits[offset:end], "big") & mask == value & mask else Truth.NO
        case _:
            assert_never(match_)


def _value(packet: Packet, field: str) -> int | None:
    match field:
        case "protocol":
            return packet.protocol
        case "saddr":
            return packet.saddr
        case "daddr":
            return packet.daddr
        case "sport" | "dport":
            return (packet.sport if field == "sport" else packet.dport) if packet.protocol not in _ICMPS else None
        case _:
            if packet.icmp is None or packet.protocol not in _ICMPS:
                return None
            return packet.icmp >> 8 if field == "icmp-type" else packet.icmp & 0xFF


_ICMPS = (ICMP, ICMP6)


def with_programs(by: Filter, packet: Packet, link: Link) -> Filter:
    """Return the filter as it acts on this packet, after its programs of classic BPF have run.  A match or an action
    stays unknown if the result of its program is not known."""
    if not by.program and not any(isinstance(each, ProgramMatch) for each in by.matches):
        return by
    matches: list[FilterMatch] = []
    for each in by.matches:
        truth = _truth(each.program, packet, link) if isinstance(each, ProgramMatch) else None
        if truth is Truth.NO:
            return msgspec.structs.replace(by, action="continue")
        if truth is not Truth.YES:
            matches.append(UnknownMatch() if truth is Truth.UNKNOWN else each)
    action = _action_of_program(by.program, packet, link) if by.program else by.action
    return msgspec.structs.replace(by, matches=tuple(matches), action=action)


def _truth(program: Program, packet: Packet, link: Link) -> Truth:
    found = results(program, _frame(packet, link))
    if found == frozenset({0}):
        return Truth.NO
    return Truth.YES if None not in found and 0 not in found else Truth.UNKNOWN


def _action_of_program(program: Program, packet: Packet, link: Link) -> FilterAction:
    found: set[FilterAction] = {_ACTIONS.get(each, "continue") for each in results(program, _frame(packet, link))}
    if len(found) == 1:
        return found.pop()
    return "pass" if found <= {"pass", "continue"} else "unknown"


def _frame(packet: Packet, link: Link) -> Bytes:
    """Return the frame of the packet.  The frame's hardware addresses are not known."""
    at_network = seen_by_program(packet)
    if link.kind in WITHOUT_HEADER:
        return at_network
    ethertype = at_network.protocol.to_bytes(2, "big")
    return msgspec.structs.replace(
        at_network,
        bits=bytes(12) + ethertype + at_network.bits,
        known=bytes(12) + b"\xff\xff" + at_network.known,
        network=14,
    )
