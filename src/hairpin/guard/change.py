"""What the kernel tells of a change, and who made it."""

from typing import Literal, NamedTuple

Part = Literal["rules", "links", "addresses", "routes", "neighbours", "sysctls", "files", "unseen"]
"""What changed.  ``unseen``: the kernel had more to tell than fitted into the socket, so anything may have changed."""


class Culprit(NamedTuple):
    """The process that made a change.  ``pid``: 0 if only its name is known.

    ``command``: its command line.  ``parents``: the names of its parents, the next one first.  ``unit``: the systemd
    unit or the container in whose control group it runs; empty for none.  ``login``: the user id of the login from
    which it comes; None for none."""

    pid: int
    name: str
    command: str = ""
    parents: tuple[str, ...] = ()
    unit: str = ""
    login: int | None = None


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
    """One change.  ``at_s``: when it was seen, in seconds since the epoch.  ``detail``: the file, the link or the
    number of the generation.  ``culprit``: None if the kernel does not tell who made it."""

    part: Part
    at_s: float
    detail: str = ""
    culprit: Culprit | None = None
