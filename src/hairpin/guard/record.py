"""Makes of a round what the memory keeps of it, and takes secrets out of command lines before anybody is told them."""

import time
from collections.abc import Iterable, Mapping

from hairpin.answer.guarded import cause_key, is_told, is_unmoved
from hairpin.guard.change import Culprit, Part, SeenChange
from hairpin.guard.round import Round
from hairpin.host.managers import HIDDEN
from hairpin.message import Message
from hairpin.network.network import Network
from hairpin.pasted.secrecy import is_secret, without_credentials
from hairpin.story.guarded import GuardedCause, GuardedChange, GuardedRound, Maker

_WATCHED: Mapping[str, tuple[Part, ...]] = {
    "the rules of nftables": ("rules",),
    "links, addresses and routes": ("links", "addresses", "routes"),
    "who writes settings of the kernel": ("sysctls",),
    "files that are loaded later": ("files",),
}
"""For each source of a guard, as ``watch`` names it, the parts of the host of which it tells."""
MOST_CHANGES = 500
"""The greatest number of changes that are kept of one burst.  Of more, only their number is kept."""
_ENVIRONMENT = (" -e", " --env")
"""Options of engines and of other programs with values of the environment, which are often secrets."""


def without_secrets(found: Round) -> Round:
    """Return the round in which no command line has what may be a password, a token or a key."""
    return found._replace(changes=tuple(map(_public, found.changes)))


def _public(change: SeenChange) -> SeenChange:
    return change if change.culprit is None else change._replace(culprit=without_secret(change.culprit))


def without_secret(culprit: Culprit) -> Culprit:
    """Return the culprit without what may be a password, a token or a key in its command line, or in that of its
    job."""
    if not (culprit.command or culprit.job):
        return culprit
    return culprit._replace(command=told_command(culprit.command), job=told_command(culprit.job))


def told_command(command: str) -> str:
    """Return the command line without the password in a URL.  If any other part may be a secret, return only the
    program."""
    plain = without_credentials(command)
    if is_secret(plain) or any(each in plain for each in _ENVIRONMENT):
        return f"{plain.partition(' ')[0]} {HIDDEN}"
    return plain


def blind_parts(blind: Iterable[Message]) -> tuple[str, ...]:
    """Return the parts of the host that cannot be watched.  What is not known here, such as an engine's own events,
    only tells more of changes that the kernel tells, too."""
    found: dict[str, None] = {}
    for each in blind:
        what = dict(each.values).get("what")
        name = what.template if isinstance(what, Message) else str(what)
        found.update(dict.fromkeys(_WATCHED.get(name, ())))
    return tuple(found)


class Recording:
    """Compares each round with the one before it."""

    def __init__(self, guard: int) -> None:
        """``guard``: the number of this run in the memory."""
        self._guard = guard
        self._causes: frozenset[GuardedCause] = frozenset()
        self._network: Network | None = None
        self._is_first = True

    def record(self, found: Round, *, blind: Iterable[Message]) -> GuardedRound:
        """Return what the memory keeps of the round.  ``blind``: what could not be watched."""
        causes, unmoved = self._causes, tuple[GuardedCause, ...]()
        if found.held is not None:
            answer = found.held.answer
            told = {cause_key(each): each for each in answer.causes if is_told(each)}
            causes = frozenset(told)
            before = self._network
            if before is not None:
                came = sorted(causes - self._causes)
                unmoved = tuple(each for each in came if is_unmoved(told[each], before))
            self._network = answer.network
        recorded = GuardedRound(
            guard=self._guard,
            at=found.at_s,
            until=time.time(),
            changes=tuple(map(_change, found.changes[:MOST_CHANGES])),
            more=max(0, len(found.changes) - MOST_CHANGES),
            came=tuple(sorted(causes - self._causes)),
            gone=tuple(sorted(self._causes - causes)),
            first=self._is_first,
            failed=found.held is None,
            blind=blind_parts(blind),
            unmoved=unmoved,
            broken=sum(each.is_broken for each in found.held.each) if found.held is not None else 0,
            expectations=len(found.held.each) if found.held is not None else 0,
        )
        self._causes = causes
        self._is_first = self._is_first and found.held is None
        return recorded


def _change(change: SeenChange) -> GuardedChange:
    by = change.culprit
    return GuardedChange(change.part, change.at_s, change.detail, Maker(*by) if by is not None else None)
