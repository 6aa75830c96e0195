"""An entry of a story: one change of a host that a trace shows."""

from typing import Literal

import msgspec

from hairpin.events.event import EventId
from hairpin.host.host import Unread
from hairpin.message import Message

ActorKind = Literal["process", "unit", "package", "person"]
EntryKind = Literal[
    "boot", "clock", "unit", "engine", "container", "firewall", "package", "file", "kernel", "sysctl", "rules", "login",
    "command", "kept",
]  # fmt: skip


Verb = Literal["start", "stop", "restart", "reload", "fail", "kill"]
"""The kinds of changes of a unit's state."""
PackageVerb = Literal["install", "upgrade", "remove"]
"""The kinds of changes of a package."""


class Actor(msgspec.Struct, frozen=True):
    """The actor.  ``name``: a process's command and pid, or a person's user and terminal or address. ``evidence``: the
    id of the reading that names it."""

    kind: ActorKind
    name: str
    evidence: str


class Effect(msgspec.Struct, frozen=True):
    """An entry's effect on the host, in a form that can be simulated: an event (``name``: narrowed to that container or
    link), or the typed commands (``events/_commands`` simulates them)."""

    event: EventId | None = None
    name: str = ""
    commands: str = ""


class StoryEntry(msgspec.Struct, frozen=True):
    """``at`` and ``until``: seconds since the epoch, by the host's clock; ``until`` None: a moment.

    ``subject``: the changed thing, by its name on the host: ``docker.service``, ``eth0``, ``/etc/sysctl.conf``,
    ``web``.  ``quote``: the trace's own words, without secrets.  ``evidence``: the id of the reading.  ``host``: its
    label.  ``before``: earlier times of the same action that have no own entry.  ``verb``: for a unit or a package;
    else None."""

    at: float
    kind: EntryKind
    what: Message
    subject: str
    evidence: str
    until: float | None = None
    by: Actor | None = None
    effect: Effect | None = None
    quote: str = ""
    host: str = ""
    before: tuple[float, ...] = ()
    verb: Verb | PackageVerb | None = None


class Story(msgspec.Struct, frozen=True):
    """The entries of the hosts, oldest first, from ``since`` on (seconds since the epoch).  ``missing``: the missing
    traces, and why."""

    entries: tuple[StoryEntry, ...]
    since: float
    missing: tuple[Unread, ...] = ()
