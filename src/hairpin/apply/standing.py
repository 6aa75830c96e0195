"""Whether a task's change is on the host.  For an interrupted task the journal does not say so."""

from typing import Literal

from hairpin.apply.ready import ReadFile
from hairpin.change.expect import ManagerRuns
from hairpin.change.step import Ask, ReplaceFile, Step
from hairpin.change.steps import refusal_of
from hairpin.network.network import Network

Standing = Literal["as-before", "made", "neither"]


def standing_of(step: Step, network: Network, read: ReadFile) -> Standing:
    """Return whether the host has the state before the step or the state after it.

    ``neither``: another program changed the same state since, or the step was interrupted halfway.  A call to a manager
    may expect only that the manager runs, which is true before and after.  Such a call counts as made; at worst its
    undo is done twice.  A call whose result the owner reports (a container's state, an open port) has no such doubt."""
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
    """Return whether evidence cannot show that the call was made.  Its manager accepts such a call twice."""
    return isinstance(step, Ask) and bool(step.undo) and all(isinstance(each, ManagerRuns) for each in step.expects)
