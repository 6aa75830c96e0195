"""Carries a plan out for ``hairpin fix`` and ``hairpin restore``, with the question to the user, the verification and
the report.  A plan that would cut the user's own ssh connection is refused, and the connection is tested after the
change."""

import select
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from hairpin.apply.arriving import arrives, arrives_at_one
from hairpin.apply.session import Session, all_sessions, all_terminals, may_be_remote
from hairpin.cli.face.asked import Acting, Given, Shown
from hairpin.cli.face.output import paper, whisper, words, write
from hairpin.cli.keeping import keep_or_say
from hairpin.cli.material import gather
from hairpin.cli.plans.hosts import ground_of, outposts_of
from hairpin.errors import ApplyError, ChangeError
from hairpin.message import Message, message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hairpin.answer.answer import Answer
    from hairpin.apply.fixing import Verifier
    from hairpin.apply.outcome import FixOutcome
    from hairpin.apply.plan import RepairPlan
    from hairpin.apply.program.outpost import Outpost
    from hairpin.apply.session import Session
    from hairpin.network.flow import Flow
    from hairpin.network.network import Network


_DEADLINE_S = 120.0
"""The number of seconds after which the switch, a process on the changed host, takes back a plan that was not
confirmed."""


def carry_plan_out(
    plan: "RepairPlan", typed: tuple[str, ...], sources: tuple[Given, ...], acting: Acting, shown: Shown
) -> "FixOutcome | None":
    """Carry the plan out and return its outcome.  Return None if the user did not agree.

    ``typed``: the command line, which is written into the journal.  ``sources``: the other hosts for which the plan was
    made; empty if it was made for this host."""
    from hairpin.apply.fixing import apply_plan
    from hairpin.apply.session import own_session
    from hairpin.report.places import places_of
    from hairpin.report.text.plan_text import outcome_text

    outposts = _outposts(plan, sources)
    session = None if sources else own_session()
    _refuse_cuts(plan, session, outposts)
    question = words(shown.lang)(message("Carry out this plan?"))
    if not acting.yes and not acting.try_s and not click.confirm(question, err=True):
        return None
    seconds = float(acting.try_s) if acting.try_s else _DEADLINE_S
    verifier = _verifier(plan, sources, session, outposts, shown)
    changed = {each.host for each in plan.repairs}
    grounds = {
        label: ground_of(outpost, label, shown, seconds) for label, outpost in outposts.items() if label in changed
    }
    is_tried = bool(acting.try_s)
    outcome = apply_plan(plan, grounds, verifier, lasting=acting.persist, question=typed, confirmed_later=is_tried)
    others = tuple(each.outpost.destination for each in grounds.values() if not each.outpost.is_here)
    outcome = msgspec.structs.replace(outcome, hosts=others)
    if not sources:
        # The snapshot from before the repair is kept only now.  All flows have to be walked for this snapshot, and the
        # repair should not wait for these walks.
        keep_or_say(plan.answer, shown.lang, after=False)
        if outcome.is_well and outcome.verified is not None:
            keep_or_say(outcome.verified, shown.lang, after=True)
    if not shown.as_json:
        said = words(shown.lang)
        write(outcome_text(outcome, said, paper(shown.color), places_of(plan.answer, said)))
    return outcome


def _outposts(plan: "RepairPlan", sources: tuple[Given, ...]) -> "dict[str, Outpost]":
    """Return the outposts of the plan's hosts, by their labels."""
    hosts, outposts = plan.answer.network.hosts, outposts_of(sources)
    if sources and len(hosts) != len(sources):
        raise ApplyError(message("not all hosts could be read, so nothing was done"))
    return {host.name: outpost for host, outpost in zip(hosts, outposts, strict=False)}


def _refuse_cuts(plan: "RepairPlan", session: "Session | None", outposts: "Mapping[str, Outpost]") -> None:
    """Raise ApplyError if the plan would cut the user's connection to this host, or hairpin's ssh connection to a
    changed host."""
    from hairpin.apply.session import session_of

    for label, outpost in outposts.items():
        if outpost.is_here:
            refuse_cut(plan, session, plan.answer.network)
            continue
        ours = session_of(outpost.ask("list", "open").connection)
        if ours is not None:
            refuse_cut(plan, ours, plan.answer.network.seen_from(label))


