"""Parses the collector's readings about the tools that make rules: ``iptables-check``, ``iptables-programs``,
``xtables-lock``, ``module-files`` and ``modules``."""

import re

from hairpin.evidence.reading import Reading
from hairpin.host.rule_tools import CheckTrial, ForbiddenModule, LockUser, Program, Programs

_FORBIDDEN = re.compile(r"(?P<file>/[^:]*):(?P<line>\d+):(?P<text>\s*(?:blacklist|install)\s+(?P<module>\S+).*)")


def check(reading: Reading) -> CheckTrial | None:
    """Return how ``iptables -C`` compared two rules; None if this trial did not finish."""
    said = reading.text.strip()
    if said not in ("taken for equal", "told apart"):
        return None
    return CheckTrial(said == "taken for equal", reading.id)


def programs(reading: Reading) -> Programs:
    """Return the programs, one on each line: path, tab, target, tab, version.  A single program has only its path."""
    fields = (line.split("\t", 2) for line in reading.text.split("\n") if line)
    return Programs(tuple(Program(*each) for each in fields), reading.id)


def lock_users(reading: Reading) -> tuple[LockUser, ...]:
    """Return the processes, one on each line: id, tab, command, tab, seconds, tab, ``holds`` or ``waits``."""
    found: list[LockUser] = []
    for line in reading.text.split("\n"):
        match line.split("\t"):
            case [pid, process, age, how] if pid.isdecimal() and age.isdecimal():
                found.append(LockUser(int(pid), process, int(age), how == "waits", reading.id))
            case _:
                continue
    return tuple(found)


def module_names(text: str) -> frozenset[str]:
    """Return the module names of the listed files: ``kernel/net/netfilter/xt_nat.ko.xz`` is ``xt_nat``."""
    lines = (line for line in text.split("\n") if not _FORBIDDEN.fullmatch(line))
    return frozenset(line.rpartition("/")[2].partition(".ko")[0] for line in lines if ".ko" in line)


def forbidden(text: str) -> tuple[ForbiddenModule, ...]:
    """Return the lines of modprobe's files that forbid modules."""
    found = (_FORBIDDEN.fullmatch(line) for line in text.split("\n"))
    return tuple(
        ForbiddenModule(each["module"], each["file"], int(each["line"]), each["text"].strip())
        for each in found
        if each is not None
    )


def loaded_modules(text: str) -> frozenset[str]:
    """Return the names in ``/proc/modules``."""
    return frozenset(line.split(" ", 1)[0] for line in text.split("\n") if line)
