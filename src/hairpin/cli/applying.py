"""Carries a plan out for ``hairpin fix``: who is asked, who watches, who is told."""

import os
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from hairpin.cli.material import gather, stated_world
from hairpin.cli.options import Given
from hairpin.cli.output import paper, whisper, words
from hairpin.errors import ApplyError, UsageError
from hairpin.message import Message, message

if TYPE_CHECKING:
    from hairpin.apply.carrying_out import Hands, Told
    from hairpin.apply.journal import Journal
    from hairpin.apply.outcome import FixOutcome
    from hairpin.apply.plan import RepairPlan
    from hairpin.apply.restoring import RestorePlan
    from hairpin.apply.task import Task

_DEADLINE_S = 120.0
"""Seconds after which the switch takes a plan back that nobody has told to be well."""


def refuse_options(
    *, applying: bool, persist: bool, latent: bool, yes: bool, try_s: int | None, sources: tuple[Given, ...]
) -> None:
    """Raise UsageError for options that do not go together, ApplyError if this user may not change the host."""
    if not applying:
        return
    if sources:
        raise UsageError(
            message(
                "--apply changes this host; a plan from {option} can only be printed", option=f"--{sources[0].kind}"
            )
        )
    if latent and not persist:
        raise UsageError(message("--latent --apply needs --persist: what an event brings is kept away by files"))
    if not (yes or try_s or sys.stdin.isatty()):
        raise UsageError(message("--apply asks before it changes anything, and there is no terminal; add --yes"))
    if os.geteuid() != 0:
        raise ApplyError(message("only root can change this host; run it with sudo"))


def make_plan(
    targets: tuple[str, ...],
    origin: str | None,
    chosen: tuple[str, ...],
    sources: tuple[Given, ...],
    publics: tuple[str, ...],
    outside: str | None,
    lang: str | None,
    *,
    with_latent: bool,
) -> "RepairPlan":
    """Return the plan for the hosts as they are now."""
    from hairpin.apply.plan import plan_of
    from hairpin.cli.answering import answer_question, second_judge
    from hairpin.question.question import parse_question

    question = parse_question("check", targets, origin, publics, stated_world(outside))
    answer = answer_question(question, sources, whole=True, lang=lang, kernel=second_judge())
    return plan_of(answer, chosen, with_latent=with_latent)


def make_restore_plan(sources: tuple[Given, ...], lang: str | None) -> "RestorePlan":
    """Return what the engines of the first host have lost."""
    from hairpin.apply.restoring import restore_plan
    from hairpin.cli.answering import answer_question
    from hairpin.network.world import World
    from hairpin.question.question import parse_question

    question = parse_question("check", (), None, (), World())
    return restore_plan(answer_question(question, sources, whole=True, lang=lang))


def carried_out(
    plan: "RepairPlan",
    asked: tuple[str, ...],
    lang: str | None,
    color: str,
    *,
    persist: bool,
    yes: bool,
    try_s: int | None,
    quiet: bool,
) -> "FixOutcome | None":
    """Carry the plan out, once it was agreed to; None if it was not.  ``quiet``: say nothing on standard output."""
    from hairpin.answer.ask import ask
    from hairpin.apply.fixing import Deed, apply_plan
    from hairpin.apply.journal import Journal
    from hairpin.apply.session import own_session
    from hairpin.apply.switch import start_switch
    from hairpin.cli.answering import second_judge
    from hairpin.cli.way_in import refuse_cut, unsafe
    from hairpin.live.connection import connect
    from hairpin.report.places import places_of
    from hairpin.report.plan_text import outcome_text

    session = own_session()
    refuse_cut(plan, session)
    if not yes and not try_s and not click.confirm(words(lang)(message("Carry it out?")), err=True):
        return None
    journal = Journal()
    deadline = float(try_s) if try_s else _DEADLINE_S
    deed = Deed(
        look=lambda: ask(plan.answer.question, gather(()), second_judge()),
        connect=connect,
        arm=lambda name: start_switch(journal, name, deadline),
        is_safe=partial(unsafe, session, plan.answer.network, lang, partial(_is_open, journal)),
        told=_teller(lang, color),
    )
    outcome = apply_plan(plan, journal, deed, lasting=persist, question=asked, confirmed_later=bool(try_s))
    if try_s and outcome.complaint is None:
        until = (datetime.now(UTC) + timedelta(seconds=try_s)).isoformat(timespec="seconds").replace("+00:00", "Z")
        outcome = _with_until(outcome, until)
    if not quiet:
        from hairpin.cli.output import write

        write(outcome_text(outcome, words(lang), paper(color), places_of(plan.answer, words(lang))))
    return outcome


