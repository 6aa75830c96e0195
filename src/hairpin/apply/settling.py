"""Settles a plan that was interrupted: finishes what keeps it if all was found to be well, else takes it back."""

from hairpin.apply.carrying_out import Hands, carry_out_tasks
from hairpin.apply.journal import PlanBook
from hairpin.apply.standing import is_doubtful, standing_of
from hairpin.apply.taking_back import remove_leavings, take_back
from hairpin.apply.task import PlanState, Undertaking
from hairpin.change.step import ReplaceFile


def tried_plan(journal: PlanBook) -> Undertaking | None:
    """Return the plan whose switch watches, and all of whose steps of now are done: it waits for its confirmation."""
    return next((each for each in journal.all() if _is_tried(journal, each)), None)


def interrupted_plan(journal: PlanBook) -> Undertaking | None:
    """Return the plan that was begun, did not end and is not being tried; None if there is none.  The caller holds the
    lock, so nobody carries it out."""
    begun = (each for each in journal.all() if each.state in ("open", "keeping", "ending"))
    return next((each for each in begun if not _is_tried(journal, each)), None)


def _is_tried(journal: PlanBook, plan: Undertaking) -> bool:
    done = all(each.state == "done" for each in plan.tasks if not each.lasting)
    return plan.state == "open" and done and journal.is_watched(plan.id)


def settle(journal: PlanBook, plan: Undertaking, hands: Hands) -> PlanState:
    """Settle the plan, and return how it then stands.  The caller holds the lock."""
    if plan.state == "keeping" and _goes_on(journal, plan, hands):
        journal.end(plan.id, "applied")
        return "applied"
    journal.seize(plan.id)
    return take_back(journal, journal.known(plan.id), hands)


def _goes_on(journal: PlanBook, plan: Undertaking, hands: Hands) -> bool:
    """Carry out what is left of the lasting tasks; return whether all of it is done."""
    left = [number for number, each in enumerate(plan.tasks) if each.lasting and each.state in ("planned", "running")]
    network = hands.look()
    for number in left:
        task = plan.tasks[number]
        stands = standing_of(task.step, network, hands.read) if task.state == "running" else "as-before"
        if stands == "neither":
            return False
        if stands == "made" and not is_doubtful(task.step):
            if isinstance(task.step, ReplaceFile):
                remove_leavings(task.step, task.step.after, hands)
            journal.mark(plan.id, number, "done")
        elif carry_out_tasks(journal, plan, (number,), hands) is not None:
            return False
    return True
