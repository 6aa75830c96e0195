"""An alert as it is delivered."""

from typing import Literal, NamedTuple

AlertKind = Literal["broke", "mended", "blind", "sees", "fight"]
"""Why a guard alerts: an expectation broke or holds again, the guard became blind or sees again, a repair was stopped
because somebody else takes it back."""
PRIORITIES: dict[AlertKind, int] = {"broke": 3, "mended": 5, "blind": 3, "sees": 5, "fight": 2}
"""The priorities of syslog(3): 2 critical, 3 error, 5 notice."""


class ToldAlert(NamedTuple):
    """One alert.  ``summary``: its text.  ``document``: JSON, ``hairpin.guard-alert/1``.  ``fields``: further fields
    for the journal; a name may stand more than once."""

    at_s: float
    kind: AlertKind
    summary: str
    document: bytes
    fields: tuple[tuple[str, str], ...] = ()


class DeliveryError(Exception):
    """An alert could not be delivered.  The text never has an address or a secret.  ``lasts``: whether it is useless to
    try again."""

    def __init__(self, reason: str, *, lasts: bool = False) -> None:
        self.lasts = lasts
        super().__init__(reason)
