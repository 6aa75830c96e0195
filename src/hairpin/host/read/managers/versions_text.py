"""Versions of programs and packages, as printed.

Programs are named as their command (``iptables``, ``nft``, ``ip``; ``kernel``, ``systemd``), packages
``package:NAME``, the distribution ``os``.
"""

import re

from hairpin.host.managers import Version
from hairpin.host.read.managers.assignments import value_of

_ANSWERS_FOR = {"uname": "kernel", "systemctl": "systemd"}
_DPKG = re.compile(r"(\S{2,3}) +(\S+) +(\S+)")
_RPM = re.compile(r"([A-Za-z0-9_.+-]+) ([0-9]\S*)")  # pacman prints the same form
_APK = re.compile(r"([A-Za-z0-9_.+-]+?)-([0-9]\S*)")


def of_program(text: str, *, origin: str, evidence: str = "") -> Version | None:
    """Return what a program's ``-V`` printed; the program is the first word of the command that was run.

    The host's name, the second word of ``uname -a``, is no part of the kernel's version."""
    first = text.strip().partition("\n")[0].strip()
    words = origin.rpartition("/")[2].split()
    if not first or not words:
        return None
    if words[0] == "uname":
        first = " ".join(word for place, word in enumerate(first.split(" ")) if place != 1)
    return Version(_ANSWERS_FOR.get(words[0], words[0]), first, evidence)


def of_packages(text: str, *, evidence: str = "") -> tuple[Version, ...]:
    """Return the installed packages of ``dpkg-query``, ``rpm -q``, ``apk info -v`` or ``pacman -Q``."""
    found: list[Version] = []
    for line in text.split("\n"):
        name = version = ""
        if match := _DPKG.fullmatch(line.strip()):
            if match[1][1] == "i":
                name, version = match[2], match[3]
        elif match := _RPM.fullmatch(line.strip()) or _APK.fullmatch(line.strip()):
            name, version = match[1], match[2]
        if name:
            found.append(Version(f"package:{name}", version, evidence))
    return tuple(found)


def of_os_release(text: str, *, evidence: str = "") -> Version | None:
    """Return the distribution's name for people."""
    name = value_of(text, "PRETTY_NAME") or value_of(text, "NAME")
    return Version("os", name, evidence) if name else None
