"""Translates the words of a rule in ``nft list`` into options of ``iptables-save``.

These are the words that nft prints for rules of iptables-nft.

Source: iptables/nft.c, nft-shared.c; nftables src/expression.c, statement.c, ct.c, fib.c
"""

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from hairpin.pasted.forms.rules.listed_words import UNLISTED
from hairpin.sought import Sought

_Options = Callable[[re.Match[str]], str]


class Words(NamedTuple):
    """The options of a rule: the options of its matches, and its target with the target's options."""

    matches: str
    target: str


def options_of(line: str, family: str) -> Words:
    """Return the options of a rule.  The line is the rule's line in the output of ``nft list``, in a table of ``ip`` or
    ``ip6``.

    An unknown word and all words after it become one match of the module :data:`UNLISTED`.  A verdict at the end of the
    line is kept."""
    left = line.strip()
    matches: list[str] = []
    target = ""
    protocol = ""
    while left:
        found = _words_at(left)
        if found is None or target:
            return _gap(matches, left)
        match, made, is_target = found
        if is_target:
            target = made.replace(_ICMP, "icmp-") if family == "ip" else _of_ipv6(made)
        elif made:
            named = re.match(r"-p (\S+)", made)
            if named is not None and named[1] == protocol:
                made = made[named.end() :].strip()
            protocol = named[1] if named is not None else protocol
            matches += [made] if made else []
        left = left[match.end() :].lstrip()
    return Words(" ".join(_in_order(matches)), target)


def _words_at(left: str) -> tuple[re.Match[str], str, bool] | None:
    """Return the known words at the beginning of the rest of the line, their options, and whether these are a
    target."""
    for pattern, options, is_target in _ROWS:
        match = pattern.match(left)
        if match is not None:
            return match, options(match), is_target
    return None


def _of_ipv6(target: str) -> str:
    return target.replace(_ICMP, "icmp6-").replace("icmp6-admin-prohibited", "icmp6-adm-prohibited")


def _in_order(matches: list[str]) -> list[str]:
    """Return the options in the order of ``iptables-save``: addresses, links, the protocol, then the matches."""
    return sorted(matches, key=lambda each: _ORDER.get(each.removeprefix("! ")[:2], len(_ORDER)))


_ORDER = {"-s": 0, "-d": 1, "-i": 2, "-o": 3, "-p": 4}


def _gap(matches: list[str], left: str) -> Words:
    end = _END.search(left)
    told = _words_at(end["verdict"]) if end is not None else None
    is_known = end is not None and told is not None and told[2]
    unknown = left[: end.start()].strip() if end is not None and is_known else left
    verdict = told[1] if told is not None and is_known else ""
    words = unknown.replace('"', "'").replace("\\", "/")
    return Words(" ".join([*_in_order(matches), f'-m {UNLISTED} --words "{words}"']), verdict)


_ICMP = "icmp*-"
"""The beginning of an ICMP error's name, before the IP version is known."""
_END = Sought(r"(?:^| )(?P<verdict>accept|drop|return|(?:jump|goto) \S+|masquerade|dnat to \S+|snat to \S+)$")
_ICMPV6 = {
    "nd-router-solicit": "router-solicitation", "nd-router-advert": "router-advertisement",
    "nd-neighbor-solicit": "neighbour-solicitation", "nd-neighbor-advert": "neighbour-advertisement",
    "nd-redirect": "redirect", "mld-listener-query": "130", "mld-listener-report": "131", "mld-listener-done": "132",
    "mld-listener-reduction": "132", "mld2-listener-report": "143", "ind-neighbor-solicit": "141",
    "ind-neighbor-advert": "142", "router-renumbering": "138",
}  # fmt: skip
_REJECTS = {
    "net-unreachable": "net-unreachable", "host-unreachable": "host-unreachable",
    "prot-unreachable": "proto-unreachable", "port-unreachable": "port-unreachable",
    "net-prohibited": "net-prohibited", "host-prohibited": "host-prohibited",
    "admin-prohibited": "admin-prohibited", "no-route": "no-route", "addr-unreachable": "addr-unreachable",
}  # fmt: skip
_OP = r"(?P<op>!= )?"


def _not(match: re.Match[str]) -> str:
    return "! " if match["op"] else ""


def _link(match: re.Match[str]) -> str:
    return (
        f"{_not(match)}-{match['d']} {match['v'].removesuffix('*') + '+' if match['v'].endswith('*') else match['v']}"
    )


def _address(match: re.Match[str]) -> str:
    length = "" if "/" in match["v"] else "/128" if ":" in match["v"] else "/32"
    return f"{_not(match)}-{match['d'][0]} {match['v']}{length}"


