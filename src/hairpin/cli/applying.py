"""Carries a plan out for ``hairpin fix``: who is asked, who watches, who is told."""

import os
import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import click

from hairpin.cli.half_done import say_of_others
from hairpin.cli.material import gather
from hairpin.cli.options import Given
from hairpin.cli.output import paper, whisper, words
from hairpin.errors import ApplyError, UsageError
from hairpin.message import Message, message

if TYPE_CHECKING:
    from hairpin.answer.answer import Answer
    from hairpin.apply.carrying_out import Hands, Told
    from hairpin.apply.compose import ComposeProposal
    from hairpin.apply.ground import Ground
    from hairpin.apply.journal import Journal
    from hairpin.apply.outcome import FixOutcome
    from hairpin.apply.plan import RepairPlan
    from hairpin.apply.restoring import RestorePlan
    from hairpin.apply.task import Task, Undertaking
    from hairpin.network.flow import Flow
    from hairpin.network.network import Network
    from hairpin.question.question import Question

_DEADLINE_S = 120.0
"""Seconds after which the switch takes a plan back that nobody has told to be well."""
NOTHING_WAITS = message("nothing waits for --confirm: no plan is being tried, or it was taken back already")


def refuse_options(
    *, applying: bool, persist: bool, latent: bool, yes: bool, try_s: int | None, sources: tuple[Given, ...]
) -> None:
    """Raise UsageError for options that do not go together, ApplyError if this user may not change the host."""
    if not applying:
        if try_s:
            raise UsageError(
                message("--try says how long what --apply carries out stays unless it is confirmed: add --apply")
            )
        return
    if any(each.kind == "snapshot" for each in sources):
        raise UsageError(
            message("--apply changes this host; a plan from {option} can only be printed", option="--snapshot")
        )
    if latent and not persist:
        raise UsageError(message("--latent --apply needs --persist: what an event brings is kept away by files"))
    if not (yes or try_s or sys.stdin.isatty()):
        raise UsageError(message("--apply asks before it changes anything, and there is no terminal; add --yes"))
    if os.geteuid() != 0 and not sources:
        raise ApplyError(message("only root can change this host; run it with sudo"))


def proposals_of(plan: "RepairPlan", sources: tuple[Given, ...]) -> "tuple[ComposeProposal, ...]":
    """Return what the plan means for compose files.  They are read on this host alone, and never written."""
    from hairpin.apply.compose import compose_proposals
    from hairpin.cli.compose_files import compose_files, read_text

    here = not sources
    return compose_proposals(plan, compose_files if here else lambda _engine, _container: (), read_text)


def make_plan(
    question: "Question", chosen: tuple[str, ...], sources: tuple[Given, ...], lang: str | None, *, with_latent: bool
) -> "RepairPlan":
    """Return the plan for the hosts as they are now."""
    from hairpin.apply.plan import plan_of
    from hairpin.cli.answering import answer_question, second_judge

    answer = answer_question(question, sources, whole=True, lang=lang, kernel=second_judge())
    return plan_of(answer, chosen, with_latent=with_latent)


def make_restore_plan(sources: tuple[Given, ...], lang: str | None, chosen: tuple[str, ...] = ()) -> "RestorePlan":
    """Return what the engines of the first host have lost."""
    from hairpin.apply.restoring import restore_plan
    from hairpin.cli.answering import answer_question
    from hairpin.network.world import World
    from hairpin.question.question import parse_question

    question = parse_question("check", (), None, (), World())
    return restore_plan(answer_question(question, sources, whole=True, lang=lang, depth="flows"), chosen)


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
    sources: tuple[Given, ...] = (),
) -> "FixOutcome | None":
    """Carry the plan out, once it was agreed to; None if it was not.  ``quiet``: say nothing on standard output.

    ``sources``: the other hosts that it was made for; none: it was made for this one."""
    import msgspec

    from hairpin.answer.ask import ask, network_asked
    from hairpin.apply.fixing import Deed, apply_plan
    from hairpin.apply.ground import Here
    from hairpin.apply.journal import Journal
    from hairpin.apply.session import own_session
    from hairpin.apply.switch import start_switch
    from hairpin.cli.answering import second_judge
    from hairpin.cli.elsewhere import grounds_there, named_hosts, refuse_cuts
    from hairpin.cli.keeping import keep_or_say
    from hairpin.cli.way_in import refuse_cut, unsafe
    from hairpin.live.connection import connect
    from hairpin.report.places import places_of
    from hairpin.report.plan_text import outcome_text

    session = own_session()
    if sources:
        refuse_cuts(plan, sources)
    else:
        refuse_cut(plan, session, plan.answer.network)
    if not yes and not try_s and not click.confirm(words(lang)(message("Carry it out?")), err=True):
        return None
    seconds = float(try_s) if try_s else _DEADLINE_S
    told = teller(lang, color)

    def look() -> "Answer":
        return ask(plan.answer.question, gather(sources), second_judge(), depth="flows")

    def read() -> "Network":
        return network_asked(plan.answer.question, gather(sources))

    grounds: dict[str, Ground]
    if sources:
        deed = Deed(look, _nobody_connects, _came_in, read)
        grounds = grounds_there(plan, sources, seconds, told)
    else:
        journal = Journal()
        is_safe = partial(unsafe, session, plan.answer.network, lang, partial(_is_open, journal))
        deed = Deed(look, connect, is_safe, read)
        arm = partial(start_switch, journal)
        grounds = {plan.answer.network.this.name: Here(journal, arm, seconds, told, read)}
    outcome = apply_plan(plan, grounds, deed, lasting=persist, question=asked, confirmed_later=bool(try_s))
    outcome = msgspec.structs.replace(outcome, hosts=named_hosts(grounds))
    if not sources:
        # The host as it was is kept only now: each flow has to be walked for that, and the repair does not wait for it.
        keep_or_say(next(iter(plan.answer.evidence), None), lang, after=False)
        if outcome.is_well:
            keep_or_say(None, lang, after=True)
    if not quiet:
        from hairpin.cli.output import write

        write(outcome_text(outcome, words(lang), paper(color), places_of(plan.answer, words(lang))))
    return outcome


