"""Values under /proc/sys/net from ``/proc/sys/net/…:value`` lines (``grep -r``).

    line := "/proc/sys/net/" PART ("/" PART)* ":" VALUE

A key with several lines has its path on each of them.
"""

from hairpin.errors import ParseError
from hairpin.host.sysctl import Path, Sysctls
from hairpin.message import message

_ROOT = "/proc/sys/"
_NO_PARTS = frozenset(("", ".", ".."))


def parse(text: str, *, source: str, evidence: str = "") -> Sysctls:
    """Return the values by path; raise ParseError with the line."""
    values: dict[Path, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            continue
        name, colon, value = line.partition(":")
        path = tuple(name[len(_ROOT) :].split("/"))
        if not colon or not name.startswith(_ROOT) or path[0] != "net" or not _NO_PARTS.isdisjoint(path):
            raise ParseError(message("not a sysctl and its value"), source=source, line=number, text=line)
        values[path] = f"{values[path]}\n{value}" if path in values else value
    return Sysctls(values, evidence)
