"""One entry of a catalogue of texts: a program's output, and its meaning."""

from typing import Literal

import msgspec

from hairpin.message import Message
from hairpin.walk.verdicts import Verdict

TextKind = Literal["fault", "routine", "harmless"]
"""A fault; a text that healthy hosts log as well, which means a fault only if a cause is proven; a text that never
means a fault."""
About = Literal["host", "port", "thing", "flow", "name"]
"""The thing that a cause must concern or stop: anything of the host; the port in the text; any thing that the text
names; a flow from the program that printed the text to the place that the text names; that program's DNS queries."""
PrintedBy = Literal["host", "client", "source"]
"""The program that prints the text.  ``host``: an engine, a firewall, the kernel or a tool, about the host that it runs
on.  ``client``: any program anywhere; only the line's prefix or the user says where it runs.  ``source``: a host, about
packets of the sender whose address is in the text."""
Outcome = Literal["timeout", "refused", "no-route", "no-network", "reset"]
"""How a connection ended: ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ECONNRESET."""


class Failure(msgspec.Struct, frozen=True):
    """Why a container did not start.  ``said``: the reason in a clause.  ``repair``: the way to make the container
    start; None: only the engine's own words are known.  ``again``: a plain start is enough, because the obstacle is
    gone."""

    said: Message
    repair: Message | None = None
    again: bool = False


class TextEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A text and its meaning for a cause.

    ``patterns``: see :mod:`hairpin.texts.pattern`.  ``wider``: patterns that mostly have the same meaning.  They may
    inform a person, but name no cause.  ``unless``: if the line has one of these words, the text means something else.
    ``general``: if another entry matches the line, too, that one says more; this entry is never true by itself.

    ``kept_by``: the id of the cause that keeps the engine or container with this error from starting.  ``subject``: the
    thing that the text is about, such as a module: a word, or a place (``{module}``); if there are several, the one in
    the pattern.

    ``failure``: the text's meaning as the stored error of a container that did not start.  In its sentences, ``{name}``
    is the container, ``{start}`` the command that starts it, and any other place one of the pattern or the subject.
    ``of-host``: the meaning depends on the state of the host.
    """

    id: str
    patterns: tuple[str, ...]
    wider: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    general: bool = False
    kept_by: str = ""
    subject: str = ""
    failure: Failure | Literal["of-host"] | None = None


class TextMeaning(TextEntry, frozen=True, kw_only=True):
    """A text and its meaning for a person.

    ``meaning``: at most two sentences.  The meaning is printed whether or not the text is true here, so it names no
    command that removes, stops, joins or opens anything.  ``causes``: ids of possible causes, the likeliest first.

    ``shown_by``: ids of the causes that make the text true if they are proven; no other cause does.  A text about a
    flow without ``shown_by`` is true if any cause stops the flow with the text's ``outcome``, or with one of its
    ``verdicts``.

    ``passing``: the fault comes and goes, so its absence now decides nothing.  ``outcome``: how the connection ended,
    if the text is about a connection.
    """

    program: str
    meaning: Message
    causes: tuple[str, ...] = ()
    shown_by: tuple[str, ...] = ()
    kind: TextKind = "fault"
    about: About = "host"
    printed_by: PrintedBy = "host"
    verdicts: tuple[Verdict, ...] = ()
    passing: bool = False
    outcome: Outcome | Literal[""] = ""
