"""One entry of a catalogue of texts: what programs print, and what it means."""

from typing import Literal

import msgspec

from hairpin.message import Message
from hairpin.walk.verdicts import Verdict

TextKind = Literal["fault", "routine", "harmless"]
"""A fault; a text that healthy hosts log as well, and that means a fault only where a cause is proven; a text that
never means one."""
About = Literal["host", "port", "thing", "flow", "name"]
"""What a cause has to stop or to be about: anything of the host; the port in the text; any thing that the text names; a
flow from the program that printed the text to what the text names; that program's questions for names."""
PrintedBy = Literal["host", "client", "source"]
"""Who prints the text.  ``host``: an engine, a firewall, the kernel or a tool, of the host that it runs on.
``client``: any program anywhere, so that only its prefix or the user tells where it runs.  ``source``: a host, about
packets of the sender whose address stands in the text."""
Outcome = Literal["timeout", "refused", "no-route", "no-network", "reset"]
"""How a connection ended: ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ECONNRESET."""


class Failure(msgspec.Struct, frozen=True):
    """Why a container did not start.  ``said``: the reason in a clause.  ``repair``: what makes the container start;
    None: only the engine's own words are known.  ``again``: a plain start does it, since what kept it from starting is
    gone."""

    said: Message
    repair: Message | None = None
    again: bool = False


class TextEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A text and what it means to a cause.

    ``patterns``: see :mod:`hairpin.texts.pattern`.  ``wider``: patterns that mean the same most often.  A person may be
    told so; no cause is named by them.  ``unless``: words beside which the text means something else.  ``general``:
    another entry says more about a line that has both; it is never true by itself.

    ``kept_by``: the id of the cause that keeps an engine or a container from starting whose words these are.
    ``subject``: what they are about, such as a module: a word, or a place (``{module}``); of several, that which the
    pattern has.

    ``failure``: what they mean as the stored error of a container that did not start.  In its sentences, ``{name}`` is
    the container, ``{start}`` the command that starts it, and any other place one of the pattern or the subject.
    ``of-host``: the state of the host decides what they mean.
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
    """A text and what it means to a person.

    ``meaning``: at most two sentences.  It is said whether or not the text is true here, so it names no command that
    removes, stops, joins or opens anything.  ``causes``: ids of what may be behind the text, the likeliest first.

    ``shown_by``: ids of those causes that are what the text says, where they hold: they alone make it true.  A text
    about a flow without ``shown_by`` is true by any cause that stops the flow with the ``outcome`` of the text, or with
    one of its ``verdicts``.

    ``passing``: it comes and goes, so that its absence now decides nothing.  ``outcome``: how the connection ended, if
    the text is about one.
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
