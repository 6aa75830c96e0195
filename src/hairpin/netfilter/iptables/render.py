"""Writes the IR as iptables commands and as text for ``iptables-restore``.

The words are made from the rule's body, never from ``Rule.text``, so rules that hairpin itself makes can be written,
too.  The words of a match are made by match_rows.py and modules.py.  Law: reading the written text gives the same IR
(apart from texts, lines and handles).

Source: iptables-restore(8), libxtables/xtables.c xtables_save_string()
"""

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
from hairpin.netfilter.iptables.targets import target_words
from hairpin.netfilter.iptables.words import quoted, refuse, split_words
from hairpin.netfilter.rule_address import IpFamily


def render(table: ir.Table) -> str:
    """Return the table as text for ``iptables-restore`` (family ip) or ``ip6tables-restore`` (ip6), with counters.
    Raises ChangeError for a table of another family and for rules that iptables cannot express.
    """
    if table.family not in ("ip", "ip6"):
        raise refuse(
            message("table {name} of family {family}", name=table.name, family=table.family),
            message("iptables has the families ip and ip6"),
        )
    family: IpFamily = "ip" if table.family == "ip" else "ip6"
    lines = [f"*{table.name}", *map(_declaration, table.chains)]
    for chain in table.chains:
        for rule in chain.rules:
            counters = "" if rule.packets is None else f"[{rule.packets}:{rule.bytes or 0}] "
            lines.append(counters + render_rule(rule, chain.name, family))
    return "\n".join((*lines, "COMMIT", ""))


def _declaration(chain: ir.Chain) -> str:
    policy = "-" if chain.hook is None else "DROP" if chain.policy == "drop" else "ACCEPT"
    return f":{chain.name} {policy} [{chain.packets or 0}:0]"


def render_rule(rule: ir.Rule, chain: str, family: IpFamily) -> str:
    """Return the rule as a line of ``iptables-restore`` without counters, such as ``-A FORWARD -i eth0 -j DROP``."""
    return " ".join(("-A", chain, *_raw_words(rule.body, family)))


def _raw_words(body: tuple[ir.Expression, ...], family: IpFamily) -> tuple[str, ...]:
    groups: list[_Group] = []
    statements: list[ir.Statement] = []
    protocol: int | None = None
    used: frozenset[str] = frozenset()
    index = 0
    while index < len(body):
        each = body[index]
        index += 1
        match each:
            case ir.StatefulMatch(text=text) | ir.OpaqueMatch(text=text):
                groups.append(_verbatim(text))
            case ir.NoEffect(name="comment", text=text):
                groups.append(_Group(None, ("-m", "comment", "--comment", quoted(text))))
            case ir.NoEffect(name=name, text=text) if name.islower():
                groups.append(_verbatim(text))
            case _:
                if isinstance(each, ir.Statement):
                    statements.append(each)
                    continue
                words = tos_pair(each, body[index] if index < len(body) else None)
                index += words is not None
                words = words or match_words(each, Context(family, protocol, used))
                _add(groups, words)
                used |= _core_options(words)
                if isinstance(each, ir.FieldMatch) and each.field == "protocol" and not each.negated:
                    protocol = each.ranges[0][0]
    matches = (word for group in groups for word in group.all_words())
    return (*matches, *target_words(tuple(statements), family))


class _Group:
    """The words of one ``-m MODULE``, or words to which nothing can be added (``module`` None)."""

    def __init__(self, module: str | None, words: tuple[str, ...], tail: tuple[str, ...] = ()) -> None:
        self.module = module
        self.words = words
        self.tail = tail

    def all_words(self) -> tuple[str, ...]:
        return self.words + self.tail


def _verbatim(text: str) -> _Group:
    return _Group(None, tuple(split_words(text)))


def _core_options(words: Words) -> frozenset[str]:
    return frozenset(word for word in words.words if word != "!") if words.module is None else frozenset()


def _add(groups: list[_Group], words: Words) -> None:
    """Add the words to the last group if iptables-save would print them together, else to a new group."""
    last = groups[-1] if groups else None
    if (
        last is not None
        and words.module is not None
        and last.module == words.module
        and last.tail == words.tail
        and not words.alone
        and not any(word in last.words for word in words.words if word.startswith("-"))
    ):
        last.words += words.words
        return
    if words.module is None:
        groups.append(_Group(None, words.words))
    else:
        # To a group whose module is None, no words are added.
        module = None if words.alone else words.module
        groups.append(_Group(module, ("-m", words.module, *words.words), words.tail))


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
