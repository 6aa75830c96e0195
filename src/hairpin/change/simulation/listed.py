"""Functions for a rule's text: the part after the chain's name, and the line that the rule's tool lists for
the rule."""

from functools import lru_cache

from msgspec.structs import replace

from hairpin.change.change import InsertRule
from hairpin.errors import ChangeError
from hairpin.netfilter.iptables.render import render_rule
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.ir import Rule
from hairpin.netfilter.rule_address import IpFamily


def own_words(rule: Rule, chain: str) -> str:
    """Return the rule's text after ``-A CHAIN``."""
    return rule.text.removeprefix(f"-A {chain} ").removeprefix(f"-A {chain}")


def listed_rule(edit: InsertRule) -> str:
    """Return the line that the rule's tool lists for the rule.  iptables adds words that were not typed."""
    if edit.dialect not in ("iptables-nft", "iptables-legacy"):
        return edit.rule.text
    return _line_listed(edit.rule, edit.chain, "ip6" if edit.family == "ip6" else "ip")


@lru_cache(maxsize=4096)  # an engine inserts the same rules again in each simulated event and in each tried repair
def _line_listed(rule: Rule, chain: str, family: IpFamily) -> str:
    line = f"-A {chain} {own_words(rule, chain)}".rstrip()
    try:
        typed = line == spelled(rule.body, chain, family)
        return render_rule(rule, chain, family) if typed else line
    except ChangeError:
        return line


def as_listed(edit: InsertRule) -> InsertRule:
    """Return the insertion with the rule's text as the tool lists it.

    With this text, hairpin can tell whether the rule exists already."""
    words = listed_rule(edit)
    return edit if words == edit.rule.text else replace(edit, rule=replace(edit.rule, text=words))