def _verifier(
    plan: "RepairPlan",
    sources: tuple[Given, ...],
    session: "Session | None",
    outposts: "Mapping[str, Outpost]",
    shown: Shown,
) -> "Verifier":
    """Return the functions that verify the plan."""
    from hairpin.apply.fixing import Verifier
    from hairpin.live.connection import connect

    look, read = _reading(plan, sources)
    if sources:
        return Verifier(look, _nobody_connects, _came_in, read)
    (here,) = outposts.values()
    is_safe = partial(unsafe, session, plan.answer.network, shown.lang, partial(_is_open, Path(here.base)))
    return Verifier(look, connect, is_safe, read)


def _reading(plan: "RepairPlan", sources: tuple[Given, ...]) -> "tuple[Callable[[], Answer], Callable[[], Network]]":
    """Return two functions: the first asks the plan's question again, the second only reads the plan's hosts again."""
    from hairpin.answer.ask import ask
    from hairpin.answer.begin import network_asked
    from hairpin.cli.answering import second_judge
    from hairpin.cli.plans.rereading import Rereading

    question = plan.answer.question
    read = partial(gather, sources) if sources else Rereading(plan).read
    return (lambda: ask(question, read(), second_judge(), depth="flows"), lambda: network_asked(question, read()))


def _is_open(folder: Path) -> bool:
    """Return whether the present plan still waits for the user's answer.

    While the present plan is open, this host has no other unfinished plan.  Source: ``apply.sh``"""
    return any(folder.glob("plans/*/open"))


def _nobody_connects(_network: "Network", _flow: "Flow") -> None:
    """Make no connection.  A connection from this machine does not start where the other host's flow starts."""


def _came_in(_network: "Network") -> None:
    """Return None, because the user can still connect.

    The host was just read over a connection that was made after the last step."""


_ASK_EVERY_S = 0.2
_YES = ("y", "yes")


def refuse_cut(plan: "RepairPlan", session: Session | None, network: "Network") -> None:
    """Raise ApplyError if the plan would cut the user's connection to the network's first host, or would stop a new
    connection from the same client."""
    from hairpin.change.steps import after_steps

    # if the plan cuts any other connection of the user, the switch takes the plan back at its deadline
    ways = _ways(session, network)
    try:
        then = after_steps(tuple(each.step for each in plan.tasks(lasting=False, host=network.this.name)), network)
    except ChangeError:
        return  # a step that does not fit is refused later, when the host is read again
    if not all(each.comes_in(then) for each in ways):
        raise ApplyError(message("the plan would cut your own ssh connection, so nothing was done"))


def unsafe(
    session: Session | None, was: "Network", lang: str | None, still_open: Callable[[], bool], network: "Network"
) -> Message | None:
    """Return why the user's connection may be lost; None if the connection still works, or if the user sits at the
    host.

    ``was``: the host before the plan.  ``still_open`` returns whether the plan still waits for the user's answer."""
    if session is not None:
        said = words(lang)(message("Checking whether this connection still works …")) + "\n"
        if arrives(said, session) is False:
            return message("your ssh connection no longer acknowledges packets")
    if session is None and may_be_remote() and arrives_at_one(all_terminals()) is False:
        return message("ssh connections with a terminal no longer acknowledge packets")
    if not all(each.comes_in(network) for each in _ways(session, was)):
        return message("a new ssh connection from your address would no longer get in")
    if (
        session is None
        and may_be_remote()
        and not _says_yes(words(lang)(message("Is your connection alive?")), still_open)
    ):
        return message("nobody has confirmed that the connection is alive")
    return None


def _ways(session: Session | None, network: "Network") -> tuple[Session, ...]:
    """Return the connections that may be the user's.

    For each of them, the model shows that a new connection from the same client reaches sshd."""
    if session is not None:
        found: tuple[Session, ...] = (session,)
    else:
        found = all_sessions() if may_be_remote() else ()
    return tuple(each for each in found if each.comes_in(network))


def _says_yes(question: str, still_open: Callable[[], bool]) -> bool:
    """Ask the question on the terminal while the plan is open; return whether the user answers yes.  A user who is cut
    off never answers."""
    whisper(f"{question} [y/N]: ")
    while still_open():
        if select.select([sys.stdin], [], [], _ASK_EVERY_S)[0]:
            return sys.stdin.readline().strip().lower() in _YES
    return False
