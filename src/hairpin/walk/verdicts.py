"""What becomes of a flow."""

from typing import Literal

from hairpin.message import Message, message

Verdict = Literal["delivered", "leaves", "dropped", "rejected", "refused", "unanswered", "looped", "depends"]

VERDICTS: dict[Verdict, Message] = {
    "delivered": message("delivered"),
    "leaves": message("leaves"),
    "dropped": message("dropped"),
    "rejected": message("rejected"),
    "refused": message("refused"),
    "unanswered": message("unanswered"),
    "looped": message("looped"),
    "depends": message("undecided"),
}
"""Each in words for people."""


def succeeds(verdict: Verdict) -> bool:
    """Return whether a flow of this verdict serves its sender, as far as was read.

    ``delivered``: a socket that was read takes it.  ``leaves``: it goes out to where nothing was read; nothing here
    stops it, and its answer would come in again.
    """
    return verdict in ("delivered", "leaves")
