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
    """The actor of an entry.  ``name``: the command and pid of a process, or the user and the terminal or address of a
    person.  ``evidence``: the id of the reading that names the actor."""

    kind: ActorKind
    name: str
    evidence: str


class Effect(msgspec.Struct, frozen=True):
    """An entry's effect on the host, in a form that can be simulated: an event, or the typed commands, which
    ``events/_commands`` simulates.  ``name``: the container or link to which the event is restricted."""

    event: EventId | None = None
    name: str = ""
    commands: str = ""


class StoryEntry(msgspec.Struct, frozen=True):
    """An entry of a story: one change of a host.

    ``at`` and ``until``: the start and the end of the change, in seconds since the epoch by the host's clock; ``until``
    is None if the change took no time.  ``subject``: the changed thing, by its name on the host: ``docker.service``,
    ``eth0``, ``/etc/sysctl.conf``, ``web``.  ``quote``: the words of the trace, without secrets.  ``evidence``: the id
    of the reading.  ``host``: the host's label.  ``before``: earlier times of the same action, which have no entry of
    their own.  ``verb``: the kind of change of a unit or a package; None for other changes."""

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
    """The entries of the hosts from ``since`` on (seconds since the epoch), the oldest entry first.  ``missing``: the
    missing traces, and why they are missing."""

    entries: tuple[StoryEntry, ...]
    since: float
    missing: tuple[Unread, ...] = ()
