"""Says whether a change comes from somebody's login.  What a person is doing is never undone.

A login is known by its user id in the kernel, by the control group of its session, or by a parent that gives people
terminals.  Of a process that had ended before it could be asked, only the name is known; then it counts whether
somebody types at a terminal at that time.  The kernel keeps when a terminal was read last, to 8 seconds.

Source: drivers/tty/tty_io.c tty_update_time(); pam_systemd(8); proc(5)
"""

import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hairpin.guard.change import Culprit

TYPED_S = 60.0
"""Somebody types at a terminal that was read within this time, in seconds."""
_GIVE_TERMINALS = re.compile(
    r"sshd(?:-session)?|login|agetty|tmux(?:: .*)?|screen|SCREEN|sudo|su|script|dropbear|mosh-server|telnetd|"
    r"gnome-terminal.*|konsole|xterm|cockpit-session|ttyd"
)
_SESSION = re.compile(r"session-[^/]*\.scope|user@\d+\.service")


def is_persons(culprit: Culprit) -> bool:
    """Return whether the process belongs to a login."""
    if culprit.login is not None or _SESSION.fullmatch(culprit.unit):
        return True
    return any(_GIVE_TERMINALS.fullmatch(each) for each in (culprit.name, *culprit.parents))


def is_known(culprit: Culprit) -> bool:
    """Return whether more than a name is known of the process."""
    return bool(culprit.command or culprit.parents or culprit.unit)


def somebody_types(folder: Path = Path("/dev/pts"), now_s: float | None = None) -> bool:
    """Return whether a terminal of this host was read lately."""
    return any((now_s or time.time()) - each < TYPED_S for each in _last_read(folder))


def _last_read(folder: Path) -> Iterable[float]:
    for each in (*folder.glob("[0-9]*"), *folder.parent.glob("tty[0-9]*")):
        with suppress(OSError):
            yield each.stat().st_atime
