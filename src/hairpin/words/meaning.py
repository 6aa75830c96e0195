"""The type of an entry of a catalogue of texts: the text that a program prints, and its meaning."""

from typing import Literal

import msgspec

from hairpin.message import Message

TextKind = Literal["fault", "routine", "harmless"]
"""The kind of a text.

``fault``: the text reports a fault.  ``routine``: healthy hosts log the text, too.  A routine text reports a fault only
if a cause is proven.  ``harmless``: the text never reports a fault."""
About = Literal["host", "port", "thing", "flow", "name"]
"""The thing that a cause must concern or stop to make the text true.

``host``: any part of the host.  ``port``: the port in the text.  ``thing``: any thing that the text names.  ``flow``: a
flow from the program that printed the text to the place that the text names.  ``name``: the DNS queries of the program
that printed the text."""
PrintedBy = Literal["host", "client", "source"]
"""The program that prints the text.  ``host``: an engine, a firewall, the kernel or a tool, about the host that it runs
on.  ``client``: any program on any machine.  Only the line's prefix or the user tells where this program runs.
``source``: a host, about packets of the sender whose address is in the text."""
Outcome = Literal["timeout", "refused", "no-route", "no-network", "reset"]
"""How a connection ended: ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ECONNRESET."""


class Failure(msgspec.Struct, frozen=True):
    """The reason why a container did not start.

    ``said``: the reason as a clause.  ``repair``: the way to make the container start, or None if only the engine's own
    words are known.  ``again``: whether another start is enough, because the obstacle no longer exists."""

    said: Message
    repair: Message | None = None
    again: bool = False


class TextEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A text and its meaning for a cause.

    ``patterns``: see :mod:`hairpin.words.pattern`.  ``wider``: patterns whose texts usually, but not always, have the
    same meaning.  Wider patterns may inform a person, but name no cause.  ``unless``: the pattern of words beside which
    the text has another meaning.  ``general``: whether any other entry that matches the line says more about the line.
    A general entry is never true by itself.

    ``kept_by``: the id of the cause that keeps the engine or container with this error from starting.  ``subject``: the
    thing that the text is about, such as a module.  ``subject`` is a word, or a place of the pattern (``{module}``).
    If several places are given, the place that occurs in the pattern counts.

    ``failure``: the text's meaning as the stored error of a container that did not start.  In the sentences of
    ``failure``, ``{name}`` stands for the container, ``{start}`` for the command that starts it, and every other place
    for a place of the pattern or for the subject.  ``of-host``: the meaning depends on the state of the host,
    and a function of ``causes/container/_start_failure.py`` decides it.
    """

    id: str
    patterns: tuple[str, ...]
    wider: tuple[str, ...] = ()
    unless: str = ""
    general: bool = False
    kept_by: str = ""
    subject: str = ""
    failure: Failure | Literal["of-host"] | None = None


class TextMeaning(TextEntry, frozen=True, kw_only=True):
    """A text and its meaning for a person.

    ``meaning``: at most two sentences.  The meaning is printed even if the text is not true here, so it names no
    command that removes, stops, joins or opens anything.  ``causes``: the ids of possible causes, the most likely cause
    first.

    ``shown_by``: the ids of the causes that make the text true if they are proven.  No other cause makes the text true.
    A text about a flow without ``shown_by`` is true if any cause stops the flow with the text's ``outcome``, or with
    one of its ``verdicts``.

    ``other_causes``: whether reasons that no cause proves can make the text true, too.  If no cause is proven, such a
    text stays undecided.

    ``met``: whether the program that prints the text has met the fault itself: its own call failed, or its own peer
    answered so.  The text then proves the cause that it names before all others, or its meaning if the catalogue lacks
    the cause, whatever the rest of the host is like.

    ``passing``: whether the fault comes and goes.  A text about a fault that comes and goes may be true although no
    fault is found now.  ``outcome``: how the connection ended, if the text is about a connection.

    ``command``: a read-only command that decides whether the text's reason is true, for a text without ``causes``.
    ``shows``: the command's output if the reason is true.
    """

    program: str = ""
    meaning: Message
    causes: tuple[str, ...] = ()
    shown_by: tuple[str, ...] = ()
    kind: TextKind = "fault"
    about: About = "host"
    printed_by: PrintedBy = "host"
    verdicts: tuple[str, ...] = ()
    other_causes: bool = False
    met: bool = False
    passing: bool = False
    outcome: Outcome | Literal[""] = ""
    command: str = ""
    shows: Message | None = None
