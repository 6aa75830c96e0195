"""Matches of the IR in iptables' words: the reverse of fields.py and matches.py; ChangeError if there are none."""

from typing import Literal, NamedTuple

from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.fields import (
    CT_STATES,
    CT_STATUSES,
    EXTENSIONS,
    TCP_CWR,
    TCP_ECE,
    TCP_FLAGS,
    VIRTUAL_STATES,
    field_of,
)
from hairpin.netfilter.iptables.matches import holds_without_connection
from hairpin.netfilter.iptables.words import refuse
from hairpin.netfilter.protocols import BUILT_IN
from hairpin.netfilter.rule_address import (
    IpFamily,
    Prefix,
    full_mask,
    prefix_of_range,
    write_address,
    write_mac,
    write_prefix,
)

MAX_PORTS = 15
"""Ports that ``-m multiport`` takes; a range counts twice (XT_MULTI_PORTS)."""

_PORT_MODULES = {6: "tcp", 17: "udp", 132: "sctp", 33: "dccp"}
_CT_ADDRESSES = {"orig-saddr": "origsrc", "orig-daddr": "origdst", "repl-saddr": "replsrc", "repl-daddr": "repldst"}
_CT_PORTS = {
    "ct-orig-sport": "--ctorigsrcport", "ct-orig-dport": "--ctorigdstport", "ct-repl-sport": "--ctreplsrcport",
    "ct-repl-dport": "--ctrepldstport",
}  # fmt: skip
_ECN_FLAGS = {TCP_ECE: "--ecn-tcp-ece", TCP_CWR: "--ecn-tcp-cwr"}
_EXTENSION_MODULES = {EXTENSIONS[name]: name for name in ("hbh", "dst", "rt", "frag", "ah")}
_PACKET_TYPE_NAMES = ("unicast", "broadcast", "multicast", "otherhost")


class Words(NamedTuple):
    """Words of one match: ``module`` None for options of iptables itself.

    ``alone``: the module's group may hold nothing else.  ``tail``: options that the whole group shares.
    """

    module: str | None
    words: tuple[str, ...]
    alone: bool = False
    tail: tuple[str, ...] = ()


class Context(NamedTuple):
    """The rule's words so far: its family, its protocol, the core options already used."""

    family: IpFamily
    protocol: int | None
    used: frozenset[str]


def match_words(match: ir.Match, context: Context) -> Words:
    """Return the words of one match; ChangeError where iptables has none."""
    match match:
        case ir.FieldMatch():
            return _field(match, context)
        case ir.NameMatch():
            return _name(match, context)
        case ir.SetMatch():
            return _set(match, negated=match.negated)
        case ir.AnyOfMatch():
            return _any_of(match, context)
        case ir.FibMatch() | ir.ReversePathMatch() | ir.SocketMatch():
            return _surroundings(match)
        case ir.InlineSetMatch():
            raise refuse(match)
        case ir.StatefulMatch() | ir.OpaqueMatch():
            raise AssertionError("text is written as it stands, by render.py")


def _negation(negated: bool) -> tuple[str, ...]:
    return ("!",) if negated else ()


# --- fields ----------------------------------------------------------------------------------------------------------


def _field(match: ir.FieldMatch, context: Context) -> Words:
    name = match.field
    negation = _negation(match.negated)
    family = context.family
    if name in (field_of("saddr", family), field_of("daddr", family)):
        return _address(match, context)
    if name == "protocol":
        return _protocol(match, context)
    if name in ("sport", "dport"):
        return _port(match, context)
    if name.startswith("ct-"):
        return _connection(match, family)
    if name == "fragment" and match.ranges == ((1, 1),) and family == "ip":
        return Words(None, (*negation, "-f"))
    if match.ranges == ((match.mask, match.mask),):
        if name == "extensions" and match.mask in _EXTENSION_MODULES and not match.negated:
            return Words(_EXTENSION_MODULES[match.mask], (), alone=True)
        if name == "tcp-flags" and match.mask in _ECN_FLAGS:
            return Words("ecn", (*negation, _ECN_FLAGS[match.mask]))
    if name == "tcp-flags" and context.protocol == 6:
        value = _single(match)
        mask = match.mask if match.mask != ir.FULL_MASK else 63
        return Words("tcp", (*negation, "--tcp-flags", _flag_names(mask), _flag_names(value)))
    if name == "icmp" and context.protocol == 1:
        return Words("icmp", (*negation, "--icmp-type", _icmp_type(match)))
    if name == "icmp6" and context.protocol == 58:
        return Words("icmp6", (*negation, "--icmpv6-type", _icmp_type(match)))
    if name == "mark":
        return Words("mark", (*negation, "--mark", _masked(match)))
    if name == "ttl":
        return _hops(match, context)
    if name == "length":
        return Words("length", (*negation, "--length", _span(_only_range(match))))
    if name == "pkttype" and 0 <= _single(match) < len(_PACKET_TYPE_NAMES):
        return Words("pkttype", (*negation, "--pkt-type", _PACKET_TYPE_NAMES[_single(match)]))
    if name in ("dscp", "ecn"):
        return _tos(match)
    if name == "smac":
        return Words("mac", (*negation, "--mac-source", write_mac(_single(match))))
    if name in ("skuid", "skgid"):
        if match.negated:
            raise refuse(match, message("iptables' negated owner holds for packets without a socket, too"))
        return Words("owner", ("--uid-owner" if name == "skuid" else "--gid-owner", _span(_only_range(match), "-")))
    if name == "socket" and match.ranges == ((1, 1),):
        return Words("owner", (*negation, "--socket-exists"))
    if name in ("ipsec-in", "ipsec-out"):
        applied = bool(_single(match)) is not match.negated
        words = ("--dir", name.removeprefix("ipsec-"), "--pol", "ipsec" if applied else "none")
        return Words("policy", words, alone=True)
    raise refuse(match)


