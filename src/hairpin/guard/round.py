"""One round of the guard: a burst of changes, and what became of the expectations."""

from typing import NamedTuple

from hairpin.evidence.several import Source
from hairpin.expect.holding import Holding, Holdings
from hairpin.expect.promise import Promise
from hairpin.guard.change import ANNOUNCED, Culprit, SeenChange
from hairpin.guard.heal.heal import Healed, NotHealed
from hairpin.message import Message


class Round(NamedTuple):
    """What a burst did.  ``at_s``: when the host was read, in seconds since the epoch.  ``changes``: the burst; none in
    the first round.  ``broke``, ``mended``: the expectations that were kept before and are not now, and the other way
    round.  ``failed``: why the host could not be read or judged; then nothing is known.  ``read``: what was read.
    ``healed``, ``not_healed``: what the guard has repaired since, and what it leaves broken although it was to heal it.
    ``own``: the culprits that are the guard's own heals."""

    at_s: float
    changes: tuple[SeenChange, ...]
    held: Holdings | None
    broke: tuple[Holding, ...] = ()
    mended: tuple[Holding, ...] = ()
    failed: Message | None = None
    read: tuple[Source, ...] = ()
    healed: tuple[Healed, ...] = ()
    not_healed: tuple[NotHealed, ...] = ()
    own: tuple[Culprit, ...] = ()
    lost: tuple[Promise, ...] = ()
    """What Compose files and Quadlets promise, and containers had before this round and do not have any more."""
    kept_again: tuple[Promise, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether the round tells something: an expectation or a promise that changed, a heal, or a host that could not
        be read."""
        return (
            bool(self.broke or self.mended or self.healed or self.not_healed or self.lost or self.kept_again)
            or self.failed is not None
        )

    @property
    def culprits(self) -> tuple[Culprit, ...]:
        """The processes that made the changes, each once."""
        return tuple(dict.fromkeys(each.culprit for each in self.changes if each.culprit is not None))

    @property
    def is_by_unknown(self) -> bool:
        """Whether nobody is known for a part that changed: not even another change of the same part."""
        known = ANNOUNCED | {each.part for each in self.changes if each.culprit is not None}
        return any(each.culprit is None and each.part not in known for each in self.changes)
