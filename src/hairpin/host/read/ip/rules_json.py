"""Policy rules from ``ip -j -d rule``.

Source: iproute2 ip/iprule.c print_rule(); the kernel's selectors: net/core/fib_rules.c fib_rule_match().
"""

from typing import Any, Literal

import msgspec

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.read.ip.address_text import network, number
from hairpin.host.read.ip.route_tables import RouteTables, tos
from hairpin.host.read.json_text import decode, entered
from hairpin.host.route import PolicyRule
from hairpin.message import message
from hairpin.netfilter.address import Version
from hairpin.netfilter.protocols import protocol_number

ALL_BITS = 0xFFFFFFFF
RuleAction = Literal["table", "goto", "nop", "blackhole", "unreachable", "prohibit"]


class _Rule(msgspec.Struct):
    priority: int
    inverted: Any = msgspec.field(default=msgspec.UNSET, name="not")
    src: str = "all"
    srclen: int | None = None
    dst: str = "all"
    dstlen: int | None = None
    tos: str | int | None = None
    dscp: str | int | None = None
    fwmark: str | int | None = None
    fwmask: str | int | None = None
    iif: str | None = None
    oif: str | None = None
    l3mdev: Any = msgspec.UNSET
    uid_start: int | None = None
    uid_end: int | None = None
    ipproto: str | int | None = None
    sport: str | int | None = None
    sport_start: int | None = None
    sport_end: int | None = None
    dport: str | int | None = None
    dport_start: int | None = None
    dport_end: int | None = None
    tun_id: Any = msgspec.UNSET
    flowlabel: Any = msgspec.UNSET
    table: str | int | None = None
    suppress_prefixlen: int | None = None
    suppress_ifgroup: str | None = None
    goto: int | str | None = None
    nop: Any = msgspec.UNSET
    action: Literal["blackhole", "unreachable", "prohibit", "nop", "goto", "table"] | None = None


_RULES = msgspec.json.Decoder(tuple[_Rule, ...])
_OF_KERNEL = '[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"}]'
"""The IPv6 rules with which each network namespace begins.

Source: net/ipv6/fib6_rules.c fib6_rules_net_init()."""


