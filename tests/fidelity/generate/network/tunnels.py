"""Random tunnels in a network that is already made.

A tunnel is between the host and a container, or between two containers, so that the outer packets meet the network's
routes, rules and faults.
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.netfilter.packet import SYN, TCP, UDP
from hairpin.network.prefix import Version
from tests.fidelity.case import Case, Flow, Judged, RuleText, Sent
from tests.fidelity.generate.plan import HOSTS, INSIDE, Dice, Plan, number_of
from tests.fidelity.testbed.capabilities import tunnel_kinds
from tests.fidelity.testbed.frames import TUNNEL_PORTS

LINK, BRIDGE = "vx0", "bx0"
_MACS = ("02:00:00:00:20:01", "02:00:00:00:20:02")
_INNER: dict[Version, tuple[str, str]] = {4: ("10.77.0.1", "10.77.0.2"), 6: ("fd77::1", "fd77::2")}
"""The addresses of the tunnel's two ends inside."""
_BEHIND: dict[Version, tuple[str, str]] = {4: ("10.78.1.1", "10.78.2.1"), 6: ("fd78:1::1", "fd78:2::1")}
"""An address behind each end, which the other end has a route for."""
_LENGTH: dict[Version, tuple[int, int]] = {4: (24, 32), 6: (64, 128)}
_KEYED = ("vxlan", "geneve")
_ETHERNET = ("vxlan", "geneve", "gretap")


class _End(msgspec.Struct, frozen=True):
    """One end of the tunnel: its namespace, the link and the address that outer packets come to."""

    number: int
    netns: str
    link: str
    underlay: str
    bridged: bool


class _Tunnel(msgspec.Struct, frozen=True):
    kind: str
    version: Version
    ends: tuple[_End, _End]
    inner: tuple[Version, ...]
    key: int
    port: int


def laid(dice: Dice, made: Plan, case: Case) -> Case:
    """Return the case with a tunnel in it, and with flows through it; unchanged if no two ends reach each other."""
    version = dice.pick(made.versions)
    ends = _ends(dice, made, version)
    if len(ends) < 2:
        return case
    kind = dice.pick(tuple(each for each in tunnel_kinds() if version == 4 or each in _KEYED))
    ethernet = kind in _ETHERNET
    inner: tuple[Version, ...] = (4,) if kind == "ipip" else made.versions  # an outer IPv4 packet: IPv4 is there
    pair = dice.random.sample(ends, 2)
    placed = (
        # A bridge port sends ICMP errors of its own about packets that are too large for the tunnel:
        # docs/limitations.md
        msgspec.structs.replace(each, number=number, bridged=ethernet and not made.narrow and dice.chance(0.25))
        for number, each in enumerate(pair)
    )
    one, two = placed
    tunnel = _Tunnel(kind, version, (one, two), inner, dice.number(1, 3), 6081 if kind == "geneve" else 8472)
    calm = dice.chance(_CALM)
    namespaces = tuple(_with_end(dice, tunnel, _calmed(each) if calm else each) for each in case.namespaces)
    flows = tuple(_through(dice, tunnel, each) for each in case.flows)
    return msgspec.structs.replace(case, namespaces=namespaces, flows=flows)


_CALM = 0.5
"""The share of networks without rules and faults: in the others few outer packets reach the other end."""


def _calmed(judged: Judged) -> Judged:
    return msgspec.structs.replace(judged, rulesets=(), ipsets=(), outages=(), programs=(), connections=())


def _ends(dice: Dice, made: Plan, version: Version) -> list[_End]:
    inside = made.inside(version)
    names = [name for name in (*made.all_bridged(), *made.routed) if name in inside]
    found = [_End(0, f"container:{name}", made.own_link(name), inside[name], bridged=False) for name in names]
    if names:
        link = made.link_of(dice.pick(names))
        found.append(_End(0, "host", link, HOSTS[version][link], bridged=False))
    return found


def _with_end(dice: Dice, tunnel: _Tunnel, judged: Judged) -> Judged:
    for end in tunnel.ends:
        if end.netns == judged.name:
            return _end(dice, tunnel, end, judged)
    inner = [_INNER[each][number] for each in tunnel.inner for number in (0, 1)]
    if judged.name == "host":  # which then routes into the tunnel of a container
        via = tunnel.ends[0].underlay
        if dice.chance(0.7) and tunnel.version in tunnel.inner:
            routes = tuple(f"route add {each} via {via}" for each in inner if (":" in each) == (tunnel.version == 6))
            return _routed(judged, tunnel.version, routes)
    return judged


