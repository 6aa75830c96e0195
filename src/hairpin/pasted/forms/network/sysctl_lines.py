"""Values of sysctls.  ``sysctl`` prints ``net.ipv4.ip_forward = 1``, ``grep`` prints
``/proc/sys/net/ipv4/ip_forward:1``, and ``cat`` prints the value alone.

A line of ``/etc/sysctl.conf`` looks like the output of ``sysctl``, but it is a wish and no value: it becomes no
reading.  A line is such a wish after ``cat`` or ``grep`` of such a file, after a sentence that names one, and among
comments.  ``sysctl`` always prints blanks around ``=``, so a line without these blanks is read only below the command.
"""

import re
from pathlib import PurePosixPath

from hairpin.pasted.form import NO_COMMAND, Command, Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.sought import Sought

_DOTTED = Sought(r"\s*(?P<name>net[./][\w./*-]+)(?P<equals> = | =|= |=|: )(?P<value>-?\d[\d\t ]*|[a-z_]+)\s*$")
_PATH = Sought(r"\s*/proc/sys/(?P<path>net/[\w./-]+):\s*(?P<value>-?\d[\d\t ]*|[a-z_]+)\s*$")
_HEADED = Sought(r"\s*==> /proc/sys/(?P<path>net/[\w./-]+) <==\s*$")
_BARE = Sought(r"\s*(-?\d{1,10})\s*$")
_OTHER = Sought(r"\s*[a-z][\w-]*(?:[./][\w./*-]+)+ =(?: \S.*)?$")
"""Matches a line of ``sysctl`` whose value is empty or no number, or that is about another part of the kernel."""
_ERROR = Sought(r"\s*sysctl: |.*: (?:Permission denied|No such file)")
_CONFIGURED = Sought(
    r"sysctl\.(?:conf|d)\b|\badd(?:ed|ing)?\b|\bappend|\bput\b|\bset(?:ting)?\b|\bedit|添加|加入|修改|设置|写入",
    re.IGNORECASE,
)
_COMMENT = Sought(r"\s*[#;]")
_NEAR = 3


def _values(paste: Paste, start: int) -> Found | None:
    command = paste.command_above(start)
    by_sysctl = command.words[:1] == ("sysctl",)

    def belongs(line: str) -> object:
        return _DOTTED.match(line) or _PATH.match(line) or _ERROR.match(line) or (by_sysctl and _OTHER.match(line))

    end = paste.block(start, belongs, blank=1)
    if command is not NO_COMMAND and not by_sysctl and not _reads_proc(command):
        return None  # a configuration file says what ought to be set
    if command is NO_COMMAND and _is_configured(paste, start, end):
        return None
    found: list[str] = []
    for line in paste.lines[start:end]:
        dotted, path = _DOTTED.match(line), _PATH.match(line)
        if dotted is not None and "*" not in dotted["name"] and (dotted["equals"] in (" = ", ": ") or by_sysctl):
            found.append(f"/proc/sys/{path_of(dotted['name'])}:{dotted['value'].strip()}")
        elif path is not None:
            found.append(f"/proc/sys/{path['path']}:{path['value'].strip()}")
    if not found:
        return None
    return Found(end, "sysctl", (Fragment("sysctl", joined_lines(found), command.netns),))


def _reads_proc(command: Command) -> bool:
    return any(word.startswith("/proc/sys/") for word in command.words)


def _is_configured(paste: Paste, start: int, end: int) -> bool:
    """Return whether the lines come from a configuration file, or from a person who says what to set."""
    above = [line for line in paste.lines[max(0, start - _NEAR) : start] if line.strip()]
    below = [line for line in paste.lines[end : end + 1] if line.strip()]
    near = any(_COMMENT.match(line) for line in (*above[-1:], *below))
    return near or any(_CONFIGURED.search(line) for line in above)


def path_of(name: str) -> str:
    """Return the path below /proc/sys of a sysctl's name.  In a name with dots, a slash replaces a dot of a link's
    name: ``net.ipv4.conf.eth0/100.forwarding``.  Source: sysctl(8)"""
    if "/" in name.partition(".")[0]:
        return name
    return name.translate(str.maketrans("./", "/."))


def _single(paste: Paste, start: int) -> Found | None:
    """Return the values that ``cat /proc/sys/…`` or ``sysctl -n`` prints without names, one for each file or name of
    the command."""
    command = paste.command_above(start)
    if not command.words:
        return None
    named = [word for word in command.words[1:] if not word.startswith("-")]
    if command.words[0] in ("cat", "head", "tail", "more") and all(word.startswith("/proc/sys/net/") for word in named):
        paths = [word.removeprefix("/proc/sys/") for word in named]
    elif (
        command.words[0] == "sysctl" and command.has("-n", "--values") and all(word.startswith("net") for word in named)
    ):
        paths = [path_of(word) for word in named]
    else:
        return None
    if not paths or any(set(path) & set("*?[{$") for path in paths):
        return None
    end = paste.block(start, _BARE.match)
    values = [line.strip() for line in paste.lines[start:end]]
    if len(values) < len(paths):
        return None
    lines = [f"/proc/sys/{PurePosixPath(path)}:{value}" for path, value in zip(paths, values, strict=False)]
    return Found(
        start + len(paths), f"cat /proc/sys/{paths[0]}", (Fragment("sysctl", joined_lines(lines), command.netns),)
    )


def _under_head(paste: Paste, start: int) -> Found | None:
    """Return the value below ``==> PATH <==``, which ``head`` and ``tail`` print for several files."""
    head = _HEADED.match(paste.lines[start])
    value = _BARE.match(paste.lines[start + 1]) if start + 1 < len(paste.lines) else None
    if head is None or value is None:
        return None
    text = f"/proc/sys/{head['path']}:{value[1]}\n"
    return Found(
        start + 2, f"head /proc/sys/{head['path']}", (Fragment("sysctl", text, paste.command_above(start).netns),)
    )


FORMS = (
    OutputForm(_DOTTED, _values),
    OutputForm(_PATH, _values),
    OutputForm(_HEADED, _under_head),
    OutputForm(_BARE, _single),
)