def rules(reading: Reading, *, version: Version, tables: RouteTables) -> tuple[PolicyRule, ...]:
    """Return the policy rules in the order of the reading, which is the order in which the kernel applies them; raise
    ParseError.

    The collector does not ask a container for IPv6 rules if IPv6 is off on each of its links, because then no rule
    decides about a packet.  Such a reading has no text, and its origin is a file: the kernel's own rules are taken."""
    text = reading.text.strip() or (_OF_KERNEL if version == 6 and reading.origin.startswith("/proc/") else "")
    found = decode(_RULES, text, source=reading.origin) if text else ()
    try:
        return tuple(
            _policy_rule(rule, version, tables, reading.id, entry) for entry, rule in entered(found, reading.id)
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def protocol(text: str | int) -> int:
    """Return the number of a layer 4 protocol; raise ValueError for an unknown name."""
    found = text if isinstance(text, int) else protocol_number(text.removeprefix("ipproto-"))
    if found is None:
        raise MalformedError(message("unknown protocol {protocol!r}", protocol=text))
    return found


def _policy_rule(rule: _Rule, version: Version, tables: RouteTables, evidence: str, entry: int) -> PolicyRule:
    return PolicyRule(
        version=version,
        priority=rule.priority,
        action=_action(rule),
        table=tables.number(rule.table) if rule.table is not None else None,
        goto=rule.goto if isinstance(rule.goto, int) else None,
        source=_selector(rule.src, rule.srclen, version),
        destination=_selector(rule.dst, rule.dstlen, version),
        iif=rule.iif,
        oif=rule.oif,
        mark=_mark(rule),
        tos=tos(rule.tos) if rule.tos is not None else _tos_of_dscp(rule.dscp),
        whole_dscp=rule.tos is None and rule.dscp is not None,
        protocol=protocol(rule.ipproto) if rule.ipproto is not None else None,
        sports=_ports(rule.sport, rule.sport_start, rule.sport_end),
        dports=_ports(rule.dport, rule.dport_start, rule.dport_end),
        uids=(rule.uid_start, rule.uid_end) if rule.uid_start is not None and rule.uid_end is not None else None,
        l3mdev=rule.l3mdev is not msgspec.UNSET,
        inverted=rule.inverted is not msgspec.UNSET,
        suppress_prefix_length=rule.suppress_prefixlen,
        suppress_group=rule.suppress_ifgroup,
        unknown_selectors=tuple(name for name in ("tun_id", "flowlabel") if getattr(rule, name) is not msgspec.UNSET),
        text=" ".join(_words(rule)),
        evidence=evidence,
        entry=entry,
    )


def _action(rule: _Rule) -> RuleAction:
    if rule.action is not None:
        return rule.action
    if rule.goto is not None:
        return "goto"
    return "nop" if rule.nop is not msgspec.UNSET else "table"


def _tos_of_dscp(dscp: str | int | None) -> int | None:
    """Return the TOS byte.  ``dscp``: a number has only the six DSCP bits, and a name stands for the whole byte."""
    if dscp is None:
        return None
    return tos(dscp) << 2 if isinstance(dscp, int) or dscp[:1].isdigit() else tos(dscp)


def _selector(text: str, length: int | None, version: Version) -> tuple[int, int] | None:
    """Return the network and the prefix length of a selector; None for ``all``."""
    if text == "all" and not length:
        return None
    return network(text if length is None or "/" in text else f"{text}/{length}", version)


def _mark(rule: _Rule) -> tuple[int, int] | None:
    """Return the value and the mask of the rule's mark; None if the rule has neither.  The mark 0 with a mask is a
    selector, too."""
    if rule.fwmark is None and rule.fwmask is None:
        return None
    return number(rule.fwmark or 0), ALL_BITS if rule.fwmask is None else number(rule.fwmask)


def _ports(single: str | int | None, first: int | None, last: int | None) -> tuple[int, int] | None:
    if single is not None:
        return number(single), number(single)
    return (first, last) if first is not None and last is not None else None


def _words(rule: _Rule) -> list[str]:
    """Return the rule in the syntax of ``ip rule``, for quoting."""
    words = [f"{rule.priority}:"]
    if rule.inverted is not msgspec.UNSET:
        words.append("not")
    words += ["from", rule.src if rule.srclen is None else f"{rule.src}/{rule.srclen}"]
    if rule.dst != "all":
        words += ["to", rule.dst if rule.dstlen is None else f"{rule.dst}/{rule.dstlen}"]
    mark = None if rule.fwmark is None else str(rule.fwmark) if rule.fwmask is None else f"{rule.fwmark}/{rule.fwmask}"
    for key, value in (
        ("tos", rule.tos), ("dscp", rule.dscp), ("fwmark", mark), ("iif", rule.iif), ("oif", rule.oif),
        ("uidrange", _span(None, rule.uid_start, rule.uid_end)), ("ipproto", rule.ipproto),
        ("sport", _span(rule.sport, rule.sport_start, rule.sport_end)),
        ("dport", _span(rule.dport, rule.dport_start, rule.dport_end)),
    ):  # fmt: skip
        if value is not None:
            words += [key, str(value)]
    action = _action(rule)
    if action == "goto":
        words += ["goto", str(rule.goto)]
    elif action != "table":
        words.append(action)
    else:
        words += ["lookup", "[l3mdev-table]" if rule.l3mdev is not msgspec.UNSET else str(rule.table)]
    for key, value in (("suppress_prefixlength", rule.suppress_prefixlen), ("suppress_ifgroup", rule.suppress_ifgroup)):
        if value is not None:
            words += [key, str(value)]
    return words


def _span(single: str | int | None, first: int | None, last: int | None) -> str | None:
    if single is not None:
        return str(single)
    return None if first is None else f"{first}-{last}"