def _routed(judged: Judged, version: Version, routes: tuple[str, ...]) -> Judged:
    if version == 4:
        return msgspec.structs.replace(judged, routing4=(*judged.routing4, *routes))
    return msgspec.structs.replace(judged, routing6=(*judged.routing6, *routes))


def _end(dice: Dice, tunnel: _Tunnel, end: _End, judged: Judged) -> Judged:
    far = tunnel.ends[1 - end.number]
    holder = BRIDGE if end.bridged else LINK
    setup = [_device(dice, tunnel, end, far), f"link set {LINK} addrgenmode none"]
    bridging: list[str] = []
    if tunnel.kind == "vxlan" and " remote " not in setup[0]:
        mac = _MACS[far.number] if dice.chance(0.6) else "00:00:00:00:00:00"
        bridging.append(f"fdb append {mac} dev {LINK} dst {far.underlay}")
    elif tunnel.kind == "vxlan" and dice.chance(0.1):
        stranger = dice.pick([INSIDE[tunnel.version][each][0] for each in ("c1", "c2", "c4")])
        bridging.append(f"fdb append {_MACS[far.number]} dev {LINK} dst {stranger}")
    if end.bridged:
        setup += (
            f"link add {BRIDGE} address {_MACS[end.number]} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
            f"link set {LINK} master {BRIDGE} up",
            f"link set {BRIDGE} addrgenmode none up",
        )
        bridging.append(f"fdb replace {_MACS[far.number]} dev {LINK} master static")
    else:
        setup.append(f"link set {LINK} up")
    for version in tunnel.inner:
        setup += _inside(dice, tunnel, end, version, holder)
        behind = f"route add {_BEHIND[version][far.number]} via {_INNER[version][far.number]} dev {holder}"
        judged = _routed(judged, version, (behind,))
    narrow = not any(each.bridged for each in tunnel.ends) and dice.chance(0.5)
    outages = [f"link set {LINK} mtu {dice.pick((1280, 1350, 1400, 1430))}"] if narrow else []
    outages += [f"link set {LINK} down"] if dice.chance(0.04) else []
    return msgspec.structs.replace(
        judged,
        setup=(*judged.setup, *setup),
        bridging=(*judged.bridging, *bridging),
        sysctls=(*judged.sysctls, *_sysctls(dice, holder)),
        outages=(*outages, *judged.outages),
        rulesets=tuple(_aimed(dice, tunnel, each, holder) for each in judged.rulesets),
    )


def _device(dice: Dice, tunnel: _Tunnel, end: _End, far: _End) -> str:
    mac = _MACS[end.number] if not end.bridged else f"02:00:00:00:20:1{end.number}"
    words = [f"link add {LINK}", *([f"address {mac}"] if tunnel.kind in _ETHERNET else []), f"type {tunnel.kind}"]
    key = tunnel.key + (dice.chance(0.06))
    if tunnel.kind in _KEYED:
        port = tunnel.port if dice.chance(0.97) else next(each for each in TUNNEL_PORTS if each != tunnel.port)
        words += (f"id {key}", f"dstport {port}")
    elif tunnel.kind != "ipip" and tunnel.key > 1:
        words.append(f"key {key}")
    if tunnel.kind == "vxlan":
        # Where rules translate an outer packet with a checksum, they break it: docs/limitations.md
        words += ("noudpcsum",) if tunnel.version == 4 else ()
        words += ("nolearning", *((f"dev {end.link}",) if dice.chance(0.4) else ()))
    elif tunnel.kind != "geneve" and dice.chance(0.3):
        words.append(f"dev {end.link}")
    if tunnel.kind != "geneve" and (tunnel.kind != "vxlan" or dice.chance(0.7)):
        words.append(f"local {end.underlay}")
    if tunnel.kind != "vxlan" or dice.chance(0.6):
        words.append(f"remote {far.underlay}")
    elif not any(word.startswith("local") for word in words):
        words.append(f"local {end.underlay}")  # says that it is one of IPv6
    if tunnel.kind in _KEYED and tunnel.version == 4 and dice.chance(0.5):
        words.append(f"df {dice.pick(('set', 'inherit', 'unset'))}")
    elif tunnel.kind not in _KEYED:
        words += dice.pick(((), ("nopmtudisc",), ("ttl 64",)))
    return " ".join(words)


def _inside(dice: Dice, tunnel: _Tunnel, end: _End, version: Version, holder: str) -> Iterator[str]:
    near, alone = _LENGTH[version]
    extra = " nodad" if version == 6 else ""
    yield f"addr add {_INNER[version][end.number]}/{near} dev {holder}{extra}"
    yield f"addr add {_BEHIND[version][end.number]}/{alone} dev lo{extra}"
    if tunnel.kind in _ETHERNET:
        far = _MACS[1 - end.number] if dice.chance(0.96) else "02:00:00:00:20:99"
        yield f"neigh replace {_INNER[version][1 - end.number]} lladdr {far} dev {holder} nud permanent"