def _single(match: ir.FieldMatch) -> int:
    if len(match.ranges) != 1 or match.ranges[0][0] != match.ranges[0][1]:
        raise refuse(match, message("it takes a single value"))
    return match.ranges[0][0]


def _only_range(match: ir.FieldMatch) -> tuple[int, int]:
    if len(match.ranges) != 1 or match.mask != ir.FULL_MASK:
        raise refuse(match, message("it takes a single range"))
    return match.ranges[0]


def _span(ends: tuple[int, int], separator: str = ":") -> str:
    first, last = ends
    return str(first) if first == last else f"{first}{separator}{last}"


def _masked(match: ir.FieldMatch) -> str:
    value = _single(match)
    return f"{value:#x}" if match.mask == ir.FULL_MASK else f"{value:#x}/{match.mask:#x}"


def _address(match: ir.FieldMatch, context: Context) -> Words:
    """A prefix is ``-s``; another range, or a second match of the same address, is ``-m iprange``."""
    source = match.field.startswith("s")
    option = "-s" if source else "-d"
    negation = _negation(match.negated)
    full = full_mask(context.family)
    if len(match.ranges) != 1:
        raise refuse(match, message("it takes one prefix or one range of addresses"))
    first, last = match.ranges[0]
    prefix = prefix_of_range(first, last, context.family)
    if match.mask & full != full:
        prefix = Prefix(_single(match), match.mask & full, context.family)
        if first & ~match.mask or option in context.used:
            raise refuse(match)
    if prefix is not None and option not in context.used:
        return Words(None, (*negation, option, write_prefix(prefix)))
    ends = "-".join(write_address(end, context.family) for end in (first, last))
    return Words("iprange", (*negation, "--src-range" if source else "--dst-range", ends))


def _protocol(match: ir.FieldMatch, context: Context) -> Words:
    value = _single(match)
    if "-p" in context.used or match.mask != ir.FULL_MASK or value == 0:
        raise refuse(match, message("a rule has one -p with one protocol"))
    return Words(None, (*_negation(match.negated), "-p", BUILT_IN.get(value, str(value))))


def _port(match: ir.FieldMatch, context: Context) -> Words:
    module = _PORT_MODULES.get(context.protocol or 0)
    if match.mask != ir.FULL_MASK or (module is None and context.protocol != 136):
        raise refuse(match, message("ports need -p tcp, udp, udplite, sctp or dccp before them"))
    negation = _negation(match.negated)
    if len(match.ranges) == 1 and module is not None:
        return Words(module, (*negation, f"--{match.field}", _span(match.ranges[0])))
    return Words("multiport", (*negation, f"--{match.field}s", _port_list(match.ranges)), alone=True)


def _port_list(ranges: ir.Ranges) -> str:
    if not ranges or sum(1 + (first != last) for first, last in ranges) > MAX_PORTS:
        raise refuse(message("a list of ports"), message("-m multiport takes 1 to {maximum}", maximum=MAX_PORTS))
    return ",".join(_span(ends) for ends in ranges)


def _flag_names(bits: int) -> str:
    names = [name for name, bit in TCP_FLAGS.items() if bit & bits and bit & (bit - 1) == 0]
    return ",".join(names) or "NONE"


