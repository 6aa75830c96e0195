"""Reads ``-j TARGET …`` as statements of the IR, and writes statements as ``-j TARGET …``.

An unknown target, or a target with an unknown option, becomes ``Outside``, at which the walk forks.  ``NoEffect.text``
and ``Outside.text`` have the target's options as the rule has them.  field_targets.py reads and writes changes of
fields.

Source: iptables-extensions(8); net/netfilter/xt_*.c as named at each reader; xt_nat.c, xt_NETMAP.c,
nf_nat_masquerade.c, nf_nat_redirect.c
"""

from collections.abc import Callable
from typing import Literal, assert_never, cast

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
from hairpin.netfilter.iptables.forms import bounds, number, span_text
from hairpin.netfilter.iptables.words import Group, refuse, split_words
from hairpin.netfilter.ir import Nat
from hairpin.netfilter.limit import Queue
from hairpin.netfilter.rule_address import (
    IpFamily,
    prefix_of_range,
    read_address,
    read_prefix,
    write_address,
    write_prefix,
)

Ends = tuple[int, int]
_TO = {"DNAT": "--to-destination", "SNAT": "--to-source", "MASQUERADE": "--to-ports", "REDIRECT": "--to-ports"}
NAT_TARGETS = (*_TO, "NETMAP")
_FLAGS = ("random", "random-fully", "persistent")


def read_nat(group: Group) -> Nat:
    """Return the target's translation; raise ValueError or KeyError for options that are not modelled."""
    words = group.single_words()
    version: Literal[4, 6] = 4 if group.family == "ip" else 6
    if group.name == "NETMAP":
        # The hook decides whether NETMAP translates the source or the destination (netmap.py).
        prefix = read_prefix(words["--to"], group.family)
        if not prefix.contiguous:
            raise ValueError(group.text)
        return Nat("dnat", (prefix.address, prefix.last), prefix=True, version=version)
    to = words.pop(_TO[group.name], "")
    flags = tuple(flag for flag in _FLAGS if words.pop(f"--{flag}", None) is not None)
    if words:
        raise ValueError(group.text)
    if group.name in ("MASQUERADE", "REDIRECT"):
        addresses, ports = None, to
    else:
        addresses, ports = _split_endpoint(to, group.family)
    base = None
    if group.name == "DNAT" and "/" in ports:  # 1000-1010/8000: port 8000 becomes port 1000, 8001 becomes 1001
        ports, _, first = ports.partition("/")
        base, _ = bounds(first, ":", 0xFFFF)
    span = bounds(ports, "-", 0xFFFF) if ports else None
    if base is not None and (span is None or span[0] == span[1]):
        raise ValueError(group.text)
    kind = cast('Literal["snat", "dnat", "masquerade", "redirect"]', group.name.lower())
    return Nat(kind, addresses, span, flags, version=version if addresses is not None else None, base=base)


def _split_endpoint(text: str, family: IpFamily) -> tuple[Ends | None, str]:
    """Return the addresses and ports of ``ADDRESS[-ADDRESS][:PORT[-PORT[/BASE]]]``.  Before a port, an IPv6 address is
    in brackets."""
    only_ports = text.startswith(":") and not text.startswith("::")
    if family == "ip6" and not only_ports and not text.startswith("["):
        hosts, ports = text, ""
    elif text.startswith("["):
        hosts, _, ports = text[1:].partition("]")
        if ports and not ports.startswith(":"):
            raise ValueError(text)
        ports = ports[1:]
    else:
        hosts, _, ports = text.partition(":")
    first, _, last = hosts.partition("-")
    return (read_address(first, family), read_address(last or first, family)) if hosts else None, ports


def nat_words(nat: Nat, family: IpFamily) -> tuple[str, ...]:
    """Return the words of the target, such as ``-j DNAT --to-destination 10.0.0.1:80``."""
    if nat.version not in (None, 4 if family == "ip" else 6):
        raise refuse(nat, message("the addresses are of the other address family"))
    if nat.prefix:
        prefix = prefix_of_range(*nat.addresses, family) if nat.addresses is not None else None
        if prefix is None:
            raise refuse(nat, message("NETMAP takes one prefix"))
        return ("-j", "NETMAP", "--to", write_prefix(prefix))
    target = nat.nat.upper()
    ports = "" if nat.ports is None else span_text(nat.ports, "-")
    ports += "" if nat.base is None else f"/{nat.base}"
    endpoint = ports
    if target in ("DNAT", "SNAT"):
        endpoint = _endpoint_text(nat.addresses, ports, family)
        if not endpoint:
            raise refuse(nat, message("the target needs an address or a port"))
    to = (_TO[target], endpoint) if endpoint else ()
    return ("-j", target, *to, *(f"--{flag}" for flag in nat.flags))


def _endpoint_text(addresses: Ends | None, ports: str, family: IpFamily) -> str:
    hosts = "-".join(write_address(address, family) for address in dict.fromkeys(addresses or ()))
    if hosts and family == "ip6" and ports:
        hosts = f"[{hosts}]"
    return f"{hosts}:{ports}" if ports else hosts


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
