"""Random flows through a network."""

import os
from typing import Literal

import msgspec

from hairpin.host.kernel_release import tracked_ports
from hairpin.netfilter.evaluate.header import WITH_PORTS
from hairpin.netfilter.packet import (
    ACK,
    AH,
    DCCP,
    ESP,
    FIN,
    ICMP,
    ICMP6,
    PSH,
    RST,
    SCTP,
    SYN,
    TCP,
    UDP,
    UDPLITE,
    URG,
    Packet,
)
from hairpin.network.prefix import Version
from tests.fidelity.case import ErrorPlan, Flow, Sent
from tests.fidelity.generate.plan import HOSTS, INSIDE, MACS, OUTSIDE, PORTS, SOURCE_PORTS, Dice, Plan, number_of
from tests.fidelity.testbed.fragments import can_be_split

_ODD: dict[Version, tuple[str, ...]] = {
    4: ("127.0.0.1", "127.0.0.53", "224.0.0.251", "255.255.255.255", "192.0.2.255", "0.0.0.0", "10.99.0.1",
        "192.0.2.0", "240.0.0.1", "169.254.1.1"),
    6: ("::1", "ff02::fb", "ff05::1", "fd99::1", "fe80::1", "::", "2001:db8:1::"),
}  # fmt: skip
_NO_FLOOD = frozenset(
    ("224.0.0.251", "255.255.255.255", "192.0.2.255", "192.0.2.0", "0.0.0.0", "ff02::fb", "ff05::1", "::")
)
"""No process sends to these: a bridge would flood the frames, and the walk follows one frame to one place."""
_FLAGS = (
    SYN,
    SYN | ACK,
    ACK,
    ACK | PSH,
    RST,
    RST | ACK,
    FIN,
    FIN | ACK,
    0,
    SYN | FIN,
    FIN | PSH | URG,
    SYN | URG,
    ACK | URG,
    RST | URG,
    SYN | RST,
    SYN | ACK | URG,
)


def flows(dice: Dice, made: Plan, count: int) -> tuple[Flow, ...]:
    """Return that many flows."""
    taken: set[tuple[int, int]] = set()
    return tuple(_flow(dice, made, number, taken) for number in range(count))


def _flow(dice: Dice, made: Plan, number: int, taken: set[tuple[int, int]]) -> Flow:
    """Return a flow; some of its packets are followed by an ICMP error about them."""
    flow = _without_errors(dice, made, number, taken)
    if not dice.chance(0.35):
        return flow
    place = dice.number(0, len(flow.then))
    then = (*flow.then[:place], "error", *flow.then[place:])
    flags = (*flow.flags[:place], 0, *flow.flags[place:]) if flow.flags else ()
    return msgspec.structs.replace(flow, then=then, flags=flags, error=_error_plan(dice, made, flow.first.packet))


def _error_plan(dice: Dice, made: Plan, packet: Packet) -> ErrorPlan:
    version = packet.version
    targets = (*made.host_addresses(version), *made.inside(version).values(), *OUTSIDE[version])
    uplinks = [each for each in made.links if each.startswith("up")]
    return ErrorPlan(
        dice.pick(_ERRORS[version]),
        source=number_of(dice.pick((*OUTSIDE[version], *targets))) if dice.chance(0.4) else None,
        target=number_of(dice.pick(targets)) if dice.chance(0.1) else None,
        link=dice.pick(uplinks) if dice.chance(0.15) else "",
        sport=7 if dice.chance(0.1) else None,
    )


_ERRORS: dict[Version, tuple[int, ...]] = {
    4: (3 << 8, 3 << 8 | 1, 3 << 8 | 3, 3 << 8 | 3, 3 << 8 | 4, 3 << 8 | 13, 4 << 8, 5 << 8 | 1, 11 << 8, 12 << 8),
    6: (1 << 8, 1 << 8 | 4, 1 << 8 | 4, 1 << 8 | 1, 2 << 8, 3 << 8, 4 << 8 | 1),
}


