"""The act of the machines that end hairpin in the midst of a plan: a plan of given steps, carried out in this process
as ``hairpin fix --apply`` does, and settled as the next command does."""

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

from hairpin.answer.answer import Answer
from hairpin.apply.fixing import Verifier, apply_plan
from hairpin.apply.plan import PlannedRemedy, RepairPlan, verdicts_in
from hairpin.apply.program.outpost import Outpost
from hairpin.apply.program.outpost_ground import OutpostGround
from hairpin.change.step import Step
from hairpin.cli.face.asked import Shown
from hairpin.cli.plans.half_done import say_half_done
from hairpin.message import verbatim
from hairpin.remedy.remedy import Remedy

PLAINLY = Shown(lang="en", color="never")
FAR_S = 3600
"""The deadline of a switch that is not to end the plan."""


def plan_of(name: str, answer: Answer, steps: tuple[tuple[Step, ...], tuple[Step, ...]]) -> RepairPlan:
    """Return the plan of these steps, for now and lasting, which nobody has proposed."""
    repair = PlannedRemedy(name, verbatim(name), answer.network.this.name, Remedy(name, *steps))
    return RepairPlan(answer, (repair,), (), verdicts_in(answer.network, answer))


def carried_out(
    plan: RepairPlan, look: Callable[[], Answer], outpost: Outpost, *, confirmed_later: bool = False
) -> None:
    """Carry the plan out, lasting; nobody connects, and nothing is said on the way."""
    verifier = Verifier(look, lambda _network, _flow: None, lambda _network: None)
    ground = OutpostGround(outpost, FAR_S, lambda _task, _said: None, lambda: look().network)
    grounds = {plan.answer.network.this.name: ground}
    outcome = apply_plan(
        plan, grounds, verifier, lasting=True, question=(plan.repairs[0].id,), confirmed_later=confirmed_later
    )
    assert outcome.stays, str(outcome.complaint)


def quietly(do: Callable[[], object]) -> None:
    """Call it; what it prints is lost."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        do()


def is_said() -> bool:
    """Return whether ``hairpin check`` would say that a plan is half done."""
    told = io.StringIO()
    with redirect_stderr(told):
        say_half_done("en")
    return "was interrupted" in told.getvalue()
