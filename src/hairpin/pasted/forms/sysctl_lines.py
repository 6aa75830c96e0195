"""Values of sysctls: ``sysctl`` prints ``net.ipv4.ip_forward = 1``, ``grep`` prints ``/proc/sys/net/ipv4/ip_forward:1``,
and ``cat`` prints the value alone."""

import re

from hairpin.pasted.form import Form, Found, Part, Paste, joined_lines

_DOTTED = re.compile(r"\s*(net[./][\w./-]+) ?= ?(-?\d[\d\t ]*|\S+)\s*$")
_PATH = re.compile(r"\s*/proc/sys/(net/[\w./-]+):\s*(-?\d[\d\t ]*)\s*$")
_BARE = re.compile(r"\s*(-?\d{1,10})\s*$")


def _values(paste: Paste, start: int) -> Found | None:
    end = paste.block(start, lambda line: _DOTTED.match(line) or _PATH.match(line), blank=1)
    command = paste.command_above(start)
    if command.words[:1] == ("cat",) and not command.words[-1].startswith("/proc"):
        return None  # a configuration file says what ought to be set
    found: list[str] = []
    for line in paste.lines[start:end]:
        dotted, path = _DOTTED.match(line), _PATH.match(line)
        if dotted is not None:
            found.append(f"/proc/sys/{path_of(dotted[1])}:{dotted[2].strip()}")
        elif path is not None:
            found.append(f"/proc/sys/{path[1]}:{path[2].strip()}")
    return Found(end, "sysctl", (Part("sysctl", joined_lines(found), command.netns),))


def path_of(name: str) -> str:
    """Return the path below /proc/sys of a sysctl's name.  In names with dots a slash stands for a dot of a link's
    name: ``net.ipv4.conf.eth0/100.forwarding``.  Source: sysctl(8)"""
    if "/" in name.partition(".")[0]:
        return name
    return name.translate(str.maketrans("./", "/."))


def _single(paste: Paste, start: int) -> Found | None:
    """Return the value that ``cat /proc/sys/…`` or ``sysctl -n`` prints alone."""
    command = paste.command_above(start)
    if not command.words:
        return None
    named = command.words[-1]
    if command.words[0] == "cat" and named.startswith("/proc/sys/net/"):
        path = named.removeprefix("/proc/sys/")
    elif command.words[0] == "sysctl" and command.has("-n") and named.startswith("net"):
        path = path_of(named)
    else:
        return None
    return Found(start + 1, f"cat /proc/sys/{path}", (Part("sysctl", f"/proc/sys/{path}:{paste.lines[start].strip()}\n", command.netns),))


FORMS = (Form(_DOTTED, _values), Form(_PATH, _values), Form(_BARE, _single))
