"""Carries a plan out for ``hairpin fix``: who is asked, who watches, who is told."""

import os
import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import click
import msgspec

from hairpin.cli.face.asked import Acting, Asked, Given, Shown
from hairpin.cli.face.output import paper, words, write
from hairpin.cli.keeping import keep_or_say
from hairpin.cli.material import gather
from hairpin.cli.plans.half_done import say_of_others
from hairpin.cli.plans.telling import (
    NOTHING_WAITS,
    tell_interrupted,
    tell_settled,
    teller,
    write_kept,
    write_not_kept,
    write_undone,
)
from hairpin.errors import ApplyError, UsageError
from hairpin.message import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from hairpin.answer.answer import Answer
    from hairpin.apply.carrying_out import Hands
    from hairpin.apply.compose import ComposeProposal
    from hairpin.apply.fixing import Deed
    from hairpin.apply.ground import Ground
    from hairpin.apply.journal import Journal
    from hairpin.apply.outcome import FixOutcome
    from hairpin.apply.plan import RepairPlan
    from hairpin.apply.restoring import RestorePlan
    from hairpin.apply.session import Session
    from hairpin.network.flow import Flow
    from hairpin.network.network import Network

_DEADLINE_S = 120.0
"""Seconds after which the switch takes a plan back that nobody has told to be well."""


def refuse_options(acting: Acting, sources: tuple[Given, ...], *, latent: bool = False) -> None:
    """Raise UsageError for options that do not go together, ApplyError if this user may not change the host."""
    if not acting.applying:
        if acting.try_s:
            raise UsageError(
                message("--try says how long what --apply carries out stays unless it is confirmed: add --apply")
            )
        return
    if any(each.kind == "snapshot" for each in sources):
        raise UsageError(
            message("--apply changes this host; a plan from {option} can only be printed", option="--snapshot")
        )
    if latent and not acting.persist:
        raise UsageError(message("--latent --apply needs --persist: what an event brings is kept away by files"))
    if not (acting.yes or acting.try_s or sys.stdin.isatty()):
        raise UsageError(message("--apply asks before it changes anything, and there is no terminal; add --yes"))
    if os.geteuid() != 0 and not sources:
        raise ApplyError(message("only root can change this host; run it with sudo"))


def proposals_of(plan: "RepairPlan", sources: tuple[Given, ...]) -> "tuple[ComposeProposal, ...]":
    """Return what the plan means for compose files.  They are read on this host alone, and never written."""
    from hairpin.apply.compose import compose_proposals
    from hairpin.cli.plans.compose_files import compose_files, read_text

    here = not sources
    return compose_proposals(plan, compose_files if here else lambda _engine, _container: (), read_text)


def make_plan(asked: Asked, chosen: tuple[str, ...], lang: str | None, *, with_latent: bool) -> "RepairPlan":
    """Return the plan for the hosts as they are now."""
    from hairpin.apply.plan import plan_of
    from hairpin.cli.answering import answer_question, second_judge

    answer = answer_question(asked.question(), asked._replace(whole=True), lang, second_judge())
    return plan_of(answer, chosen, with_latent=with_latent)


def make_restore_plan(asked: Asked, chosen: tuple[str, ...], lang: str | None) -> "RestorePlan":
    """Return what the engines of the first host have lost."""
    from hairpin.apply.restoring import restore_plan
    from hairpin.cli.answering import answer_question

    answer = answer_question(asked.question(), asked._replace(whole=True), lang, depth="flows")
    return restore_plan(answer, chosen)


def carried_out(
    plan: "RepairPlan", typed: tuple[str, ...], sources: tuple[Given, ...], acting: Acting, shown: Shown
) -> "FixOutcome | None":
    """Carry the plan out, once it was agreed to; None if it was not.  ``typed``: the command, which is written down.

    ``sources``: the other hosts that it was made for; none: it was made for this one."""
    from hairpin.apply.fixing import apply_plan
    from hairpin.apply.session import own_session
    from hairpin.cli.plans.elsewhere import named_hosts, refuse_cuts
    from hairpin.cli.plans.way_in import refuse_cut
    from hairpin.report.places import places_of
    from hairpin.report.text.plan_text import outcome_text

    session = None if sources else own_session()
    if sources:
        refuse_cuts(plan, sources)
    else:
        refuse_cut(plan, session, plan.answer.network)
    question = words(shown.lang)(message("Carry it out?"))
    if not acting.yes and not acting.try_s and not click.confirm(question, err=True):
        return None
    seconds = float(acting.try_s) if acting.try_s else _DEADLINE_S
    deed, grounds = _there(plan, sources, seconds, shown) if sources else _here(plan, session, seconds, shown)
    is_tried = bool(acting.try_s)
    outcome = apply_plan(plan, grounds, deed, lasting=acting.persist, question=typed, confirmed_later=is_tried)
    outcome = msgspec.structs.replace(outcome, hosts=named_hosts(grounds))
    if not sources:
        # The host as it was is kept only now: each flow has to be walked for that, and the repair does not wait for it.
        keep_or_say(next(iter(plan.answer.evidence), None), shown.lang, after=False)
        if outcome.is_well:
            keep_or_say(None, shown.lang, after=True)
    if not shown.as_json:
        said = words(shown.lang)
        write(outcome_text(outcome, said, paper(shown.color), places_of(plan.answer, said)))
    return outcome


