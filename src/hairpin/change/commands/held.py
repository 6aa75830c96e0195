"""The number of copies of a rule that a chain has before each edit.  The shown commands use this number, so they may be
run twice.  A rule's text does not show which of several equal rules is meant, or whether an earlier run of the command
added the rule.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from hairpin.change.change import AddChain, DeleteRule, InsertRule, RuleEdit
from hairpin.change.simulation.rules import listed_rule, tool_rules
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Chain, Table

_INTERFACE = re.compile(r"(?:! )?-[io] \S+ ?")
_WITHOUT_INTERFACES = "1.8.11 (nf_tables)"
"""iptables-nft 1.8.11 compares no interfaces when it looks for a rule: `-C` finds missing rules, and `-D` deletes rules
of another interface.  Source: iptables' commit 40406dbfaefb, "nft: fix interface comparisons in `-C` commands";
Debian's 1.8.11-2 contains this commit."""


class Held(msgspec.Struct, frozen=True):
    """The state of a chain before an edit.

    ``copies``: the number of rules in the chain that have the edited rule's text.  ``is_first``: whether the rule to
    delete is the first rule with its text.  ``has_table``: whether the edit's table exists.  ``moved_from``: the place
    of a rule with the same text that a later edit deletes, because the two edits together move the rule."""

    copies: int = 0
    is_first: bool = True
    has_table: bool = True
    moved_from: Place | None = None


def held_before(edits: Sequence[RuleEdit], table: Table | None, version: str | None) -> tuple[Held, ...]:
    """Return the state that each edit finds after the earlier edits.  ``version`` is the output of ``iptables -V``."""
    return tuple(_held(edits, table, _WITHOUT_INTERFACES in (version or "")))


def _held(edits: Sequence[RuleEdit], table: Table | None, blind: bool) -> Iterator[Held]:
    chains: dict[str, list[str]] = {}
    for at, edit in enumerate(edits):
        if isinstance(edit, InsertRule):
            texts = chains.setdefault(edit.chain, _texts(table, edit.chain))
            printed = listed_rule(edit)
            yield Held(texts.count(printed), moved_from=_moved_from(edits[at:], texts, printed))
            texts.insert(len(texts) if edit.position is None else edit.position - 1, printed)
        elif isinstance(edit, DeleteRule):
            texts = chains.setdefault(edit.place.chain, _texts(table, edit.place.chain))
            wanted = edit.place.text
            found = next((n for n, text in enumerate(texts, 1) if _looks(text, blind) == _looks(wanted, blind)), 0)
            yield Held(texts.count(wanted), is_first=found in (0, edit.place.number))
            if 0 < edit.place.number <= len(texts):
                texts.pop(edit.place.number - 1)
        else:
            yield Held(has_table=table is not None or not isinstance(edit, AddChain))


def _moved_from(edits: Sequence[RuleEdit], texts: list[str], printed: str) -> Place | None:
    """Return the place of a rule with the inserted text that a later edit of the chain deletes.  The place is counted
    before the first edit."""
    first = edits[0]
    assert isinstance(first, InsertRule)
    rules = list(enumerate(texts, 1))
    for edit in edits:
        if isinstance(edit, InsertRule) and edit.chain == first.chain:
            rules.insert(len(rules) if edit.position is None else edit.position - 1, (0, ""))
        elif isinstance(edit, DeleteRule) and edit.place.chain == first.chain and edit.place.number <= len(rules):
            number, text = rules.pop(edit.place.number - 1)
            if number and text == printed:
                return msgspec.structs.replace(edit.place, number=number)
    return None


def _texts(table: Table | None, chain: str) -> list[str]:
    found: Chain | None = table.chain(chain) if table is not None else None
    return [rules[0].text for rules in tool_rules(found.rules)] if found is not None else []


def _looks(text: str, blind: bool) -> str:
    """Return the part of the rule's text that the tool compares when it looks for a rule."""
    return _INTERFACE.sub("", text) if blind else text
