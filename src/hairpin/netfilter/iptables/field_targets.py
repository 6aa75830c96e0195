"""Reads and writes the targets that change a field of the packet or its mark.

Each of these targets becomes a SetField: new = (old & keep) ^ value

Source: iptables-extensions(8); net/netfilter/xt_*.c as named at each reader
"""

from hairpin.netfilter.iptables.forms import mask_of, masked, number
from hairpin.netfilter.iptables.match_rows import DSCP_CLASSES
from hairpin.netfilter.iptables.modules import tos
from hairpin.netfilter.iptables.words import Group, refuse
from hairpin.netfilter.ir import FULL_MASK, Field, SetField
from hairpin.netfilter.rule_address import IpFamily

SetFields = tuple[SetField, ...]
_MARK_BITS = 0xFFFFFFFF


def field_words(statement: SetField, family: IpFamily) -> tuple[str, ...]:
    """Return the target's words, such as ``-j MARK --set-xmark 0x1/0xff``; raise ChangeError if no target can make the
    change."""
    if statement.source is not None and statement.value == 0:
        return _copied_mark_words(statement)
    if statement.source is None and statement.source_mask == FULL_MASK:
        match statement.field:
            case "mark" | "ct-mark":
                return _mark_words(statement)
            case "dscp" | "ecn":
                return _dscp_words(statement)
            case "ttl":
                return _hops_words(statement, family)
            case _:
                pass
    raise refuse(statement)


# --- marks -----------------------------------------------------------------------------------------------------------


def read_mark(group: Group) -> SetFields:
    """Read ``-j MARK`` or ``-j CONNMARK`` with a value: xt_mark.c mark_tg(), xt_connmark.c set
    ``(mark & ~mask) ^ value``. libxt_MARK.c turns every option into this form."""
    ((option, text),) = group.single_words().items()
    match option:
        case "--set-xmark":
            value, mask = masked(text, _MARK_BITS)
        case "--set-mark":
            value, mask = masked(text, _MARK_BITS)
            mask |= value
        case "--and-mark":
            value, mask = 0, ~number(text)
        case "--or-mark":
            value = mask = number(text)
        case "--xor-mark":
            value, mask = number(text), 0
        case _:
            raise ValueError(option)
    field: Field = "mark" if group.name == "MARK" else "ct-mark"
    return (SetField(field, ~mask & _MARK_BITS, value),)


def _mark_words(statement: SetField) -> tuple[str, ...]:
    target = "MARK" if statement.field == "mark" else "CONNMARK"
    return ("-j", target, "--set-xmark", f"{statement.value:#x}/{~statement.keep & _MARK_BITS:#x}")


def read_connmark(group: Group) -> SetFields:
    """Read ``-j CONNMARK``: xt_connmark.c connmark_tg_shift()"""
    words = group.single_words()
    save = "--save-mark" in words
    if not save and "--restore-mark" not in words:
        return read_mark(group)
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


def _copied_mark_words(statement: SetField) -> tuple[str, ...]:
    keeps, takes = f"{~statement.keep & _MARK_BITS:#x}", f"{statement.source_mask & _MARK_BITS:#x}"
    match statement.field, statement.source:
        case "ct-mark", "mark":
            return ("-j", "CONNMARK", "--save-mark", "--nfmask", takes, "--ctmask", keeps)
        case "mark", "ct-mark":
            return ("-j", "CONNMARK", "--restore-mark", "--nfmask", keeps, "--ctmask", takes)
        case _:
            raise refuse(statement)


# --- the byte of DSCP and ECN ----------------------------------------------------------------------------------------


def read_set_tos(group: Group) -> SetFields:
    """Read ``-j TOS``: xt_DSCP.c tos_tg() sets ``(tos & ~mask) ^ value`` in the byte of DSCP and ECN."""
    ((option, text),) = group.single_words().items()
    match option:
        case "--set-tos":
            value, mask = tos(text)
        case "--and-tos":
            value, mask = 0, ~number(text) & 0xFF
        case "--or-tos":
            value = mask = number(text)
        case "--xor-tos":
            value, mask = number(text), 0
        case _:
            raise ValueError(option)
    statements: SetFields = ()
    if mask >> 2 or value >> 2:
        statements += (SetField("dscp", ~(mask >> 2) & 0x3F, value >> 2),)
    if mask & 3 or value & 3 or not statements:
        statements += (SetField("ecn", ~mask & 3, value & 3),)
    return statements


def read_set_dscp(group: Group) -> SetFields:
    """Read ``-j DSCP``: xt_DSCP.c dscp_tg()"""
    words = group.single_words()
    named = words.get("--set-dscp-class")
    value = number(words["--set-dscp"]) if named is None else DSCP_CLASSES[named.upper()]
    return (SetField("dscp", 0, value),)


def tos_words(dscp: SetField, ecn: SetField) -> tuple[str, ...]:
    """Return ``-j TOS --set-tos VALUE/MASK`` for a change of DSCP and a change of ECN, which share one byte."""
    value, keep = dscp.value << 2 | ecn.value, dscp.keep << 2 | ecn.keep
    return ("-j", "TOS", "--set-tos", f"{value:#04x}/{~keep & 0xFF:#04x}")


def _dscp_words(statement: SetField) -> tuple[str, ...]:
    value, keep = statement.value, statement.keep
    if statement.field == "ecn":
        return ("-j", "TOS", "--set-tos", f"{value:#04x}/{~keep & 3:#04x}")
    if keep == 0:
        return ("-j", "DSCP", "--set-dscp", f"{value:#04x}")
    return ("-j", "TOS", "--set-tos", f"{value << 2:#04x}/{(~keep & 0x3F) << 2:#04x}")


# --- TTL and hop limit -----------------------------------------------------------------------------------------------


def read_set_hops(group: Group) -> SetFields:
    """Read ``-j TTL`` or ``-j HL``: xt_HL.c ttl_tg(), hl_tg()"""
    words = {name.rpartition("-")[2]: number(value) for name, value in group.single_words().items()}
    if "set" in words:
        return (SetField("ttl", 0, words["set"]),)
    return (SetField("ttl", FULL_MASK, added=words["inc"] if "inc" in words else -words["dec"]),)


def _hops_words(statement: SetField, family: IpFamily) -> tuple[str, ...]:
    target, option = ("TTL", "--ttl") if family == "ip" else ("HL", "--hl")
    if statement.keep == 0:
        return ("-j", target, f"{option}-set", str(statement.value))
    if not statement.added or statement.value:
        raise refuse(statement)
    return ("-j", target, f"{option}-{'inc' if statement.added > 0 else 'dec'}", str(abs(statement.added)))
