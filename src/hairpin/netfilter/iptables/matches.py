"""Reads a match module, ``-m MODULE …``, as matches of the IR.

An option in match_rows.py or modules.py is read by itself.  An option that is in neither file becomes an OpaqueMatch of
its own, and never disappears.  A module whose options belong together is read as a whole.  This file reads the modules
whose matches depend on history.  An unknown module becomes one OpaqueMatch.

Source: iptables-extensions(8); net/netfilter/xt_*.c as named at each reader
"""

from collections.abc import Callable

from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.bytecode import read_program
from hairpin.netfilter.iptables.demands import MATCHES, check
from hairpin.netfilter.iptables.forms import bounds, read_interface
from hairpin.netfilter.iptables.match_rows import NAME_ROWS, ROWS, NameRow, OptionRow
from hairpin.netfilter.iptables.modules import (
    Matches,
    OptionReader,
    has_extension,
    holds_without_connection,
    read_addrtype,
    read_either_port,
    read_expiry,
    read_policy,
    read_rpfilter,
    read_set,
    read_socket,
    read_states,
    read_tos,
)
from hairpin.netfilter.iptables.words import Group, Option
from hairpin.netfilter.mss import ORDINARY_MSS
from hairpin.netfilter.rule_address import IpFamily

_MODULE_NAMES = {"icmpv6": "icmp6", "ipv6-icmp": "icmp6"}
_ALL_OR_NONE = ("owner",)
"""Modules in which one unknown option makes the whole ``-m MODULE …`` opaque."""


def _row_reader(row: OptionRow) -> OptionReader:
    """Return the reader of the option that a row describes."""
    form = row.form

    def read(option: Option, family: IpFamily) -> tuple[ir.Match, ...]:
        if len(option.values) != form.words:
            raise ValueError(option.text)
        text = option.values[0] if form.words == 1 else " ".join(option.values)
        return (row.match(form.read(text, family), family, negated=option.negated),)

    return read


