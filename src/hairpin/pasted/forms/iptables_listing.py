"""``iptables -L`` and ``ip6tables -L`` with any of ``-n -v -x --line-numbers``, as lines of ``iptables-save``.

    chain := "Chain" NAME "(" ("policy" POLICY [PACKETS "packets," BYTES "bytes"] | N "references") ")" NL head NL rule*
    head  := ["num"] ["pkts" "bytes"] "target" "prot" "opt" ["in" "out"] "source" "destination"
    rule  := [N] [PACKETS BYTES] TARGET PROTOCOL OPTIONS [IN OUT] SOURCE DESTINATION word*

What the listing does not show becomes a match of the module ``unlisted``, on which the walk forks: the interfaces
without ``-v``, names in place of addresses, and words that this module does not know.

Source: iptables/iptables.c print_firewall(), and the ``print`` functions of the extensions
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hairpin.pasted.form import Command, Form, Found, Paste, Part, joined_lines
from hairpin.pasted.forms.iptables_save import table_of
from hairpin.pasted.forms.listed_words import UNLISTED, options_of

_CHAIN = re.compile(
    r"\s*Chain (?P<name>\S+) \((?:policy (?P<policy>[A-Z]+)(?:,? [\dKMGT]+ packets, [\dKMGT]+ bytes)?|(?P<references>\d+) references)\)\s*$"
)
_HEAD = re.compile(r"\s*(?:num\s+)?(?P<counters>pkts\s+bytes\s+)?target\s+prot(?:\s+opt)?(?P<links>\s+in\s+out)?\s+source\s+destination\s*$")
_RULE = re.compile(r"\s*(?:\d+\s+)?(?:\d+[KMGT]?\s+\d+[KMGT]?\s+)?\S")
_BUILT_IN = frozenset({"INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"})
_PROTOCOL_NAMES = {"0": "all", "all": "all", "any": "all"}
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0", "anywhere", "*", "default"})
_ADDRESS = re.compile(r"!?[0-9a-fA-F.:]+(?:/[0-9a-fA-F.:]+)?$")
_TARGETS = re.compile(r"[A-Za-z_][\w.:+-]*$")


class _Listed(NamedTuple):
    name: str
    policy: str
    rules: tuple[str, ...]


def _read(paste: Paste, start: int) -> Found | None:
    """Return one listing: the chains of one table.  A chain whose name was already listed begins another table."""
    chains: list[_Listed] = []
    is_v6 = False
    end = start
    command = paste.command_above(start)
    while end < len(paste.lines):
        head = _CHAIN.match(paste.lines[end])
        if head is None or any(each.name == head["name"] for each in chains):
            break
        if chains and head["name"] in _BUILT_IN and chains[-1].name not in _BUILT_IN:
            break
        chain, is_ipv6, end = _chain(paste, end, head)
        chains.append(chain)
        is_v6 = is_v6 or is_ipv6
        following = end
        while following < len(paste.lines) and not paste.lines[following].strip():
            following += 1
        if following >= len(paste.lines) or following in paste.commands or not _CHAIN.match(paste.lines[following]):
            break
        end = following
    if not chains:
        return None
    is_v6 = command.words[0].startswith("ip6") if command.words and "tables" in command.words[0] else is_v6
    table = table_of(command) or _table_of(chains)
    text = joined_lines(list(_saved(table, chains, command)))
    told = ("ip6tables" if is_v6 else "iptables") + (f" -t {table}" if table != "filter" else "") + " -L"
    return Found(end, told, (Part(f"iptables-nft-save{6 if is_v6 else 4}", text, command.netns),))


def _chain(paste: Paste, at: int, head: re.Match[str]) -> tuple[_Listed, bool, int]:
    columns = _HEAD.match(paste.lines[at + 1]) if at + 1 < len(paste.lines) else None
    end = at + 1 if columns is None else at + 2
    rules: list[str] = []
    is_v6 = False
    while end < len(paste.lines) and end not in paste.commands and paste.lines[end].strip():
        line = paste.lines[end]
        if _CHAIN.match(line) or not _RULE.match(line):
            break
        rule = _rule(head["name"], line.split(), columns)
        if rule is None:
            break
        rules.append(rule)
        is_v6 = is_v6 or "::/" in line
        end += 1
    return _Listed(head["name"], head["policy"] or "-", tuple(rules)), is_v6, end


def _rule(chain: str, words: list[str], columns: re.Match[str] | None) -> str | None:
    """Return the listed rule as ``iptables-save`` writes it; None if the line is no rule."""
    counters = columns is not None and columns["counters"] is not None
    links = columns is not None and columns["links"] is not None
    at = 0
    if words[0].isdigit() and (not counters or (len(words) > 2 and re.fullmatch(r"\d+[KMGT]?", words[2]))):  # noqa: PLR2004
        at = 1
    at += 2 if counters else 0
    rest = words[at:]
    # A rule without a target has an empty column.
    target = "" if rest and _is_protocol(rest[0]) and _is_option(rest[1:2]) else rest.pop(0) if rest else ""
    if not rest or not _is_protocol(rest[0]):
        return None
    protocol, rest = rest[0], rest[1:]
    if rest and _is_option(rest[:1]):
        rest = rest[1:]
    if len(rest) < (4 if links else 2) or (target and _TARGETS.match(target) is None):
        return None
    options: list[str] = []
    if links:
        options += [*_link("-i", rest[0]), *_link("-o", rest[1])]
        rest = rest[2:]
    else:
        options += ["-m", UNLISTED, "--interfaces"]
    options += [*_address("-s", rest[0]), *_address("-d", rest[1])]
    number = _PROTOCOL_NAMES.get(protocol, protocol)
    if number != "all":
        options += ["!", "-p", number[1:]] if number.startswith("!") else ["-p", number]
    matches, of_target = options_of(rest[2:], target, number.lstrip("!"))
    jump = ["-j", target, *of_target] if target else []
    return " ".join(["-A", chain, *options, *matches, *jump])


def _is_protocol(word: str) -> bool:
    return re.fullmatch(r"!?(?:all|tcp|udp|udplite|icmp|icmpv6|ipv6-icmp|esp|ah|sctp|gre|igmp|ipencap|ipv6|\d{1,3})", word) is not None


def _is_option(words: list[str]) -> bool:
    return bool(words) and words[0] in ("--", "-f", "!f", "-", "\u2014")


def _link(option: str, word: str) -> Iterator[str]:
    if word in ("*", "any"):
        return
    yield from ("!", option, word[1:]) if word.startswith("!") else (option, word)


def _address(option: str, word: str) -> Iterator[str]:
    if word in _EVERYWHERE:
        return
    if _ADDRESS.match(word) is None:
        yield from ("-m", UNLISTED, f"--{'source' if option == '-s' else 'destination'}", f'"{word}"')
        return
    yield from ("!", option, word[1:]) if word.startswith("!") else (option, word)


def _table_of(chains: list[_Listed]) -> str:
    names = {each.name for each in chains if each.policy != "-"}
    if "FORWARD" in names and names & {"PREROUTING", "POSTROUTING"}:
        return "mangle"
    if "POSTROUTING" in names:
        return "nat"
    if "PREROUTING" in names:
        return "raw" if "OUTPUT" in names else "nat"
    made = {each.name for each in chains}
    if not names and any("DNAT" in rule or "MASQUERADE" in rule for each in chains for rule in each.rules):
        return "nat"
    return "nat" if not names and "DOCKER" in made and "DOCKER-USER" not in made and any(
        "-j RETURN" in rule for each in chains for rule in each.rules
    ) else "filter"


def _saved(table: str, chains: list[_Listed], command: Command) -> Iterator[str]:
    """Yield the table in the form of ``iptables-save``.  A chain that a rule names and that is not listed gets rules of
    which nothing is known."""
    yield f"*{table}"
    listed = {each.name for each in chains}
    named = {
        word for each in chains for rule in each.rules for before, word in _pairs(rule) if before in ("-j", "-g")
    }
    missing = sorted(name for name in named - listed if name.upper() != name or _is_chain_name(name))
    for each in chains:
        yield f":{each.name} {each.policy} [0:0]"
    for name in missing:
        yield f":{name} - [0:0]"
    for each in chains:
        yield from each.rules
    for name in missing:
        yield from (f"-A {name} -m {UNLISTED} --rules -j {verdict}" for verdict in ("ACCEPT", "DROP"))
    yield "COMMIT"


def _pairs(rule: str) -> Iterator[tuple[str, str]]:
    words = rule.split()
    return zip(words, words[1:], strict=False)


_KNOWN_TARGETS = frozenset(
    "ACCEPT DROP REJECT RETURN QUEUE NFQUEUE LOG NFLOG ULOG DNAT SNAT MASQUERADE REDIRECT NETMAP MARK CONNMARK TCPMSS "
    "NOTRACK CT TRACE TPROXY SET TTL HL DSCP TOS CLASSIFY CHECKSUM SECMARK CONNSECMARK AUDIT TEE SYNPROXY LED "
    "IDLETIMER HMARK ECN RATEEST CLUSTERIP DNPT SNPT FLOWOFFLOAD".split()
)


def _is_chain_name(name: str) -> bool:
    return name not in _KNOWN_TARGETS


FORMS = (Form(_CHAIN, _read),)
