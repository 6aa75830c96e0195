"""Options that do not fit into match_rows.py: options about two fields, and modules whose options belong together.
Each reader of an option is followed by the option's writer.  A reader raises ValueError or KeyError for unknown words.
A writer raises ChangeError for a match that iptables cannot express.

Source: iptables-extensions(8); net/netfilter/xt_*.c as named at each reader
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.ipset import fields_of
from hairpin.netfilter.iptables.forms import ONE_VALUE, PORTS, Value, Written, mask_of, number
from hairpin.netfilter.iptables.match_rows import STATE_NAMES
from hairpin.netfilter.iptables.words import Group, Option, refuse
from hairpin.netfilter.rule_address import IpFamily

Matches = tuple[ir.Expression, ...]
OptionReader = Callable[[Option, IpFamily], tuple[ir.Match, ...]]

EXTENSIONS = {"hbh": 128, "dst": 64, "rt": 32, "srh": 32, "frag": 16, "ah": 8}
"""The bits of ``extensions``, by the modules that test for an IPv6 extension header (ip6t_ipv6header.h)."""
ADDRESS_TYPES = frozenset({
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW",
    "NAT", "XRESOLVE",
})  # fmt: skip
TOS_NAMES = {
    "minimize-delay": 0x10, "maximize-throughput": 0x08, "maximize-reliability": 0x04, "minimize-cost": 0x02,
    "normal-service": 0x00,
}  # fmt: skip
_VIRTUAL_STATES = {"SNAT": ir.STATUS_SNAT, "DNAT": ir.STATUS_DNAT, "NONE": 0}
_ALWAYS_THERE = frozenset({"saddr4", "daddr4", "saddr6", "daddr6", "iif", "oif", "mark"})
_SET_FLAGS: dict[str, str] = {
    "saddr4": "src", "saddr6": "src", "daddr4": "dst", "daddr6": "dst", "sport": "src", "dport": "dst",
    "iif": "src", "oif": "dst", "smac": "src", "dmac": "dst", "mark": "src",
}  # fmt: skip
_LIMITS: dict[str, Literal["iif", "oif"]] = {"--limit-iface-in": "iif", "--limit-iface-out": "oif"}
_IPSEC: dict[str, ir.Field] = {"in": "ipsec-in", "out": "ipsec-out"}


class Words(NamedTuple):
    """The words of one match.  ``module`` is None for options of iptables itself.  If ``alone`` is true, no other match
    may share the ``-m MODULE``.  ``tail`` has options that apply to all matches of the module."""

    module: str | None
    words: tuple[str, ...]
    alone: bool = False
    tail: tuple[str, ...] = ()


def optional(option: str, words: str, *, negated: bool) -> tuple[str, ...]:
    """Return an option with its words, after ``!`` if it is negated."""
    return (*(("!",) if negated else ()), option, *words.split())


def found_words(written: Written, what: object) -> str:
    """Return the written words; raise ChangeError, which names ``what``, if no words can express it."""
    if written is None or isinstance(written, Message):
        raise refuse(what, written)
    return written


# --- ports: either one -----------------------------------------------------------------------------------------------


def read_either_port(option: Option, family: IpFamily) -> tuple[ir.Match, ...]:
    """Read ``-m multiport --ports``."""
    ranges = PORTS.read(option.value, family).ranges
    return (ir.AnyOfMatch((ir.FieldMatch("sport", ranges), ir.FieldMatch("dport", ranges)), option.negated),)


def either_port_words(ranges: ir.Ranges, family: IpFamily, *, negated: bool) -> Words:
    """Return ``-m multiport --ports`` with the list of ports."""
    listed = found_words(PORTS.write(Value(ranges), family), message("a list of ports"))
    return Words("multiport", optional("--ports", listed, negated=negated), alone=True)


# --- states of a connection ------------------------------------------------------------------------------------------


def read_states(option: Option, family: IpFamily) -> tuple[ir.Match, ...]:
    """Read ``--ctstate`` or ``--state``.  SNAT and DNAT are bits of the connection's status, not of the packet's state:
    xt_conntrack.c."""
    names = option.value.split(",")
    if _VIRTUAL_STATES.keys().isdisjoint(names):
        return (ir.FieldMatch("ct-state", STATE_NAMES.read(option.value, family).ranges, option.negated),)
    states = ",".join(name for name in names if name not in _VIRTUAL_STATES)
    plain = STATE_NAMES.read(states, family).ranges if states else ()
    virtual = sum(_VIRTUAL_STATES[name] for name in dict.fromkeys(names) if name in _VIRTUAL_STATES)
    if not virtual:
        return (ir.FieldMatch("ct-state", plain, option.negated),)
    alternatives: tuple[ir.Match, ...] = (ir.FieldMatch("ct-status", ((0, 0),), True, virtual),)
    if plain:
        alternatives = (ir.FieldMatch("ct-state", plain), *alternatives)
    return (ir.AnyOfMatch(alternatives, option.negated),)


def states_words(match: ir.AnyOfMatch, family: IpFamily) -> Words | None:
    """Return ``--ctstate`` with SNAT or DNAT; None if the match's alternatives are not states."""
    match match.alternatives:
        case (*states, ir.FieldMatch(field="ct-status", negated=True, ranges=((0, 0),), mask=mask)) if len(states) < 2:
            virtual = [name for name, bit in _VIRTUAL_STATES.items() if bit & mask]
        case _:
            return None
    if mask != sum(_VIRTUAL_STATES[name] for name in virtual):
        return None
    names: list[str] = []
    for state in states:
        if not isinstance(state, ir.FieldMatch) or state.field != "ct-state" or state.negated:
            return None
        if state.ranges or state.mask != ir.FULL_MASK:
            names.append(found_words(STATE_NAMES.write(Value(state.ranges, state.mask), family), state))
    if not virtual and not names:
        raise refuse(match.alternatives[0] if states else None, message("the match names no state"))
    words = optional("--ctstate", ",".join((*names, *virtual)), negated=match.negated)
    return Words("conntrack", words, alone=holds_without_connection(match))


