"""What the kernel, an engine or a manager tells of a change, and who made it."""

from typing import Literal, NamedTuple

Part = Literal[
    "rules", "links", "addresses", "routes", "sysctls", "files", "conntrack", "containers", "services", "unseen"
]
"""What changed.  ``conntrack``: how full its table is.  ``containers``: a container or a network of an engine, or the
engine itself.  ``services``: firewalld's settings, or a unit of systemd.  ``unseen``: there was more to tell than could
be kept, so anything may have changed."""
ANNOUNCED: frozenset[Part] = frozenset(("conntrack", "containers", "services"))
"""Parts that are told by an engine, a manager or the kernel of itself: there is no writer to be named."""


class Culprit(NamedTuple):
    """The process that made a change.  ``pid``: 0 if only its name is known.

    ``command``: its command line.  ``parents``: the names of its parents, the next one first.  ``unit``: the systemd
    unit or the container in whose control group it runs; empty for none.  ``login``: the user id of the login from
    which it comes; None for none.  ``exe``: the file of its program.  ``job``: the command that cron or at started, or
    the timer of systemd that did, with the word ``cron`` or ``timer`` before it; empty for none.  ``session``: the
    terminal and the address of the ssh client of its login; empty if there is none, or if it is not known."""

    pid: int
    name: str
    command: str = ""
    parents: tuple[str, ...] = ()
    unit: str = ""
    login: int | None = None
    exe: str = ""
    job: str = ""
    session: str = ""


class Undelivered(NamedTuple):
    """Alerts that could not be delivered in one way (``command``, ``webhook``, ``journal``).  ``number``: how many.
    ``at_s``: when the last one was sent, in seconds since the epoch."""

    way: str
    number: int
    at_s: float
    reason: str


class GuardState(NamedTuple):
    """One guard.  Times in seconds since the epoch.  ``beat_s``: when it last said that it lives.  ``blind``: what it
    cannot watch or do, in English.  ``lives``: whether it runs now.  ``undelivered``: its alerts, and those of the
    guard before it, that could not be delivered."""

    process: int
    file: str
    started_s: float
    beat_s: float
    expectations: int
    broken: int
    blind: tuple[str, ...]
    lives: bool
    undelivered: tuple[Undelivered, ...] = ()


class SeenChange(NamedTuple):
    """One change.  ``at_s``: when it was seen, in seconds since the epoch.  ``detail``: the file, the link, the number
    of the generation, or what was announced.  ``culprit``: None if it is not known who made the change."""

    part: Part
    at_s: float
    detail: str = ""
    culprit: Culprit | None = None
