"""The options that a module or target of iptables requires, and the options that it refuses.

iptables does not load a rule that breaks these demands.  iptables-save never prints a rule that breaks a demand, but a
file that a person wrote may have such a rule: ``--dport 65536``, or ``-m mark`` without a mark.  No kernel can have a
rule that breaks a demand, so no reader may accept it.

Source: iptables 1.8 extensions/lib*.c, the tables of options (XTOPT_MAND, excl, min, max) and their final checks
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.iptables.words import Group, Option
from hairpin.netfilter.rule_address import IpFamily

_U8, _U16, _U32, _U64 = (1 << 8) - 1, (1 << 16) - 1, (1 << 32) - 1, (1 << 64) - 1
_BETWEEN_NUMBERS = re.compile(r"[:,/-]")
_NEGATIVE = re.compile(r"(?:^|[:,/])-")
MAX_PATTERN = 128
"""The greatest length of a pattern of ``-m string``: XT_STRING_MAX_PATTERN_SIZE."""
MAX_INTERFACE_NAME = 15
"""The greatest length of an interface name: IFNAMSIZ without the terminating zero."""


class Demand(NamedTuple):
    """The demands on the options of one match module or target.

    ``needs``: at least one option of each tuple is required.  ``excludes``: at most one option of each tuple is
    allowed.  ``only``: no option other than these is allowed (empty: this is not checked).  ``numbers``: the greatest
    number allowed in an option's value.  ``words``: the only values allowed for an option.  ``plain``: ``!`` must not
    precede these options.
    """

    needs: tuple[tuple[str, ...], ...] = ()
    excludes: tuple[tuple[str, ...], ...] = ()
    only: frozenset[str] = frozenset()
    numbers: Mapping[str, int] = MappingProxyType({})
    words: Mapping[str, frozenset[str]] = MappingProxyType({})
    plain: frozenset[str] = frozenset()


def _options(text: str) -> frozenset[str]:
    return frozenset(f"--{name}" for name in text.split())


_NOTHING = Demand()
_ORDERED: dict[str, frozenset[str]] = {
    "tcpmss": _options("mss"), "connbytes": _options("connbytes"),
    "tcp": _options("sport source-port dport destination-port"),
}  # fmt: skip
"""By module, the options for which every iptables version refuses a reversed range (90:80).  For other options,
iptables up to 1.8.10 loads reversed ranges."""
_SOMETHING: tuple[tuple[str, ...], ...] = (("",),)
"""The demand for at least one option; any option fulfils it."""

_RATE_LIMITS = ("--hashlimit-upto", "--hashlimit-above", "--hashlimit")
_HOPS = tuple(f"--{module}-{test}" for module in ("ttl", "hl") for test in ("eq", "lt", "gt"))
_CONNLIMITS = ("--connlimit-upto", "--connlimit-above")
_RECENT = ("--set", "--rcheck", "--update", "--remove")

MATCHES: dict[str, Demand] = {
    **{name: Demand(needs=_SOMETHING) for name in ("tos", "mac", "pkttype", "iprange", "mark", "connmark", "state",
                                                   "conntrack", "multiport", "icmp", "icmp6", "dscp", "length",
                                                   "ttl", "hl", "physdev", "owner", "ecn")},
    "ttl": Demand(needs=_SOMETHING, excludes=(_HOPS,)),
    "hl": Demand(needs=_SOMETHING, excludes=(_HOPS,)),
    "dscp": Demand(needs=_SOMETHING, excludes=(("--dscp", "--dscp-class"),)),
    "conntrack": Demand(needs=_SOMETHING, numbers={"--ctexpire": _U32}),
    "addrtype": Demand(
        needs=(("--src-type", "--dst-type"),), excludes=(("--limit-iface-in", "--limit-iface-out"),)
    ),
    "connbytes": Demand(
        needs=(("--connbytes",), ("--connbytes-dir",), ("--connbytes-mode",)), numbers={"--connbytes": _U64},
        only=_options("connbytes connbytes-dir connbytes-mode"),
        words={"--connbytes-mode": frozenset({"packets", "bytes", "avgpkt"}),
               "--connbytes-dir": frozenset({"original", "reply", "both"})},
    ),
    "connlimit": Demand(
        needs=(_CONNLIMITS,), excludes=(_CONNLIMITS, ("--connlimit-saddr", "--connlimit-daddr")),
        numbers=dict.fromkeys(_CONNLIMITS, _U32),
        only=_options("connlimit-upto connlimit-above connlimit-mask connlimit-saddr connlimit-daddr"),
    ),
    "hashlimit": Demand(needs=(_RATE_LIMITS, ("--hashlimit-name",)), excludes=(_RATE_LIMITS,)),
    "limit": Demand(only=_options("limit limit-burst")),
    "nfacct": Demand(needs=(("--nfacct-name",),), only=_options("nfacct-name")),
    "quota": Demand(needs=(("--quota",),), numbers={"--quota": _U64}, only=_options("quota")),
    "recent": Demand(needs=(_RECENT,), excludes=(_RECENT, ("--set", "--rttl")), numbers={"--hitcount": _U8}),
    "string": Demand(
        needs=(("--string", "--hex-string"), ("--algo",)), words={"--algo": frozenset({"bm", "kmp"})},
    ),
    "statistic": Demand(
        needs=(("--mode",), ("--probability", "--every")), words={"--mode": frozenset({"random", "nth"})},
        only=_options("mode probability every packet"),
    ),
}  # fmt: skip

_MARKS = ("--set-mark", "--set-xmark", "--and-mark", "--or-mark", "--xor-mark", "--save-mark", "--restore-mark")
_LOG_LEVELS = frozenset({
    "emerg", "panic", "alert", "crit", "error", "err", "warning", "warn", "notice", "info", "debug",
    *map(str, range(8)),
})  # fmt: skip

TARGETS: dict[str, Demand] = {
    "AUDIT": Demand(needs=(("--type",),), words={"--type": frozenset({"accept", "drop", "reject"})}),
    "CHECKSUM": Demand(needs=(("--checksum-fill",),)),
    "CLASSIFY": Demand(needs=(("--set-class",),)),
    "CONNSECMARK": Demand(needs=(("--save", "--restore"),)),
    "CT": Demand(numbers={"--zone": _U16, "--zone-orig": _U16, "--zone-reply": _U16}),
    "DNAT": Demand(needs=(("--to-destination",),)),
    "DSCP": Demand(needs=_SOMETHING, excludes=(("--set-dscp", "--set-dscp-class"),), numbers={"--set-dscp": 0x3F}),
    "ECN": Demand(needs=(("--ecn-tcp-remove", "--ecn-tcp-cwr", "--ecn-tcp-ece", "--ecn-ip-ect"),)),
    "IDLETIMER": Demand(needs=(("--timeout",), ("--label",)), numbers={"--timeout": _U32}),
    "LED": Demand(needs=(("--led-trigger-id",),)),
    "LOG": Demand(words={"--log-level": _LOG_LEVELS}),
    "MARK": Demand(needs=(_MARKS,), excludes=(_MARKS,)),
    "CONNMARK": Demand(needs=(_MARKS,), excludes=(_MARKS,)),
    "NFLOG": Demand(numbers={
        "--nflog-group": _U16, "--nflog-range": _U32, "--nflog-size": _U32, "--nflog-threshold": _U16,
    }),
    "SECMARK": Demand(needs=(("--selctx",),)),
    "SNAT": Demand(needs=(("--to-source",),)),
    "TCPMSS": Demand(
        needs=(("--set-mss", "--clamp-mss-to-pmtu"),), excludes=(("--set-mss", "--clamp-mss-to-pmtu"),),
        numbers={"--set-mss": _U16},
    ),
    "TEE": Demand(needs=(("--gateway",),), plain=frozenset({"--gateway"})),
    "TTL": Demand(excludes=(("--ttl-set", "--ttl-inc", "--ttl-dec"),), numbers={"--ttl-set": _U8}),
    "HL": Demand(excludes=(("--hl-set", "--hl-inc", "--hl-dec"),), numbers={"--hl-set": _U8}),
}  # fmt: skip


def check(group: Group, demands: dict[str, Demand], name: str) -> None:
    """Raise ValueError, which quotes the faulty words, if iptables does not load this match or target."""
    names = [option.name for option in group.options]
    if len(set(names)) < len(names):
        raise MalformedError(message("an option is given twice: {text}", text=group.text))
    demand = demands.get(name, _NOTHING)
    for wanted in demand.needs:
        if not names or (wanted != ("",) and not any(option in names for option in wanted)):
            raise MalformedError(message("an option is missing: {text}", text=group.text))
    if any(sum(option in names for option in exclusive) > 1 for exclusive in demand.excludes):
        raise MalformedError(message("options exclude each other: {text}", text=group.text))
    if demand.only and not demand.only.issuperset(names):
        raise MalformedError(message("an option is unknown: {text}", text=group.text))
    for option in group.options:
        _check_value(option, demand)
    if name == "string" and any(
        len(option.value) > MAX_PATTERN for option in group.options if option.name == "--string"
    ):
        raise MalformedError(message("the pattern is longer than {maximum}", maximum=MAX_PATTERN))
    for option in (each for each in group.options if each.name in _ORDERED.get(name, ())):
        first, _, last = option.value.partition(":")
        if first and last and int(first, 0) > int(last, 0):
            raise ValueError(option.text)
    for option in group.options:
        if option.name in ("--ttl-inc", "--ttl-dec", "--hl-inc", "--hl-dec") and int(option.value, 0) == 0:
            raise ValueError(option.text)
    if name == "statistic":
        _check_statistic({option.name: option for option in group.options})
    if name == "TCPOPTSTRIP" and any({"0", "1"} & set(option.value.split(",")) for option in group.options):
        raise MalformedError(message("the options eol (end) and nop cannot be stripped"))


def _check_value(option: Option, demand: Demand) -> None:
    if option.negated and option.name in demand.plain:
        raise ValueError(option.text)
    if option.name.endswith("-prefix") and not option.values:
        raise ValueError(option.text)
    allowed = demand.words.get(option.name)
    if allowed is not None and option.value.lower() not in allowed:
        raise ValueError(option.text)
    greatest = demand.numbers.get(option.name)
    if greatest is not None:
        check_numbers(option.value, greatest)


def check_numbers(text: str, greatest: int) -> None:
    """Raise ValueError for a negative number, for a number above the greatest, and for a word that is no number."""
    if _NEGATIVE.search(text):
        raise MalformedError(message("{text} is negative", text=text))
    for part in _BETWEEN_NUMBERS.split(text):
        if part and int(part, 0) > greatest:
            raise MalformedError(message("{text} is above {maximum}", text=part, maximum=greatest))


def _check_statistic(options: dict[str, Option]) -> None:
    """Raise ValueError if the probability is above 1, or if ``--packet`` is not below ``--every``:
    libxt_statistic.c."""
    if options["--mode"].value == "random":
        if not 0 <= float(options["--probability"].value) <= 1:
            raise ValueError(options["--probability"].text)
    elif int(options["--packet"].value) >= int(options["--every"].value):
        raise ValueError(options["--packet"].text)


_AH = re.compile(r"-m ah(?= |$)")
_NEEDS_PROTOCOL = re.compile(
    r"-m (?:tcp|udp|udplite|sctp|dccp|multiport|osf|tcpmss|esp|ipcomp|mh)(?= |$)|-m ecn (?:! )?--ecn-tcp-\w+"
    r"|-j (?:TCPMSS|TCPOPTSTRIP|ECN --ecn-tcp|SYNPROXY|TPROXY)\S*"
    r"|--reject-with tcp-(?:reset|rst)|--to-ports \S+"
    r"|-j [SD]NAT --to-\w+ (?:\[\S+\]|[\d.-]*):\d+\S*"
)


def lacks_protocol(words: str, family: IpFamily = "ip") -> str | None:
    """Return the words for which iptables demands a ``-p`` that the rule lacks; None if the rule has every demanded
    ``-p``."""
    if words.startswith("-p ") or " -p " in words or " --protocol " in words:
        return None
    found = _NEEDS_PROTOCOL.search(words) or (_AH.search(words) if family == "ip" else None)
    return found[0] if found is not None else None
