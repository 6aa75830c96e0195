"""A plan of hairpin that is in progress: the plan's state, its end, and the command that settles the plan."""

import msgspec

from hairpin.host.plan_under_way import PlanStage, PlanUnderWay
from hairpin.message import Message, message
from hairpin.report.refs import Time
from hairpin.report.words import time_text


class PlanUnderWayDocument(msgspec.Struct, frozen=True):
    """A plan of hairpin that had not ended when the host was read.  ``until``: the time of the plan's automatic undo;
    null if the time is unknown, or if the plan is not undone automatically.  ``from_elsewhere``: whether another
    machine began the plan."""

    plan: str
    state: PlanStage
    until: Time | None
    from_elsewhere: bool = False


_WHILE: dict[PlanStage, Message] = {
    "tried": message("being tried"),
    "half-done": message("half done"),
    "under-way": message("under way"),
    "kept": message("being kept"),
    "taken-back": message("being taken back"),
    "interrupted": message("interrupted"),
}


def plan_document(plans: tuple[PlanUnderWay, ...]) -> PlanUnderWayDocument | None:
    """Return the document of the first plan; None if there is no plan."""
    if not plans:
        return None
    first = plans[0]
    until = None if first.until is None else time_text(first.until)
    return PlanUnderWayDocument(first.plan, first.state, until, first.from_elsewhere)


def while_under_way(said: Message, plans: tuple[PlanUnderWay, ...]) -> Message:
    """Return the sentence ``said`` with a clause about the plan that may soon change the flows.

    If there is no plan, return ``said`` unchanged."""
    if not plans:
        return said
    facts = {"said": said, "plan": plans[0].plan, "state": _WHILE[plans[0].state]}
    if plans[0].until is None:
        return message("{said} while plan {plan} is {state}", **facts)
    return message(
        "{said} while plan {plan} is {state}; the plan ends at {until}", until=time_text(plans[0].until), **facts
    )


def plan_line(plan: PlanUnderWay, destination: str = "") -> Message:
    """Return the line about the plan's state and about the command that settles the plan.

    ``destination``: the destination for `--host`, if the plan is on another host."""
    there = f"--host {destination} " if destination else ""
    if plan.from_elsewhere and not destination:
        return _from_elsewhere(plan)
    facts = {"plan": plan.plan, "undo": f"hairpin undo {there}{plan.plan}"}
    match plan.state:
        case "interrupted" if plan.until is not None:
            return message(
                "plan {plan} of `hairpin fix` was interrupted. This host undoes the plan at {until}; `{undo}` undoes "
                "it at once",
                until=time_text(plan.until),
                **facts,
            )
        case "interrupted":
            return message("plan {plan} of `hairpin fix` was interrupted; to settle the plan, run `{undo}`", **facts)
        case "kept":
            return message("plan {plan} of `hairpin fix` is being kept at this moment", **facts)
        case "taken-back":
            return message("plan {plan} of `hairpin fix` is being taken back at this moment", **facts)
        case _ if plan.until is None:
            return message("plan {plan} of `hairpin fix` is being carried out at this moment", **facts)
        case _:
            return message(
                "plan {plan} of `hairpin fix` is {state}. This host undoes the plan at {until}, unless `{confirm}` "
                "keeps it; `{undo}` undoes it at once",
                state=_WHILE[plan.state],
                until=time_text(plan.until),
                confirm=f"hairpin fix --confirm {there}".strip(),
                **facts,
            )


def told_of_then(plan: PlanUnderWay, host: str, taken_at: str) -> Message:
    """Return the sentence that says that the plan was in progress when the snapshot was taken."""
    return message(
        "when {host} was read, at {time}, plan {plan} of `hairpin fix` was {state} there",
        host=host, time=taken_at or "-", plan=plan.plan, state=_WHILE[plan.state],
    )  # fmt: skip


def _from_elsewhere(plan: PlanUnderWay) -> Message:
    """Return the line about a plan that another machine began on this host.  Only that machine can settle the plan."""
    facts = {"plan": plan.plan, "state": _WHILE[plan.state], "undo": f"hairpin undo --host … {plan.plan}"}
    if plan.until is not None:
        return message(
            "another machine has begun plan {plan} here over ssh, and the plan is {state}. This host undoes it at "
            "{until}, unless `hairpin fix --confirm --host …` on that machine keeps it. `{undo}` on that machine "
            "undoes it at once",
            until=time_text(plan.until),
            **facts,
        )
    return message(
        "another machine has begun plan {plan} here over ssh, and the plan is {state}; to settle the plan, run "
        "`{undo}` on that machine",
        **facts,
    )
