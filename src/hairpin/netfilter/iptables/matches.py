"""The matches of ``-m MODULE …``: a group of words becomes matches of the IR.

Modules whose options stand alone are tables in fields.py.  Modules whose options belong together, and those that depend
on history, are here.  The group of any other module is kept as an OpaqueMatch.

Source: iptables-extensions(8); net/netfilter/xt_*.c as named at each reader
"""

from collections.abc import Callable
from typing import Literal

from hairpin.netfilter import ir
from hairpin.netfilter.ipset import fields_of
from hairpin.netfilter.iptables.demands import MATCHES, check
from hairpin.netfilter.iptables.fields import EXTENSIONS, MODULES, Reader, bounds
from hairpin.netfilter.iptables.limits import entered_list, limit_of
from hairpin.netfilter.iptables.words import Group

ADDRESS_TYPES = frozenset({
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW",
    "NAT", "XRESOLVE",
})  # fmt: skip
_LIMITS: dict[str, Literal["iif", "oif"]] = {"--limit-iface-in": "iif", "--limit-iface-out": "oif"}
_MODULE_NAMES = {"icmpv6": "icmp6", "ipv6-icmp": "icmp6"}


def read_match(group: Group, ipsets: dict[str, ir.Set]) -> tuple[ir.Expression, ...]:
    """Return the matches of the module's group; each part that is not understood becomes an OpaqueMatch."""
    name = _MODULE_NAMES.get(group.name, group.name)
    try:
        check(group, MATCHES, name)
        readers = MODULES.get(name)
        if readers is not None:
            return _independent(group, name, readers)
        if name == "set":
            return _set(group, ipsets)
        whole = _WHOLE.get(name)
        return whole(group) if whole is not None else (_opaque(group),)
    except (ValueError, KeyError):  # KeyError: a mandatory option is missing
        return (_opaque(group),)


def _opaque(group: Group) -> ir.OpaqueMatch:
    """Return the whole group as words, with the matches that it implies."""
    needs: tuple[ir.FieldMatch, ...] = ()
    bit = EXTENSIONS.get(group.name, 0) if group.family == "ip6" else 0
    if bit:
        needs = (ir.FieldMatch("extensions", ((bit, bit),), mask=bit),)
    elif group.name == "policy" and " --pol ipsec" in group.text and "! --pol" not in group.text:
        needs = (ir.FieldMatch("ipsec-in" if "--dir in" in group.text else "ipsec-out", ((1, 1),)),)
    return ir.OpaqueMatch(_in_full(group), needs)


def _alone(group: Group) -> tuple[ir.Expression, ...]:
    """A module without options matches its header alone: an extension header of IPv6, or the protocol of ``-p``."""
    if group.options:
        raise ValueError(group.text)
    bit = EXTENSIONS.get(group.name, 0)
    if group.family == "ip6" and bit:
        return (ir.FieldMatch("extensions", ((bit, bit),), mask=bit),)
    return (ir.NoEffect(group.name, _in_full(group)),)


def _in_full(group: Group) -> str:
    """Return the group's words with ``-m MODULE``, which the rule may have left out."""
    return group.text if group.text.startswith(("-m ", "--match ")) else f"-m {group.name} {group.text}"


def _independent(group: Group, name: str, readers: dict[str, Reader]) -> tuple[ir.Expression, ...]:
    if not group.options:
        return _alone(group)
    matches: tuple[ir.Match, ...] = ()
    for option in group.options:
        reader = readers.get(option.name)
        matches += reader(option, group.family) if reader else (ir.OpaqueMatch(f"-m {name} {option.text}"),)
    if name == "conntrack" and len(group.options) > 1 and any(map(holds_without_connection, matches)):
        return (ir.OpaqueMatch(group.text),)
    return matches


def holds_without_connection(match: ir.Match) -> bool:
    """Return whether ``--ctstate`` accepts packets that have no connection.

    conntrack_mt() is then satisfied without a look at the group's other options.  No sequence of matches can say so.
    """
    match match:
        case ir.FieldMatch(field="ct-state", ranges=ranges, negated=negated):
            return any(((bit, bit) in ranges) is not negated for bit in (ir.CT_INVALID, ir.CT_UNTRACKED))
        case ir.AnyOfMatch(alternatives=alternatives, negated=negated):
            return any(map(holds_without_connection, alternatives)) is not negated
        case _:
            return False


# --- modules whose options belong together ---------------------------------------------------------------------------


def _comment(group: Group) -> tuple[ir.Expression, ...]:
    (option,) = group.options
    return (ir.NoEffect("comment", option.value),)


def _addrtype(group: Group) -> tuple[ir.Expression, ...]:
    """xt_addrtype.c: the limit holds for both addresses."""
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


def _set(group: Group, ipsets: dict[str, ir.Set]) -> tuple[ir.Expression, ...]:
    """xt_set.c: a packet that lacks a dimension is not in the set, so it satisfies ``!``; hence the AnyOfMatch."""
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


_ALWAYS_THERE = frozenset({"saddr4", "daddr4", "saddr6", "daddr6", "iif", "oif", "mark"})


