"""Edits of saved rules: add or remove one rule of an iptables-save(8) text, or one line of an nft(8) script.

A rule is found by its meaning and not by its text, because hand-written files say ``-p tcp --dport 80`` where
iptables-save prints ``-p tcp -m tcp --dport 80``.
"""

import re
from collections.abc import Iterator

from hairpin.errors import ParseError
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Rule
from hairpin.netfilter.meaning import unordered

_TUPLE = "### tuple ###"
_POLICY = re.compile(r"^:(?P<chain>\S+) (?P<policy>ACCEPT|DROP)\b")
_BUILT_IN = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}


def without_rule(file: ConfigFile, family: str, table: str, chain: str, text: str) -> str | None:
    """Return the file's text without the rule; None if the file does not have the rule, or has another format."""
    wanted = rule_of(family, table, chain, text)
    if wanted is None:
        return None
    numbers = {rule.line for rule in rules_of(file, family, table, chain) if unordered(rule) == unordered(wanted)}
    lines = file.text.split("\n")
    left_out = _with_ufws_words(lines, numbers)
    return None if not left_out else "\n".join(each for at, each in enumerate(lines, 1) if at not in left_out)


def _with_ufws_words(lines: list[str], numbers: set[int]) -> set[int]:
    """Return the given line numbers, and the line numbers of ufw's ``### tuple`` comments for these rules.  From a
    ``### tuple`` comment ufw would write the rule again.  Return an empty set if a comment also stands for other rules.
    Source: ufw backend_iptables.py _write_rules()"""
    found = set(numbers)
    for at, line in enumerate(lines, 1):
        if line.startswith(_TUPLE):
            rules = set(_rules_behind(lines, at))
            if rules <= numbers and rules:
                found.add(at)
            elif rules & numbers:
                return set()
    return found


def _rules_behind(lines: list[str], at: int) -> Iterator[int]:
    for number in range(at + 1, len(lines) + 1):
        if not lines[number - 1].startswith("-A "):
            return
        yield number


def rule_line(file: ConfigFile, family: str, table: str, chain: str, text: str) -> int:
    """Return the number of the line that has the rule; 0 if no line has the rule."""
    wanted = rule_of(family, table, chain, text)
    if wanted is None:
        return 0
    found = (rule.line for rule in rules_of(file, family, table, chain) if unordered(rule) == unordered(wanted))
    return next(found, 0)


def rule_of(family: str, table: str, chain: str, text: str) -> Rule | None:
    """Return the rule that the text ``-A CHAIN …`` means; None if hairpin cannot read the text."""
    words = text.removeprefix(f"-A {chain} ")
    saved = ConfigFile("", f"*{table}\n:{chain} - [0:0]\n-A {chain} {words}\nCOMMIT\n")
    rules = rules_of(saved, family, table, chain)
    return rules[0] if rules else None


def rules_of(file: ConfigFile, family: str, table: str, chain: str) -> tuple[Rule, ...]:
    """Return the rules that the file has for the chain; empty if the file has no such rules, or has another format.

    Files that a person or ufw writes may contain commands that insert and delete rules of other chains.  Commands for
    other chains are ignored."""
    of_chain = "\n".join(_of_chain(line, chain) for line in lines_of(file.text))
    try:
        tables = parse(of_chain, family="ip6" if family == "ip6" else "ip", dialect="iptables-nft", source=file.path)
    except ParseError:
        return ()
    for each in tables:
        found = each.chain(chain) if each.name == table else None
        if found is not None:
            return found.rules
    return ()


def _of_chain(line: str, chain: str) -> str:
    """Return the line; if it has a rule of another chain, return a comment, which keeps the line numbers."""
    words = line.partition("] ")[2].split() if line.startswith("[") else line.split()
    return "#" if words[:1] and words[0].startswith("-") and words[1:2] != [chain] else line


