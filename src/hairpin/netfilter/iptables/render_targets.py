"""Statements of the IR in iptables' words: the reverse of targets.py.

Raises ChangeError for what iptables cannot say.
"""

from typing import assert_never

from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.words import refuse, split_words
from hairpin.netfilter.rule_address import IpFamily, prefix_of_range, write_address, write_prefix

_VERDICT_WORDS: dict[str, tuple[str, ...]] = {
    "accept": ("-j", "ACCEPT"), "drop": ("-j", "DROP"), "return": ("-j", "RETURN"), "continue": (),
}  # fmt: skip
_MARK_BITS = 0xFFFFFFFF


def target_words(statements: tuple[ir.Statement, ...], family: IpFamily) -> tuple[str, ...]:
    """Return ``-j TARGET …`` for a rule's statements; several statements only if one target does them all (CT, TOS).

    Words that come from ``text`` keep their quotes.
    """
    match statements:
        case ():
            return ()
        case (ir.SetField(field="dscp", source=None) as dscp, ir.SetField(field="ecn", source=None) as ecn):
            value, keep = dscp.value << 2 | ecn.value, dscp.keep << 2 | ecn.keep
            return ("-j", "TOS", "--set-tos", f"{value:#04x}/{~keep & 0xFF:#04x}")
        case (ir.SetField() as only,):
            return _set_field(only, family)
        case (ir.Nat() as only,):
            return _nat(only, family)
        case (ir.Notrack() | ir.SetZone() | ir.NoEffect(name="CT"), *_):
            return ("-j", "CT", *(word for each in statements for word in _ct(each)))
        case (only,):
            return _single(only)
        case _:
            raise refuse(statements, message("an iptables rule has one target"))


def _single(statement: ir.Statement) -> tuple[str, ...]:
    match statement:
        case ir.Verdict(verdict=verdict):
            return _VERDICT_WORDS[verdict]
        case ir.Jump(chain=chain, goto=goto):
            return ("-g" if goto else "-j", chain)
        case ir.Reject(answer=answer):
            if answer.startswith("icmpx"):
                raise refuse(statement, message("name the ICMP type of the family"))
            return ("-j", "REJECT", "--reject-with", answer)
        case ir.NoEffect(name=name, text=text) | ir.Outside(name=name, text=text):
            if name == "NETMAP":
                raise refuse(statement, message("the chain runs at hooks for both directions"))
            return ("-j", name, *split_words(text))
        case ir.NatMap() | ir.VerdictMap():
            raise refuse(statement)
        case ir.Nat() | ir.Notrack() | ir.SetField() | ir.SetZone():
            raise AssertionError("target_words() has its own case for it")
        case _:
            assert_never(statement)


def _ct(statement: ir.Statement) -> tuple[str, ...]:
    match statement:
        case ir.Notrack():
            return ("--notrack",)
        case ir.SetZone(zone=zone):
            return ("--zone", str(zone)) if zone else ()
        case ir.NoEffect(name="CT", text=text):
            return tuple(split_words(text))
        case _:
            raise refuse(statement, message("it cannot stand beside -j CT"))


def _set_field(statement: ir.SetField, family: IpFamily) -> tuple[str, ...]:
    match statement:
        case ir.SetField(field="ct-mark", source="mark") | ir.SetField(field="mark", source="ct-mark") if (
            statement.value == 0
        ):
            keeps, takes = f"{~statement.keep & _MARK_BITS:#x}", f"{statement.source_mask & _MARK_BITS:#x}"
            if statement.field == "ct-mark":
                return ("-j", "CONNMARK", "--save-mark", "--nfmask", takes, "--ctmask", keeps)
            return ("-j", "CONNMARK", "--restore-mark", "--nfmask", keeps, "--ctmask", takes)
        case ir.SetField(source=None) if statement.source_mask == ir.FULL_MASK:
            return _constant(statement, family)
        case _:
            raise refuse(statement)


def _constant(statement: ir.SetField, family: IpFamily) -> tuple[str, ...]:
    value, keep = statement.value, statement.keep
    if statement.field in ("mark", "ct-mark"):
        target = "MARK" if statement.field == "mark" else "CONNMARK"
        return ("-j", target, "--set-xmark", f"{value:#x}/{~keep & _MARK_BITS:#x}")
    if statement.field == "dscp":
        if keep == 0:
            return ("-j", "DSCP", "--set-dscp", f"{value:#04x}")
        return ("-j", "TOS", "--set-tos", f"{value << 2:#04x}/{(~keep & 0x3F) << 2:#04x}")
    if statement.field == "ecn":
        return ("-j", "TOS", "--set-tos", f"{value:#04x}/{~keep & 3:#04x}")
    if statement.field == "ttl" and (keep == 0 or (statement.added and value == 0)):
        target, option = ("TTL", "--ttl") if family == "ip" else ("HL", "--hl")
        if keep == 0:
            return ("-j", target, f"{option}-set", str(value))
        return ("-j", target, f"{option}-{'inc' if statement.added > 0 else 'dec'}", str(abs(statement.added)))
    raise refuse(statement)


def _nat(statement: ir.Nat, family: IpFamily) -> tuple[str, ...]:
    flags = tuple(f"--{flag}" for flag in statement.flags)
    if statement.version not in (None, 4 if family == "ip" else 6):
        raise refuse(statement, message("its addresses are of the other family"))
    if statement.prefix:
        prefix = prefix_of_range(*statement.addresses, family) if statement.addresses is not None else None
        if prefix is None:
            raise refuse(statement, message("NETMAP takes one prefix"))
        return ("-j", "NETMAP", "--to", write_prefix(prefix))
    ports = "" if statement.ports is None else "-".join(map(str, dict.fromkeys(statement.ports)))
    if statement.nat in ("masquerade", "redirect"):
        to = ("--to-ports", ports) if ports else ()
        return ("-j", statement.nat.upper(), *to, *flags)
    hosts = ""
    if statement.addresses is not None:
        hosts = "-".join(write_address(address, family) for address in dict.fromkeys(statement.addresses))
        if family == "ip6" and ports:
            hosts = f"[{hosts}]"
    endpoint = f"{hosts}:{ports}" if ports else hosts
    if not endpoint:
        raise refuse(statement, message("it takes an address or a port"))
    option = "--to-destination" if statement.nat == "dnat" else "--to-source"
    return ("-j", statement.nat.upper(), option, endpoint, *flags)