def _protocol(match: re.Match[str]) -> str:
    return f"{_not(match)}-p {match['v']}"


def _port(match: re.Match[str]) -> str:
    return f"-p {match['p']} -m {match['p']} {_not(match)}--{match['d']} {match['v'].replace('-', ':')}"


def _ports(match: re.Match[str]) -> str:
    ports = ",".join(each.strip().replace("-", ":") for each in match["v"].split(","))
    return f"-p {match['p']} -m multiport {_not(match)}--{match['d']}s {ports}"


def _flags(match: re.Match[str]) -> str:
    mask, wanted = (re.sub(r"[ |]+", ",", match[each].strip("() ")).upper() for each in ("mask", "v"))
    return f"-p tcp -m tcp {_not(match)}--tcp-flags {mask} {'NONE' if wanted in ('0X0', '0') else wanted}"


def _state(match: re.Match[str]) -> str:
    return f"-m conntrack {_not(match)}--ctstate {re.sub(r'[{} ]+', '', match['v']).upper()}"


def _original(match: re.Match[str]) -> str:
    option = "--ctorigdst" if match["o"] == "daddr" else "--ctorigdstport"
    return f"-m conntrack {_not(match)}{option} {match['v']}"


def _address_type(match: re.Match[str]) -> str:
    return f"-m addrtype {_not(match)}--{'dst' if match['d'] == 'daddr' else 'src'}-type {match['v'].upper()}"


def _icmp(match: re.Match[str]) -> str:
    if match["v6"]:
        return f"-p ipv6-icmp -m icmp6 {_not(match)}--icmpv6-type {_ICMPV6.get(match['v'], match['v'])}"
    return f"-p icmp -m icmp {_not(match)}--icmp-type {match['v']}"


def _limit(match: re.Match[str]) -> str:
    unit = {"minute": "min", "second": "sec"}.get(match["u"], match["u"])
    burst = f" --limit-burst {match['b']}" if match["b"] not in (None, "5") else ""
    return f"-m limit --limit {match['n']}/{unit}{burst}"


def _mark(match: re.Match[str]) -> str:
    return f"-m mark {_not(match)}--mark {_hex(match['v'])}" + (f"/{_hex(match['m'])}" if match["m"] else "")


def _hex(number: str) -> str:
    return hex(int(number, 0))


def _set_mark(match: re.Match[str]) -> str:
    value = int(match["v"], 0)
    mask = {None: 0xFFFF_FFFF, "or": value, "and": ~value & 0xFFFF_FFFF, "xor": 0}[match["how"]]
    return f"-j MARK --set-xmark {hex(0 if match['how'] == 'and' else value)}/{hex(mask)}"


def _reject(match: re.Match[str]) -> str:
    if match["reset"]:
        return "-j REJECT --reject-with tcp-reset"
    return f"-j REJECT --reject-with {_ICMP}{_REJECTS[match['v'] or 'port-unreachable']}"


def _log(match: re.Match[str]) -> str:
    return "-j LOG" + (f" --log-prefix {match['prefix']}" if match["prefix"] else "")


def _nat(match: re.Match[str]) -> str:
    option = "--to-destination" if match["k"] == "dnat" else "--to-source"
    return f"-j {match['k'].upper()} {option} {match['v']}" + _randomly(match)


def _ports_of_nat(match: re.Match[str]) -> str:
    ports = f" --to-ports {match['v']}" if match["v"] else ""
    return f"-j {match['k'].upper()}{ports}" + _randomly(match)


def _randomly(match: re.Match[str]) -> str:
    return "".join(
        f" --{option}"
        for word, option in (("fully-random", "random-fully"), ("persistent", "persistent"))
        if word in match["flags"]
    )


def _comment(match: re.Match[str]) -> str:
    return f"-m comment --comment {match['v']}"


def _row(pattern: str, options: _Options | str, *, target: bool = False) -> tuple[Sought, _Options, bool]:
    if isinstance(options, str):
        return Sought(rf"(?:{pattern})(?=\s|$)"), partial(_always, options), target
    return Sought(rf"(?:{pattern})(?=\s|$)"), options, target


def _always(options: str, _: re.Match[str]) -> str:
    return options