def _sysctls(dice: Dice, holder: str) -> Iterator[tuple[str, str]]:
    for key, values, often in (("rp_filter", "012", 0.4), ("forwarding", "01", 0.1), ("accept_local", "1", 0.1)):
        if dice.chance(often):
            yield f"net/ipv4/conf/{holder}/{key}", dice.pick(values)


def _aimed(dice: Dice, tunnel: _Tunnel, text: RuleText, holder: str) -> RuleText:
    """Return rules of which some match the tunnel's link, outer packets or inner packets."""
    if text.tool == "ebtables":
        return text
    return msgspec.structs.replace(text, rules=tuple(_aimed_rule(dice, tunnel, each, holder) for each in text.rules))


def _aimed_rule(dice: Dice, tunnel: _Tunnel, rule: str, holder: str) -> str:
    if dice.chance(0.2):
        rule = re.sub(r'((?:-i|-o|iifname|oifname) "?)(?:br0|up0|up1|eth0)\b(?!\*)', rf"\g<1>{holder}", rule)
    if dice.chance(0.2):
        rule = _for_outer(tunnel, rule)
    if dice.chance(0.2):
        rule = rule.replace("172.18.0.0/16", "10.77.0.0/16").replace("fd18::/64", "fd77::/64")
    return rule


def _for_outer(tunnel: _Tunnel, rule: str) -> str:
    """Return a rule for a UDP port as one for the tunnel's outer packets, if the tools still accept it."""
    if tunnel.kind in _KEYED:
        return re.sub(r"(-p udp .*--dport |udp dport )(?:53|80|443|8080|8151)(?= |$)", rf"\g<1>{tunnel.port}", rule)
    protocol = 4 if tunnel.kind == "ipip" else 47
    found = re.sub(r"-p udp (?:-m udp )?--dport \d+(?= |$)", f"-p {protocol}", rule)
    found = re.sub(r"\budp dport \d+(?= |$)", f"meta l4proto {protocol}", found)
    return rule if any(word in found for word in _NEED_PORTS) else found


_NEED_PORTS = ("port", "--to", "nat", "redirect", "masquerade", "MASQUERADE", "REDIRECT", "TPROXY", "tproxy")
"""The words of a rule for a protocol with ports."""


def _through(dice: Dice, tunnel: _Tunnel, flow: Flow) -> Flow:
    """Return the flow, or another one that goes through the tunnel."""
    first = flow.first
    version = first.packet.version
    if version not in tunnel.inner or not dice.chance(0.6) or first.packet.dmac is not None:
        return flow
    sender = next((each for each in tunnel.ends if each.netns == first.netns and not first.link), None)
    if sender is None and not first.link and dice.chance(0.8):
        sender = dice.pick(tunnel.ends)
    target = 1 - sender.number if sender is not None else dice.pick((0, 1))
    daddr = dice.pick((_INNER[version][target], _INNER[version][target], _BEHIND[version][target]))
    packet = msgspec.structs.replace(first.packet, daddr=number_of(daddr))
    netns = first.netns
    if sender is not None:
        netns = sender.netns
        inner = _INNER[version][sender.number]
        saddr = dice.pick((inner, inner, _BEHIND[version][sender.number]))
        # The TTL of what a UDP socket sends is the kernel's.
        ttl = dice.pick((1, 2, 3)) if dice.chance(0.15) and packet.protocol != UDP else packet.ttl
        packet = msgspec.structs.replace(packet, saddr=number_of(saddr), ttl=ttl, bad_checksum=False)
    if tunnel.version == 6 and packet.protocol == UDP and not first.link and packet.saddr:
        packet = msgspec.structs.replace(packet, protocol=TCP, tcp_flags=SYN)  # a raw socket's, with its checksum
    bare = first.no_checksum and packet.protocol == UDP
    sent = msgspec.structs.replace(first, packet=packet, netns=netns, fragmented=False, no_checksum=bare)
    return msgspec.structs.replace(flow, first=_whole(sent))


def _whole(sent: Sent) -> Sent:
    """Return the packet small enough not to be fragmented before the tunnel: each fragment would have its own outer
    packet, and the walk follows one.
    """
    packet = sent.packet
    if not sent.link:  # a socket cuts what its route does not take
        return msgspec.structs.replace(sent, padding=min(sent.padding, _SHORT))
    forbids = packet.dont_fragment or (packet.version == 4 and sent.padding > _SHORT)
    return msgspec.structs.replace(sent, packet=msgspec.structs.replace(packet, dont_fragment=forbids))


_SHORT = 60
