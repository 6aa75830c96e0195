"""Tells whether a task's change is on the host.  The journal does not tell this for an interrupted task."""

from typing import Literal

from hairpin.apply.ready import ReadFile
from hairpin.change.expect import ManagerRuns
from hairpin.change.step import Ask, ReplaceFile, Step
from hairpin.change.steps import refusal_of
from hairpin.network.network import Network

Standing = Literal["as-before", "made", "neither"]


def standing_of(step: Step, network: Network, read: ReadFile) -> Standing:
    """Return whether the host has the state before the step or the state after the step.

    ``neither``: another program has changed the same state since, or the step was interrupted halfway.  The only
    expectation of some calls is that the called manager runs, which is true before and after the call.  A call of this
    kind counts as made, so in the worst case its undo is done twice.  If the owner reports the result of a call, such
    as a container's state or an open port, the standing of the call is certain."""
    if isinstance(step, ReplaceFile):
        found = read(step.path)
        content = found.content if found is not None else None
        if content == (step.after.content if step.after is not None else None):
            return "made"
        return "as-before" if content == (step.before.content if step.before is not None else None) else "neither"
    made = all(refusal_of(each, network) is None for each in step.undo or ())
    if step.expects and refusal_of(step, network) is None and not (made and is_doubtful(step)):
        return "as-before"
    return "made" if made else "neither"


def is_doubtful(step: Step) -> bool:
    """Return whether no evidence can show that the step's call was made.

    A call of this kind may be repeated, because the called manager accepts it a second time."""
    return isinstance(step, Ask) and bool(step.undo) and all(isinstance(each, ManagerRuns) for each in step.expects)
