"""``ps aux``, ``ps -ef``, ``ps -o pid,args``: dockerd's flags, the programs that carry published ports, and the
processes that a signal stopped.

No other words of command lines are kept, because they may contain passwords.

Source: ps(1)
"""

from collections.abc import Iterator

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.pasted.forms.engines.json_documents import daemon_flags
from hairpin.sought import Sought

_HEAD = Sought(r"\s*(?:[A-Z%]+\s+)*PID\b(?:\s+[A-Z%]+)*\s+(?:CMD|COMMAND|ARGS)(?:\s+CGROUP)?\s*$")
_FREEZER = Sought(r"freez|refrig")
"""Matches the kernel function in which a process waits that its control group has frozen.  Source:
kernel/cgroup/freezer.c, kernel/freezer.c"""
_FREEZER_GROUP = Sought(r"\d+:freezer:(/[^,\s]+)")
_UNIFIED = Sought(r"(?:^|,)0::(/[^,\s]+)")
_PID = Sought(r"\d+")
_RELAYS = frozenset({"docker-proxy", "rootlessport", "slirp4netns", "pasta", "pasta.avx2"})
_RELAY = Sought(
    r"\s*(?:\S+\s+)?(?P<pid>\d+)\s(?:.*\s)?(?P<line>(?:/\S+/)?docker-proxy -proto \w+ -host-ip \S+ -host-port \d+.*)$"
)


def _processes(paste: Paste, start: int) -> Found | None:
    heads = paste.lines[start].split()
    pid, columns = heads.index("PID"), len(heads) - 1

    def cells(line: str) -> list[str]:
        found = line.split(None, columns)
        return found if len(found) > columns and _PID.fullmatch(found[pid]) else []

    end = paste.block(start + 1, cells)
    found = [row for line in paste.lines[start + 1 : end] if (row := cells(line))]
    rows = [(row[pid], row[columns].lstrip("\\_| ")) for row in found]
    states = [heads.index(each) for each in ("STAT", "S") if each in heads]
    halted = [row[pid] for row in found for state in states if row[state].startswith("T")]
    waits = heads.index("WCHAN") if heads[-1] == "CGROUP" and "WCHAN" in heads else None
    frozen = [
        f"{row[pid]}\t{group}" for row in found if waits is not None and _FREEZER.search(row[waits])
        for group in (_group_of(row[columns]),) if group
    ]  # fmt: skip
    told = (("halted-processes", halted), ("frozen-processes", frozen))
    parts = (Fragment(key, joined_lines(lines), "") for key, lines in told if lines)
    return Found(end, "ps", (*_parts_of(rows), *parts)) if rows else None


def _group_of(shown: str) -> str:
    """Return the folder of the control group that freezes a process, from the output of ``ps -o cgroup``; empty if
    there is none.  Source: cgroups(7)"""
    old, new = _FREEZER_GROUP.search(shown), _UNIFIED.search(shown)
    if old is not None:
        return f"/sys/fs/cgroup/freezer{old[1]}"
    return f"/sys/fs/cgroup{new[1]}" if new is not None else ""


def _parts_of(rows: list[tuple[str, str]]) -> Iterator[Fragment]:
    """Yield the readings from the process ids and their command lines.

    If several dockerd run, one of them may run in a container, so none of them is used."""
    by_name = [(line.partition(" ")[0].rpartition("/")[2], pid, line) for pid, line in rows]
    daemons = [line.split()[1:] for name, _, line in by_name if name == "dockerd"]
    if len(daemons) == 1:
        yield Fragment("dockerd-cmdline", joined_lines(list(daemon_flags(daemons[0]))), "")
    if relays := [f"{pid}\t{line}" for name, pid, line in by_name if name in _RELAYS]:
        yield Fragment("relay-cmdlines", joined_lines(relays), "")


def _relays(paste: Paste, start: int) -> Found | None:
    """Return the rows of docker-proxy in a list of processes that went through ``grep``."""
    end = paste.block(start, _RELAY.match)
    rows = [found for line in paste.lines[start:end] if (found := _RELAY.match(line)) is not None]
    return Found(end, "ps", tuple(_parts_of([(row["pid"], row["line"].strip()) for row in rows])))


FORMS = (OutputForm(_HEAD, _processes), OutputForm(_RELAY, _relays))
