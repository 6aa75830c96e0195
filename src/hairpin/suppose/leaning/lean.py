"""The type of a row of the tables."""

import msgspec

from hairpin.message import Message


class Lean(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks for a cause and against it.

    ``cause``: the id of the cause; empty if the catalogue has none.  ``often``: how often people have it, from 0 to 4.
    ``pro`` and ``con``: points for each feature that the text has.  ``needs``: features of which the text has to have
    one; empty if any text may mean the cause.  ``command`` and ``shows``: the read-only command that decides it, and
    what its output then shows.  ``means``: what it is; the cause's own title if it is None."""

    cause: str
    command: str
    shows: Message
    often: int = 1
    pro: dict[str, int]
    con: dict[str, int] = {}
    needs: tuple[str, ...] = ()
    means: Message | None = None
