"""A plan and its steps as the journal holds them, with their states."""

from typing import Literal

import msgspec

from hairpin.change.step import Step
from hairpin.message import Message, message

StepState = Literal["planned", "running", "done", "failed", "taking-back", "taken-back", "gone", "stays"]
"""The state of a step.

``running`` and ``taking-back``: the step or its undo was begun, and hairpin does not know whether it ended.
``failed``: the host refused the step.  ``gone``: another program, a person or a reboot has undone the step.  ``stays``:
the step has no undo, or its undo failed."""
PlanState = Literal["open", "keeping", "applied", "ending", "taken-back", "partly"]
"""The state of a plan.

``open``: the plan was begun, and the switch that takes it back at its deadline is armed.  ``keeping``: the plan was
verified, and its lasting steps are being carried out.  ``ending``: the plan is being taken back.  ``partly``: the plan
was taken back, except for the steps that stay."""

PLAN_STATES: dict[PlanState, Message] = {
    "open": message("half done"),
    "keeping": message("in force, but the files that keep it after a reboot are not all written"),
    "applied": message("in force"),
    "ending": message("half taken back"),
    "taken-back": message("taken back"),
    "partly": message("taken back in part"),
}


_BEING_TRIED = message("being tried")


class PlannedStep(msgspec.Struct, frozen=True):
    """A step of a plan.  ``repair``: the id of the repair to which the step belongs.  ``lasting``: whether the step
    keeps the repair after a reboot."""

    repair: str
    step: Step
    lasting: bool = False
    state: StepState = "planned"
    said: str = ""
    """Why the step failed or stays."""

    @property
    def is_in_force(self) -> bool:
        """Whether the host may have a part of the step."""
        return self.state in ("running", "done", "failed", "taking-back", "stays")


class KeptPlan(msgspec.Struct, frozen=True):
    """A plan that was begun on a host.

    ``id``: the plan's number in the journal, as text.  ``begun_at``: the time at which the plan began, in RFC 3339 and
    UTC.  ``boot_id``: the host's boot id when the plan began.  After a reboot the host has another boot id, and of the
    plan only the changed files are left.  ``question``: the words of the command line that asked for the plan."""

    id: str
    host: str
    boot_id: str
    begun_at: str
    question: tuple[str, ...] = ()
    state: PlanState = "open"
    tasks: tuple[PlannedStep, ...] = ()

    @property
    def said(self) -> Message:
        """The plan's state in words.  A plan whose steps are all done is being tried until its confirmation."""
        done = all(each.state == "done" for each in self.tasks if not each.lasting)
        return _BEING_TRIED if self.state == "open" and done else PLAN_STATES[self.state]
