"""Tells a report whether the plan for its answer repairs something without a person's choice."""

from typing import Literal

from hairpin.answer.answer import Answer
from hairpin.apply.plan import is_wanted, plan_of, why_not


def offer_of(answer: Answer) -> Literal["", "repairs", "choices"]:
    """Return whether the plan repairs something without ``--choose`` (``repairs``), or only with it because its repairs
    need each other and one has effects on other flows (``choices``)."""
    wanted = [each for each in answer.causes if is_wanted(each, with_latent=False) and each.remedies]
    refs = {
        each.ref for each in wanted if why_not(each, each.remedies[0], answer) is None and not each.remedies[0].harm
    }
    wholes = ((each.together, *each.alternatives) for each in answer.causes if each.ref in refs)
    if not any(not any(sets) or any(refs.issuperset(each) for each in sets) for sets in wholes):
        return ""
    # A single repair has the effects that it has in the plan.  Several ones have to be made in turn, as the plan does.
    plan = plan_of(answer, (), with_latent=False) if len(wanted) > 1 else None
    if plan is None or plan.repairs:
        return "repairs"
    return "choices" if plan.choices else ""
