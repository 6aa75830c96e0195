"""Programs of classic BPF in tc filters.  The programs see each frame from its link header on, even a received frame.

Source: net/sched/cls_bpf.c cls_bpf_classify(), cls_bpf_exec_opcode()
"""

import msgspec

from hairpin.host.link import Link
from hairpin.host.traffic_control import Filter, FilterAction, FilterMatch, ProgramMatch, UnknownMatch
from hairpin.netfilter.evaluate.bytecode import Bytes, Program, results
from hairpin.netfilter.evaluate.packet_bytes import seen_by_program
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.packet import Packet

WITHOUT_HEADER = ("tun", "wireguard", "ipip", "gre", "sit")
"""The kinds of links whose frames have no Ethernet header."""
_ACTIONS: dict[int | None, FilterAction] = {0: "pass", 2: "drop", 4: "drop", 8: "drop", 7: "unknown", None: "unknown"}
"""The meaning of each result of a direct-action program: TC_ACT_OK, SHOT, STOLEN, TRAP, REDIRECT.  The next filter sees
the packet after any other result."""


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
    action = _action(by.program, packet, link) if by.program else by.action
    return msgspec.structs.replace(by, matches=tuple(matches), action=action)


def _truth(program: Program, packet: Packet, link: Link) -> Truth:
    found = results(program, _frame(packet, link))
    if found == frozenset({0}):
        return Truth.NO
    return Truth.YES if None not in found and 0 not in found else Truth.UNKNOWN


def _action(program: Program, packet: Packet, link: Link) -> FilterAction:
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
