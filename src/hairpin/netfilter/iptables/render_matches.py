"""Writes matches of the IR in iptables' words, by match_rows.py and modules.py.  Raises ChangeError for a match that
iptables cannot express."""

from typing import NamedTuple

from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.forms import Value, Written, write_interface
from hairpin.netfilter.iptables.match_rows import NAME_ROWS, WRITERS, OptionRow
from hairpin.netfilter.iptables.modules import (
    Words,
    addrtype_words,
    either_port_words,
    extension_words,
    holds_without_connection,
    optional,
    policy_words,
    rpfilter_words,
    set_words,
    socket_words,
    states_words,
    tos_pair,
    tos_words,
)
from hairpin.netfilter.iptables.words import refuse
from hairpin.netfilter.rule_address import IpFamily


class Context(NamedTuple):
    """The facts about a rule's earlier words: its family, its protocol, and the options of iptables itself that are
    used."""

    family: IpFamily
    protocol: int | None
    used: frozenset[str]


def match_words(match: ir.Match, context: Context) -> Words:
    """Return the words of one match; raise ChangeError if iptables cannot express it."""
    match match:
        case ir.FieldMatch():
            return _field_words(match, context)
        case ir.NameMatch():
            return _name_words(match, context)
        case ir.SetMatch():
            return set_words(match, negated=match.negated)
        case ir.AnyOfMatch():
            return _alternatives_words(match, context)
        case ir.FibMatch():
            return addrtype_words(match)
        case ir.ReversePathMatch():
            return rpfilter_words(match)
        case ir.SocketMatch():
            return socket_words(match)
        case ir.InlineSetMatch():
            raise refuse(match)
        case ir.StatefulMatch() | ir.OpaqueMatch():
            raise AssertionError("text is written as it stands, by render.py")


def _field_words(match: ir.FieldMatch, context: Context) -> Words:
    why: Message | None = None
    for row in WRITERS.get((context.family, match.field), ()):
        written = _by_row(row, match, context)
        if written is None or isinstance(written, Message):
            why = written or row.refusal or why
            continue
        words = optional(row.option, written, negated=match.negated is not row.opposite)
        return Words(row.module or None, words, row.alone or holds_without_connection(match))
    beside = _beside_the_table(match)
    if beside is None:
        raise refuse(match, why)
    return beside


def _by_row(row: OptionRow, match: ir.FieldMatch, context: Context) -> Written:
    """Return the words after the row's option, or the reason why the row cannot write the match."""
    used = not row.module and row.option in context.used
    if used or (row.protocols and context.protocol not in row.protocols) or (match.negated and not row.negatable):
        return None
    return row.form.write(Value(match.ranges, match.mask), context.family)


def _beside_the_table(match: ir.FieldMatch) -> Words | None:
    match match.field:
        case "dscp" | "ecn":
            return tos_words(match)
        case "extensions":
            return extension_words(match)
        case "ipsec-in" | "ipsec-out":
            return policy_words(match)
        case _:
            return None


def _name_words(match: ir.NameMatch, context: Context) -> Words:
    if len(match.names) != 1:
        raise refuse(match, message("iptables takes one interface name here"))
    (name,) = match.names
    for row in NAME_ROWS:
        if row.field == match.field and row.written and row.given is bool(name) and row.option not in context.used:
            words = write_interface(name) if row.given else ""
            return Words(row.module or None, optional(row.option, words, negated=match.negated is row.given))
    option = "-i" if match.field == "iif" else "-o"
    raise refuse(match, message("a rule can have only one {option} that names something", option=option))


def _alternatives_words(match: ir.AnyOfMatch, context: Context) -> Words:
    match match.alternatives:
        case (ir.SetMatch(negated=False) as only,) if match.negated:
            return set_words(only, negated=True)
        case (ir.FieldMatch(negated=False) as only,) if match.negated and _lacking(only, context):
            words = _field_words(only, context)
            return words._replace(words=("!", *words.words))
        case (ir.FieldMatch("sport", ranges, negated=False), ir.FieldMatch("dport", others)) if ranges == others:
            return either_port_words(ranges, context.family, negated=match.negated)
        case (ir.FieldMatch(field="dscp") as dscp, ir.FieldMatch(field="ecn") as ecn):
            pair = tos_pair(dscp, ecn, negated=True)
            if pair is not None and not match.negated:
                return pair
        case _:
            found = states_words(match, context.family)
            if found is not None:
                return found
    raise refuse(match)


def _lacking(match: ir.FieldMatch, context: Context) -> bool:
    """Return whether a packet without the field satisfies the negated option that compares the field."""
    return any(row.lacking for row in WRITERS.get((context.family, match.field), ()))
