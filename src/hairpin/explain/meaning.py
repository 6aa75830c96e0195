"""One entry of the catalogue of texts: what programs print, and what it means."""

from typing import Literal

import msgspec

from hairpin.explain.codes import Outcome
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


class TextMeaning(msgspec.Struct, frozen=True):
    """What a text means.

    ``patterns``: see :mod:`hairpin.explain.pattern`.  ``meaning``: at most two sentences.  It is said whether or not
    the text is true here, so it names no command that removes, stops, joins or opens anything.  ``causes``: ids of
    what may be behind the text, the likeliest first.

    ``shown_by``: ids of those causes that are what the text says, where they hold: they alone make it true.  A text
    about a flow without ``shown_by`` is true by any cause that stops the flow with the ``outcome`` of the text, or with
    one of its ``verdicts``.

    ``general``: another entry says more about a line that has both; it is never true by itself.  ``passing``: it comes
    and goes, so that its absence now decides nothing.  ``outcome``: how the connection ended, if the text is about one.
    """

    id: str
    program: str
    patterns: tuple[str, ...]
    meaning: Message
    causes: tuple[str, ...] = ()
    shown_by: tuple[str, ...] = ()
    kind: TextKind = "fault"
    about: About = "host"
    printed_by: PrintedBy = "host"
    verdicts: tuple[Verdict, ...] = ()
    general: bool = False
    passing: bool = False
    outcome: Outcome | Literal[""] = ""
