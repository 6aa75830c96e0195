"""A step of a plan as the journal knows it, and what has become of it."""

from typing import Literal

import msgspec

from hairpin.change.step import Step
from hairpin.message import Message, message

StepState = Literal["planned", "running", "done", "failed", "taking-back", "taken-back", "gone", "stays"]
"""``running`` and ``taking-back``: begun, and not known to have ended.  ``failed``: the host refused it.  ``gone``:
somebody else, or a reboot, has taken it back.  ``stays``: nothing takes it back, or it was refused."""
PlanState = Literal["open", "keeping", "applied", "ending", "taken-back", "partly"]
"""``open``: begun, and the switch watches.  ``keeping``: found to be well; what lasts is being written.  ``ending``:
being taken back.  ``partly``: taken back but for what is listed."""

PLAN_STATES: dict[PlanState, Message] = {
    "open": message("half done"),
    "keeping": message("in force, and not all of what lasts is written"),
    "applied": message("in force"),
    "ending": message("half taken back"),
    "taken-back": message("taken back"),
    "partly": message("taken back in part"),
}


class PlannedStep(msgspec.Struct, frozen=True):
    """A step in its place.  ``repair``: the id of the repair that it belongs to.  ``lasting``: it keeps the repair."""

    repair: str
    step: Step
    lasting: bool = False
    state: StepState = "planned"
    said: str = ""
    """Why it failed, or stays."""

    @property
    def is_in_force(self) -> bool:
        """Whether something of it may be on the host."""
        return self.state in ("running", "done", "failed", "taking-back", "stays")


class KeptPlan(msgspec.Struct, frozen=True):
    """A plan that was begun on a host.  ``id``: its number in the journal, as text.  ``begun_at``: RFC 3339, UTC.

    ``boot_id``: the host's when the plan began; if it has changed since, only what is in files is left of the plan.
    ``question``: the words of the command line that asked for it."""

    id: str
    host: str
    boot_id: str
    begun_at: str
    question: tuple[str, ...] = ()
    state: PlanState = "open"
    tasks: tuple[PlannedStep, ...] = ()
