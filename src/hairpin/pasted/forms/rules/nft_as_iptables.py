"""Translates a table of iptables-nft in nft's listing into lines of ``iptables-save``.  nft itself does not know all
extensions of iptables."""

from collections.abc import Iterable

from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.pasted.forms.rules.nft_words import options_of
from hairpin.sought import Sought

_CHAIN = Sought(r"chain (?P<name>\S+) \{$")
_HOOK = Sought(r"type \w+ hook \w+ priority [^;]+; policy (?P<policy>\w+);")


def as_iptables_save(family: str, table: str, lines: Iterable[str]) -> str:
    """Return the text of ``iptables-save``; empty if the table is no table of iptables.

    A table of iptables has iptables' name and base chains, and only things that iptables makes.  ``lines``: the lines
    between the table's braces, without spaces at their ends and without handles."""
    if family not in ("ip", "ip6") or table not in BASE_CHAINS:
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
        elif line.startswith("flags ") and not name:
            continue
        elif not name:
            return ""  # a set, or another object
        else:
            words = options_of(line, family)
            rules.append(" ".join(each for each in (f"-A {name}", words.matches, words.target) if each))
    if any(policy != "-" and each not in BASE_CHAINS[table] for each, policy in chains.items()):
        return ""
    # The kernel has the base chains that were needed.  One that is not there lets everything pass.
    chains = dict.fromkeys(BASE_CHAINS[table], "ACCEPT") | chains
    heads = [f":{each} {policy} [0:0]" for each, policy in chains.items()]
    return "".join(f"{line}\n" for line in (f"*{table}", *heads, *rules, "COMMIT"))
