"""Writes the IR as iptables commands and as text for ``iptables-restore``.

The words are made from the rule's body, never from ``Rule.text``, so rules that hairpin itself makes can be written,
too.  Law: reading the written text gives the same IR (apart from texts, lines and handles).

Source: iptables-restore(8), libxtables/xtables.c xtables_save_string()
"""

from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.modules import Words, tos_pair
from hairpin.netfilter.iptables.render_matches import Context, match_words
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
