"""Plans of other hosts for ``hairpin fix --apply --host`` and ``hairpin undo --host``."""

import os
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from hairpin.cli.environment import environment
from hairpin.cli.options import Given
from hairpin.cli.output import paper, whisper, words, write
from hairpin.errors import ApplyError, CollectError, UsageError
from hairpin.message import Message, message

if TYPE_CHECKING:
    from hairpin.apply.carrying_out import Told
    from hairpin.apply.ground import Ground
    from hairpin.apply.journal import Journal
    from hairpin.apply.plan import RepairPlan
    from hairpin.apply.remote.outpost import Outpost
    from hairpin.apply.remote.plans_there import StandingThere
    from hairpin.apply.task import Undertaking


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
    from hairpin.cli.way_in import refuse_cut

    for label, outpost in _by_label(plan, sources).items() if sources else ():
        session = session_of(outpost.ask("list").connection)
        if session is not None:
            refuse_cut(plan, session, plan.answer.network.seen_from(label))


def settle_there(sources: tuple[Given, ...], lang: str | None, color: str) -> None:
    """Finish or take back what was interrupted on these hosts; raise ApplyError if something is under way there."""
    from hairpin.apply.remote.plans_there import PlansThere

    for source in sources:
        outpost = outpost_of(source)
        for each in PlansThere(outpost).standing():
            if each.undertaking.state in ("open", "keeping", "ending"):
                _refuse_under_way(each, outpost)
                _settle(each, outpost, lang, color)


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


def _settle(each: "StandingThere", outpost: "Outpost", lang: str | None, color: str) -> None:
    from hairpin.apply.carrying_out import Hands
    from hairpin.apply.remote.plans_there import PlansThere
    from hairpin.apply.settling import settle
    from hairpin.apply.switch import look
    from hairpin.cli.applying import teller
    from hairpin.report.plan_text import plans_text

    plan, plans = each.undertaking, PlansThere(outpost)
    whisper(words(lang)(message("Plan {plan} was interrupted.", plan=plan.id)) + "\n")
    if not plan.tasks:
        plans.end(plan.id, "taken-back")
        return
    reading = partial(look, plan.host, outpost.destination)
    hands = Hands(reading, teller(lang, color), outpost.read, partial(outpost.carry_out, plan.id))
    if plan.state == "keeping":
        plans.hold(plan.id)
    settle(plans, plan, hands)
    whisper(plans_text((plans.known(plan.id),), words(lang), paper(color)))


def confirm_there(sources: tuple[Given, ...], lang: str | None, color: str) -> int:
    """Keep what ``--try`` has carried out on these hosts; return the exit status."""
    from hairpin.apply.remote.ground_there import There
    from hairpin.apply.remote.plans_there import PlansThere
    from hairpin.apply.switch import look
    from hairpin.cli.applying import NOTHING_WAITS, teller, write_not_kept

    grounds: list[There] = []
    for source in sources:
        outpost = outpost_of(source)
        tried = next((each for each in PlansThere(outpost).standing() if each.is_tried), None)
        if tried is None:
            raise UsageError(NOTHING_WAITS)
        grounds.append(There(outpost, 0, teller(lang, color), _copies(), tried.undertaking))
    complaint = next(filter(None, (each.confirm() for each in grounds)), None)
    if complaint is not None:
        for each in reversed(grounds):
            each.take_back(look(each.plan.host, each.outpost.destination))
        return write_not_kept(complaint, lang)
    for each in grounds:
        undo = f"--host {each.outpost.destination} {each.plan.id}"
        write(words(lang)(message("It stays.  Take it back: `hairpin undo {plan}`", plan=undo)))
    return 0


def undo_there(source: Given, plan_id: str | None, lang: str | None, color: str, *, as_json: bool = False) -> int:
    """Take a plan of that host back; the last one that is in force if None.  Return the exit status."""
    import msgspec

    from hairpin.apply.journal import last_in_force
    from hairpin.apply.remote.ground_there import taken_back_there
    from hairpin.apply.remote.plans_there import PlansThere
    from hairpin.apply.switch import look
    from hairpin.cli.applying import teller, write_undone

    outpost = outpost_of(source)
    plans = PlansThere(outpost)
    plan = plans.known(plan_id) if plan_id is not None else last_in_force(plans)
    if plan is not None and plan.state != "taken-back":
        reading = partial(look, plan.host, outpost.destination)
        ended = taken_back_there(outpost, plan.id, reading, teller(lang, color), _copies())
        stands = plans.known(plan.id) if as_json else msgspec.structs.replace(plan, state=ended)
        return write_undone(stands, lang, as_json=as_json)
    return write_undone(None, lang, as_json=as_json)


def list_there(source: Given, lang: str | None, color: str, *, as_json: bool = False) -> int:
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
            whisper(f"{words(lang)(error.said)}\n")
            write_plans(known, lang, color, as_json=as_json, said=error.said)
            return 3
    write_plans(plans, lang, color, as_json=as_json)
    return 0


def write_plans(
    plans: "tuple[Undertaking, ...]", lang: str | None, color: str, *, as_json: bool, said: Message | None = None
) -> None:
    """Write the list of plans.  ``said``: why it is a copy."""
    if as_json:
        from hairpin.cli.output import write_json
        from hairpin.report.undo_document import plans_document

        write_json(plans_document(plans, words(lang), said))
        return
    from hairpin.report.plan_text import plans_text

    write(plans_text(plans, words(lang), paper(color)))
