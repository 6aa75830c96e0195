"""Tells a report which repairs the plan for its answer makes without a person's choice."""

from collections.abc import Mapping
from typing import Literal

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.apply.plan import RepairPlan, Why, is_wanted, plan_of, why_not
from hairpin.kept import kept


def offer_of(answer: Answer) -> Literal["", "repairs", "choices"]:
    """Return whether the plan repairs something without ``--choose`` (``repairs``), or only with it because its repairs
    need each other and one has effects on other flows (``choices``)."""
    wanted = _causes_to_mend(answer)
    refs = {
        each.ref for each in wanted if why_not(each, each.remedies[0], answer) is None and not each.remedies[0].harm
    }
    wholes = ((each.together, *each.alternatives) for each in answer.causes if each.ref in refs)
    if not any(not any(sets) or any(refs.issuperset(each) for each in sets) for sets in wholes):
        return ""
    # A single repair has the effects that it has in the plan.  Several ones have to be made in turn, as the plan does.
    plan = _plan(answer) if len(wanted) > 1 else None
    if plan is None or plan.repairs:
        return "repairs"
    return "choices" if plan.choices else ""


def left_to_person(answer: Answer) -> Mapping[str, Why]:
    """Return why the plan leaves out the first repair of a cause, by the cause's ref.  A cause that is not in the
    result has a repair that the plan makes, or no repair."""
    wanted = _causes_to_mend(answer)
    if len(wanted) == 1:
        (only,) = wanted
        why = why_not(only, only.remedies[0], answer)
        if why is not None or not only.remedies[0].harm:
            return {only.ref: why} if why is not None else {}
    left_out = _plan(answer).left_out if wanted else ()
    first = {each.ref: each.remedies[0] for each in wanted}
    return {
        each.cause.ref: each.why
        for each in left_out
        if each.cause is not None and first.get(each.cause.ref) == each.remedy
    }


def _causes_to_mend(answer: Answer) -> list[CauseAnswer]:
    return [each for each in answer.causes if is_wanted(each, with_latent=False) and each.remedies]


@kept
def _plan(answer: Answer) -> RepairPlan:
    return plan_of(answer, (), with_latent=False)
