"""The type of a row of the tables."""

import msgspec

from hairpin.message import Message
from hairpin.suppose.hints.hint import OF_CAUSE


class Lean(msgspec.Struct, frozen=True, kw_only=True):
    """The points for a cause and against it.

    ``cause``: the id of the cause; empty if the catalogue has no such cause.  ``often``: how often people have this
    cause, from 0 to 4.  ``pro`` and ``con``: points for each feature that the text has.  ``needs``: the text must have
    one of these features; if ``needs`` is empty, any text may mean the cause.

    Only a row without a cause has the other fields.  ``command``: the read-only command that decides.  ``shows``: the
    command's output if the explanation ``means`` is true."""

    cause: str
    often: int = 1
    pro: dict[str, int]
    con: dict[str, int] = {}
    needs: tuple[str, ...] = ()
    command: str = ""
    shows: Message = OF_CAUSE
    means: Message = OF_CAUSE
