"""``iptables -L`` and ``ip6tables -L`` with any of ``-n -v -x --line-numbers``, as lines of ``iptables-save``.

    listing := chain+
    chain := "Chain" NAME "(" ("policy" POLICY [PACKETS "packets," BYTES "bytes"] | N "references") ")" NL head NL rule*
    head  := ["num"] ["pkts" "bytes"] "target" "prot" "opt" ["in" "out"] "source" "destination"
    rule  := [N] [PACKETS BYTES] [TARGET] PROTOCOL [OPTIONS] [IN OUT] SOURCE DESTINATION word*

The walk forks on a match of the module ``unlisted``.  Such a match replaces three things: the interfaces in a listing
without ``-v``, names instead of addresses, and words that this module does not know.  Rules that a person left out
(``...``), and chains that are not listed, are replaced by rules that may decide anything.

iptables 1.8.9 and later print numbers of protocols with ``-n``.  ip6tables before 1.8.9 prints no options.

Source: iptables/iptables.c print_firewall(), iptables/xshared.c print_rule_details(); iptables/ip6tables.c
"""

import re
from typing import NamedTuple

from hairpin.errors import MalformedError
from hairpin.netfilter.protocols import BUILT_IN, PROTOCOLS
from hairpin.netfilter.rule_address import IpFamily, read_prefix
from hairpin.pasted.form import Command, Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.pasted.forms.rules.iptables_save import back_end_of, names_chain, table_of
from hairpin.pasted.forms.rules.listed_targets import GOTO
from hairpin.pasted.forms.rules.listed_words import UNLISTED, options_of, unknown_match
from hairpin.pasted.forms.rules.sound_rules import complete_table, gap, is_gap, sound
from hairpin.sought import Sought

_COUNT = r"\d+[KMGTP]?"
_CHAIN = Sought(
    r"\s*Chain (?P<name>\S+) \((?:policy (?P<policy>[A-Z]+)"
    rf"(?:,? {_COUNT} packets, {_COUNT} bytes)?|(?P<references>\d+) references?)\)\s*$"
)
_HEAD = Sought(
    r"\s*(?P<number>num\s+)?(?P<counters>pkts\s+bytes\s+)?target\s+prot(?:\s+opt)?(?P<links>\s+in\s+out)?\s+source\s+destination\s*$"
)
_COUNTERS = Sought(rf"{_COUNT}$")
_LEFT_OUT = Sought(
    r"\s*(?:\.{2,}|\u2026|[\[(<]\s*(?:\.{2,}|\u2026|snip\w*|cut|omitted|truncated)\s*[\])>]|-*\s*(?:snip|8<)\s*-*)+\s*$"
)
_BUILT_IN = frozenset({"INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"})
_ALL = frozenset({"all", "any", "0", "ip"})
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0", "anywhere", "*", "default", "any"})
_NAMED = {
    "localhost": "127.0.0.1", "localhost/8": "127.0.0.0/8", "localhost.localdomain/8": "127.0.0.0/8",
    "loopback/8": "127.0.0.0/8", "link-local/16": "169.254.0.0/16", "base-address.mcast.net/4": "224.0.0.0/4",
    "ip6-localhost": "::1", "localhost/128": "::1/128",
}  # fmt: skip
"""Names that the C library finds for well-known addresses, on every machine."""
_OPTIONS = frozenset({"--", "-f", "!f", "-", "\u2014", "\u2013"})
_TARGETS = Sought(r"[A-Za-z_][^\s]*$")
_NEGATED = Sought(r"(?<=\s)! (?=\S)")
_LONGEST_LINK = 15


class _Listed(NamedTuple):
    name: str
    policy: str
    rules: tuple[str, ...]


class _Columns(NamedTuple):
    """The columns that a listing has."""

    number: bool
    counters: bool
    links: bool