def _icmp_type(match: ir.FieldMatch) -> str:
    first, last = _only_range(match)
    if (first, last) == (0, 0xFFFF):
        return "any"
    if (first & 0xFF, last) == (0, first | 0xFF):
        return str(first >> 8)
    if first != last:
        raise refuse(match, message("it takes one type, with one code or all"))
    return f"{first >> 8}/{first & 0xFF}"


def _hops(match: ir.FieldMatch, context: Context) -> Words:
    module = "ttl" if context.family == "ip" else "hl"
    if not match.ranges and not match.negated:
        return Words(module, (f"--{module}-lt", "0"), alone=True)
    first, last = _only_range(match)
    if first == last:
        return Words(module, (*_negation(match.negated), f"--{module}-eq", str(first)), alone=True)
    if match.negated or (first == 0) is (last == 0xFF):
        raise refuse(match, message("it takes one value, or all below or above one"))
    return Words(
        module, (f"--{module}-lt", str(last + 1)) if first == 0 else (f"--{module}-gt", str(first - 1)), alone=True
    )


def _tos(match: ir.FieldMatch) -> Words:
    value, negation = _single(match), _negation(match.negated)
    if match.mask == ir.FULL_MASK:
        if match.field == "dscp":
            return Words("dscp", (*negation, "--dscp", f"{value:#04x}"), alone=True)
        return Words("ecn", (*negation, "--ecn-ip-ect", str(value)))
    shift, full = (2, 0x3F) if match.field == "dscp" else (0, 3)
    mask = min(match.mask, full)
    return Words("tos", (*negation, "--tos", f"{value << shift:#04x}/{mask << shift:#04x}"), alone=True)


def tos_pair(first: ir.Expression, second: ir.Expression | None, *, negated: bool = False) -> Words | None:
    """Return ``--tos VALUE/MASK`` for a DSCP match followed by its ECN match, or None for any others."""
    match first, second:
        case ir.FieldMatch(field="dscp", negated=one), ir.FieldMatch(field="ecn", negated=two) if one is two is negated:
            value = _single(first) << 2 | _single(second)
            mask = min(first.mask, 0x3F) << 2 | min(second.mask, 3)
            return Words("tos", (*_negation(negated), "--tos", f"{value:#04x}/{mask:#04x}"), alone=True)
        case _:
            return None


def _connection(match: ir.FieldMatch, family: IpFamily) -> Words:
    name, negation = match.field, _negation(match.negated)
    if name == "ct-state":
        return _state(match, (), negation)
    if name == "ct-status":
        names = [status for status, bit in CT_STATUSES.items() if bit & match.mask]
        if match.mask & ~sum(CT_STATUSES.values()) or match.ranges != ((0, 0),):
            raise refuse(match)
        return Words("conntrack", (*_negation(not match.negated), "--ctstatus", ",".join(names) or "NONE"))
    if name == "ct-mark":
        return Words("connmark", (*negation, "--mark", _masked(match)))
    if name == "ct-protocol":
        return Words("conntrack", (*negation, "--ctproto", str(_single(match))))
    if name == "ct-direction":
        direction = "REPLY" if _single(match) else "ORIGINAL"
        return Words("conntrack", (*negation, "--ctdir", direction))
    if name in _CT_PORTS:
        return Words("conntrack", (*negation, _CT_PORTS[name], _span(_only_range(match))))
    option = _CT_ADDRESSES.get(name.removeprefix("ct-")[:-1])
    if option is None or not name.endswith("4" if family == "ip" else "6"):
        raise refuse(match)
    full = full_mask(family)
    prefix = prefix_of_range(*match.ranges[0], family) if len(match.ranges) == 1 else None
    if prefix is None:
        raise refuse(match, message("it takes one prefix"))
    if match.mask & full != full:
        prefix = Prefix(_single(match), match.mask & full, family)
    text = write_address(prefix.address, family) if prefix.mask == full else write_prefix(prefix)
    return Words("conntrack", (*negation, f"--ct{option}", text))


def _state(match: ir.FieldMatch | None, virtual: tuple[str, ...], negation: tuple[str, ...]) -> Words:
    names: tuple[str, ...] = ()
    if match is not None:
        if match.mask != ir.FULL_MASK or not set(match.ranges).issubset({(bit, bit) for bit in CT_STATES.values()}):
            raise refuse(match)
        names = tuple(name for name, bit in CT_STATES.items() if (bit, bit) in match.ranges)
    if not names + virtual:
        raise refuse(match, message("it names no state"))
    alone = match is not None and holds_without_connection(match)
    return Words("conntrack", (*negation, "--ctstate", ",".join(names + virtual)), alone=alone)


