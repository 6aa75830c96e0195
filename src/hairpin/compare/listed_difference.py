"""One difference between two networks, as it is listed."""

from typing import Literal, get_args

import msgspec

from hairpin.compare.edit import Edit
from hairpin.host.netns import Netns
from hairpin.message import Message
from hairpin.story.blame import Blame

PartOfHost = Literal[
    "host", "engines", "containers", "networks", "links", "addresses", "routes", "policy-rules", "neighbours",
    "forwarding", "sysctls", "rules", "sets", "sockets", "managers", "units", "files", "versions", "learned",
]  # fmt: skip
"""The parts of a host."""
PARTS: tuple[PartOfHost, ...] = get_args(PartOfHost)
"""In the order in which their differences are listed."""

Text = Message | str
"""A sentence, or words that nobody translates: a rule, a command's words."""


class ListedDifference(msgspec.Struct, frozen=True):
    """One difference.

    ``ref`` names it (``d1``).  ``where``: what is different; ``before`` and ``after``: how it was and is (None: it was
    or is not there).  ``listed`` False: the kernel learned it by itself, which is told only where it decides a flow.
    ``fields``: the fields of the namespace or the host that a walk reads of it, for the search of what decides.
    ``blame``: since when it is so and through whom, where the later host's traces prove it."""

    part: PartOfHost
    netns: Netns
    where: Text
    before: Text | None
    after: Text | None
    edit: Edit
    ref: str = ""
    listed: bool = True
    fields: tuple[str, ...] = ()
    blame: Blame | None = None