def with_rule(text: str, table: str, chain: str, rule: str) -> str:
    """Return the text with the rule added before the chain's other rules.  If the text does not declare the table or
    the chain, the declaration is added.  Some tables have several sections, as in ufw's after.rules with ufw-docker's
    block.  The rule is put into the last section that declares the chain, because each declaration flushes the chain
    again."""
    lines = lines_of(text)
    if f"*{table}" not in lines:
        lines += [f"*{table}", *(f":{name} ACCEPT [0:0]" for name in _BUILT_IN.get(table, ())), "COMMIT"]
    starts = [number for number, line in enumerate(lines) if line == f"*{table}"]
    ends = [next((n for n in range(at, len(lines)) if lines[n].strip() == "COMMIT"), len(lines)) for at in starts]
    sections = [
        (at, end)
        for at, end in zip(starts, ends, strict=True)
        if any(line.startswith(f":{chain} ") for line in lines[at:end])
    ]
    start, end = sections[-1] if sections else (starts[0], ends[0])
    section = lines[start:end]
    if not any(line.startswith(f":{chain} ") for line in section):
        declared = [number for number, line in enumerate(section) if line.startswith((":", "*"))]
        section.insert(declared[-1] + 1, f":{chain} - [0:0]")
    of_chain = [number for number, line in enumerate(section) if f"-A {chain} " in f"{line} "]
    section.insert(of_chain[0] if of_chain else len(section), f"-A {chain} {rule.removeprefix(f'-A {chain} ')}")
    return text_of([*lines[:start], *section, *lines[end:]])


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, which are separated only by newline characters."""
    return text.removesuffix("\n").split("\n") if text else []


def text_of(lines: list[str]) -> str:
    """Return the text that consists of these lines."""
    return "".join(f"{each}\n" for each in lines)


def with_policy(text: str, table: str, chain: str, policy: str) -> str | None:
    """Return the text with the base chain's policy changed; None if the text does not set another policy for the
    chain."""
    inside = False
    changed = False
    lines: list[str] = []
    for line in lines_of(text):
        if line.startswith("*"):
            inside = line[1:].strip() == table
        found = _POLICY.match(line) if inside else None
        if found is not None and found["chain"] == chain and found["policy"] != policy.upper():
            lines.append(f":{chain} {policy.upper()} [0:0]")
            changed = True
        else:
            lines.append(line)
    return text_of(lines) if changed else None


def policy_line(text: str, table: str, chain: str, policy: str) -> int:
    """Return the number of the line that sets the base chain's policy to ``policy``; 0 if no line does."""
    inside = False
    for number, line in enumerate(lines_of(text), 1):
        if line.startswith("*"):
            inside = line[1:].strip() == table
        found = _POLICY.match(line) if inside else None
        if found is not None and (found["chain"], found["policy"]) == (chain, policy.upper()):
            return number
    return 0


def without_nft_line(file: ConfigFile, chain: str, text: str) -> str | None:
    """Return the nft script without the one line that has the rule; None if no line or several lines have the rule."""
    found = nft_line(file, chain, text)
    if not found:
        return None
    return "\n".join(line for number, line in enumerate(file.text.split("\n"), 1) if number != found)


def nft_line(file: ConfigFile, chain: str, text: str) -> int:
    """Return the number of the nft script line that has the rule or the policy; 0 if no line or several lines have
    it."""
    wanted = _spaced(text)
    inside = ""
    found: list[int] = []
    for number, line in enumerate(lines_of(file.text), 1):
        opened = re.match(r"\s*chain\s+(\S+)", line)
        if opened is not None:
            inside = opened[1]
        if inside == chain and (_spaced(line) == wanted or (wanted.startswith("policy") and wanted in _spaced(line))):
            found.append(number)
    return found[0] if len(found) == 1 else 0


_ON_ONE_LINE = re.compile(
    r"(?P<head>\s*chain\s+(?P<name>\S+)\s*\{\s*(?:(?:type|policy|comment|flags|devices?)\b[^;]*;\s*)*)(?P<rules>.*)\}\s*$"
)
"""The pattern for a chain of an nft script that is written on one line: its head, then its rules."""


def with_nft_line(file: ConfigFile, where: tuple[str, str, str], text: str) -> str | None:
    """Return the nft script in which the chain (family, table, name) begins with the rule; the script is unchanged if
    the chain already has the rule.  Return None if the script does not define the chain inside a block of the table."""
    lines = lines_of(file.text)
    table = ""
    for number, line in enumerate(lines):
        opened = re.match(r"\s*(?:add\s+)?table\s+(?:(ip|ip6|inet|arp|bridge|netdev)\s+)?(\S+)\s*\{", line)
        if opened is not None:
            table = f"{opened[1] or 'ip'} {opened[2]}"
        whole = _ON_ONE_LINE.match(line)
        if whole is not None and (table, whole["name"]) == (f"{where[0]} {where[1]}", where[2]):
            if _spaced(text) in map(_spaced, whole["rules"].split(";")):
                return file.text
            edited = f"{whole['head']}{text}; {whole['rules']}}}"
            return text_of([*lines[:number], edited, *lines[number + 1 :]])
        head = re.match(r"(\s*)chain\s+(\S+)\s*\{\s*$", line)
        if head is None or (table, head[2]) != (f"{where[0]} {where[1]}", where[2]):
            continue
        end = next((n for n in range(number + 1, len(lines)) if lines[n].strip().startswith("}")), len(lines))
        body = lines[number + 1 : end]
        if any(_spaced(each) == _spaced(text) for each in body):
            return file.text
        own = next((n for n, each in enumerate(body) if _is_rule(each)), len(body))
        indent = next((each[: -len(each.lstrip())] for each in body if each.strip()), f"{head[1]}\t")
        at = number + 1 + own
        return text_of([*lines[:at], f"{indent}{text}", *lines[at:]])
    return None


def _is_rule(line: str) -> bool:
    """Return whether a line in an nft chain is a rule, and not the hook, the policy, a comment or an empty line."""
    return not re.match(r"\s*(?:$|#|type\s|policy\s|comment\s|flags\s|devices?\s)", line)


def _spaced(text: str) -> str:
    return " ".join(text.replace('"', "").partition("#")[0].split())