def _is_open(journal: "Journal") -> bool:
    """Return whether the plan at hand, which is the newest, still waits for an answer."""
    return journal.all()[0].state == "open"


def _nobody_connects(_network: "Network", _flow: "Flow") -> None:
    """No connection is made: none from here has the start of a flow that was asked on another host."""


def _came_in(_network: "Network") -> None:
    """The user's way in lives on: the host was just read, over a connection made after the last step."""


def teller(lang: str | None, color: str) -> "Told":
    """Return what says a step's line on standard error."""
    from hairpin.report.plan_text import task_line

    def tell(task: "Task", said: Message | None) -> None:
        whisper(task_line(task, said, words(lang, sys.stderr), paper(color)))

    return tell


def _hands(label: str, lang: str | None, color: str) -> "Hands":
    """Return what reaches this host, under the name that it had when the plan was made."""
    from hairpin.apply.carrying_out import Hands
    from hairpin.apply.switch import look

    return Hands(partial(look, label), teller(lang, color))


def settle_interrupted(lang: str | None, color: str) -> None:
    """Finish or take back a plan that was interrupted; raise ApplyError if one is being tried."""
    from hairpin.apply.journal import Journal
    from hairpin.apply.settling import interrupted_plan, settle, tried_plan
    from hairpin.report.plan_text import plans_text

    say_of_others(lang)
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
    from hairpin.apply.ground import confirm
    from hairpin.apply.journal import Journal
    from hairpin.apply.settling import tried_plan
    from hairpin.apply.taking_back import take_back

    say_of_others(lang)
    with closing(Journal()) as journal, journal.locked():
        plan = tried_plan(journal)
        if plan is None:
            raise UsageError(NOTHING_WAITS)
        hands = _hands(plan.host, lang, color)
        complaint = confirm(journal, plan, hands)
        if complaint is not None:
            take_back(journal, journal.known(plan.id), hands)
            return write_not_kept(complaint, lang)
    from hairpin.cli.output import write

    write(words(lang)(message("It stays.  Take it back: `hairpin undo {plan}`", plan=plan.id)))
    return 0


def write_not_kept(complaint: Message, lang: str | None) -> int:
    """Say why a plan that was to be kept was taken back; return the exit status."""
    whisper(f"{words(lang)(message('All of it was taken back: {why}', why=complaint))}\n")
    return 1


def taken_back(plan_id: str | None, lang: str | None, color: str, *, as_json: bool = False) -> int:
    """Take a plan back; the last one that is in force if None.  Return the exit status."""
    from hairpin.apply.journal import Journal, last_in_force
    from hairpin.apply.taking_back import take_back

    say_of_others(lang)
    journal = Journal()
    with journal.locked():
        plan = journal.known(plan_id) if plan_id is not None else last_in_force(journal)
        if plan is None or plan.state == "taken-back":
            return write_undone(None, lang, as_json=as_json)
        journal.seize(plan.id)
        take_back(journal, plan, _hands(plan.host, lang, color))
        ended = journal.known(plan.id)
    return write_undone(ended, lang, as_json=as_json)


def write_undone(plan: "Undertaking | None", lang: str | None, *, as_json: bool = False) -> int:
    """Say how a plan stands that was taken back (None: there was none); return the exit status."""
    from hairpin.cli.output import write, write_json

    status = 0 if plan is None or plan.state == "taken-back" else 1
    if as_json:
        from hairpin.report.undo_document import undone_document

        write_json(undone_document(plan))
        return status
    if plan is None:
        write(words(lang)(message("nothing is in force that hairpin has changed")))
    elif plan.state == "taken-back":
        write(words(lang)(message("plan {plan} is taken back", plan=plan.id)))
    else:
        said = message("plan {plan} is taken back in part; `hairpin undo --list` says what stays", plan=plan.id)
        write(words(lang)(said))
    return status
