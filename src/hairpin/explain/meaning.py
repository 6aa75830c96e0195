"""One entry of the catalogue of texts: what programs print, and what it means."""

from typing import Literal

import msgspec

from hairpin.message import Message
from hairpin.walk.verdicts import Verdict

TextKind = Literal["fault", "routine", "harmless"]
"""A fault; a text that healthy hosts log as well, and that means a fault only where a cause is proven; a text that
never means one."""
About = Literal["host", "port", "flow"]
"""What a cause has to stop to be the one that the text is about: anything; the port or the address in the text; the
same, whatever the cause is called, if the verdict fits."""


class Sample(msgspec.Struct, frozen=True):
    """A line as it was printed.  ``source``: a repository and an issue, or a program and its source file."""

    text: str
    source: str


class TextMeaning(msgspec.Struct, frozen=True):
    """What a text means.

    ``patterns``: see :mod:`hairpin.explain.pattern`.  ``meaning``: at most two sentences.  ``causes``: ids, the
    likeliest first.  ``verdicts``: of the flow that the text is about, for ``about="flow"``.  ``general``: another
    entry says more about a line that has both.  ``passing``: it comes and goes, so that its absence now decides
    nothing."""

    id: str
    program: str
    patterns: tuple[str, ...]
    meaning: Message
    samples: tuple[Sample, ...]
    causes: tuple[str, ...] = ()
    kind: TextKind = "fault"
    about: About = "host"
    verdicts: tuple[Verdict, ...] = ()
    general: bool = False
    passing: bool = False
