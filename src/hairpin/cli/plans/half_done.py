"""Reports on standard error the unfinished plans of ``hairpin fix`` on the hosts that a command reads."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hairpin.cli.face.asked import Given
from hairpin.cli.face.output import whisper, words
from hairpin.evidence.reading import Evidence, Reading

if TYPE_CHECKING:
    from hairpin.apply.program.plan_book import PlanStanding
    from hairpin.evidence.several import Source
    from hairpin.host.plan_under_way import PlanStage, PlanUnderWay

FOLDER = Path("/var/lib/hairpin/plans")
"""The folder in which ``apply/program/apply.sh`` keeps plans.  The path is repeated in this module, because ``hairpin
check`` must not load the code of plans."""
KEY = "plans"
_NOT_ENDED = ("open", "keeping", "ending")


def say_half_done(lang: str | None) -> None:
    """Report the unfinished plans on this host, and the command that settles them."""
    _say(plans_here(), "", lang)


def say_of_others(lang: str | None) -> None:
    """Report the unfinished plans that other machines began on this host.  The unfinished plans of other machines hold
    the host's lock."""
    _say(tuple(each for each in plans_here() if each.from_elsewhere), "", lang)


def with_plans(
    found: "tuple[Source, ...]", sources: tuple[Given, ...], lang: str | None, *, saying: bool = True
) -> "tuple[Source, ...]":
    """Return the evidence of the hosts, and report their unfinished plans.

    ``saying``: False if the plans were already reported.

    The journal of this host contains more than the collector reads.  Therefore the plans' states from the journal
    replace the states that the collector read."""
    if not sources:
        found = tuple(_with(each, plans_here()) if isinstance(each, Evidence) else each for each in found)
    if not saying or not any(each.key == KEY for one in found if isinstance(one, Evidence) for each in one.readings):
        return found
    from hairpin.host.read.managers.managing import plans_in

    given = sources or (None,)
    for each, source in zip(found, given, strict=False):
        if isinstance(each, Evidence) and source is not None and source.kind == "snapshot":
            _say_of_then(plans_in(each), each, lang)
        elif isinstance(each, Evidence):
            _say(plans_in(each), source.text.rpartition("=")[2] if source is not None else "", lang)
    return found


def plans_here() -> "tuple[PlanUnderWay, ...]":
    """Return this host's unfinished plans, the newest plan first.  Only root may read the journal, so for other users
    the result is empty."""
    if os.geteuid() != 0 or not any(path for state in _NOT_ENDED for path in FOLDER.glob(f"*/{state}")):
        return ()
    from hairpin.apply.program.outpost import here
    from hairpin.apply.program.plan_book import PlanBook
    from hairpin.errors import HairpinError
    from hairpin.host.plan_under_way import PlanUnderWay

    try:
        found = PlanBook(here(FOLDER.parent)).not_ended()
    except HairpinError:  # the journal is damaged or not trusted, and a command that changes the host reports this
        return ()
    return tuple(
        PlanUnderWay(each.kept_plan.id, *_stands(each), from_elsewhere=each.is_from_elsewhere) for each in found
    )


def _stands(plan: "PlanStanding") -> "tuple[PlanStage, float | None]":
    """Return the plan's state, and the time at which the plan's switch takes the plan back (None if the switch does
    not)."""
    state = plan.kept_plan.state
    until = time.time() + plan.left_s if plan.watched and state == "open" else None
    if plan.is_from_elsewhere:
        return "under-way" if plan.watched else "interrupted", None
    if plan.is_tried:
        return "tried", until
    if not plan.is_in_hand and not plan.is_at_its_end:
        return "interrupted", until
    return ("half-done", until) if state == "open" else ("kept" if state == "keeping" else "taken-back", None)


def _with(evidence: Evidence, plans: "tuple[PlanUnderWay, ...]") -> Evidence:
    """Return the evidence with the states that the journal has for this host's own plans, if the journal may be
    read."""
    before = evidence.find(KEY, "")
    if os.geteuid() != 0 or (before is None and not plans):
        return evidence
    others = [line for line in (before.text.splitlines() if before is not None else ()) if line.startswith("other\t")]
    own = [
        f"own\t{each.plan}\t{each.state}\twatched\t{int(each.until) if each.until else '-'}"
        for each in plans
        if not each.from_elsewhere
    ]
    kept = tuple(each for each in evidence.readings if each.key != KEY)
    if own or others:
        text, origin = "\n".join((*own, *others)), str(FOLDER.parent)
        made = Reading(f"e{len(evidence.readings) + 1}", KEY, "", origin, evidence.taken_at, 0, "text", text)
        kept = (*kept, made if before is None else msgspec.structs.replace(before, text=text, origin=origin))
    return msgspec.structs.replace(evidence, readings=kept)


def _say_of_then(plans: "tuple[PlanUnderWay, ...]", evidence: Evidence, lang: str | None) -> None:
    for plan in plans:
        from hairpin.report.under_way import told_of_then

        whisper(f"hairpin: {words(lang, sys.stderr)(told_of_then(plan, evidence.name, evidence.taken_at))}\n")


def _say(plans: "tuple[PlanUnderWay, ...]", destination: str, lang: str | None) -> None:
    for plan in plans:
        from hairpin.report.under_way import plan_line

        whisper(f"hairpin: {words(lang, sys.stderr)(plan_line(plan, destination))}\n")
