"""Elements of iptables that random rules would hardly ever hit: each network has a few of them, where packets pass.

They come first in their chains, and most of them decide nothing, so that the rules after them see as much as before.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_SEEN_REPLY
from hairpin.netfilter.packet import UDP, Connection, Tuple
from hairpin.network.prefix import Version
from tests.fidelity.case import Flow, Judged
from tests.fidelity.generate.plan import MARKS, PORTS, Dice, Plan
from tests.fidelity.generate.rules import ipsets

OFTEN = 0.45
"""How often a table has one or two of them."""
NOWHERE: dict[Version, str] = {4: "198.18.7.7", 6: "fd77::7"}
"""A gateway that cannot be resolved: packets that a rule copies to it are lost."""
AWAY = "away0"
"""A link that is down, in namespaces with a rule for it: packets that a rule sends to it are lost."""
_PRE, _IN, _FWD, _OUT, _POST = "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"
_EVERYWHERE = (_PRE, _IN, _FWD, _OUT, _POST)


class _Choice(NamedTuple):
    """A rule, the chains that may have it, and a second rule after it."""

    hooks: Sequence[str]
    words: str
    then: str = ""


def rules(dice: Dice, version: Version, table: str, hooks: Sequence[str], sets: Sequence[str]) -> list[str]:
    """Return such rules for a table that has chains at these hooks."""
    if not dice.chance(OFTEN):
        return []
    choices = _choices(dice, version, table, sets)
    fitting = [choice for choice in choices if not set(hooks).isdisjoint(choice.hooks)]
    chosen = dice.some(fitting, 3) if fitting else []
    found: list[str] = []
    for each in chosen:
        hook = dice.pick([hook for hook in hooks if hook in each.hooks])
        found.append(f"-A {hook} {_narrowed(dice, each.words)}")
        found += [f"-A {hook} {each.then}"] if each.then else []
    return found


def _narrowed(dice: Dice, words: str) -> str:
    """Restrict half of these rules to some packets, if they have no protocol match already."""
    if " -p " in f" {words}" or not dice.chance(0.5):
        return words
    return f"-p {dice.pick(('tcp', 'udp'))} {words}"


def _choices(dice: Dice, version: Version, table: str, sets: Sequence[str]) -> list[_Choice]:
    name = f"r{dice.number(1, 1 << 30)}"
    rating = f"--rateest-name {name} --rateest-interval 250ms --rateest-ewmalog 500ms"
    found = [
        _Choice(_EVERYWHERE, f"-m recent {dice.pick(('--update', '--rcheck'))} --seconds 100 --name {name}"),
        *_looking_for_sockets(dice, table),
        _Choice(_EVERYWHERE, "-p tcp -m tcpmss --mss 1:1000"),
        _Choice(_EVERYWHERE, f"-m hashlimit --hashlimit-upto 5/min --hashlimit-mode srcip --hashlimit-name {name}"),
        _Choice(_EVERYWHERE, "-m string --string x --algo bm"),
        _Choice(_EVERYWHERE, "-m time --timestart 12:00:00"),
        _Choice(_EVERYWHERE, f"-j IDLETIMER --timeout 600 --label {name}"),
        _Choice(_EVERYWHERE, f"-j RATEEST {rating}", f"-m rateest --rateest {name} --rateest-lt --rateest-bps 8bit"),
        _Choice(_EVERYWHERE, "-m nfacct --nfacct-name web"),
        _Choice(_EVERYWHERE, f"-j TEE --gateway {NOWHERE[version]}"),
        *(_Choice(_EVERYWHERE, f"-m set {_not(dice)}--match-set {ipsets.match(dice, each)}") for each in sets),
    ]
    if version == 4:
        found += [_Choice(_EVERYWHERE, "-p esp -m esp"), _Choice(_EVERYWHERE, f"{_not(dice)}-f")]
    if sets:
        verb = dice.pick(("add", "del"))
        found.append(_Choice(_EVERYWHERE, f"-j SET --{verb}-set {ipsets.seen(version)} {dice.pick(('src', 'dst'))}"))
    match table:
        case "filter":
            flags = dice.pick(("SYN,ACK,RST,FIN ACK", "SYN,ACK,RST,FIN RST", "SYN,ACK,RST ACK"))
            found += [
                _Choice((_IN, _FWD), f"-p tcp -m tcp --tcp-flags {flags} -j SYNPROXY --mss 1460"),
                _Choice((_IN, _FWD, _OUT), f"-p tcp -j NFQUEUE --queue-num 7{dice.pick(('', ' --queue-bypass'))}"),
            ]
        case "mangle":
            found += _mangling(dice, version)
        case "security":
            found += [_Choice(_EVERYWHERE, f"-j CONNSECMARK --{dice.pick(('save', 'restore'))}")] * 3
        case "raw":
            found.append(_Choice((_PRE, _OUT), "-p udp -j CT --helper tftp"))
        case _:
            pass
    return found


def _looking_for_sockets(dice: Dice, table: str) -> list[_Choice]:
    options = dice.pick(("", " --nowildcard", " --transparent", " --transparent --nowildcard"))
    if table not in ("mangle", "raw"):
        return []
    # Not for ICMP errors: the socket of the quoted packet may be closed already.
    return [_Choice((_PRE, _IN), f"-p {dice.pick(('tcp', 'udp'))} -m socket{options}")] * 3


def _mangling(dice: Dice, version: Version) -> list[_Choice]:
    size = dice.pick(("--set-mss 1000", "--clamp-mss-to-pmtu"))
    same = "-m mark --mark {0} -j HMARK --hmark-tuple src --hmark-mod 1 --hmark-offset {0} --hmark-rnd 1"
    found = [
        _Choice((_FWD, _OUT, _POST), f"-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS {size}"),
        _Choice(_EVERYWHERE, "-p tcp -j TCPOPTSTRIP --strip-options 5"),
        _Choice(_EVERYWHERE, f"-j CONNSECMARK --{dice.pick(('save', 'restore'))}"),
        _Choice(_EVERYWHERE, same.format(dice.pick(("0x0", "0x1")))),
        _Choice((_PRE,), f"-p {dice.pick(('tcp', 'udp'))} -j TPROXY --on-port 80"),
    ]
    if version == 4:
        found.append(_Choice(_EVERYWHERE, "-p tcp -j ECN --ecn-tcp-remove"))
    else:  # to the prefix that the address has already: the rewritten address is not modelled
        net = dice.pick(("fd18::/64", "2001:db8:1::/64", "2001:db8:ffff::/64"))
        found += [
            _Choice((_POST, _IN), f"-s {net} -j SNPT --src-pfx {net} --dst-pfx {net}"),
            _Choice((_PRE, _OUT), f"-d {net} -j DNPT --src-pfx {net} --dst-pfx {net}"),
        ] * 2
    return found


def _not(dice: Dice) -> str:
    return "! " if dice.chance(0.2) else ""


def sockets(dice: Dice, made: Plan, judged: Judged) -> tuple[str, ...]:
    """Return the sockets of a namespace whose rules match sockets: bound to one address, and to any."""
    rules = [rule for text in judged.rulesets for rule in text.rules]
    if not any(" socket " in rule for rule in rules):
        return ()
    own = [address for version in made.versions for address in made.host_addresses(version)]
    if not own:
        return ()
    anywhere = [{4: "0.0.0.0", 6: "::"}[version] for version in made.versions]
    some = dice.some(PORTS, 4)
    found = [f"{protocol} {address} {port}" for protocol in ("tcp", "udp") for address in own for port in some]
    found += [f"{dice.pick(('tcp', 'udp'))} {dice.pick(anywhere)} {port}" for port in PORTS if port not in some]
    return tuple(found)


def connections(dice: Dice, flows: tuple[Flow, ...]) -> tuple[Connection, ...]:
    """Return connections that the host knows already when the first packets of some flows come."""
    found: list[Connection] = []
    for flow in flows if dice.chance(0.2) else ():
        packet = flow.first.packet
        if flow.error is not None and flow.error.icmp >> 8 == _REDIRECT:
            continue  # nf_nat drops packets of a connection that was entered without a decision about NAT
        asked = Tuple(packet.saddr, packet.daddr, packet.protocol, packet.sport or 0, packet.dport or 0)
        if packet.protocol == UDP and packet.saddr and flow.first.netns == "host" and dice.chance(0.3):
            mark = dice.pick((0, *MARKS))
            found.append(
                Connection(packet.version, asked, asked.reversed(), _ONGOING, mark, timeout_s=100_000, live=True)
            )
    return tuple(found)


_REDIRECT = 5
_ONGOING = STATUS_CONFIRMED | STATUS_SEEN_REPLY | STATUS_ASSURED


def prepared(judged: Judged) -> tuple[str, ...]:
    """Return the lines of setup that the rules of a namespace need."""
    rules = [rule for text in judged.rulesets for rule in text.rules]
    lines = [
        f"route add unreachable {gateway} table local"
        for gateway in NOWHERE.values()
        if any(f" {gateway}" in rule for rule in rules)
    ]
    if any(f'"{AWAY}"' in rule for rule in rules):
        lines.append(f"link add {AWAY} type veth peer name away1")
    return tuple(lines)
