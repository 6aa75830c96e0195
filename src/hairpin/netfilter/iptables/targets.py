"""Reads ``-j TARGET …`` as statements of the IR, and writes statements as ``-j TARGET …``.

An unknown target, or a target with an unknown option, becomes ``Outside``, at which the walk forks.  ``NoEffect.text``
and ``Outside.text`` have the target's options as the rule has them.  nat_targets.py reads and writes translations, and
field_targets.py reads and writes changes of fields.

Source: iptables-extensions(8); net/netfilter/xt_*.c as named at each reader
"""

from collections.abc import Callable
from typing import assert_never

from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.demands import TARGETS, check
from hairpin.netfilter.iptables.field_targets import (
    field_words,
    read_connmark,
    read_mark,
    read_set_dscp,
    read_set_hops,
    read_set_tos,
    tos_words,
)
from hairpin.netfilter.iptables.forms import number
from hairpin.netfilter.iptables.nat_targets import NAT_TARGETS, nat_words, read_nat
from hairpin.netfilter.iptables.words import Group, refuse, split_words
from hairpin.netfilter.limit import Queue
from hairpin.netfilter.rule_address import IpFamily

NO_EFFECT = frozenset({
    "LOG", "NFLOG", "ULOG", "AUDIT", "TRACE", "SET", "TEE", "TCPMSS", "TCPOPTSTRIP", "CLASSIFY", "SECMARK",
    "CONNSECMARK", "CHECKSUM", "RATEEST", "IDLETIMER", "LED", "ECN", "NFACCT",
})  # fmt: skip
"""Targets that log, count or copy the packet, or change a field on which no rule or route depends."""

CONTINUES = frozenset({"TTL", "HL", "MARK", "CONNMARK", "HMARK", "CT", "SNPT", "DNPT", "TOS", "DSCP", "SET"})
"""Targets after which the kernel evaluates the next rule (XT_CONTINUE).  The effects of some of these targets are not
modelled."""

REJECT_NAMES: dict[IpFamily, dict[str, str]] = {
    "ip": {
        "net-unreach": "icmp-net-unreachable", "host-unreach": "icmp-host-unreachable",
        "proto-unreach": "icmp-proto-unreachable", "port-unreach": "icmp-port-unreachable",
        "net-prohib": "icmp-net-prohibited", "host-prohib": "icmp-host-prohibited", "tcp-rst": "tcp-reset",
        "admin-prohib": "icmp-admin-prohibited",
    },
    "ip6": {
        "no-route": "icmp6-no-route", "adm-prohibited": "icmp6-adm-prohibited",
        "addr-unreach": "icmp6-addr-unreachable", "port-unreach": "icmp6-port-unreachable",
        "policy-fail": "icmp6-policy-fail", "reject-route": "icmp6-reject-route",
    },
}  # fmt: skip
VERDICTS: dict[str, ir.Verdict] = {
    "ACCEPT": ir.Verdict("accept"), "DROP": ir.Verdict("drop"), "RETURN": ir.Verdict("return"),
}  # fmt: skip


def read_target(group: Group) -> tuple[ir.Statement, ...]:
    """Return the target's statements.  An unknown target, or a target with an unknown option, becomes Outside."""
    reader = _READERS.get(group.name)
    try:
        check(group, TARGETS, group.name)
        if reader is not None:
            return reader(group)
        if group.name in NO_EFFECT and not (group.name == "SET" and "--map-set" in group.text):
            return (ir.NoEffect(group.name, group.arguments),)
    except (ValueError, KeyError):
        pass
    ends = group.name not in CONTINUES | NO_EFFECT
    return (ir.Outside(group.name, group.arguments, ends=ends, queue=_queue(group)),)


def _queue(group: Group) -> Queue | None:
    """Return the queues of NFQUEUE; None for any other target, and for options that hairpin does not know.

    Source: extensions/libxt_NFQUEUE.c"""
    options = {option.name: option for option in group.options}
    if group.name != "NFQUEUE" or not set(options) <= _QUEUE_OPTIONS:
        return None
    number = options["--queue-num"].value if "--queue-num" in options else "0"
    text = options["--queue-balance"].value if "--queue-balance" in options else number
    first, _, last = text.partition(":")
    if not first.isdecimal() or not (last or first).isdecimal():
        return None
    return Queue(int(first), int(last or first), "--queue-bypass" in options)


_QUEUE_OPTIONS = frozenset({"--queue-num", "--queue-balance", "--queue-bypass", "--queue-cpu-fanout"})


