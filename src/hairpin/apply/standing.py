"""What is on the host of a task: the journal alone does not tell it of a task that was interrupted."""

from typing import Literal

from hairpin.apply.ready import ReadFile
from hairpin.change.expect import ManagerRuns
from hairpin.change.step import Ask, ReplaceFile, Step
from hairpin.change.steps import refusal_of
from hairpin.network.network import Network

Standing = Literal["as-before", "made", "neither"]


def standing_of(step: Step, network: Network, read: ReadFile) -> Standing:
    """Return whether the host is as the step expects to find it, or as the step leaves it.

    ``neither``: something else has changed the same place since, or the step was interrupted in its middle.  A call to
    a manager may expect no more than that it runs, which is so before and after: it counts as made, and its undo is
    asked for twice at worst.  No such doubt is there of what the owner reports: a container's state, an open port."""
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
    """Return whether nothing that was read tells if the call was made: its manager takes it a second time."""
    return isinstance(step, Ask) and bool(step.undo) and all(isinstance(each, ManagerRuns) for each in step.expects)
