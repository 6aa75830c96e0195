"""Settles an interrupted plan: completes the plan's lasting tasks if the plan was verified, and takes it back
otherwise."""

from hairpin.apply.hands import Hands
from hairpin.apply.kept_plan import KeptPlan, PlanState
from hairpin.apply.program.plan_book import PlanBook
from hairpin.apply.standing import is_doubtful, standing_of
from hairpin.apply.taking_back import remove_leavings, take_back
from hairpin.change.step import ReplaceFile


def settle(book: PlanBook, plan: KeptPlan, hands: Hands) -> PlanState:
    """Settle the plan, and return the plan's new state.  Raises ApplyError if another process works on the plan."""
    if plan.state == "keeping" and _goes_on(book, plan, hands):
        return "applied"
    if book.seize(plan.id, again=True) is None:
        return book.known(plan.id).state
    return take_back(book, book.known(plan.id), hands)


def _goes_on(book: PlanBook, plan: KeptPlan, hands: Hands) -> bool:
    """Carry out the remaining lasting tasks of the plan; return whether all of them are done."""
    book.hold(plan.id)
    plan = book.known(plan.id)
    left = [number for number, each in enumerate(plan.tasks) if each.lasting and each.state in ("planned", "running")]
    network = hands.look()
    again: list[int] = []
    for number in left:
        task = plan.tasks[number]
        stands = standing_of(task.step, network, hands.read) if task.state == "running" else "as-before"
        if stands == "neither":
            return False
        if stands == "made" and not is_doubtful(task.step):
            if isinstance(task.step, ReplaceFile):
                remove_leavings(task.step, task.step.after, hands)
            book.mark(plan.id, (number, "done", ""))
        else:
            again.append(number)
    return book.confirm(plan, tuple(again), hands.told) is None
