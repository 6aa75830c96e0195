"""A plan and its steps as the journal holds them, with their states."""

from typing import Literal

import msgspec

from hairpin.change.step import Step
from hairpin.message import Message, message

StepState = Literal["planned", "running", "done", "failed", "taking-back", "taken-back", "gone", "stays"]
"""``running`` and ``taking-back``: begun, and not known to have ended.  ``failed``: the host refused it.  ``gone``:
another program, a person or a reboot has undone it.  ``stays``: it has no undo, or the undo failed."""
PlanState = Literal["open", "keeping", "applied", "ending", "taken-back", "partly"]
"""``open``: begun, and its switch is armed.  ``keeping``: verified; the lasting steps are being carried out.
``ending``: being taken back.  ``partly``: taken back, except for the steps that stay."""

PLAN_STATES: dict[PlanState, Message] = {
    "open": message("half done"),
    "keeping": message("in force, but not all of its lasting part is written"),
    "applied": message("in force"),
    "ending": message("half taken back"),
    "taken-back": message("taken back"),
    "partly": message("taken back in part"),
}


class PlannedStep(msgspec.Struct, frozen=True):
    """A step of a plan.  ``repair``: the id of its repair.  ``lasting``: it keeps the repair after a reboot."""

    repair: str
    step: Step
    lasting: bool = False
    state: StepState = "planned"
    said: str = ""
    """Why it failed, or stays."""

    @property
    def is_in_force(self) -> bool:
        """Whether the host may have a part of the step."""
        return self.state in ("running", "done", "failed", "taking-back", "stays")


class KeptPlan(msgspec.Struct, frozen=True):
    """A plan that was begun on a host.  ``id``: its number in the journal, as text.  ``begun_at``: RFC 3339, UTC.

    ``boot_id``: the host's, when the plan began.  After a reboot it differs, and only the plan's files are left.
    ``question``: the words of the command line that asked for it."""

    id: str
    host: str
    boot_id: str
    begun_at: str
    question: tuple[str, ...] = ()
    state: PlanState = "open"
    tasks: tuple[PlannedStep, ...] = ()
