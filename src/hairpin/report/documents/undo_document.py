"""The JSON document of ``hairpin undo`` and of its list: ``hairpin.undo/1``, docs/schema/undo-1.json."""

from typing import Literal

import msgspec

import hairpin
from hairpin.apply.kept_plan import KeptPlan, PlannedStep, PlanState, StepState
from hairpin.change.commands.text import all_shown
from hairpin.change.step import ReplaceFile
from hairpin.message import Message
from hairpin.report.words import Words

SCHEMA: Literal["hairpin.undo/1"] = "hairpin.undo/1"


class UndoStepDocument(msgspec.Struct, frozen=True):
    """A step of a plan, in the order in which it was carried out.

    ``repair``: the id of the repair to which the step belongs.  ``commands``: the commands as the plan printed them;
    empty for a step that writes a file.  ``file``: the file that the step writes; null if the step writes no file.
    ``lasting``: whether the step keeps the repair after a reboot.  ``state``: the step's fate.  ``gone``: a reboot or
    another program has undone the step.  ``stays``: the step is still in force; ``said`` has the reason."""

    repair: str
    commands: tuple[str, ...]
    file: str | None
    lasting: bool
    state: StepState
    said: str


class UndoPlanDocument(msgspec.Struct, frozen=True):
    """A plan that was carried out.

    ``state``: ``applied`` if the plan is in force, ``taken-back`` if all of its steps were undone, and ``partly`` if
    some of its steps were undone.  ``open``, ``keeping`` or ``ending`` if the plan is half done.  ``asked``: the
    arguments of the command that carried out the plan."""

    id: str
    host: str
    begun_at: str
    asked: tuple[str, ...]
    state: PlanState
    steps: tuple[UndoStepDocument, ...]


class UndoDocument(msgspec.Struct, frozen=True):
    """The plan that was undone, or the list of plans.

    ``plan``: the undone plan in its present state; null if no plan was in force, or if the list was asked for.
    ``plans``: with ``--list`` every plan, the newest first; otherwise empty.  ``said``: the reason why the list is a
    copy that this machine has kept; null if the list was read on the host."""

    schema: Literal["hairpin.undo/1"]
    hairpin: str
    plan: UndoPlanDocument | None
    plans: tuple[UndoPlanDocument, ...]
    said: str | None


def undone_document(plan: KeptPlan | None) -> UndoDocument:
    """Return the document of an undone plan, as the journal now describes it.  ``plan``: None if no plan was in
    force."""
    return UndoDocument(SCHEMA, hairpin.__version__, None if plan is None else _plan(plan), (), None)


def plans_document(plans: tuple[KeptPlan, ...], words: Words, said: Message | None = None) -> UndoDocument:
    """Return the document of a list of plans.

    ``said``: the reason why the list is only a copy; None if the list was read on the host."""
    return UndoDocument(
        SCHEMA, hairpin.__version__, None, tuple(map(_plan, plans)), None if said is None else words(said)
    )


def _plan(plan: KeptPlan) -> UndoPlanDocument:
    steps = tuple(map(_step, plan.tasks))
    return UndoPlanDocument(plan.id, plan.host, plan.begun_at, plan.question, plan.state, steps)


def _step(task: PlannedStep) -> UndoStepDocument:
    is_file = isinstance(task.step, ReplaceFile)
    return UndoStepDocument(
        repair=task.repair,
        commands=() if is_file else all_shown((task.step,)),
        file=task.step.path if isinstance(task.step, ReplaceFile) else None,
        lasting=task.lasting,
        state=task.state,
        said=task.said,
    )
