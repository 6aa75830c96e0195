"""Keeps a snapshot of the host as it was before something broke, and one a day, in hairpin's own folder.

`hairpin diff --last-good` and `hairpin restore` find them there.  What a person kept is never deleted for them.
"""

from hairpin.cli.keeping import keep_evidence, snapshots_folder
from hairpin.collect.kept_snapshots import GuardBounds, kept_snapshots
from hairpin.errors import HairpinError
from hairpin.evidence.reading import Evidence, moment
from hairpin.expect.settings import GuardSettings
from hairpin.guard.round import Round
from hairpin.message import Message, message

_DAY_S = 86400.0
_Key = tuple[bool, str, str]


class SnapshotKeeper:
    """Knows of each expectation the last reading in which it held.  ``trouble``: why the last snapshot could not be
    kept; None if all is well."""

    def __init__(self, settings: GuardSettings) -> None:
        self._bounds = GuardBounds(settings.snapshots, settings.snapshots_s)
        self._held: dict[_Key, Evidence] = {}
        self._kept: set[str] = set()
        self.trouble: Message | None = None

    def heed(self, found: Round) -> None:
        """Keep the last reading in which the expectations held that are broken now, and one reading a day."""
        read = next((each for each in found.read if isinstance(each, Evidence)), None)
        if found.held is None or read is None or not self._bounds.count:
            return
        for each in found.broke:
            before = self._held.pop(each.expectation.key, None)
            if before is not None:
                self._keep(before)
        for one in found.held.each:
            if one.state == "held":
                self._held[one.expectation.key] = read
        if self._is_due(read):
            self._keep(read)

    def _is_due(self, read: Evidence) -> bool:
        """Return whether nothing was kept for a day, by this guard or by anybody."""
        at = moment(read.taken_at)
        try:
            newest = next(iter(kept_snapshots(snapshots_folder())), None)
        except HairpinError as error:
            self.trouble = _complaint(error.said)
            return False
        last = moment(newest.taken_at) if newest is not None else None
        return at is not None and (last is None or at - last >= _DAY_S)

    def _keep(self, evidence: Evidence) -> None:
        if evidence.snapshot_id in self._kept:
            return
        try:
            keep_evidence(evidence, guard=self._bounds)
        except (HairpinError, OSError) as error:
            self.trouble = _complaint(error.said if isinstance(error, HairpinError) else str(error))
            return
        self.trouble = None
        self._kept = {*list(self._kept)[-9:], evidence.snapshot_id}


def _complaint(reason: Message | str) -> Message:
    return message("no snapshot could be kept: {reason}", reason=reason)
