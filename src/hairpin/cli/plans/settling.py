"""Settles interrupted, tried and applied plans for ``hairpin fix`` and ``hairpin undo``."""

from typing import TYPE_CHECKING

from hairpin.cli.face.asked import Given, Shown
from hairpin.cli.face.output import whisper, words
from hairpin.cli.plans.half_done import say_half_done, say_of_others
from hairpin.cli.plans.hosts import ground_of, outpost_of, outposts_of, plan_copies, undo_words
from hairpin.cli.plans.telling import (
    NOTHING_WAITS,
    tell_interrupted,
    tell_settled,
    write_kept,
    write_not_kept,
    write_plans,
    write_undone,
)
from hairpin.errors import ApplyError, CollectError, UsageError
from hairpin.message import message

if TYPE_CHECKING:
    from hairpin.apply.program.outpost import Outpost
    from hairpin.apply.program.plan_book import PlanStanding


def settle_interrupted(sources: tuple[Given, ...], shown: Shown) -> None:
    """Finish or take back the interrupted plans on the hosts.

    If no host is given, this host is meant.  Raises ApplyError if another process works on a plan of these hosts."""
    from hairpin.apply.program.plan_book import PlanBook

    if not sources:
        say_of_others(shown.lang)
    for outpost in outposts_of(sources):
        for each in PlanBook(outpost).not_ended():
            _refuse_tried(each, outpost)
            _refuse_in_hand(each, outpost)
            _settle(each, outpost, shown)


def _refuse_tried(each: "PlanStanding", outpost: "Outpost") -> None:
    plan, host = each.kept_plan.id, outpost.destination
    if each.is_tried and outpost.is_here:
        raise ApplyError(
            message(
                "plan {plan} is being tried; run `hairpin fix --confirm` to keep it, or `hairpin undo {plan}`",
                plan=plan,
            )
        )
    if each.is_tried:
        raise ApplyError(
            message(
                "plan {plan} is being tried; run `hairpin fix --confirm --host {host}` to keep it, or `hairpin undo "
                "--host {host} {plan}`", plan=plan, host=host)
        )  # fmt: skip


def _refuse_in_hand(each: "PlanStanding", outpost: "Outpost") -> None:
    """Raise ApplyError if another process works on the plan, or may work on it.  If another machine began the plan,
    hairpin cannot tell whether a process works on it."""
    plan, host = each.kept_plan.id, outpost.destination
    if outpost.is_here:
        is_others = each.is_from_elsewhere and each.watched and not each.is_tried and not each.is_at_its_end
        if is_others or each.is_in_hand:
            raise ApplyError(message("another hairpin changes this host at this moment; try again"))
    elif each.watched:
        raise ApplyError(
            message(
                "plan {plan} is under way on {host}, or was interrupted: the host undoes it within {seconds} s; "
                "`hairpin undo --host {host} {plan}` undoes it at once",
                plan=plan,
                host=host,
                seconds=max(each.left_s, 0),
            )
        )


def _settle(each: "PlanStanding", outpost: "Outpost", shown: Shown) -> None:
    from hairpin.apply.hands import hands_for
    from hairpin.apply.program.plan_book import PlanBook
    from hairpin.apply.taking_back import settle

    plan, book = each.kept_plan, PlanBook(outpost)
    tell_interrupted(plan.id, shown)
    if not plan.tasks:
        book.end(plan.id, "taken-back")
        return
    ground = ground_of(outpost, plan.host, shown)
    settle(book, plan, hands_for(outpost, plan.id, ground.look, ground.told))
    tell_settled(book.known(plan.id), shown)


def confirm_tried(sources: tuple[Given, ...], shown: Shown) -> int:
    """Keep the plans that ``--try`` carried out on the hosts; return the exit status.  If one of the plans cannot be
    kept, all of them are taken back."""
    from hairpin.apply.program.outpost_ground import BegunPlan, plan_taken_back
    from hairpin.apply.program.plan_book import PlanBook

    if not sources:
        say_of_others(shown.lang)
    tried: list[BegunPlan] = []
    for outpost in outposts_of(sources):
        standing = PlanBook(outpost).not_ended()
        found = next((each for each in standing if each.is_tried), None)
        for each in standing if outpost.is_here else ():
            _refuse_in_hand(each, outpost)
        if found is None:
            raise UsageError(NOTHING_WAITS)
        plan = found.kept_plan
        tried.append(BegunPlan(ground_of(outpost, plan.host, shown), plan, ""))
    complaint = next(filter(None, (begun.confirm() for begun in tried)), None)
    if complaint is not None:
        for begun in reversed(tried):
            plan_taken_back(begun.ground, begun.plan)
        return write_not_kept(complaint, shown)
    for begun in tried:
        write_kept(undo_words(begun.ground.outpost, begun.plan), shown)
    return 0


def take_plan_back(source: Given | None, plan_id: str | None, shown: Shown) -> int:
    """Take back a plan of the host ``source``, and return the exit status.

    If ``source`` is None, this host is meant.  If no id is given, take back the last plan in force."""
    from hairpin.apply.program.outpost_ground import plan_taken_back
    from hairpin.apply.program.plan_book import PlanBook

    if source is None:
        say_of_others(shown.lang)
    (outpost,) = outposts_of((source,) if source is not None else ())
    book = PlanBook(outpost)
    if plan_id is None:
        book.drop_empty()
    plan = book.known(plan_id) if plan_id is not None else book.last_in_force()
    if plan is None or plan.state == "taken-back":
        return write_undone(None, shown)
    if outpost.is_here:
        _refuse_in_hand(book.standing_of(plan.id), outpost)
    return write_undone(plan_taken_back(ground_of(outpost, plan.host, shown), plan.id, again=True), shown)


def list_plans(source: Given | None, shown: Shown) -> int:
    """List the plans of the host ``source``, and return the exit status.

    If ``source`` is None, this host is meant.  If the host cannot be reached, list the local copies of its plans."""
    from hairpin.apply.program.outpost import here
    from hairpin.apply.program.plan_book import PlanBook

    if source is None:
        say_half_done(shown.lang)
        write_plans(PlanBook(here()).all(), shown)
        return 0
    outpost, copies = outpost_of(source), plan_copies()
    try:
        plans = PlanBook(outpost).all()
        for each in plans:
            copies.keep(outpost.destination, each)
    except CollectError as error:
        known = copies.of_host(outpost.destination)
        if not known:
            raise
        whisper(f"{words(shown.lang)(error.said)}\n")
        write_plans(known, shown, error.said)
        return 3
    write_plans(plans, shown)
    return 0