def holds_without_connection(match: ir.Expression) -> bool:
    """Return whether ``--ctstate`` accepts packets without a connection.  For such packets conntrack_mt() ignores the
    other options of ``-m conntrack``.  No sequence of matches can express this."""
    match match:
        case ir.FieldMatch(field="ct-state", ranges=ranges, negated=negated):
            return any(((bit, bit) in ranges) is not negated for bit in (ir.CT_INVALID, ir.CT_UNTRACKED))
        case ir.AnyOfMatch(alternatives=alternatives, negated=negated):
            return any(map(holds_without_connection, alternatives)) is not negated
        case _:
            return False


def read_expiry(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    """Read ``--ctexpire``, which depends on how long the connection has been idle."""
    return (ir.StatefulMatch("conntrack", f"-m conntrack {option.text}"),)


# --- the byte of DSCP and ECN ----------------------------------------------------------------------------------------


def tos(text: str) -> tuple[int, int]:
    """Return value and mask of a TOS byte.  A name stands for a value with the mask 0x3f (libxt_tos, tos_values.c)."""
    named = TOS_NAMES.get(text.lower())
    if named is not None:
        return named, 0x3F
    value, slash, mask = text.partition("/")
    return number(value), number(mask) if slash else 0xFF


def read_tos(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    """Read ``-m tos --tos``: one byte of DSCP and ECN bits.  The negated option is satisfied if DSCP or ECN differs:
    xt_dscp.c tos_mt()."""
    value, mask = tos(option.value)
    parts: tuple[ir.FieldMatch, ...] = ()
    if mask >> 2 or value >> 2:
        parts += (ir.FieldMatch("dscp", ((value >> 2, value >> 2),), option.negated, mask_of(mask >> 2, 0x3F)),)
    if mask & 3 or value & 3 or not parts:
        parts += (ir.FieldMatch("ecn", ((value & 3, value & 3),), option.negated, mask_of(mask & 3, 3)),)
    return (ir.AnyOfMatch(parts),) if option.negated and len(parts) > 1 else parts


def tos_words(match: ir.FieldMatch) -> Words | None:
    """Return ``--tos`` for a match of DSCP or ECN under a mask; None if the match has no mask, or not a single
    value."""
    value = Value(match.ranges).single
    if value is None or match.mask == ir.FULL_MASK:
        return None
    shift, full = (2, 0x3F) if match.field == "dscp" else (0, 3)
    return _tos_words(value << shift, min(match.mask, full) << shift, negated=match.negated)


def tos_pair(first: ir.Expression, second: ir.Expression | None, *, negated: bool = False) -> Words | None:
    """Return ``--tos VALUE/MASK`` for a DSCP match that an ECN match follows; None for any other two expressions."""
    match first, second:
        case ir.FieldMatch(field="dscp", negated=one), ir.FieldMatch(field="ecn", negated=two) if one is two is negated:
            high, low = (Value(each.ranges).single for each in (first, second))
            if high is None or low is None:
                raise refuse(first if high is None else second, ONE_VALUE)
            return _tos_words(high << 2 | low, min(first.mask, 0x3F) << 2 | min(second.mask, 3), negated=negated)
        case _:
            return None


def _tos_words(value: int, mask: int, *, negated: bool) -> Words:
    return Words("tos", optional("--tos", f"{value:#04x}/{mask:#04x}", negated=negated), alone=True)


# --- modules whose options belong together ---------------------------------------------------------------------------


def read_addrtype(group: Group) -> Matches:
    """Read ``-m addrtype``.  ``--limit-iface-in`` or ``-out`` applies to both addresses: xt_addrtype.c."""
    given: list[Literal["iif", "oif"]] = [_LIMITS[option.name] for option in group.options if option.name in _LIMITS]
    limit = given[-1] if given else None
    matches: tuple[ir.FibMatch, ...] = ()
    for option in group.options:
        if option.name in ("--src-type", "--dst-type"):
            types = option.value.upper().split(",")
            if not ADDRESS_TYPES.issuperset(types):
                raise ValueError(option.value)
            address: Literal["saddr", "daddr"] = "saddr" if option.name == "--src-type" else "daddr"
            matches += (ir.FibMatch(address, tuple(map(str.lower, types)), option.negated, limit),)
        elif option.name not in _LIMITS:
            raise ValueError(option.text)
    return matches


def addrtype_words(match: ir.FibMatch) -> Words:
    """Return words such as ``--src-type LOCAL``.  ``--limit-iface-in`` or ``-out`` is in ``tail``, because it applies
    to both addresses."""
    side = "--src-type" if match.address == "saddr" else "--dst-type"
    tail = tuple(option for option, limit in _LIMITS.items() if limit == match.limit)
    words = optional(side, ",".join(match.types).upper(), negated=match.negated)
    return Words("addrtype", words, tail=tail)


def read_set(group: Group, ipsets: dict[str, ir.Set]) -> Matches:
    """Read ``-m set``.  A packet that lacks a dimension of the set is not in the set, so the packet satisfies the
    negated option.  A negated AnyOfMatch expresses this: xt_set.c."""
    match: ir.SetMatch | ir.AnyOfMatch | None = None
    for option in group.options:
        if option.name in ("--match-set", "--set"):
            name, flags = option.values
            known = ipsets.get(name)
            fields = None if known is None else fields_of(known.type, tuple(flags.split(",")), group.family)
            if match is not None or fields is None:
                raise ValueError(option.text)
            plain = all(field in _ALWAYS_THERE for field in fields)
            match = ir.SetMatch(name, fields, option.negated and plain)
            match = ir.AnyOfMatch((match,), negated=True) if option.negated and not plain else match
        elif not option.negated or option.name not in ("--update-counters", "--update-subcounters"):
            raise ValueError(option.text)
    if match is None:
        raise ValueError(group.text)
    return (match,)


def set_words(match: ir.SetMatch, *, negated: bool) -> Words:
    """Return words such as ``--match-set NAME src,dst``."""
    dimensions = [field for field in match.fields if field != "protocol"]
    if not dimensions or not _SET_FLAGS.keys() >= set(dimensions):
        raise refuse(match)
    flags = ",".join(_SET_FLAGS[field] for field in dimensions)
    return Words("set", optional("--match-set", f"{match.set} {flags}", negated=negated), alone=True)


def read_policy(group: Group) -> Matches:
    """Read ``-m policy``.  Options that describe the elements of an IPsec policy are not modelled: xt_policy.c."""
    words = {option.name: option.value for option in group.options if not option.negated}
    if len(group.options) != 2 or set(words) != {"--dir", "--pol"} or words["--pol"] not in ("none", "ipsec"):
        raise ValueError(group.text)
    applied = int(words["--pol"] == "ipsec")
    return (ir.FieldMatch(_IPSEC[words["--dir"]], ((applied, applied),)),)


def policy_words(match: ir.FieldMatch) -> Words:
    """Return words such as ``--dir in --pol none``."""
    value = Value(match.ranges).single
    if value is None:
        raise refuse(match, ONE_VALUE)
    applied = "ipsec" if bool(value) is not match.negated else "none"
    return Words("policy", ("--dir", match.field.removeprefix("ipsec-"), "--pol", applied), alone=True)


def read_rpfilter(group: Group) -> Matches:
    """Read ``-m rpfilter``: xt_rpfilter.c"""
    given = _flags(group, "--invert", "--loose", "--accept-local", "--validmark")
    return (ir.ReversePathMatch(*given),)


def rpfilter_words(match: ir.ReversePathMatch) -> Words:
    """Return the options of ``-m rpfilter`` that the match sets."""
    flags = {"--loose": match.loose, "--validmark": match.validmark, "--accept-local": match.accept_local,
             "--invert": match.negated}  # fmt: skip
    return Words("rpfilter", tuple(flag for flag, given in flags.items() if given), alone=True)


def read_socket(group: Group) -> Matches:
    """Read ``-m socket``.  The option ``--restore-skmark`` is refused.  ``--restore-skmark`` sets the mark, but no
    match of the IR sets a mark: xt_socket.c."""
    return (ir.SocketMatch(*_flags(group, "--transparent", "--nowildcard")),)


def socket_words(match: ir.SocketMatch) -> Words:
    """Return the options of ``-m socket`` that the match sets."""
    if match.negated:
        raise refuse(match)
    flags = {"--transparent": match.transparent, "--nowildcard": match.nowildcard}
    return Words("socket", tuple(flag for flag, given in flags.items() if given), alone=True)


def _flags(group: Group, *known: str) -> tuple[bool, ...]:
    """Return, for each known option, whether it is given.  The known options have no words and cannot be negated."""
    names = frozenset(option.name for option in group.options)
    if any(option.values or option.negated for option in group.options) or not names.issubset(known):
        raise ValueError(group.text)
    return tuple(option in names for option in known)


# --- extension headers of IPv6 ---------------------------------------------------------------------------------------


def has_extension(module: str, family: IpFamily) -> tuple[ir.FieldMatch, ...]:
    """Return the match of the module's IPv6 extension header; an empty tuple if the module tests no such header."""
    bit = EXTENSIONS.get(module, 0) if family == "ip6" else 0
    return (ir.FieldMatch("extensions", ((bit, bit),), mask=bit),) if bit else ()


def extension_words(match: ir.FieldMatch) -> Words | None:
    """Return a module without options, such as ``-m frag``; None if no module tests the extension header."""
    module = next((name for name, bit in EXTENSIONS.items() if bit == match.mask and name != "srh"), None)
    known = module is not None and match.ranges == ((match.mask, match.mask),) and not match.negated
    return Words(module, (), alone=True) if known else None