def _listing_at(paste: Paste, start: int) -> Found | None:
    """Return one listing: the chains of one table.  A chain whose name was already listed begins another table."""
    chains: list[_Listed] = []
    family: IpFamily | None = None
    end = start
    command = paste.command_above(start)
    if command.words and "tables" not in command.words[0]:
        command = Command(command.line, command.text, (), command.host, command.netns)
    while end < len(paste.lines):
        head = _CHAIN.match(paste.lines[end])
        if head is None or any(each.name == head["name"] for each in chains):
            break
        if chains and head["name"] in _BUILT_IN and chains[-1].name not in _BUILT_IN:
            break
        chain, of_chain, end = _chain(paste, end, head)
        chains.append(chain)
        family = family or of_chain
        following = end
        while following < len(paste.lines) and not paste.lines[following].strip():
            following += 1
        if following >= len(paste.lines) or following in paste.commands or not _CHAIN.match(paste.lines[following]):
            break
        end = following
    if not chains:
        return None
    v6 = command.words[0].startswith("ip6") if command.words else family == "ip6"
    table = table_of(command) or _table_of(chains)
    if any(each.policy != "-" and each.name not in _BUILT_IN for each in chains):
        return None
    rules = [rule for each in chains for rule in each.rules]
    text = joined_lines(
        complete_table(table, {each.name: each.policy for each in chains}, rules, whole=_is_whole(chains, command))
    )
    told = ("ip6tables" if v6 else "iptables") + (f" -t {table}" if table != "filter" else "") + " -L"
    key = f"{back_end_of(command)}save{6 if v6 else 4}"
    return Found(end, told, (Fragment(key, text, command.netns),))


def _is_whole(chains: list[_Listed], command: Command) -> bool:
    return not names_chain(command) and sum(each.policy != "-" for each in chains) > 1


def _chain(paste: Paste, at: int, head: re.Match[str]) -> tuple[_Listed, IpFamily | None, int]:
    shown = _HEAD.match(paste.lines[at + 1]) if at + 1 < len(paste.lines) else None
    columns = None if shown is None else _Columns(bool(shown["number"]), bool(shown["counters"]), bool(shown["links"]))
    end = at + 1 if columns is None else at + 2
    rules: list[str] = []
    family: IpFamily | None = None
    while end < len(paste.lines) and end not in paste.commands and paste.lines[end].strip():
        if _CHAIN.match(paste.lines[end]):
            break
        if _LEFT_OUT.match(paste.lines[end]):
            rules += gap(head["name"])
            end += 1
            continue
        read = _without_wraps(paste, end, head["name"], columns)
        if read is None:
            rules += gap(head["name"])  # the listing may go on behind a line that is no rule
            end += 1
            if end >= len(paste.lines) or _rule(head["name"], paste.lines[end], columns) is None:
                break
            continue
        rule, of_rule, end = read
        rules.append(rule)
        family = family or of_rule
    return _Listed(head["name"], head["policy"] or "-", tuple(rules)), family, end


def _without_wraps(
    paste: Paste, at: int, chain: str, columns: _Columns | None
) -> tuple[str, IpFamily | None, int] | None:
    """Return the rule that begins at a line, and the index after it.  A terminal or a mail may have broken the rule
    into two lines."""
    line = paste.lines[at]
    rule = _rule(chain, line, columns)
    following = paste.lines[at + 1] if at + 1 < len(paste.lines) and at + 1 not in paste.commands else ""
    is_free = following.strip() and not _CHAIN.match(following) and _rule(chain, following, columns) is None
    if is_free and not _LEFT_OUT.match(following):
        whole = _rule(chain, f"{line} {following}", columns)
        if whole is not None and UNLISTED + " --words" not in whole[0]:
            return (*whole, at + 2)
    return None if rule is None else (*rule, at + 1)


def _rule(chain: str, line: str, columns: _Columns | None) -> tuple[str, IpFamily | None] | None:
    """Return the listed rule as ``iptables-save`` writes it, and the rule's family if its addresses show it; None if
    the line is no rule."""
    read = _rule_of(chain, line.split(), columns)
    if read is None and " ! " in line:
        # Before the words, ``! docker0`` is one column; words have negations of their own.
        read = _rule_of(chain, _NEGATED.sub("!", line).split(), columns)
    return read


