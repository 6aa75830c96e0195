"""``nft list ruleset``, ``nft list table`` and ``nft list chain`` as text, in the form of ``nft -j list table``.

    ruleset := table*
    table   := "table" FAMILY NAME "{" ("# handle" N)? (flags | block)* "}"
    block   := ("chain" | "set" | "map" | "counter" …) NAME "{" line* "}"

A table of iptables-nft becomes rules of iptables.  In any other table, hairpin's reader of scripts may not know a rule.
If the rule's last words are a verdict or a jump, these words are kept; the other words become an extension of unknown
meaning, at which the walk forks.  A script of nft looks similar to a listing.  But in a listing, each base chain has
its policy in the line of its hook, and no command stands between the tables.

Source: nft(8); nftables src/rule.c table_print(), chain_print_declaration()
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

import msgspec

from hairpin.errors import MalformedError, ParseError
from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.netfilter.ir import Family
from hairpin.netfilter.nft import listing
from hairpin.netfilter.nft.script.commands import commands
from hairpin.netfilter.nft.script.implied import with_implied
from hairpin.netfilter.nft.syntax import Json, Object, list_of
from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
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


_TABLE = Sought(r"\s*table (?P<family>ip6?|inet|arp|bridge|netdev) (?P<name>[\w.-]+) \{(?:\s*# handle \d+)?\s*$")
_BLOCK = Sought(
    r"(?P<kind>chain|set|map|flowtable|counter|quota|limit|secmark|synproxy|meter|"
    r"ct (?:helper|timeout|expectation)) (?P<name>\"?[\w./@-]+\"?) \{$"
)
_HANDLE = Sought(r"\s*# handle \d+$")
_QUOTED = Sought(r'"[^"]*"')
_SCRIPT = Sought(r"\s*(?:#!.*\bnft\b|flush ruleset|define \w|include \"|add table|delete table)")
_PROPERTY = Sought(r"(?:type \w+ hook|policy \w+;?$|comment \"|devices? =|flags )")
_END = Sought(
    r"(?:^| )(?P<end>accept|drop|return|(?:jump|goto) [\w.-]+|reject(?: with [\w -]+)?)(?: comment \"[^\"]*\")?$"
)
_READERS = frozenset({"cat", "less", "more", "head", "tail", "grep", "vi", "vim", "nano"})
_MOST_LINES = 20000
_DEEPEST = 12


class _Block(NamedTuple):
    """A block of a table: its kind, its name and its statements, each on one line."""

    kind: str
    name: str
    lines: tuple[str, ...]


def _tables_at(paste: Paste, start: int) -> Found | None:
    command = paste.command_above(start)
    if command.words[:1] and command.words[0] in _READERS:
        return None
    above = [line for line in paste.lines[max(0, start - 3) : start] if line.strip()]
    if any(_SCRIPT.match(line) for line in above):
        return None
    head = _TABLE.match(paste.lines[start])
    assert head is not None
    end = _end_of(paste, start)
    if end is None:
        return None
    lines = [_HANDLE.sub("", line.strip()) for line in paste.lines[start + 1 : end - 1]]
    lines = [line for line in lines if line and not line.startswith("# Warning")]
    if any(line.startswith("type ") and " hook " in line and "policy" not in line for line in lines):
        return None
    family, name = cast("Family", head["family"]), head["name"]
    told = f"nft list table {family} {name}"
    flags = next((line.removeprefix("flags ").rstrip(";") for line in lines if line.startswith("flags ")), "")
    if rules := as_iptables_save(family, name, lines):
        parts = [Fragment(f"iptables-nft-save{6 if family == 'ip6' else 4}", rules, command.netns)]
        if flags:  # iptables-save does not show them
            flagged = f"table {family} {name} {{\n\tflags {flags}\n"
            parts.append(Fragment("nft-table-flags", flagged, command.netns, f"nft -t list table {family} {name}"))
        return Found(end, told, tuple(parts))
    blocks = tuple(_blocks(iter(lines)))
    text = _document(family, name, blocks, flags) or joined_lines(lines)
    return Found(end, told, (Fragment("nft-table", text, command.netns, f"nft -j list table {family} {name}"),))


def _end_of(paste: Paste, start: int) -> int | None:
    """Return the index after the brace that closes the table; None if the text ends before this brace."""
    depth = 0
    for index in range(start, min(len(paste.lines), start + _MOST_LINES)):
        if index in paste.commands and index > start:
            return None
        bare = _QUOTED.sub("", paste.lines[index])
        depth += bare.count("{") - bare.count("}")
        if depth <= 0:
            return index + 1
        if depth > _DEEPEST:
            return None
    return None


def _blocks(lines: Iterator[str]) -> Iterator[_Block]:
    """Yield the blocks of a table.  A statement within braces may continue over several lines."""
    for line in lines:
        head = _BLOCK.match(line)
        if head is None:
            continue
        found: list[str] = []
        waiting = ""
        for inner in lines:
            if inner == "}" and not waiting:
                break
            waiting = f"{waiting} {inner}".strip()
            bare = _QUOTED.sub("", waiting)
            if bare.count("{") <= bare.count("}"):
                found.append(waiting)
                waiting = ""
        yield _Block(head["kind"], head["name"].strip('"'), tuple(found))


def _document(family: Family, table: str, blocks: tuple[_Block, ...], flags: str) -> str:
    """Return the table as JSON of libnftables; empty if its chains or sets cannot be read."""
    where: Object = {"family": family, "table": table}
    declared: Object = {"family": family, "name": table}
    if flags:
        declared["flags"] = [*flags.split(",")]
    objects: list[Json] = [{"table": declared}]
    rules: list[Object] = []
    try:
        for block in blocks:
            own = [line for line in block.lines if block.kind != "chain" or _PROPERTY.match(line)]
            objects += _declarations(family, table, block, own)
            if block.kind == "chain":
                for number, line in enumerate((each for each in block.lines if not _PROPERTY.match(each)), 1):
                    rule: Object = {**where, "chain": block.name, "handle": number, **_rule(family, table, line)}
                    rules.append({"rule": rule})
        text = msgspec.json.encode({"nftables": [*objects, *rules]}).decode()
        listing.parse(text, source="nft")
    except (ParseError, MalformedError, KeyError):
        return ""
    return text


def _declarations(family: Family, table: str, block: _Block, lines: list[str]) -> Iterator[Json]:
    body = "\n".join(line.rstrip(";").replace("; ", "\n") for line in lines)
    script = f"table {family} {table} {{\n{block.kind} {block.name} {{\n{body}\n}}\n}}\n"
    found: dict[tuple[str, str], Object] = {}
    for command in commands(script, source="nft"):
        if command.kind == "element":
            found[next(key for key in found if key[1] == command.name)]["elem"] = command.body.get("elem")
        elif command.kind != "table":
            found[command.kind, command.name] = dict(command.body)
    for (kind, name), each in found.items():
        yield {kind: {"family": family, "table": table, **each, "name": name}}


def _rule(family: Family, table: str, line: str) -> Object:
    statements = _statements(family, table, line)
    if statements is not None:
        return statements
    # Words that are not known come before the verdict.
    end = _END.search(line)
    known = _statements(family, table, end["end"]) if end is not None else None
    opaque: Object = {"xt": {"type": "match" if known is not None else "target", "name": "unlisted"}}
    return {"expr": [opaque, *list_of(known.get("expr"))] if known is not None else [opaque]}


def _statements(family: Family, table: str, line: str) -> Object | None:
    """Return the rule's statements and its comment; None if a part of the line is not known."""
    if "# " in _QUOTED.sub("", line):
        return None  # older versions print an extension as a comment: # match addrtype
    try:
        read = [each for each in commands(f"add rule {family} {table} c {line}\n", source="nft") if each.kind == "rule"]
        if len(read) != 1:
            return None
        body = read[0].body
        found: Object = {"expr": with_implied(list_of(body.get("expr")), family)}
        text = msgspec.json.encode(
            {
                "nftables": [
                    {"table": {"family": family, "name": table}},
                    {"chain": {"family": family, "table": table, "name": "c"}},
                    {"rule": {"family": family, "table": table, "chain": "c", "handle": 1, **found}},
                ]
            }
        )
        listing.parse(text.decode(), source="nft")
    except (ParseError, MalformedError, KeyError):
        return None
    return {**found, **({"comment": body["comment"]} if "comment" in body else {})}


FORMS = (OutputForm(_TABLE, _tables_at),)
