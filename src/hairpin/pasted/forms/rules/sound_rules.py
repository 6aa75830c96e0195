"""Repairs lines of ``iptables-save`` that pasting may have damaged, so that the reader of rules accepts them.

If the reader refused one line, the whole table would be lost.  A part of a line that cannot be read becomes a match of
the module ``unlisted``, on which the walk forks.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from hairpin.errors import ParseError
from hairpin.netfilter.iptables.save import BASE_CHAINS, parse
from hairpin.netfilter.rule_address import IpFamily
from hairpin.pasted.forms.rules.listed_targets import KNOWN_TARGETS
from hairpin.pasted.forms.rules.listed_words import UNLISTED, unknown_match
from hairpin.sought import Sought

_ADDRESS = Sought(r"(?P<n>! )?(?P<o>-s|-d|--source|--destination) (?P<again>! )?(?P<v>\S+)")
_TARGET = Sought(r" -(?P<o>[jg]) (?P<v>[^\s-]\S*)")
_QUOTED = Sought(r'"(?:[^"\\]|\\.)*"')
_DEFAULT_REJECT = {"ip": "icmp-port-unreachable", "ip6": "icmp6-port-unreachable"}


def gap(chain: str) -> tuple[str, ...]:
    """Return rules that replace an unknown number of unknown rules of the chain.  With these rules a packet may be
    accepted, dropped, or passed to the rules after them."""
    return tuple(f"-A {chain} {unknown_match('rules')} -j {verdict}" for verdict in ("ACCEPT", "DROP"))


def is_gap(rule: str) -> bool:
    """Return whether the line is one of the rules of :func:`gap`."""
    return f"-m {UNLISTED} --rules" in rule


@lru_cache(maxsize=8192)
def sound(rule: str, family: IpFamily) -> str:
    """Return the rule (``-A CHAIN word*``) in words that the reader of rules accepts.  ``rule`` has no counters."""
    if _is_read(rule, family):
        return rule
    mended = _ADDRESS.sub(lambda found: _known_address(found, family), rule)
    if _is_read(mended, family):
        return mended
    chain = rule.split()[1]
    plain = _QUOTED.sub('""', rule)
    targets = [found for found in _TARGET.finditer(plain) if f"-{found['o']} {found['v']}" in rule]
    jump = targets[-1] if targets else None
    words = unknown_match("words", rule.partition(chain)[2])
    if jump is None:
        return f"-A {chain} {words}"
    # The options of the target are lost: of a target that needs some, nothing is known any more.
    option = f" --reject-with {_DEFAULT_REJECT[family]}" if jump["v"] == "REJECT" else ""
    return f"-A {chain} {words} -{jump['o']} {jump['v']}{option}"


def _is_read(rule: str, family: IpFamily) -> bool:
    chain = rule.split(maxsplit=2)[1]
    text = f"*filter\n:{chain} - [0:0]\n{rule}\nCOMMIT\n"
    try:
        parse(text, family=family, dialect="iptables-nft", source="a line")
    except ParseError:
        return False
    return True


def _known_address(found: re.Match[str], family: IpFamily) -> str:
    if _is_read(f"-A X -s {found['v']} -j ACCEPT", family):
        return found[0]
    return unknown_match("source-address" if found["o"] in ("-s", "--source") else "destination-address", found["v"])


def missing_chains(table: str, listed: dict[str, str], rules: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the policy of each chain that is not listed although every such table has it, or although a
    rule names it."""
    for name in BASE_CHAINS[table]:
        if name not in listed and not (table == "nat" and name == "INPUT" and listed):
            yield name, "ACCEPT"
    named = dict.fromkeys(found["v"] for rule in rules for found in _TARGET.finditer(_QUOTED.sub('""', rule)))
    yield from (
        (name, "-") for name in named if name not in listed and name not in KNOWN_TARGETS | {*BASE_CHAINS[table]}
    )


def complete_table(table: str, chains: dict[str, str], rules: list[str], *, whole: bool) -> list[str]:
    """Return a table in the form of ``iptables-save``.  ``chains``: the listed chains with their policies.  ``rules``:
    their rules, gaps included.  A chain that is not listed gets a gap as its rules.  ``whole``: whether all chains of
    the table are listed; then no base chain is added."""
    missing = [(name, policy) for name, policy in missing_chains(table, chains, rules) if policy == "-" or not whole]
    return [
        f"*{table}",
        *(f":{name} {policy} [0:0]" for name, policy in (*chains.items(), *missing)),
        *rules,
        *(rule for name, _ in missing for rule in gap(name)),
        "COMMIT",
    ]
