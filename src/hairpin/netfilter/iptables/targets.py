"""The statements of ``-j TARGET …``: a group of words becomes statements of the IR.

A target that hairpin does not know, and any option that it does not understand, becomes ``Outside``: the walk forks.
``NoEffect.text`` and ``Outside.text`` hold the target's options as written.

Source: iptables-extensions(8); net/netfilter/xt_*.c as named at each reader
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from hairpin.netfilter.iptables.demands import TARGETS, check
from hairpin.netfilter.iptables.fields import DSCP_CLASSES, bounds, mask_of, masked, number, tos
from hairpin.netfilter.iptables.words import Group
from hairpin.netfilter.ir import FULL_MASK, Field, Nat, NoEffect, Notrack, Outside, Reject, SetField, SetZone, Statement
from hairpin.netfilter.rule_address import IpFamily, read_address, read_prefix

NO_EFFECT = frozenset({
    "LOG", "NFLOG", "ULOG", "AUDIT", "TRACE", "SET", "TEE", "TCPMSS", "TCPOPTSTRIP", "CLASSIFY", "SECMARK",
    "CONNSECMARK", "CHECKSUM", "RATEEST", "IDLETIMER", "LED", "ECN", "NFACCT",
})  # fmt: skip
"""Targets that log, count or copy the packet, or change a field that no rule or route looks at."""

CONTINUES = frozenset({"TTL", "HL", "MARK", "CONNMARK", "HMARK", "CT", "SNPT", "DNPT", "TOS", "DSCP", "SET"})
"""The rule after them is evaluated (XT_CONTINUE) even where their effect is not modelled."""

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
_MARK_BITS = 0xFFFFFFFF


def read_target(group: Group) -> tuple[Statement, ...]:
    """Return what the target does; unknown targets and options become Outside."""
    reader = _TARGETS.get(group.name)
    try:
        check(group, TARGETS, group.name)
        if reader is not None:
            return reader(group)
        if group.name in NO_EFFECT and not (group.name == "SET" and "--map-set" in group.text):
            return (NoEffect(group.name, group.arguments),)
    except (ValueError, KeyError):
        pass
    return (Outside(group.name, group.arguments, ends=group.name not in CONTINUES | NO_EFFECT),)


def _words(group: Group) -> dict[str, str]:
    """Return values by option; ValueError for options that repeat, are negated or have several values."""
    words: dict[str, str] = {}
    for option in group.options:
        if option.negated or option.name in words or len(option.values) > 1:
            raise ValueError(option.text)
        words[option.name] = option.values[0] if option.values else ""
    return words


def _reject(group: Group) -> tuple[Statement, ...]:
    """ipt_REJECT.c, ip6t_REJECT.c: port unreachable unless something else is asked for."""
    words = _words(group)
    default = "icmp-port-unreachable" if group.family == "ip" else "icmp6-port-unreachable"
    answer = words.pop("--reject-with", default)
    if words:
        raise ValueError(group.text)
    return (Reject(REJECT_NAMES[group.family].get(answer, answer)),)


# --- translation -----------------------------------------------------------------------------------------------------


class _Translation(NamedTuple):
    addresses: tuple[int, int] | None
    ports: tuple[int, int] | None
    flags: tuple[str, ...]


_NAT_FLAGS = {"--random": "random", "--random-fully": "random-fully", "--persistent": "persistent"}


def _translation(group: Group, to: str) -> _Translation:
    words = _words(group)
    flags = tuple(flag for option, flag in _NAT_FLAGS.items() if words.pop(option, None) is not None)
    addresses, ports = _endpoint(words.pop(to), group.family) if to in words else (None, None)
    if words:
        raise ValueError(group.text)
    return _Translation(addresses, ports, flags)


def _endpoint(text: str, family: IpFamily) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Read ``ADDRESS[-ADDRESS][:PORT[-PORT]]``; with ports, IPv6 addresses stand in brackets."""
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
    addresses = None
    if hosts:
        first, _, last = hosts.partition("-")
        addresses = (read_address(first, family), read_address(last or first, family))
    # A base port (1000-1010/8000) is not modelled: int() refuses it.
    return addresses, bounds(ports, "-", 0xFFFF) if ports else None


def _address_nat(kind: Literal["snat", "dnat"], to: str) -> Callable[[Group], tuple[Statement, ...]]:
    def read(group: Group) -> tuple[Statement, ...]:
        """xt_nat.c"""
        addresses, ports, flags = _translation(group, to)
        version: Literal[4, 6] = 4 if group.family == "ip" else 6
        return (Nat(kind, addresses, ports, flags, version=version if addresses is not None else None),)

    return read


def _interface_nat(kind: Literal["masquerade", "redirect"]) -> Callable[[Group], tuple[Statement, ...]]:
    def read(group: Group) -> tuple[Statement, ...]:
        """nf_nat_masquerade.c, nf_nat_redirect.c"""
        words = _words(group)
        flags = tuple(flag for option, flag in _NAT_FLAGS.items() if words.pop(option, None) is not None)
        ports = words.pop("--to-ports", None)
        if words:
            raise ValueError(group.text)
        return (Nat(kind, None, bounds(ports, "-", 0xFFFF) if ports else None, flags),)

    return read


