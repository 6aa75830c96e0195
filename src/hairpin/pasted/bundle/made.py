"""Makes the pieces of commands for which no single form is enough: their output is a reading already, or needs several
forms."""

import re
from collections.abc import Iterator

from hairpin.evidence.reading import HOST
from hairpin.pasted.bundle import host_files
from hairpin.pasted.bundle.layout import Piece, words_of
from hairpin.pasted.form import Fragment

_OF_IPV6 = re.compile(r"\s(?:pref (?:low|medium|high))\b|^(?:\w+ )?[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:/\d+)? ")
"""Matches IPv6 routes: they have a preference (RFC 4191), and most have a destination with colons."""


def of_version(text: str, version: int) -> str:
    """Return the lines of the routes of this IP version.  A next hop belongs to the route above it."""
    found: list[str] = []
    belongs = True
    for line in text.splitlines():
        if not line[:1].isspace():
            belongs = (_OF_IPV6.search(line) is not None) == (version == 6)
        if belongs:
            found.append(line)
    return "".join(f"{line}\n" for line in found)


_TABLE = re.compile(r"ip (?:-[46] )?(?:r|ro|route)(?: (?:show|list|ls))?(?: table (?P<table>\S+))?$")
_MAIN = ("", "main", "254")


def piece_of(path: str, text: str, command: str, netns: str = HOST, line: int = 1) -> Piece:
    """Return the piece of one command's output."""
    words = words_of(command)
    if words[:1] == ("uname",):
        told = text.split()
        if len(told) > 2 and told[0] == "Linux":
            return Piece(path, text, command, "", line, (Fragment("uname", told[2], ""),), command)
    if words[:1] == ("cat",) and len(words) == 2 and host_files.key_of(words[1].lstrip("/")):
        return host_files.piece_of(path, words[1].lstrip("/"), text, line)
    if words[:2] == ("ip", "route") and words[-2:] == ("table", "all"):
        return Piece(path, of_version(text, 4), command.replace("ip route", "ip -4 route", 1), netns, line)
    if words[:1] == ("ss",):
        return Piece(path, _of_internet(text), command, netns, line)
    return Piece(path, text, command, netns, line)


def _of_internet(text: str) -> str:
    """Return the lines about TCP and UDP of an ``ss`` that lists all kinds of sockets."""
    lines = text.splitlines(keepends=True)
    head = next((number for number, line in enumerate(lines) if line.startswith("Netid")), None)
    if head is None:
        return text
    found = [lines[head]]
    belongs = False
    for line in lines[head + 1 :]:
        belongs = line.startswith(("tcp ", "udp ")) or (belongs and line[:1].isspace())
        if belongs:
            found.append(line)
    return "".join(found)


def without_namespace(command: str) -> tuple[str, str]:
    """Return the command of ``ip netns exec NAME COMMAND`` and the namespace NAME; for any other command, the command
    and ``host``."""
    words = words_of(command)
    if words[:3] == ("ip", "netns", "exec") and len(words) > 4:
        return " ".join(words[4:]), f"netns:{words[3]}"
    return command, HOST


def with_joined_tables(pieces: list[Piece]) -> Iterator[Piece]:
    """Yield the pieces.  Pieces that each list one routing table are joined: for each IP version and namespace they
    become one piece, in the form of ``ip route show table all``."""
    tables: dict[tuple[str, str], dict[str, Piece]] = {}
    for each in pieces:
        listed = _TABLE.match(" ".join(words_of(each.command)))
        if listed is None or listed["table"] in ("all", "cache"):
            yield each
            continue
        name = "" if (listed["table"] or "") in _MAIN else listed["table"]
        tables.setdefault(("-6" if "-6" in each.command else "-4", each.netns), {})[name] = each
    for (version, netns), listed_tables in tables.items():
        lines = [
            _in_table(line, name)
            for name, each in listed_tables.items()
            for line in each.text.splitlines()
            if line.strip()
        ]
        first = next(iter(listed_tables.values()))
        text = "".join(f"{line}\n" for line in lines)
        if "main" in listed_tables or "" in listed_tables:
            yield Piece(first.path, text, f"ip {version} route show table all", netns, first.line)


def _in_table(line: str, table: str) -> str:
    return f"{line.rstrip()} table {table}" if table and not line[:1].isspace() and " table " not in line else line
