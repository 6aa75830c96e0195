"""Elements of nft that random rules would hardly ever hit: each network has a few of them, where packets pass.

They come first in their chains, and most of them decide nothing, so that the rules after them see as much as before.
"""

from typing import Literal, NamedTuple

import msgspec

from hairpin.network.prefix import Version
from tests.fidelity.case import RuleText
from tests.fidelity.generate.plan import PORTS, Dice, Plan
from tests.fidelity.generate.rules.rare import NOWHERE
from tests.fidelity.testbed import capabilities

OFTEN = 0.9
"""How often a chain has one or two of them."""


def without_helped_flows(texts: list[RuleText]) -> tuple[RuleText, ...]:
    """Return rules without those that add to a flowtable, if others give connections helpers.

    A helper keeps a connection out of a flowtable, and the walk does not know helpers.
    """
    if not any("helper" in rule for text in texts for rule in text.rules):
        return tuple(texts)
    kept = ((text, tuple(rule for rule in text.rules if "flow add" not in rule)) for text in texts)
    return tuple(msgspec.structs.replace(text, rules=rules) for text, rules in kept)


class Place(NamedTuple):
    """A base chain."""

    family: str
    version: Version
    kind: str
    hook: str
    priority: int

    @property
    def ip(self) -> Literal["ip", "ip6"]:
        """Return the word before addresses."""
        return "ip" if self.version == 4 else "ip6"


def rules(dice: Dice, made: Plan, place: Place) -> list[str]:
    """Return such rules for the chain, without the command that adds them."""
    if not dice.chance(OFTEN):
        return []
    choices = _translating(dice, made, place) if place.kind == "nat" else _filtering(dice, made, place)
    family = f"meta nfproto ipv{place.version} " if place.family == "inet" else ""
    return [f"{family}{each}" for each in (dice.some(choices, 2) if choices else ())]


def _translating(dice: Dice, made: Plan, place: Place) -> list[str]:
    ports = dice.some(PORTS, 4)
    protocol = dice.pick(("tcp", "udp"))
    match place.hook:
        case "prerouting" | "output":
            pairs = ", ".join(f"{port} : {dice.pick(PORTS)}" for port in ports)
            return [f"meta l4proto {protocol} counter redirect to :{protocol} dport map {{ {pairs} }}"]
        case "postrouting":
            # One port each: nft 1.0.6 lists no port ranges in a map.
            each_to_one = ", ".join(f"{port} : {port + 30000}" for port in range(1024, 1124))
            masquerade = f"meta l4proto {protocol} counter masquerade to :{protocol} sport map {{ {each_to_one} }}"
            return [masquerade, _source_by_map(dice, made, place)]
        case "input":
            return [_source_by_map(dice, made, place)]
        case _:
            return []


def _source_by_map(dice: Dice, made: Plan, place: Place) -> str:
    own = made.host_addresses(place.version)
    sources = dice.some(sorted(set(made.addresses(place.version))), 5)
    pairs = ", ".join(f"{each} : {dice.pick(own)}" for each in sources)
    return f"counter snat {place.ip} to {place.ip} saddr map {{ {pairs} }}"


def _filtering(dice: Dice, made: Plan, place: Place) -> list[str]:
    ip, tail = place.ip, dice.pick(("counter", "counter", "counter accept"))
    protocol = dice.pick(("tcp", "udp"))
    found = [
        f"jhash {ip} saddr mod 2 == 0 counter", "symhash mod 2 == 0 counter", "meta random < 100000 counter",
        f"counter meter m{dice.number(1, 1 << 20)} {{ {ip} saddr counter }}", f"counter add @seen {{ {ip} saddr }}",
        "meta l4proto tcp counter reset tcp option maxseg",
        "meta l4proto tcp counter tcp option maxseg size set 1400",
        f"{protocol} dport vmap {{ {dice.pick(PORTS)} : continue, {dice.pick(PORTS)} : continue }}",
    ]  # fmt: skip
    found += _changing(dice, made, place, protocol)
    if place.hook == "prerouting" and place.priority > -200:
        found += ['meta l4proto udp ct helper set "tftp" counter'] * 2
    if place.family != "inet":
        found.append(f"counter dup to {NOWHERE[place.version]}")
    if place.version == 4:
        found.append(f"ip frag-off & 0x1fff {dice.pick(('==', '!='))} 0 {tail}")
    if place.priority > -200:
        found.append("ct expiration > 5s counter")
    if place.hook in ("prerouting", "input"):
        # Not for ICMP errors: the socket of the quoted packet may be closed already.
        kind = dice.pick(("wildcard 0", "wildcard 1", "wildcard 1", "transparent 0", "transparent 0", "transparent 1"))
        found += [f"meta l4proto {protocol} socket {kind} {tail}"] * 5
    if place.hook == "prerouting":
        found += [
            f"meta l4proto {protocol} counter tproxy {ip} to :8080",
            "meta pkttype host counter meta pkttype set numgen random mod 1",
        ]
    if place.hook == "forward" and capabilities.flowtables():
        # Not for ICMP errors: the kernel reads some of their bytes as TCP flags.
        behind = dice.pick(("counter", "counter", "counter accept", "counter meta mark set 0x10"))
        found += [f"meta l4proto {protocol} flow add @f {behind}"] * 6
        found.append("meta l4proto { tcp, udp, gre } flow add @f counter")
    if place.hook in ("input", "forward"):
        # Not for packets that begin a connection, which it would answer by itself.
        found += [
            f"tcp flags & (fin | syn | rst | ack) == {dice.pick(('ack', 'rst'))} counter synproxy mss 1460 wscale 7"
        ] * 2
    return found


def _changing(dice: Dice, made: Plan, place: Place, protocol: str) -> list[str]:
    """Yield rules that write to the packet; for few packets, because most changed packets are lost."""
    ip = place.ip
    address = dice.pick(made.addresses(place.version))
    some = ", ".join(str(port) for port in dice.some(PORTS, 2))
    of_some = f"{protocol} dport {{ {some} }} counter"
    # Only for packets with ACK: the reset that answers them is known by its sequence number.
    flags = f"tcp dport {{ {some} }} tcp flags & (rst | ack) == ack counter tcp flags set (syn | ack)"
    found = [f"{of_some} {ip} saddr set {address}", flags]
    if place.hook == "prerouting":  # what a raw socket sends keeps the neighbour that it has been routed to
        found.append(f"{of_some} {ip} daddr set {address}")
    if place.hook in ("prerouting", "output"):
        found.append(f"{of_some} {protocol} sport set {dice.pick((21000, 22000))}")
    if place.hook in ("prerouting", "input", "forward"):
        # Not for bridges and macvlans, which forward by it.
        change = f"set 02:00:00:00:0{dice.pick((0, 7))}:01"
        found += (f'iifname "{dice.pick(("up0", "up1"))}" counter ether {side} {change}' for side in ("saddr", "daddr"))
    return found
