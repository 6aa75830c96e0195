"""Local copies of the plans that this machine began on other hosts.  The journal of each plan is on the other host."""

from pathlib import Path
from urllib.parse import quote

import msgspec

from hairpin.apply.kept_plan import KeptPlan
from hairpin.errors import JournalError
from hairpin.message import message

_KEPT = 50
"""The number of copies of plans that are kept for each host."""


class PlanCopies(msgspec.Struct, frozen=True):
    """The copies of plans, in a folder of the user with mode 0700.

    The user's folder has a folder for each host, with a file for each plan."""

    folder: Path

    def keep(self, destination: str, plan: KeptPlan) -> None:
        """Write a copy of another host's plan.  Raises JournalError if the copy cannot be written."""
        own = self._folder_of(destination)
        try:
            own.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = own / f".{plan.id}"
            new.write_bytes(msgspec.json.encode(plan))
            new.replace(own / plan.id)
            for each in self._plans(destination)[_KEPT:]:
                each.unlink(missing_ok=True)
        except OSError as error:
            raise JournalError(
                message("the journal in {folder} cannot be used: {reason}", folder=own, reason=error)
            ) from error

    def of_host(self, destination: str) -> tuple[KeptPlan, ...]:
        """Return the copies of another host's plans, the newest first."""
        return tuple(msgspec.json.decode(each.read_bytes(), type=KeptPlan) for each in self._plans(destination))

    def _plans(self, destination: str) -> list[Path]:
        found = (each for each in self._folder_of(destination).glob("*") if each.name.isdecimal())
        return sorted(found, key=lambda each: -int(each.name))

    def _folder_of(self, destination: str) -> Path:
        return self.folder / "copies" / quote(destination, safe="@")