# --- names, sets, surroundings ---------------------------------------------------------------------------------------


def _name(match: ir.NameMatch, context: Context) -> Words:
    negation = _negation(match.negated)
    if len(match.names) != 1:
        raise refuse(match, message("it takes one interface name"))
    (name,) = match.names
    if match.field in ("physin", "physout"):
        if not name:
            option = "--physdev-is-in" if match.field == "physin" else "--physdev-is-bridged"
            return Words("physdev", (*_negation(not match.negated), option))
        option = "--physdev-in" if match.field == "physin" else "--physdev-out"
        return Words("physdev", (*negation, option, _iptables_name(name)))
    option = "-i" if match.field == "iif" else "-o"
    if option in context.used or not name:
        raise refuse(match, message("a rule has one {option} with a name", option=option))
    return Words(None, (*negation, option, _iptables_name(name)))


def _iptables_name(name: str) -> str:
    if name.endswith("\\*"):
        return name[:-2] + "*"
    return name[:-1] + "+" if name.endswith("*") else name


def _set(match: ir.SetMatch, *, negated: bool) -> Words:
    flags: dict[str, str] = {
        "saddr4": "src", "saddr6": "src", "daddr4": "dst", "daddr6": "dst", "sport": "src", "dport": "dst",
        "iif": "src", "oif": "dst", "smac": "src", "dmac": "dst", "mark": "src",
    }  # fmt: skip
    dimensions = [field for field in match.fields if field != "protocol"]
    if not dimensions or not flags.keys() >= set(dimensions):
        raise refuse(match)
    words = (*_negation(negated), "--match-set", match.set, ",".join(flags[field] for field in dimensions))
    return Words("set", words, alone=True)


def _any_of(match: ir.AnyOfMatch, context: Context) -> Words:
    negation = _negation(match.negated)
    match match.alternatives:
        case (ir.SetMatch(negated=False) as only,) if match.negated:
            return _set(only, negated=True)
        case (ir.FieldMatch(field="skuid" | "skgid", negated=False) as only,) if match.negated:
            words = _field(only, context)
            return words._replace(words=("!", *words.words))
        case (ir.FieldMatch("sport", ranges, negated=False), ir.FieldMatch("dport", others)) if ranges == others:
            return Words("multiport", (*negation, "--ports", _port_list(ranges)), alone=True)
        case (ir.FieldMatch(field="dscp") as dscp, ir.FieldMatch(field="ecn") as ecn):
            pair = tos_pair(dscp, ecn, negated=True)
            if pair is not None and not match.negated:
                return pair
        case (*states, ir.FieldMatch(field="ct-status", negated=True, ranges=((0, 0),), mask=mask)) if len(states) < 2:
            virtual = tuple(name for name, bit in VIRTUAL_STATES.items() if bit & mask)
            state = states[0] if states else None
            if mask == sum(VIRTUAL_STATES[name] for name in virtual) and (
                state is None or (isinstance(state, ir.FieldMatch) and state.field == "ct-state" and not state.negated)
            ):
                words = _state(state, virtual, negation)
                return words._replace(alone=holds_without_connection(match))
        case _:
            pass
    raise refuse(match)


def _surroundings(match: ir.FibMatch | ir.ReversePathMatch | ir.SocketMatch) -> Words:
    match match:
        case ir.FibMatch(address=address, types=types, negated=negated, limit=limit):
            side = "--src-type" if address == "saddr" else "--dst-type"
            tails: dict[Literal["iif", "oif"] | None, tuple[str, ...]] = {
                None: (), "iif": ("--limit-iface-in",), "oif": ("--limit-iface-out",),
            }  # fmt: skip
            return Words("addrtype", (*_negation(negated), side, ",".join(types).upper()), tail=tails[limit])
        case ir.ReversePathMatch(negated=negated, loose=loose, accept_local=accept_local, validmark=validmark):
            flags = {"--loose": loose, "--validmark": validmark, "--accept-local": accept_local, "--invert": negated}
            return Words("rpfilter", tuple(flag for flag, given in flags.items() if given), alone=True)
        case ir.SocketMatch(transparent=transparent, nowildcard=nowildcard, negated=negated):
            if negated:
                raise refuse(match)
            flags = {"--transparent": transparent, "--nowildcard": nowildcard}
            return Words("socket", tuple(flag for flag, given in flags.items() if given), alone=True)