def _name_row_reader(row: NameRow) -> OptionReader:
    """Return the reader of an option that compares an interface's name."""

    def read(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
        if row.given:
            return (ir.NameMatch(row.field, (read_interface(option.value),), option.negated),)
        if option.values:
            raise ValueError(option.text)
        return (ir.NameMatch(row.field, ("",), not option.negated),)

    return read


def _option_readers() -> dict[str, dict[str, OptionReader]]:
    """Return the readers of single options, by module and option."""
    found: dict[str, dict[str, OptionReader]] = {}
    for row in ROWS:
        found.setdefault(row.module, {}).update(dict.fromkeys((row.option, *row.also), _row_reader(row)))
    for name_row in NAME_ROWS:
        found.setdefault(name_row.module, {})[name_row.option] = _name_row_reader(name_row)
    beside: dict[tuple[str, str], OptionReader] = {
        ("multiport", "--ports"): read_either_port, ("conntrack", "--ctstate"): read_states,
        ("conntrack", "--ctexpire"): read_expiry, ("state", "--state"): read_states, ("tos", "--tos"): read_tos,
    }  # fmt: skip
    for (module, option), reader in beside.items():
        found.setdefault(module, {})[option] = reader
    return found


OPTION_READERS = _option_readers()


def read_match(group: Group, ipsets: dict[str, ir.Set]) -> Matches:
    """Return the matches of a module with its options.  Each unknown part becomes an OpaqueMatch."""
    name = _MODULE_NAMES.get(group.name, group.name)
    try:
        check(group, MATCHES, name)
        readers = OPTION_READERS.get(name)
        if readers is not None:
            return _independent(group, name, readers)
        if name == "set":
            return read_set(group, ipsets)
        whole = _WHOLE.get(name)
        return whole(group) if whole is not None else (_opaque(group),)
    except (ValueError, KeyError):  # KeyError: a mandatory option is missing
        return (_opaque(group),)


def _opaque(group: Group) -> ir.OpaqueMatch:
    """Return the module with all its options as one OpaqueMatch, with the matches that the module implies."""
    needs = has_extension(group.name, group.family)
    if group.name == "policy" and " --pol ipsec" in group.text and "! --pol" not in group.text:
        needs = (ir.FieldMatch("ipsec-in" if "--dir in" in group.text else "ipsec-out", ((1, 1),)),)
    return ir.OpaqueMatch(_in_full(group), needs)


def _alone(group: Group) -> Matches:
    """Return the match of a module without options.  Such a module tests that an IPv6 extension header exists, or it
    tests no more than ``-p`` does."""
    if group.options:
        raise ValueError(group.text)
    return has_extension(group.name, group.family) or (ir.NoEffect(group.name, _in_full(group)),)


def _in_full(group: Group) -> str:
    """Return the module's words with ``-m MODULE``, which the rule may omit."""
    return group.text if group.text.startswith(("-m ", "--match ")) else f"-m {group.name} {group.text}"


def _independent(group: Group, name: str, readers: dict[str, OptionReader]) -> Matches:
    if not group.options:
        return _alone(group)
    matches: tuple[ir.Match, ...] = ()
    for option in group.options:
        reader = readers.get(option.name)
        if reader is None and name in _ALL_OR_NONE:
            raise ValueError(option.text)
        matches += reader(option, group.family) if reader else (ir.OpaqueMatch(f"-m {name} {option.text}"),)
    if name == "conntrack" and len(group.options) > 1 and any(map(holds_without_connection, matches)):
        return (ir.OpaqueMatch(group.text),)
    return matches


def _comment(group: Group) -> Matches:
    (option,) = group.options
    return (ir.NoEffect("comment", option.value),)


# --- modules that depend on history, chance or load ------------------------------------------------------------------


def _stateful(usual: Callable[[Group], bool]) -> Callable[[Group], Matches]:
    def read(group: Group) -> Matches:
        from hairpin.netfilter.iptables.limits import limit_of, rate_of  # noqa: PLC0415 - few rules have a limit

        return (ir.StatefulMatch(group.name, _in_full(group), usual(group), limit_of(group), rate_of(group)),)

    return read


def _always(_group: Group) -> bool:
    return True


def _not_negated(group: Group) -> bool:
    return not any(option.negated for option in group.options)


def _negated(group: Group) -> bool:
    """Return whether a first packet satisfies ``-m string``.  A first packet lacks the string, so it satisfies only a
    negated match."""
    return not _not_negated(group)


def _ordinary_segment_size(group: Group) -> bool:
    """Return whether an ordinary SYN satisfies ``-m tcpmss`` (xt_tcpmss.c)."""
    (option,) = group.options
    first, last = bounds(option.value, ":", 0xFFFF)
    return (first <= ORDINARY_MSS <= last) is not option.negated


def _below_limit(group: Group) -> bool:
    """Return whether a first packet on an idle host satisfies the limit.  A first packet is below every limit."""
    above = any(option.name in ("--hashlimit-above", "--connlimit-above") for option in group.options)
    return above is not _not_negated(group)


def _statistic(group: Group) -> Matches:
    """Return the match of ``-m statistic``.  The kernel compares 31 random bits with the probability, so one that
    rounds to 1 matches always, one that rounds to 0 never; and each packet is the first of one (xt_statistic.c)."""
    words = {option.name: option.value for option in group.options}
    if "--probability" in words:
        bits = round(float(words["--probability"]) * (1 << 31))
        usual, fixed = 2 * bits >= 1 << 31, bits in (0, 1 << 31)
    else:
        usual, fixed = words.get("--packet", "0") == "0", words["--every"] == "1"
    return (ir.StatefulMatch(group.name, _in_full(group), usual is _not_negated(group), fixed=fixed),)


def _connection_is_new(group: Group) -> bool:
    """Return whether a connection's first packet satisfies ``-m connbytes``: the connection's counters must be in the
    range (xt_connbytes.c)."""
    words = {option.name: option for option in group.options}
    counted = words["--connbytes"]
    return (bounds(counted.value, ":", (1 << 64) - 1)[0] <= 1) is not counted.negated


def _recent(group: Group) -> Matches:
    """Return the match of ``-m recent``: ``--set`` is always satisfied; other options test whether the address was seen
    (xt_recent.c)."""
    from hairpin.netfilter.iptables.limits import entered_list, limit_of  # noqa: PLC0415 - few rules have a limit

    names = {option.name: option.negated for option in group.options}
    if "--set" in names:
        return (
            (ir.NoEffect("recent", group.text, entered_list(group)),)
            if not names["--set"]
            else (ir.StatefulMatch("recent", group.text, False),)
        )
    return (ir.StatefulMatch("recent", group.text, any(names.values()), limit_of(group)),)


def _bpf(group: Group) -> Matches:
    """Return the match of ``-m bpf``.  iptables does not list a program that is given with ``--object-pinned``."""
    words = {option.name: option.value for option in group.options}
    program = read_program(words["--bytecode"]) if len(group.options) == 1 else ()
    return (ir.OpaqueMatch(_in_full(group), program=program),)


def _nfacct(group: Group) -> Matches:
    return (ir.NoEffect("nfacct", group.text),)


_WHOLE: dict[str, Callable[[Group], Matches]] = {
    "comment": _comment, "addrtype": read_addrtype, "policy": read_policy, "rpfilter": read_rpfilter,
    "socket": read_socket, "recent": _recent, "nfacct": _nfacct, "bpf": _bpf,
    "limit": _stateful(_always), "time": _stateful(_always), "rateest": _stateful(_always),
    "quota": _stateful(_not_negated), "hashlimit": _stateful(_below_limit), "connlimit": _stateful(_below_limit),
    "esp": _alone, "ah": _alone, "hbh": _alone, "dst": _alone, "rt": _alone, "frag": _alone,
    "statistic": _statistic, "connbytes": _stateful(_connection_is_new),
    "string": _stateful(_negated), "tcpmss": _stateful(_ordinary_segment_size),
}  # fmt: skip
