"""The lines of nftables' ``tests/py/*/*.t``.

    file   := (comment | chain | table | set | elements | object | rule)*
    chain  := ":" NAME ";" DECLARATION            table    := "*" FAMILY ";" NAME ";" CHAIN ("," CHAIN)*
    set    := "!" NAME "type" TYPE … ";" RESULT   elements := "?" NAME ELEMENT ("," ELEMENT)* ";" RESULT
    object := "%" NAME "type" KIND … ";" RESULT   rule     := WORDS ";" RESULT (";" PRINTED)?
    comment := "#" … | "-" …                      RESULT   := "ok" | "fail"

Source: nftables tests/py/nft-test.py
"""

import re
from pathlib import Path
from typing import NamedTuple

_KIND = re.compile(r"(ct (?:helper|timeout|expectation)|\S+)(.*)", re.DOTALL)


class Rule(NamedTuple):
    """A rule, whether nft takes it, and its line."""

    number: int
    words: str
    accepted: bool


class Setting(NamedTuple):
    """The head of a file: tables with their chains' names, and commands that make sets and objects.

    ``commands`` have ``{table}`` in place of ``FAMILY NAME``; they are in the order of the file, rules among them.
    """

    chains: dict[str, str]
    tables: tuple[tuple[str, str, tuple[str, ...]], ...]
    steps: tuple[str | Rule, ...]


def read(path: Path) -> Setting:
    """Return the setting of one test file, and its rules."""
    chains: dict[str, str] = {}
    tables: list[tuple[str, str, tuple[str, ...]]] = []
    steps: list[str | Rule] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        first, rest = line[:1], line[1:]
        if first in ("", "#", "-"):
            continue
        if first == ":":
            name, _, declaration = rest.partition(";")
            chains[name] = declaration.strip()
        elif first == "*":
            family, name, used = rest.split(";")
            tables.append((family, name, tuple(used.strip().split(","))))
        elif first in "!?%":
            command, _, result = rest.rpartition(";")
            if result.strip() == "ok":
                steps.append(_command(first, command))
        else:
            words, result = _rule(line)
            if result in ("ok", "fail"):
                steps.append(Rule(number, words, result == "ok"))
    return Setting(chains, tuple(tables), tuple(steps))


def _rule(line: str) -> tuple[str, str]:
    parts = line.rstrip().split(";")
    at = next((at for at, part in enumerate(parts) if part.strip() in ("ok", "fail")), len(parts) - 1)
    return ";".join(parts[:at]).strip(), parts[at].strip()


def _command(mark: str, text: str) -> str:
    name, _, rest = text.strip().partition(" ")
    if mark == "?":
        return f"add element {{table}} {name} {{{{ {rest.strip()} }}}}"
    rest = rest.strip().removeprefix("type ")
    if mark == "!":
        words = re.sub(r" (timeout|flags) ", r"; \1 ", f"type {rest}")
        return f"add set {{table}} {name} {{{{ {words}; }}}}"
    found = _KIND.fullmatch(rest)
    kind, details = (found[1], found[2].strip()) if found else (rest, "")
    details = details if details.startswith("{") or not details else f"{{ {details} ; }}"
    return f"add {kind} {{table}} {name} {details.replace('{', '{{').replace('}', '}}')}"
