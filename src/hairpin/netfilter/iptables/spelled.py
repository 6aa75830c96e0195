"""Writes a rule as a person types it, without the words that iptables adds by itself.

Law: iptables reads these words and the words of :mod:`hairpin.netfilter.iptables.render` as the same rule.

Source: iptables(8) --protocol (``-m tcp`` follows from ``-p tcp``)
"""

from collections.abc import Iterator

from hairpin.netfilter.iptables.render import render_rule
from hairpin.netfilter.iptables.words import split_words
from hairpin.netfilter.ir import Expression, Rule
from hairpin.netfilter.rule_address import IpFamily

_IMPLIED = ("tcp", "udp", "sctp", "dccp")
_ADDRESSES = ("-s", "-d")


def spelled(body: tuple[Expression, ...], chain: str, family: IpFamily) -> str:
    """Return the rule's words, ``-A CHAIN …``; raise ChangeError for a rule that iptables cannot express."""
    words = split_words(render_rule(Rule(body, "", 1), chain, family))
    return " ".join(_spoken(words, "/32" if family == "ip" else "/128"))


def _spoken(words: list[str], single: str) -> Iterator[str]:
    """Yield the words without ``-m PROTOCOL`` after ``-p PROTOCOL``, and without the prefix length of a single
    address."""
    protocol = words[words.index("-p") + 1] if "-p" in words else ""
    skipped = False
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else ""
        if word == "-m" and following == protocol and protocol in _IMPLIED:
            skipped = True
        elif skipped:
            skipped = False
        elif number and words[number - 1] in _ADDRESSES:
            yield word.removesuffix(single)
        else:
            yield word
