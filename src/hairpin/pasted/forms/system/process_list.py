"""``ps aux``, ``ps -ef``, ``ps -o pid,args``: dockerd's flags, and the programs that carry published ports.

Of command lines nothing else is kept: they may hold passwords.

Source: ps(1)
"""

import re
from collections.abc import Iterator

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.pasted.forms.engines.json_documents import daemon_flags

_HEAD = re.compile(r"\s*(?:[A-Z%]+\s+)*PID\b(?:\s+[A-Z%]+)*\s+(?:CMD|COMMAND|ARGS)\s*$")
_PID = re.compile(r"\d+")
_RELAYS = frozenset({"docker-proxy", "rootlessport", "slirp4netns", "pasta", "pasta.avx2"})
_RELAY = re.compile(
    r"\s*(?:\S+\s+)?(?P<pid>\d+)\s(?:.*\s)?(?P<line>(?:/\S+/)?docker-proxy -proto \w+ -host-ip \S+ -host-port \d+.*)$"
)


def _processes(paste: Paste, start: int) -> Found | None:
    heads = paste.lines[start].split()
    pid, columns = heads.index("PID"), len(heads) - 1

    def cells(line: str) -> list[str]:
        found = line.split(None, columns)
        return found if len(found) > columns and _PID.fullmatch(found[pid]) else []

    end = paste.block(start + 1, cells)
    rows = [
        (found[pid], found[columns].lstrip("\\_| ")) for line in paste.lines[start + 1 : end] if (found := cells(line))
    ]
    return Found(end, "ps", tuple(_parts_of(rows))) if rows else None


def _parts_of(rows: list[tuple[str, str]]) -> Iterator[Fragment]:
    """Yield what the process ids and their command lines tell.

    If several dockerd run, one of them may belong to a container: none is told."""
    by_name = [(line.partition(" ")[0].rpartition("/")[2], pid, line) for pid, line in rows]
    daemons = [line.split()[1:] for name, _, line in by_name if name == "dockerd"]
    if len(daemons) == 1:
        yield Fragment("dockerd-cmdline", joined_lines(list(daemon_flags(daemons[0]))), "")
    if relays := [f"{pid}\t{line}" for name, pid, line in by_name if name in _RELAYS]:
        yield Fragment("relay-cmdlines", joined_lines(relays), "")


def _relays(paste: Paste, start: int) -> Found | None:
    """Return the rows of docker-proxy that ``grep`` has left of a list of processes."""
    end = paste.block(start, _RELAY.match)
    rows = [found for line in paste.lines[start:end] if (found := _RELAY.match(line)) is not None]
    return Found(end, "ps", tuple(_parts_of([(row["pid"], row["line"].strip()) for row in rows])))


FORMS = (OutputForm(_HEAD, _processes), OutputForm(_RELAY, _relays))
