"""Random flows through a network."""

from typing import Literal

from hairpin.netfilter.packet import ACK, FIN, ICMP, ICMP6, PSH, RST, SYN, TCP, UDP, URG, Packet
from hairpin.network.prefix import Version
from tests.fidelity.case import Flow, Sent
from tests.fidelity.generate.plan import OUTSIDE, PORTS, SOURCE_PORTS, Dice, Plan, number_of

_ODD: dict[Version, tuple[str, ...]] = {
    4: ("127.0.0.1", "127.0.0.53", "224.0.0.251", "255.255.255.255", "192.0.2.255", "0.0.0.0", "10.99.0.1",
        "192.0.2.0", "240.0.0.1", "169.254.1.1"),
    6: ("::1", "ff02::fb", "ff05::1", "fd99::1", "fe80::1", "::", "2001:db8:1::"),
}  # fmt: skip
_NO_FLOOD = frozenset(
    ("224.0.0.251", "255.255.255.255", "192.0.2.255", "192.0.2.0", "0.0.0.0", "ff02::fb", "ff05::1", "::")
)
"""Not sent by a process: a bridge would flood them, and the walk follows one frame to one place."""
_FLAGS = (SYN, SYN | ACK, ACK, ACK | PSH, RST, RST | ACK, FIN, FIN | ACK, 0, SYN | FIN, FIN | PSH | URG, SYN | URG)


def flows(dice: Dice, made: Plan, count: int) -> tuple[Flow, ...]:
    """Return that many flows."""
    taken: set[tuple[int, int]] = set()
    return tuple(_flow(dice, made, number, taken) for number in range(count))


def _flow(dice: Dice, made: Plan, number: int, taken: set[tuple[int, int]]) -> Flow:
    version = dice.pick(made.versions)
    protocol = dice.pick((TCP, TCP, TCP, UDP, UDP, UDP, ICMP if version == 4 else ICMP6, 253))
    if protocol == 253 and (0, 0) in taken:
        protocol = UDP  # without ports two flows may be one connection
    first = _first(dice, made, version, protocol, number, taken)
    if protocol == 253 or (protocol == TCP and first.packet.tcp_flags != SYN):
        return Flow(number, first)
    then: tuple[Literal["reply", "again"], ...] = dice.pick(
        ((), ("reply",), ("reply", "again"), ("reply", "again"), ("reply", "again", "reply"))
    )
    if protocol != TCP and dice.chance(0.2):
        then = ("again", "reply")
    reply_flags = RST | ACK if protocol == TCP and dice.chance(0.1) else 0
    return Flow(number, first, then, reply_flags)


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
            saddr = OUTSIDE[version][0]  # iptables' and nft's reverse path differ there: nobody sends such
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
        daddr = own[0] if saddr != own[0] else own[-1]  # its answer would have the same addresses and id
    ports = protocol in (TCP, UDP)
    echo = number + 1
    sport = dice.pick(SOURCE_PORTS) if dice.chance(0.15) else 1024 + number
    if (protocol, sport) in taken:
        sport = 1024 + number
    taken.add((protocol, sport) if protocol != 253 else (0, 0))
    packet = Packet(
        version,
        number_of(saddr),
        number_of(daddr),
        protocol,
        # Two flows never share a source port: one flow's connection is never another's.
        sport=sport if ports else echo if protocol != 253 else None,
        dport=dice.pick(PORTS) if ports else echo if protocol != 253 else None,
        tcp_flags=0 if protocol != TCP else SYN if dice.chance(0.8) else dice.pick(_FLAGS),
        icmp={ICMP: 8 << 8, ICMP6: 128 << 8}.get(protocol),
        ttl=64 if not link or dice.chance(0.8) else dice.pick((1, 2, 3, 255)),
        dscp=0 if not link or dice.chance(0.8) else dice.pick((8, 46, 4)),
        dont_fragment=False,
    )
    return Sent(netns, link, packet)