_REJECT = rf"reject(?: with (?:(?P<reset>tcp reset)|icmp(?:v6|x)?(?: type)? (?P<v>{'|'.join(_REJECTS)})))?"
_NUMBER = r"(?:0x[0-9a-f]+|\d+)"
_FLAGS = r"(?P<flags>(?:[ ,]+(?:random|fully-random|persistent))*)"
_ROWS: tuple[tuple[Sought, _Options, bool], ...] = (
    _row(r"counter(?: packets \d+ bytes \d+)?", ""),
    _row(rf"(?P<d>i)ifname {_OP}\"(?P<v>[^\"]+)\"", _link),
    _row(rf"(?P<d>o)ifname {_OP}\"(?P<v>[^\"]+)\"", _link),
    _row(rf"ip6? (?P<d>saddr|daddr) {_OP}(?P<v>[0-9a-fA-F.:]+(?:/\d+)?)", _address),
    _row(rf"(?:meta l4proto|ip protocol|ip6 nexthdr) {_OP}(?P<v>[\w-]+)", _protocol),
    _row(rf"(?P<p>tcp|udp|sctp|dccp|udplite) (?P<d>dport|sport) {_OP}(?P<v>\d+(?:-\d+)?)", _port),
    _row(rf"(?P<p>tcp|udp|sctp|dccp|udplite) (?P<d>dport|sport) {_OP}\{{ (?P<v>[\d, -]+?) \}}", _ports),
    _row(r"tcp flags (?P<op>!= )?(?P<v>[\w|,]+) / (?P<mask>[\w|,]+)", _flags),
    _row(r"tcp flags & (?P<mask>\([\w| ]+\)|\w+) (?:==|(?P<op>!=)) (?P<v>\([\w| ]+\)|\w+)", _flags),
    _row(rf"ct state {_OP}(?P<v>[a-z]+(?:,[a-z]+)*|\{{ [a-z]+(?:, [a-z]+)* \}})", _state),
    _row(rf"ct status {_OP}(?P<v>snat|dnat)", _state),
    _row(r"ct direction (?P<v>original|reply)", lambda match: f"-m conntrack --ctdir {match['v'].upper()}"),
    _row(rf"ct original (?:ip |ip6 )?(?P<o>daddr|proto-dst) {_OP}(?P<v>[0-9a-fA-F.:]+(?:/\d+)?)", _original),
    _row(rf"fib (?P<d>daddr|saddr) type {_OP}(?P<v>[a-z]+)", _address_type),
    _row(rf"icmp(?P<v6>v6)? type {_OP}(?P<v>[\w-]+)", _icmp),
    _row(rf"ip6 hoplimit {_OP}(?P<v>\d+)", lambda match: f"-m hl {_not(match)}--hl-eq {match['v']}"),
    _row(rf"ip ttl {_OP}(?P<v>\d+)", lambda match: f"-m ttl {_not(match)}--ttl-eq {match['v']}"),
    _row(r"rt type (?P<v>\d+)", lambda match: f"-m rt --rt-type {match['v']}"),
    _row(rf"meta mark {_OP}(?P<m>)(?P<v>{_NUMBER})", _mark),
    _row(rf"meta mark & (?P<m>{_NUMBER}) (?:==|(?P<op>!=)) (?P<v>{_NUMBER})", _mark),
    _row(r"(?:meta )?pkttype (?P<v>unicast|broadcast|multicast)", lambda match: f"-m pkttype --pkt-type {match['v']}"),
    _row(r"limit rate (?P<n>\d+)/(?P<u>second|minute|hour|day)(?: burst (?P<b>\d+) packets)?", _limit),
    _row(r"comment (?P<v>\"[^\"]*\")", _comment),
    _row(r"accept", "-j ACCEPT", target=True),
    _row(r"drop", "-j DROP", target=True),
    _row(r"return", "-j RETURN", target=True),
    _row(r"jump (?P<v>\S+)", lambda match: f"-j {match['v']}", target=True),
    _row(r"goto (?P<v>\S+)", lambda match: f"-g {match['v']}", target=True),
    _row(rf"(?P<k>dnat|snat)(?: ip6?)? to (?P<v>[\[\]0-9a-fA-F.:/-]+){_FLAGS}", _nat, target=True),
    _row(rf"(?P<k>masquerade|redirect)(?: to :(?P<v>\d+(?:-\d+)?))?{_FLAGS}", _ports_of_nat, target=True),
    _row(_REJECT, _reject, target=True),
    _row(r"log(?: prefix (?P<prefix>\"[^\"]*\"))?(?: (?:level|flags) [\w,]+(?: \w+)?)*", _log, target=True),
    _row(rf"meta mark set (?:(?:meta )?mark (?P<how>or|and|xor) )?(?P<v>{_NUMBER})", _set_mark, target=True),
    _row(r"notrack", "-j NOTRACK", target=True),
)  # fmt: skip
