"""The verdict on a flow."""

from typing import Literal

from hairpin.message import Message, message

Verdict = Literal[
    "delivered", "leaves", "dropped", "rejected", "refused", "unanswered", "looped", "misdirected", "depends"
]

VERDICTS: dict[Verdict, Message] = {
    "delivered": message("delivered"),
    "leaves": message("leaves the host"),
    "dropped": message("dropped"),
    "rejected": message("rejected"),
    "refused": message("refused"),
    "unanswered": message("unanswered"),
    "looped": message("looped"),
    "misdirected": message("misdirected"),
    "depends": message("undecided"),
}
"""The sentence for each verdict."""


def succeeds(verdict: Verdict) -> bool:
    """Return whether a flow with this verdict serves its sender, according to the readings.

    ``delivered``: a socket that was read receives the packet.  ``leaves``: the packet leaves the snapshot, nothing that
    was read stops it, and the hosts would let its answer in.
    """
    return verdict in ("delivered", "leaves")