def target_words(statements: tuple[ir.Statement, ...], family: IpFamily) -> tuple[str, ...]:
    """Return ``-j TARGET …`` for a rule's statements.  A rule may have several statements only if one target (CT, TOS)
    has the effects of all these statements.  Words from ``text`` keep their quotes.  Raises ChangeError for statements
    that iptables cannot express."""
    match statements:
        case ():
            return ()
        case (ir.SetField(field="dscp", source=None) as dscp, ir.SetField(field="ecn", source=None) as ecn):
            return tos_words(dscp, ecn)
        case (ir.Notrack() | ir.SetZone() | ir.NoEffect(name="CT"), *_):
            return ("-j", "CT", *(word for each in statements for word in _ct_words(each)))
        case (only,):
            return _words(only, family)
        case _:
            raise refuse(statements, message("an iptables rule has one target"))


def _words(statement: ir.Statement, family: IpFamily) -> tuple[str, ...]:
    match statement:
        case ir.Verdict():
            return tuple(word for name, verdict in VERDICTS.items() if verdict == statement for word in ("-j", name))
        case ir.Jump(chain=chain, goto=goto):
            return ("-g" if goto else "-j", chain)
        case ir.Reject(answer=answer):
            if answer.startswith("icmpx"):
                why = message("iptables has no icmpx types, only ICMP types (IPv4) and ICMPv6 types (IPv6)")
                raise refuse(statement, why)
            return ("-j", "REJECT", "--reject-with", answer)
        case ir.SetField():
            return field_words(statement, family)
        case ir.Nat():
            return nat_words(statement, family)
        case ir.NoEffect(name=name, text=text) | ir.Outside(name=name, text=text):
            if name == "NETMAP":
                raise refuse(statement, message("the hooks of the chain see packets of both directions"))
            return ("-j", name, *split_words(text))
        case ir.NatMap() | ir.VerdictMap():
            raise refuse(statement)
        case ir.Notrack() | ir.SetZone():
            raise AssertionError("target_words() has its own case for it")
        case _:
            assert_never(statement)


def _read_reject(group: Group) -> tuple[ir.Statement, ...]:
    """Read ``-j REJECT``; the default answer is port unreachable: ipt_REJECT.c, ip6t_REJECT.c."""
    words = group.single_words()
    default = "icmp-port-unreachable" if group.family == "ip" else "icmp6-port-unreachable"
    answer = words.pop("--reject-with", default)
    if words:
        raise ValueError(group.text)
    return (ir.Reject(REJECT_NAMES[group.family].get(answer, answer)),)


# --- connection tracking ---------------------------------------------------------------------------------------------


def _read_ct(group: Group) -> tuple[ir.Statement, ...]:
    """Read ``-j CT``.  A zone for one direction, or a zone from the mark, is not modelled: xt_CT.c.

    Without ``--zone``, an option sets a template with zone 0, so a later rule cannot set another zone: xt_ct_target().
    """
    statements: tuple[ir.Statement, ...] = ()
    rest: list[str] = []
    for option in group.options:
        if option.name == "--notrack":
            statements += (ir.Notrack(),)
        elif option.name == "--zone":
            statements += (ir.SetZone(number(option.value)),)
        elif option.name in ("--helper", "--ctevents", "--expevents", "--timeout"):
            rest.append(option.text)
        else:
            raise ValueError(option.text)
    statements = statements or (ir.SetZone(0),)
    return (*statements, ir.NoEffect("CT", " ".join(rest))) if rest else statements


def _ct_words(statement: ir.Statement) -> tuple[str, ...]:
    match statement:
        case ir.Notrack():
            return ("--notrack",)
        case ir.SetZone(zone=zone):
            return ("--zone", str(zone)) if zone else ()
        case ir.NoEffect(name="CT", text=text):
            return tuple(split_words(text))
        case _:
            raise refuse(statement, message("this part cannot be combined with -j CT"))


def _read_notrack(group: Group) -> tuple[ir.Statement, ...]:
    if group.options:
        raise ValueError(group.text)
    return (ir.Notrack(),)


def _read_translation(group: Group) -> tuple[ir.Statement, ...]:
    return (read_nat(group),)


_READERS: dict[str, Callable[[Group], tuple[ir.Statement, ...]]] = {
    "REJECT": _read_reject, **dict.fromkeys(NAT_TARGETS, _read_translation),
    "MARK": read_mark, "CONNMARK": read_connmark, "TOS": read_set_tos, "DSCP": read_set_dscp,
    "TTL": read_set_hops, "HL": read_set_hops, "CT": _read_ct, "NOTRACK": _read_notrack,
}  # fmt: skip
