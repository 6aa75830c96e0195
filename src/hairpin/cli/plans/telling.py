"""Reports plans: each step that has ended while a plan is carried out or taken back, the outcome of a plan, and the
list of plans."""

import sys
from typing import TYPE_CHECKING

from hairpin.cli.face.asked import Shown
from hairpin.cli.face.output import paper, whisper, words, write, write_json
from hairpin.message import Message, message

if TYPE_CHECKING:
    from hairpin.apply.hands import Told
    from hairpin.apply.kept_plan import KeptPlan, PlannedStep

NOTHING_WAITS = message("--confirm has nothing to confirm: no plan is being tried, or the plan was already undone")


def teller(shown: Shown) -> "Told":
    """Return the function that writes a line about an ended step to standard error."""
    from hairpin.report.text.plan_text import task_line

    def tell(task: "PlannedStep", said: Message | None) -> None:
        whisper(task_line(task, said, words(shown.lang, sys.stderr), paper(shown.color)))

    return tell


def tell_interrupted(plan: str, shown: Shown) -> None:
    """Report on standard error that the plan with this id was interrupted."""
    whisper(words(shown.lang, sys.stderr)(message("Plan {plan} was interrupted.", plan=plan)) + "\n")


def tell_settled(plan: "KeptPlan", shown: Shown) -> None:
    """Report the plan's present state on standard error."""
    from hairpin.report.text.plan_text import plans_text

    whisper(plans_text((plan,), words(shown.lang, sys.stderr), paper(shown.color)))


def write_kept(plan: str, shown: Shown) -> None:
    """Report that a plan stays in force.  ``plan``: the arguments of ``hairpin undo`` that take the plan back."""
    write(words(shown.lang)(message("The repair stays.  Take it back: `hairpin undo {plan}`", plan=plan)))


def write_not_kept(complaint: Message, shown: Shown) -> int:
    """Report why a plan was taken back instead of kept; return the exit status."""
    whisper(f"{words(shown.lang)(message('hairpin undid the whole plan: {why}', why=complaint))}\n")
    return 1


def write_undone(plan: "KeptPlan | None", shown: Shown) -> int:
    """Report the state of a plan that was taken back, or report that there was no plan.  Return the exit status."""
    status = 0 if plan is None or plan.state == "taken-back" else 1
    if shown.as_json:
        from hairpin.report.documents.undo_document import undone_document

        write_json(undone_document(plan))
        return status
    if plan is None:
        said = message("no change made by hairpin is in force")
    elif plan.state == "taken-back":
        said = message("plan {plan} is taken back", plan=plan.id)
    else:
        said = message(
            "plan {plan} is taken back in part; `hairpin undo --list` says what stays in force", plan=plan.id
        )
    write(words(shown.lang)(said))
    return status


def write_plans(plans: "tuple[KeptPlan, ...]", shown: Shown, said: Message | None = None) -> None:
    """Write the list of plans.

    ``said``: why local copies of the plans are listed; None if the plans are from the journal."""
    if shown.as_json:
        from hairpin.report.documents.undo_document import plans_document

        write_json(plans_document(plans, words(shown.lang), said))
        return
    from hairpin.report.text.plan_text import plans_text

    write(plans_text(plans, words(shown.lang), paper(shown.color)))