def _without_errors(dice: Dice, made: Plan, number: int, taken: set[tuple[int, int]]) -> Flow:
    version = dice.pick(made.versions)
    icmp = ICMP if version == 4 else ICMP6
    protocol = dice.pick((TCP, TCP, TCP, TCP, UDP, UDP, UDP, UDP, icmp, icmp, SCTP, UDPLITE, *_UNTRACKED_PORTS))
    if protocol == AH and version == 6:
        protocol = ESP  # in IPv6 it is an extension header, followed by the protocol
    if protocol in _ONCE and (protocol, 0) in taken:
        protocol = UDP  # two flows without ports in the tuple may be one connection
    if protocol == DCCP and DCCP in _TRACKED:
        protocol = SCTP  # a kernel that tracks DCCP looks at the type of the packet, which is not modelled
    first = _first(dice, made, version, protocol, number, taken)
    if protocol in _ONCE or (protocol == TCP and first.packet.tcp_flags != SYN):
        return Flow(number, first)
    then: tuple[Literal["reply", "again"], ...] = dice.pick(
        ((), ("reply",), ("reply", "again"), ("reply", "again"), ("reply", "again", "reply"))
    )
    if protocol != TCP:
        return Flow(number, first, ("again", "reply") if dice.chance(0.2) else then)
    if dice.chance(0.4):
        return _closing(dice, number, first)
    return Flow(number, first, then, RST | ACK if dice.chance(0.1) else 0)


def _closing(dice: Dice, number: int, first: Sent) -> Flow:
    """Return a TCP connection whose packets have any flags, so that it is closed, reset or opened again."""
    then: list[Literal["reply", "again"]] = ["reply"]
    flags = [SYN | ACK if dice.chance(0.8) else dice.pick(_WITHIN)]
    for _ in range(dice.number(1, 5)):
        side: Literal["reply", "again"] = dice.pick(("reply", "again"))
        then.append(side)
        flags.append(dice.pick((*_WITHIN, SYN) if side == "again" else _WITHIN))
    return Flow(number, first, tuple(then), flags=tuple(flags))


_WITHIN = (ACK, ACK | PSH, FIN | ACK, FIN | ACK, RST, RST | ACK, SYN | ACK, FIN | ACK | URG, 0)
"""Flags within a connection. There is no SYN from the other side, because conntrack checks the windows of
simultaneous opens.
"""
_UNTRACKED_PORTS = (DCCP, ESP, AH, 253)
_TRACKED = tracked_ports(os.uname().release)
_ONCE = frozenset({*_UNTRACKED_PORTS, *({UDPLITE} - _TRACKED)})
"""Protocols whose ports the running kernel's conntrack does not know."""