def _is_open(journal: "Journal") -> bool:
    """Return whether the plan at hand, which is the newest, still waits for an answer."""
    return journal.all()[0].state == "open"


def _with_until(outcome: "FixOutcome", until: str) -> "FixOutcome":
    import msgspec

    return msgspec.structs.replace(outcome, until=until)


def _teller(lang: str | None, color: str) -> "Told":
    """Return what says a step's line on standard error."""
    from hairpin.report.plan_text import task_line

    def tell(task: "Task", said: Message | None) -> None:
        whisper(task_line(task, said, words(lang, sys.stderr), paper(color)))

    return tell


def _hands(label: str, lang: str | None, color: str) -> "Hands":
    """Return what reaches this host, under the name that it had when the plan was made."""
    from hairpin.apply.carrying_out import Hands
    from hairpin.apply.switch import look

    return Hands(partial(look, label), _teller(lang, color))


def settle_interrupted(lang: str | None, color: str) -> None:
    """Finish or take back a plan that was interrupted; raise ApplyError if one is being tried."""
    from hairpin.apply.journal import Journal
    from hairpin.apply.settling import interrupted_plan, settle, tried_plan
    from hairpin.report.plan_text import plans_text

    with closing(Journal()) as journal, journal.locked():
        tried = tried_plan(journal)
        if tried is not None:
            raise ApplyError(
                message("plan {plan} is being tried; say `hairpin fix --confirm` or `hairpin undo {plan}`",
                        plan=tried.id)
            )  # fmt: skip
        while (plan := interrupted_plan(journal)) is not None:
            whisper(words(lang)(message("Plan {plan} was interrupted.", plan=plan.id)) + "\n")
            settle(journal, plan, _hands(plan.host, lang, color))
            whisper(plans_text((journal.known(plan.id),), words(lang, sys.stderr), paper(color)))


def confirm_tried(lang: str | None, color: str) -> int:
    """Keep what ``--try`` has carried out; return the exit status."""
    from hairpin.apply.fixing import confirm
    from hairpin.apply.journal import Journal
    from hairpin.apply.settling import tried_plan
    from hairpin.apply.taking_back import take_back

    with closing(Journal()) as journal, journal.locked():
        plan = tried_plan(journal)
        if plan is None:
            raise UsageError(
                message("nothing waits for --confirm: no plan is being tried, or it was taken back already")
            )
        hands = _hands(plan.host, lang, color)
        complaint = confirm(journal, plan, hands)
        if complaint is not None:
            take_back(journal, journal.known(plan.id), hands)
            whisper(f"{words(lang)(message('All of it was taken back: {why}', why=complaint))}\n")
            return 1
    from hairpin.cli.output import write

    write(words(lang)(message("It stays.  Take it back: `hairpin undo {plan}`", plan=plan.id)))
    return 0


def taken_back(plan_id: str | None, lang: str | None, color: str) -> int:
    """Take a plan back; the last one that is in force if None.  Return the exit status."""
    from hairpin.apply.journal import Journal
    from hairpin.apply.taking_back import take_back
    from hairpin.cli.output import write

    journal = Journal()
    with journal.locked():
        plan = journal.known(plan_id) if plan_id is not None else journal.last_in_force()
        if plan is None or plan.state == "taken-back":
            write(words(lang)(message("nothing is in force that hairpin has changed")))
            return 0
        journal.seize(plan.id)
        ended = take_back(journal, plan, _hands(plan.host, lang, color))
    if ended == "taken-back":
        write(words(lang)(message("plan {plan} is taken back", plan=plan.id)))
        return 0
    write(
        words(lang)(message("plan {plan} is taken back in part; `hairpin undo --list` says what stays", plan=plan.id))
    )
    return 1