def _owner(group: Group) -> tuple[ir.Expression, ...]:
    """xt_owner.c: a packet without a socket satisfies a negated match; hence the AnyOfMatch."""
    fields: dict[str, ir.Field] = {"--uid-owner": "skuid", "--gid-owner": "skgid"}
    matches: tuple[ir.Match, ...] = ()
    for option in group.options:
        if option.name == "--socket-exists" and not option.values:
            matches += (ir.FieldMatch("socket", ((1, 1),), option.negated),)
            continue
        # A user's name cannot be resolved here: bounds() refuses it.
        match = ir.FieldMatch(fields.get(option.name, "skuid"), (bounds(option.value, "-", 0xFFFFFFFE),))
        if option.name not in fields:
            raise ValueError(option.text)
        matches += (_negatable(match, negated=option.negated),)
    return matches


def _negatable(match: ir.FieldMatch, *, negated: bool) -> ir.Match:
    return ir.AnyOfMatch((match,), negated=True) if negated else match


def _policy(group: Group) -> tuple[ir.Expression, ...]:
    """xt_policy.c; options that describe the policy's elements are not modelled."""
    words = {option.name: option.value for option in group.options if not option.negated}
    if len(group.options) != 2 or set(words) != {"--dir", "--pol"} or words["--pol"] not in ("none", "ipsec"):
        raise ValueError(group.text)
    fields: dict[str, ir.Field] = {"in": "ipsec-in", "out": "ipsec-out"}
    applied = int(words["--pol"] == "ipsec")
    field = fields.get(words["--dir"])
    if field is None:
        raise ValueError(group.text)
    return (ir.FieldMatch(field, ((applied, applied),)),)


def _rpfilter(group: Group) -> tuple[ir.Expression, ...]:
    names = _flags(group, "--loose", "--validmark", "--accept-local", "--invert")
    return (
        ir.ReversePathMatch("--invert" in names, "--loose" in names, "--accept-local" in names, "--validmark" in names),
    )


def _socket(group: Group) -> tuple[ir.Expression, ...]:
    """xt_socket.c; ``--restore-skmark`` sets the mark, which no match of the IR can say."""
    names = _flags(group, "--transparent", "--nowildcard")
    return (ir.SocketMatch("--transparent" in names, "--nowildcard" in names),)


def _flags(group: Group, *known: str) -> frozenset[str]:
    names = frozenset(option.name for option in group.options)
    if any(option.values or option.negated for option in group.options) or not names.issubset(known):
        raise ValueError(group.text)
    return names


# --- modules that depend on history, chance or load ------------------------------------------------------------------


def _stateful(usual: Callable[[Group], bool]) -> Callable[[Group], tuple[ir.Expression, ...]]:
    def read(group: Group) -> tuple[ir.Expression, ...]:
        return (ir.StatefulMatch(group.name, _in_full(group), usual(group), limit_of(group)),)

    return read


def _always(_group: Group) -> bool:
    return True


def _not_negated(group: Group) -> bool:
    return not any(option.negated for option in group.options)


def _negated(group: Group) -> bool:
    """An ordinary first packet does not contain the strings that rules look for."""
    return not _not_negated(group)


def _ordinary_segment_size(group: Group) -> bool:
    """Whether the range holds 1460, the MSS of a SYN on Ethernet (xt_tcpmss.c); such rules look for tiny ones."""
    (option,) = group.options
    first, last = bounds(option.value, ":", 0xFFFF)
    return (first <= 1460 <= last) is not option.negated


def _below_limit(group: Group) -> bool:
    """A first packet on an idle host is below every limit."""
    above = any(option.name in ("--hashlimit-above", "--connlimit-above") for option in group.options)
    return above is not _not_negated(group)


def _statistic(group: Group) -> bool:
    words = {option.name: option.value for option in group.options}
    usual = float(words["--probability"]) >= 0.5 if "--probability" in words else words.get("--packet", "0") == "0"
    return usual is _not_negated(group)


def _connection_is_new(group: Group) -> bool:
    """Whether the range holds the counters of a connection's first packet (xt_connbytes.c)."""
    words = {option.name: option for option in group.options}
    counted = words["--connbytes"]
    return (bounds(counted.value, ":", (1 << 64) - 1)[0] <= 1) is not counted.negated


def _recent(group: Group) -> tuple[ir.Expression, ...]:
    """xt_recent.c: ``--set`` always matches; the others ask whether the address was seen before."""
    names = {option.name: option.negated for option in group.options}
    if "--set" in names:
        return (
            (ir.NoEffect("recent", group.text, entered_list(group)),)
            if not names["--set"]
            else (ir.StatefulMatch("recent", group.text, False),)
        )
    return (ir.StatefulMatch("recent", group.text, any(names.values()), limit_of(group)),)


def _nfacct(group: Group) -> tuple[ir.Expression, ...]:
    return (ir.NoEffect("nfacct", group.text),)


_WHOLE: dict[str, Callable[[Group], tuple[ir.Expression, ...]]] = {
    "comment": _comment, "addrtype": _addrtype, "owner": _owner, "policy": _policy, "rpfilter": _rpfilter,
    "socket": _socket, "recent": _recent, "nfacct": _nfacct,
    "limit": _stateful(_always), "time": _stateful(_always), "rateest": _stateful(_always),
    "quota": _stateful(_not_negated), "hashlimit": _stateful(_below_limit), "connlimit": _stateful(_below_limit),
    "esp": _alone, "ah": _alone, "hbh": _alone, "dst": _alone, "rt": _alone, "frag": _alone,
    "statistic": _stateful(_statistic), "connbytes": _stateful(_connection_is_new),
    "string": _stateful(_negated), "tcpmss": _stateful(_ordinary_segment_size),
}  # fmt: skip
