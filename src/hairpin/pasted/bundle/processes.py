"""What a list of processes tells: dockerd's flags, and the command lines of the programs that carry published ports.

Of command lines nothing else is kept: they may hold passwords.
"""

import re
from collections.abc import Iterator

from hairpin.pasted.form import Fragment, joined_lines
from hairpin.pasted.forms.engines.json_documents import allowed_of

_RELAYS = frozenset({"docker-proxy", "rootlessport", "slirp4netns", "pasta", "pasta.avx2"})
_FLAG = re.compile(r"(?<!\S)--(?P<name>[a-z0-9-]+)(?:=(?P<equal>\S+)| (?P<value>[^\s-]\S*))?")


def parts_of(text: str) -> Iterator[Fragment]:
    """Yield the readings ``dockerd-cmdline`` and ``relay-cmdlines`` of ``ps aux`` or ``ps -ef``.

    If several dockerd run, one of them may belong to a container: none is told."""
    columns = pid = 0
    relays: list[str] = []
    daemons: list[str] = []
    for line in text.splitlines():
        if columns == 0:
            heads = line.split()
            columns = len(heads) - 1 if "PID" in heads and heads[-1] in ("CMD", "COMMAND") else 0
            pid = heads.index("PID") if columns else 0
            continue
        cells = line.split(None, columns)
        if len(cells) <= columns or not cells[pid].isdigit():
            continue
        program, _, arguments = cells[columns].lstrip("\\_| ").partition(" ")
        name = program.rpartition("/")[2]
        if name == "dockerd":
            daemons.append(arguments)
        elif name in _RELAYS:
            relays.append(f"{cells[pid]}\t{program} {arguments}")
    if len(daemons) == 1:
        yield Fragment("dockerd-cmdline", joined_lines(list(_flags(daemons[0]))), "")
    if relays:
        yield Fragment("relay-cmdlines", joined_lines(relays), "")


def _flags(arguments: str) -> Iterator[str]:
    allowed = allowed_of("DAEMON_KEYS")
    for flag in _FLAG.finditer(arguments):
        value = flag["equal"] or flag["value"]
        if flag["name"] in allowed or f"{flag['name']}s" in allowed:
            yield f"--{flag['name']}={value}" if value else f"--{flag['name']}"
