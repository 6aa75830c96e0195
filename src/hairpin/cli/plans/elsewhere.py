"""Plans of other hosts for ``hairpin fix --apply --host`` and ``hairpin undo --host``."""

import os
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from hairpin.cli.face.asked import Given, Shown
from hairpin.cli.face.environment import environment
from hairpin.cli.face.output import whisper, words
from hairpin.cli.plans.telling import (
    NOTHING_WAITS,
    tell_interrupted,
    tell_settled,
    teller,
    write_kept,
    write_not_kept,
    write_plans,
    write_undone,
)
from hairpin.errors import ApplyError, CollectError, UsageError
from hairpin.message import message

if TYPE_CHECKING:
    from hairpin.apply.carrying_out import Told
    from hairpin.apply.ground import Ground
    from hairpin.apply.journal import Journal
    from hairpin.apply.plan import RepairPlan
    from hairpin.apply.remote.outpost import Outpost
    from hairpin.apply.remote.plans_there import StandingThere


_SSH = ("-o", "ControlPath=none", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3")
"""No connection that stands already is used: each request shows that a new one comes in.  A host that is silent for
15 s is not waited for.  Source: ssh_config(5)"""


def outpost_of(source: Given) -> "Outpost":
    """Return the way to the host that ``--host`` names."""
    from hairpin.apply.remote.outpost import Outpost
    from hairpin.collect.run import SshRunner
    from hairpin.collect.several import parse_place

    destination = parse_place("host", source.text).place
    return Outpost(SshRunner(destination, _SSH), destination)


def grounds_there(plan: "RepairPlan", sources: tuple[Given, ...], seconds: float, told: "Told") -> "dict[str, Ground]":
    """Return the hosts that the plan changes, by their labels."""
    from hairpin.apply.remote.ground_there import There

    changed = {each.host for each in plan.repairs}
    journal = _copies()
    outposts = _by_label(plan, sources)
    return {
        label: There(outpost, int(seconds), told, journal) for label, outpost in outposts.items() if label in changed
    }


def _by_label(plan: "RepairPlan", sources: tuple[Given, ...]) -> "dict[str, Outpost]":
    hosts = plan.answer.network.hosts
    if len(hosts) != len(sources):
        raise ApplyError(message("not all hosts could be read, so nothing was done"))
    return {host.name: outpost_of(each) for host, each in zip(hosts, sources, strict=True)}


def named_hosts(grounds: "dict[str, Ground]") -> tuple[str, ...]:
    """Return the other hosts as ``--host`` names them."""
    from hairpin.apply.remote.ground_there import There

    return tuple(each.outpost.destination for each in grounds.values() if isinstance(each, There))


def _copies() -> "Journal":
    """Return the journal here that keeps copies: root's, or that of the user."""
    from hairpin.apply.journal import Journal

    return Journal(None if os.geteuid() == 0 else environment().folders[0] / "plans")


def refuse_cuts(plan: "RepairPlan", sources: tuple[Given, ...]) -> None:
    """Raise ApplyError if the plan would cut the ssh connection to a host that it changes."""
    from hairpin.apply.session import session_of
    from hairpin.cli.plans.way_in import refuse_cut

    for label, outpost in _by_label(plan, sources).items() if sources else ():
        session = session_of(outpost.ask("list").connection)
        if session is not None:
            refuse_cut(plan, session, plan.answer.network.seen_from(label))


def settle_there(sources: tuple[Given, ...], shown: Shown) -> None:
    """Finish or take back what was interrupted on these hosts; raise ApplyError if something is under way there."""
    from hairpin.apply.remote.plans_there import PlansThere

    for source in sources:
        outpost = outpost_of(source)
        for each in PlansThere(outpost).standing():
            if each.undertaking.state in ("open", "keeping", "ending"):
                _refuse_under_way(each, outpost)
                _settle(each, outpost, shown)


def _refuse_under_way(each: "StandingThere", outpost: "Outpost") -> None:
    plan, host = each.undertaking.id, outpost.destination
    if each.is_tried:
        raise ApplyError(
            message("plan {plan} is being tried; say `hairpin fix --confirm --host {host}` or "
                    "`hairpin undo --host {host} {plan}`", plan=plan, host=host)
        )  # fmt: skip
    if each.watched:
        raise ApplyError(
            message("plan {plan} is under way on {host}, or was interrupted: it is taken back within {seconds} s, and "
                    "at once by `hairpin undo --host {host} {plan}`", plan=plan, host=host,
                    seconds=max(each.left_s, 0))
        )  # fmt: skip


def _settle(each: "StandingThere", outpost: "Outpost", shown: Shown) -> None:
    from hairpin.apply.carrying_out import Hands
    from hairpin.apply.remote.plans_there import PlansThere
    from hairpin.apply.settling import settle
    from hairpin.apply.switch import look

    plan, plans = each.undertaking, PlansThere(outpost)
    tell_interrupted(plan.id, shown)
    if not plan.tasks:
        plans.end(plan.id, "taken-back")
        return
    reading = partial(look, plan.host, outpost.destination)
    hands = Hands(reading, teller(shown), outpost.read, partial(outpost.carry_out, plan.id))
    if plan.state == "keeping":
        plans.hold(plan.id)
    settle(plans, plan, hands)
    tell_settled(plans.known(plan.id), shown)


def confirm_there(sources: tuple[Given, ...], shown: Shown) -> int:
    """Keep what ``--try`` has carried out on these hosts; return the exit status."""
    from hairpin.apply.remote.ground_there import There
    from hairpin.apply.remote.plans_there import PlansThere
    from hairpin.apply.switch import look

    grounds: list[There] = []
    for source in sources:
        outpost = outpost_of(source)
        tried = next((each for each in PlansThere(outpost).standing() if each.is_tried), None)
        if tried is None:
            raise UsageError(NOTHING_WAITS)
        grounds.append(There(outpost, 0, teller(shown), _copies(), tried.undertaking))
    complaint = next(filter(None, (each.confirm() for each in grounds)), None)
    if complaint is not None:
        for each in reversed(grounds):
            each.take_back(look(each.plan.host, each.outpost.destination))
        return write_not_kept(complaint, shown)
    for each in grounds:
        write_kept(f"--host {each.outpost.destination} {each.plan.id}", shown)
    return 0


def undo_there(source: Given, plan_id: str | None, shown: Shown) -> int:
    """Take a plan of that host back; the last one that is in force if None.  Return the exit status."""
    import msgspec

    from hairpin.apply.journal import last_in_force
    from hairpin.apply.remote.ground_there import taken_back_there
    from hairpin.apply.remote.plans_there import PlansThere
    from hairpin.apply.switch import look

    outpost = outpost_of(source)
    plans = PlansThere(outpost)
    plan = plans.known(plan_id) if plan_id is not None else last_in_force(plans)
    if plan is not None and plan.state != "taken-back":
        reading = partial(look, plan.host, outpost.destination)
        ended = taken_back_there(outpost, plan.id, reading, teller(shown), _copies())
        stands = plans.known(plan.id) if shown.as_json else msgspec.structs.replace(plan, state=ended)
        return write_undone(stands, shown)
    return write_undone(None, shown)


def list_there(source: Given, shown: Shown) -> int:
    """List the plans of that host; those that are known here if it cannot be reached.  Return the exit status."""
    from hairpin.apply.remote.plans_there import PlansThere

    outpost = outpost_of(source)
    with closing(_copies()) as journal:
        try:
            plans = PlansThere(outpost).all()
            for each in plans:
                if each.tasks:
                    journal.keep_copy(outpost.destination, each)
        except CollectError as error:
            known = journal.copies(outpost.destination)
            if not known:
                raise
            whisper(f"{words(shown.lang)(error.said)}\n")
            write_plans(known, shown, error.said)
            return 3
    write_plans(plans, shown)
    return 0