def _rule_of(chain: str, words: list[str], columns: _Columns | None) -> tuple[str, IpFamily | None] | None:
    words = _without_counters(words, columns)
    # A rule without a target has an empty column.
    target = "" if _is_protocol(words[0:1]) and not _is_protocol(words[1:2]) else words.pop(0) if words else ""
    if not _is_protocol(words[0:1]) or (target and _TARGETS.match(target) is None):
        return None
    protocol, rest = words[0], words[1:]
    fragment: list[str] = []
    if rest and rest[0] in _OPTIONS:
        fragment = {"-f": ["-f"], "!f": ["! -f"]}.get(rest[0], [])
        rest = rest[1:]
    links = columns.links if columns is not None else not _is_address(rest[0:1])
    if (
        len(rest) < (4 if links else 2)
        or "!" in rest[: 2 * links + 2]
        or not all(_is_address([each]) for each in rest[2 * links : 2 * links + 2])
    ):
        return None
    named = [unknown_match("interfaces")]
    if links:
        named = [each for option, word in zip(("-i", "-o"), rest, strict=False) for each in _link(option, word)]
        rest = rest[2:]
    family = _family_of(rest[0]) or _family_of(rest[1])
    options = [each for option, word in zip(("-s", "-d"), rest, strict=False) for each in _address(option, word)]
    options += named
    number = protocol.lstrip("!").lower()
    if number not in _ALL:
        name = BUILT_IN.get(int(number), number) if number.isdigit() else number
        options.append(f"{'! ' if protocol.startswith('!') else ''}-p {name}")
    options += fragment
    # A line has at least two spaces before the words, which have some of their own.
    matches, of_target = options_of(" ".join(rest[2:]), target)
    jump = "-g" if rest[-1] == GOTO else "-j"
    made = " ".join(["-A", chain, *options, *matches, *([jump, target, *of_target] if target else [])])
    return sound(made, family or "ip"), family


def _without_counters(words: list[str], columns: _Columns | None) -> list[str]:
    if columns is not None:
        leading = words[: columns.number + 2 * columns.counters]
        return words[len(leading) :] if all(map(_COUNTERS.match, leading)) else []
    while words and _COUNTERS.match(words[0]) and not (words[1:2] and words[1] in _OPTIONS):
        words = words[1:]
    return words


def _is_protocol(words: list[str]) -> bool:
    word = words[0].lstrip("!").lower() if words else ""
    return word in _ALL or word in PROTOCOLS or (word.isdigit() and int(word) < 256)


def _is_address(words: list[str]) -> bool:
    """Return whether the word may be in a column of addresses: it is an address, a name, or a text with which a person
    masked an address."""
    word = words[0].lstrip("!") if words else ""
    return word in _EVERYWHERE or (
        re.match(r"[\w.<\[*-]*[\w.:*>\]-]+(?:/[\w.:]+)?$", word) is not None and word not in _OPTIONS
    )


def _family_of(word: str) -> IpFamily | None:
    word = word.lstrip("!")
    for family in ("ip", "ip6"):
        try:
            read_prefix(word, family)
        except (MalformedError, ValueError):
            continue
        return family
    return None


def _link(option: str, word: str) -> list[str]:
    name = word.lstrip("!")
    if name in ("*", "any", "+"):
        return []
    if len(name) > _LONGEST_LINK or not re.fullmatch(r"[\w.:@+-]+", name):
        return [unknown_match("interface", word)]
    return [f"{'! ' if word.startswith('!') else ''}{option} {name}"]


def _address(option: str, word: str) -> list[str]:
    negated, name = word.startswith("!"), word.lstrip("!")
    if name in _EVERYWHERE and not negated:
        return []
    name = _NAMED.get(name, name)
    if _family_of(name) is None:
        return [unknown_match("source-address" if option == "-s" else "destination-address", word)]
    return [f"{'! ' if negated else ''}{option} {name}"]


def _table_of(chains: list[_Listed]) -> str:
    """Return the table that has these chains.  If several tables may have them, the rules decide."""
    names = {each.name for each in chains if each.policy != "-"}
    if "FORWARD" in names and names & {"PREROUTING", "POSTROUTING"}:
        return "mangle"
    if "POSTROUTING" in names:
        return "nat"
    if "PREROUTING" in names:
        return "raw" if "OUTPUT" in names else "nat"
    if names:
        return "filter"
    rules = [rule for each in chains for rule in each.rules if not is_gap(rule)]
    if any(re.search(r"-j (?:DNAT|SNAT|MASQUERADE|REDIRECT)\b", rule) for rule in rules):
        return "nat"
    # Docker's chain of the same name in table nat begins with rules that return.
    is_nat = any(each.name == "DOCKER" for each in chains) and rules and all("-j RETURN" in rule for rule in rules)
    return "nat" if is_nat else "filter"


FORMS = (OutputForm(_CHAIN, _listing_at),)
