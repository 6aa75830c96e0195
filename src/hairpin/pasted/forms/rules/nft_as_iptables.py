"""A table of iptables-nft in nft's listing, as lines of ``iptables-save``: nft itself does not know all extensions."""

import re
from collections.abc import Iterable

from hairpin.pasted.forms.rules.nft_words import options_of

_CHAIN = re.compile(r"chain (?P<name>\S+) \{$")
_HOOK = re.compile(r"type \w+ hook \w+ priority [^;]+; policy (?P<policy>\w+);")
_OF_IPTABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})
_BUILT_IN = frozenset({"INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"})
BASE_CHAINS = {"filter": ("INPUT", "FORWARD", "OUTPUT"), "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")}
"""The base chains of a table.  The kernel has those that were needed; one that is not there lets everything pass, and
``iptables-save`` shows it so."""


def as_iptables_save(family: str, table: str, lines: Iterable[str]) -> str:
    """Return the text of ``iptables-save``; empty if the table is none of iptables.

    A table is one of iptables if it has iptables' name and base chains, and nothing that no table of iptables has.
    ``lines``: those between the table's braces, without spaces at their ends and without handles."""
    if family not in ("ip", "ip6") or table not in _OF_IPTABLES:
        return ""
    chains: dict[str, str] = {}
    rules: list[str] = []
    name = ""
    for line in lines:
        chain, hook = _CHAIN.match(line), _HOOK.match(line)
        if chain is not None:
            name = chain["name"]
            chains[name] = "-"
        elif hook is not None:
            chains[name] = hook["policy"].upper()
        elif line == "}":
            name = ""
        elif not name:
            return ""  # a set, or another object
        else:
            words = options_of(line, family)
            rules.append(" ".join(each for each in (f"-A {name}", words.matches, words.target) if each))
    if any(policy != "-" and each not in _BUILT_IN for each, policy in chains.items()):
        return ""
    chains = dict.fromkeys(BASE_CHAINS.get(table, ()), "ACCEPT") | chains
    heads = [f":{each} {policy} [0:0]" for each, policy in chains.items()]
    return "".join(f"{line}\n" for line in (f"*{table}", *heads, *rules, "COMMIT"))