def _here(
    plan: "RepairPlan", session: "Session | None", seconds: float, shown: Shown
) -> "tuple[Deed, dict[str, Ground]]":
    """Return how the plan is looked after on this host, and this host."""
    from hairpin.apply.fixing import Deed
    from hairpin.apply.ground import Here
    from hairpin.apply.journal import Journal
    from hairpin.apply.switch import start_switch
    from hairpin.cli.plans.way_in import unsafe
    from hairpin.live.connection import connect

    journal = Journal()
    is_safe = partial(unsafe, session, plan.answer.network, shown.lang, partial(_is_open, journal))
    look, read = _reading(plan, ())
    here = Here(journal, partial(start_switch, journal), seconds, teller(shown), read)
    return Deed(look, connect, is_safe, read), {plan.answer.network.this.name: here}


def _there(
    plan: "RepairPlan", sources: tuple[Given, ...], seconds: float, shown: Shown
) -> "tuple[Deed, dict[str, Ground]]":
    """Return how the plan is looked after on the other hosts, and those that it changes."""
    from hairpin.apply.fixing import Deed
    from hairpin.cli.plans.elsewhere import grounds_there

    look, read = _reading(plan, sources)
    return Deed(look, _nobody_connects, _came_in, read), grounds_there(plan, sources, seconds, teller(shown))


def _reading(plan: "RepairPlan", sources: tuple[Given, ...]) -> "tuple[Callable[[], Answer], Callable[[], Network]]":
    """Return what asks the plan's question anew, and what only reads its hosts anew."""
    from hairpin.answer.ask import ask, network_asked
    from hairpin.cli.answering import second_judge

    question = plan.answer.question
    return (
        lambda: ask(question, gather(sources), second_judge(), depth="flows"),
        lambda: network_asked(question, gather(sources)),
    )


def _is_open(journal: "Journal") -> bool:
    """Return whether the plan at hand, which is the newest, still waits for an answer."""
    return journal.all()[0].state == "open"


def _nobody_connects(_network: "Network", _flow: "Flow") -> None:
    """No connection is made: none from here has the start of a flow that was asked on another host."""


def _came_in(_network: "Network") -> None:
    """The user's way in lives on: the host was just read, over a connection made after the last step."""


def _hands(label: str, shown: Shown) -> "Hands":
    """Return what reaches this host, under the name that it had when the plan was made."""
    from hairpin.apply.carrying_out import Hands
    from hairpin.apply.switch import look

    return Hands(partial(look, label), teller(shown))


def settle_interrupted(shown: Shown) -> None:
    """Finish or take back a plan that was interrupted; raise ApplyError if one is being tried."""
    from hairpin.apply.journal import Journal
    from hairpin.apply.settling import interrupted_plan, settle, tried_plan

    say_of_others(shown.lang)
    with closing(Journal()) as journal, journal.locked():
        tried = tried_plan(journal)
        if tried is not None:
            raise ApplyError(
                message("plan {plan} is being tried; say `hairpin fix --confirm` or `hairpin undo {plan}`",
                        plan=tried.id)
            )  # fmt: skip
        while (plan := interrupted_plan(journal)) is not None:
            tell_interrupted(plan.id, shown)
            settle(journal, plan, _hands(plan.host, shown))
            tell_settled(journal.known(plan.id), shown)


def confirm_tried(shown: Shown) -> int:
    """Keep what ``--try`` has carried out; return the exit status."""
    from hairpin.apply.ground import confirm
    from hairpin.apply.journal import Journal
    from hairpin.apply.settling import tried_plan
    from hairpin.apply.taking_back import take_back

    say_of_others(shown.lang)
    with closing(Journal()) as journal, journal.locked():
        plan = tried_plan(journal)
        if plan is None:
            raise UsageError(NOTHING_WAITS)
        hands = _hands(plan.host, shown)
        complaint = confirm(journal, plan, hands)
        if complaint is not None:
            take_back(journal, journal.known(plan.id), hands)
            return write_not_kept(complaint, shown)
    write_kept(plan.id, shown)
    return 0


def taken_back(plan_id: str | None, shown: Shown) -> int:
    """Take a plan back; the last one that is in force if None.  Return the exit status."""
    from hairpin.apply.journal import Journal, last_in_force
    from hairpin.apply.taking_back import take_back

    say_of_others(shown.lang)
    journal = Journal()
    with journal.locked():
        plan = journal.known(plan_id) if plan_id is not None else last_in_force(journal)
        if plan is None or plan.state == "taken-back":
            return write_undone(None, shown)
        journal.seize(plan.id)
        take_back(journal, plan, _hands(plan.host, shown))
        ended = journal.known(plan.id)
    return write_undone(ended, shown)