def _netmap(group: Group) -> tuple[Statement, ...]:
    """xt_NETMAP.c: whether it translates source or destination depends on the hook (netmap.py)."""
    prefix = read_prefix(_words(group)["--to"], group.family)
    if not prefix.contiguous:
        raise ValueError(group.text)
    version: Literal[4, 6] = 4 if group.family == "ip" else 6
    return (Nat("dnat", (prefix.address, prefix.last), prefix=True, version=version),)


# --- marks and header fields -----------------------------------------------------------------------------------------


def _mark(field: Field) -> Callable[[Group], tuple[Statement, ...]]:
    def read(group: Group) -> tuple[Statement, ...]:
        """xt_mark.c mark_tg(), xt_connmark.c: ``(mark & ~mask) ^ value``; options become that as in libxt_MARK.c."""
        ((option, text),) = _words(group).items()
        if option == "--set-xmark":
            value, mask = masked(text, _MARK_BITS)
        elif option == "--set-mark":
            value, mask = masked(text, _MARK_BITS)
            mask |= value
        elif option == "--and-mark":
            value, mask = 0, ~number(text)
        elif option == "--or-mark":
            value = mask = number(text)
        elif option == "--xor-mark":
            value, mask = number(text), 0
        else:
            raise ValueError(option)
        return (SetField(field, ~mask & _MARK_BITS, value),)

    return read


def _connmark(group: Group) -> tuple[Statement, ...]:
    """xt_connmark.c connmark_tg_shift()"""
    words = _words(group)
    save = "--save-mark" in words
    if not save and "--restore-mark" not in words:
        return _mark("ct-mark")(group)
    del words["--save-mark" if save else "--restore-mark"]
    both = words.pop("--mask", "0xffffffff")
    packet_mask, connection_mask = (number(words.pop(option, both)) for option in ("--nfmask", "--ctmask"))
    if words:
        raise ValueError(group.text)
    if save:
        keep, source_mask = ~connection_mask & _MARK_BITS, mask_of(packet_mask, _MARK_BITS)
        return (SetField("ct-mark", keep, source="mark", source_mask=source_mask),)
    keep, source_mask = ~packet_mask & _MARK_BITS, mask_of(connection_mask, _MARK_BITS)
    return (SetField("mark", keep, source="ct-mark", source_mask=source_mask),)


def _set_tos(group: Group) -> tuple[Statement, ...]:
    """xt_DSCP.c tos_tg(): ``(tos & ~mask) ^ value`` over DSCP and ECN bits."""
    ((option, text),) = _words(group).items()
    if option == "--set-tos":
        value, mask = tos(text)
    elif option == "--and-tos":
        value, mask = 0, ~number(text) & 0xFF
    elif option == "--or-tos":
        value = mask = number(text)
    elif option == "--xor-tos":
        value, mask = number(text), 0
    else:
        raise ValueError(option)
    statements: tuple[Statement, ...] = ()
    if mask >> 2 or value >> 2:
        statements += (SetField("dscp", ~(mask >> 2) & 0x3F, value >> 2),)
    if mask & 3 or value & 3 or not statements:
        statements += (SetField("ecn", ~mask & 3, value & 3),)
    return statements


def _set_dscp(group: Group) -> tuple[Statement, ...]:
    words = _words(group)
    value = (
        DSCP_CLASSES[words["--set-dscp-class"].upper()] if "--set-dscp-class" in words else number(words["--set-dscp"])
    )
    return (SetField("dscp", 0, value),)


def _set_hops(group: Group) -> tuple[Statement, ...]:
    """xt_HL.c ttl_tg(), hl_tg()"""
    words = {name.rpartition("-")[2]: number(value) for name, value in _words(group).items()}
    if "set" in words:
        return (SetField("ttl", 0, words["set"]),)
    return (SetField("ttl", FULL_MASK, added=words["inc"] if "inc" in words else -words["dec"]),)


# --- connection tracking ---------------------------------------------------------------------------------------------


def _ct(group: Group) -> tuple[Statement, ...]:
    """xt_CT.c; a zone for one direction, or taken from the mark, is not modelled.

    Any other option sets a template of zone 0, so a later rule cannot set another zone: xt_ct_target().
    """
    statements: tuple[Statement, ...] = ()
    rest: list[str] = []
    for option in group.options:
        if option.name == "--notrack":
            statements += (Notrack(),)
        elif option.name == "--zone":
            statements += (SetZone(number(option.value)),)
        elif option.name in ("--helper", "--ctevents", "--expevents", "--timeout"):
            rest.append(option.text)
        else:
            raise ValueError(option.text)
    statements = statements or (SetZone(0),)
    return (*statements, NoEffect("CT", " ".join(rest))) if rest else statements


def _notrack(group: Group) -> tuple[Statement, ...]:
    if group.options:
        raise ValueError(group.text)
    return (Notrack(),)


_TARGETS: dict[str, Callable[[Group], tuple[Statement, ...]]] = {
    "REJECT": _reject,
    "DNAT": _address_nat("dnat", "--to-destination"), "SNAT": _address_nat("snat", "--to-source"),
    "MASQUERADE": _interface_nat("masquerade"), "REDIRECT": _interface_nat("redirect"), "NETMAP": _netmap,
    "MARK": _mark("mark"), "CONNMARK": _connmark, "TOS": _set_tos, "DSCP": _set_dscp, "TTL": _set_hops, "HL": _set_hops,
    "CT": _ct, "NOTRACK": _notrack,
}  # fmt: skip
