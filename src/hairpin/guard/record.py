"""Makes of a round what the memory keeps of it, and takes secrets out of command lines before anybody is told them."""

import time

import msgspec

from hairpin.answer.guarded import cause_key, is_told
from hairpin.guard.change import Culprit, SeenChange
from hairpin.guard.round import Round
from hairpin.host.managers import HIDDEN
from hairpin.pasted.secrecy import is_secret, without_credentials
from hairpin.story.guarded import GuardedCause, GuardedChange, GuardedRound, Maker

MOST_CHANGES = 500
"""The greatest number of changes that are kept of one burst.  Of more, only their number is kept."""
_ENVIRONMENT = (" -e", " --env")
"""Options of engines and of other programs with values of the environment, which are often secrets."""


def without_secrets(found: Round) -> Round:
    """Return the round in which no command line has what may be a password, a token or a key."""
    return found._replace(changes=tuple(map(_told, found.changes)))


def _told(change: SeenChange) -> SeenChange:
    culprit = change.culprit
    if culprit is None or not culprit.command:
        return change
    return change._replace(culprit=culprit._replace(command=told_command(culprit.command)))


def told_command(command: str) -> str:
    """Return the command line without the password in a URL.  If any other part may be a secret, return only the
    program."""
    plain = without_credentials(command)
    if is_secret(plain) or any(each in plain for each in _ENVIRONMENT):
        return f"{plain.partition(' ')[0]} {HIDDEN}"
    return plain


class Recording:
    """Compares each round with the one before it."""

    def __init__(self, guard: int) -> None:
        """``guard``: the number of this run in the memory."""
        self._guard = guard
        self._causes: frozenset[GuardedCause] = frozenset()
        self._is_first = True

    def record(self, found: Round, *, blind: bool) -> GuardedRound:
        """Return what the memory keeps of the round.  ``blind``: whether something could not be watched."""
        causes = self._causes
        if found.held is not None:
            causes = frozenset(cause_key(each) for each in found.held.answer.causes if is_told(each))
        recorded = GuardedRound(
            guard=self._guard,
            at=found.at_s,
            until=time.time(),
            changes=tuple(map(_kept, found.changes[:MOST_CHANGES])),
            more=max(0, len(found.changes) - MOST_CHANGES),
            came=tuple(sorted(causes - self._causes)),
            gone=tuple(sorted(self._causes - causes)),
            first=self._is_first,
            failed=found.held is None,
            blind=blind,
            broken=sum(each.is_broken for each in found.held.each) if found.held is not None else 0,
            expectations=len(found.held.each) if found.held is not None else 0,
        )
        self._causes = causes
        self._is_first = self._is_first and found.held is None
        return recorded


def _kept(change: SeenChange) -> GuardedChange:
    by = change.culprit
    return GuardedChange(change.part, change.at_s, change.detail, Maker(*by) if by is not None else None)


def seen_of(change: GuardedChange) -> tuple[str, float, str, Culprit | None]:
    """Return the fields of a kept change as the guard saw it."""
    by = change.by
    return change.part, change.at, change.detail, Culprit(*msgspec.structs.astuple(by)) if by is not None else None