def _first(dice: Dice, made: Plan, version: Version, protocol: int, number: int, taken: set[tuple[int, int]]) -> Sent:
    own = made.host_addresses(version)
    inside = made.inside(version)
    starts = ["world"] * 5 + ["host"] * 3 + ["inside"] * 3 * bool(inside)
    start = dice.pick(starts)
    targets = (*own, *inside.values(), *OUTSIDE[version])
    daddr = dice.pick(targets) if dice.chance(0.92) else dice.pick(_ODD[version])
    if start == "world":
        link = dice.pick([each for each in made.links if each.startswith("up")])
        saddr = dice.pick(OUTSIDE[version]) if dice.chance(0.85) else dice.pick((*targets, *_ODD[version]))
        if saddr == "::":
            saddr = OUTSIDE[version][0]  # iptables' and nft's reverse path checks differ there
        if saddr == "192.0.2.255":
            saddr = OUTSIDE[version][0]  # its reply is a broadcast, which the host also sends to itself
        netns = "host"
    elif start == "host":
        link, netns = "", "host"
        saddr = dice.pick(own) if dice.chance(0.9) else dice.pick(_ODD[version][:1])
        if protocol == UDP and dice.chance(0.4):
            saddr = "0.0.0.0" if version == 4 else "::"
    else:
        name = dice.pick(sorted(inside))
        link, netns, saddr = "", f"container:{name}", inside[name]
    if start != "world" and daddr in _NO_FLOOD:
        daddr = dice.pick(targets)
    if saddr == daddr and protocol in (ICMP, ICMP6):
        daddr = own[0] if saddr != own[0] else own[-1]  # its reply would have the same addresses and id
    ports = protocol in WITH_PORTS
    echo = number + 1
    sport = dice.pick(SOURCE_PORTS) if dice.chance(0.15) else 1024 + number
    if (protocol, sport) in taken:
        sport = 1024 + number
    taken.add((protocol, 0 if protocol in _ONCE else sport))
    packet = Packet(
        version,
        number_of(saddr),
        number_of(daddr),
        protocol,
        # Two flows never share a source port: one flow's connection is never another's.
        sport=sport if ports else echo if protocol in _KINDS else None,
        dport=dice.pick(PORTS) if ports else echo if protocol in _KINDS else None,
        tcp_flags=0 if protocol != TCP else SYN if dice.chance(0.8) else dice.pick(_FLAGS),
        icmp=_kind(dice, protocol, routed=made.ipvlan in ("l3", "l3s")) if protocol in _KINDS else None,
        ttl=64 if not link or dice.chance(0.8) else dice.pick((1, 2, 3, 255)),
        dscp=0 if not link or dice.chance(0.8) else dice.pick((8, 46, 4)),
        dont_fragment=made.narrow and (bool(link) or protocol in (TCP, UDP)) and dice.chance(0.5),
        bad_checksum=protocol in _VERIFIED and number_of(saddr) != 0 and dice.chance(0.05),
        dmac=_hardware(dice, made, version, daddr) if link == "up0" else None,
    )
    padding = dice.pick((0, 0, 0, 1, 3, 8, 60)) if not made.narrow or dice.chance(0.4) else dice.number(1150, 1380)
    bare = protocol == UDP and not packet.bad_checksum and dice.chance(0.1) and _ANSWERS_BARE
    whole = not can_be_split(packet) or (link == "up0" and made.stacked)  # containers without rules do not reassemble
    return Sent(netns, link, packet, padding, bare, not whole and dice.chance(0.15))


_ANSWERS_BARE = tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 3)
"""Whether REJECT answers UDP without a checksum, else taken for a broken one: include/net/netfilter/nf_reject.h
nf_reject_verify_csum()"""
_VERIFIED = (TCP, UDP, ICMP, ICMP6, SCTP, UDPLITE)
_KINDS: dict[int, tuple[int, ...]] = {
    ICMP: (13, 15, 17, 0, 14, 5, 3, 4, 11, 12, 9, 10, 19, 40, 1),
    ICMP6: (139, 129, 140, 1, 2, 3, 4, 100, 130, 131, 132, 133, 134, 135, 136, 137, 143, 141, 160),
}
"""Types besides echo; the model does not know which packet their errors are about."""


def _kind(dice: Dice, protocol: int, *, routed: bool) -> int:
    """Return a kind of packet.  ``routed``: the host routes for containers; the hunt then drops messages that the
    host sends to others by itself.
    """
    if dice.chance(0.6) or (routed and protocol == ICMP6):
        return (8 if protocol == ICMP else 128) << 8
    return dice.pick(_KINDS[protocol]) << 8 | (dice.pick((1, 4)) if dice.chance(0.3) else 0)


def _hardware(dice: Dice, made: Plan, version: Version, daddr: str) -> int | None:
    """Return a macvlan's hardware address for frames that are meant for it, and for a few others."""
    if made.ipvlan:
        return None
    holders = {INSIDE[version][name][0]: name for name, _ in made.stacked}
    if "mv0" in made.links:
        holders[HOSTS[version]["mv0"]] = "mv0"
    name = holders.get(daddr)
    if holders and dice.chance(0.1):
        name = dice.pick(sorted(holders.values()))
    return int(MACS[name].replace(":", ""), 16) if name is not None else None
