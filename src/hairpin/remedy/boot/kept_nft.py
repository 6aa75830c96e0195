"""Keeps a rule of nft in the script that the host loads at boot."""

import re

from hairpin.change.change import InsertRule, WriteFile
from hairpin.host.boot.rule_keeper import is_nft_script
from hairpin.host.boot.saved_rules import with_nft_line
from hairpin.host.managers import ConfigFile
from hairpin.message import Message, message
from hairpin.netfilter.nft.misprints import as_typed
from hairpin.remedy.remedy import Lasting, Situation


def nft_insertions(rules: tuple[InsertRule, ...], situation: Situation) -> Lasting:
    """Return the changed scripts, in which the rules are the first lines of their chains.  The rules keep their order,
    because the last rule is inserted first."""
    texts: dict[str, str] = {}
    left: dict[tuple[str, str, str], list[InsertRule]] = {}
    for rule in reversed(rules):
        found = _with_rule(rule, texts, situation)
        if found is None:
            left.setdefault((rule.family, rule.table, rule.chain), []).insert(0, rule)
        else:
            texts[found.path] = found.text
    written = tuple(WriteFile(situation.host.name, path, text) for path, text in texts.items())
    advice = tuple(_without_script(tuple(each), situation) for each in reversed(left.values()))
    return Lasting(files=tuple(each for each in written if _differs(each, situation)), advice=advice)


def _with_rule(rule: InsertRule, texts: dict[str, str], situation: Situation) -> ConfigFile | None:
    """Return the script that makes the rule's chain, with the rule added; None if no script that was read makes the
    chain."""
    for file in situation.host.files:
        if not is_nft_script(file.path):
            continue
        script = ConfigFile(file.path, texts.get(file.path, file.text))
        text = with_nft_line(script, (rule.family, rule.table, rule.chain), as_typed(rule.rule.text, rule.family))
        if text is not None:
            return ConfigFile(file.path, text)
    return None


def _differs(written: WriteFile, situation: Situation) -> bool:
    before = situation.file(written.path)
    return before is None or before.text != written.text


def _without_script(rules: tuple[InsertRule, ...], situation: Situation) -> Message:
    """Return the advice for rules of one chain, which is in no block of a script.

    A script may make the chain in another form, or another program may make it at boot."""
    rule, lines = rules[0], "; ".join(each.rule.text for each in rules)
    facts = {"chain": rule.chain, "family": rule.family, "table": rule.table, "line": lines}
    named = [rf"\b{kind}\b[^\n]*\b{re.escape(name)}\b" for kind, name in (("table", rule.table), ("chain", rule.chain))]
    for file in situation.host.files:
        if is_nft_script(file.path) and all(re.search(each, file.text) for each in named):
            return message(
                "{file} names chain {chain} in a form that hairpin does not edit. If the file makes the chain of table "
                "{family} {table}, begin the chain there with {line}",
                file=file.path,
                **facts,
            )
    return message(
        "no script that hairpin read makes chain {chain} of table {family} {table}, so hairpin does not know which "
        "program makes the chain at boot. That program has to begin the chain with {line}",
        **facts,
    )
