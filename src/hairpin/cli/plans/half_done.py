"""Says on standard error which plans of ``hairpin fix`` have not ended on the hosts that a command reads."""

import fcntl
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hairpin.cli.face.asked import Given
from hairpin.cli.face.output import whisper, words
from hairpin.evidence.reading import Evidence, Reading

if TYPE_CHECKING:
    from hairpin.evidence.several import Source
    from hairpin.host.plan_under_way import PlanStage, PlanUnderWay

JOURNAL = Path("/var/lib/hairpin/journal.sqlite3")
"""Where ``apply/journal.py`` keeps it: a host's check does not load that module."""
KEY = "plans"
_PATIENCE_S = 1.0
_OPEN = "SELECT id, state FROM plans WHERE state IN ('open', 'keeping', 'ending') ORDER BY id DESC"
_LEFT = "SELECT count(*) FROM tasks WHERE plan = ? AND lasting = 0 AND state != 'done'"


def say_half_done(lang: str | None) -> None:
    """Say which plans have not ended on this host, and what settles them."""
    _say(plans_here(), "", lang)


def say_of_others(lang: str | None) -> None:
    """Say which plans that other machines have begun on this host have not ended: they hold its lock."""
    if os.geteuid() != 0:
        return
    begun = [
        each.parent for state in ("open", "keeping", "ending") for each in JOURNAL.parent.glob(f"remote/*/{state}")
    ]
    if not begun:
        return
    from hairpin.host.plan_under_way import PlanUnderWay

    _say(tuple(PlanUnderWay(each.name, _keeper(each), from_elsewhere=True) for each in sorted(begun)), "", lang)


def _keeper(folder: Path) -> "PlanStage":
    """Return whether the switch of a plan that another machine has begun still runs.  Source: apply/remote/apply.sh"""
    try:
        (pid, *_) = (folder / "keeper").read_text("utf-8").split()
    except (OSError, ValueError):
        return "interrupted"
    return "under-way" if Path("/proc", pid).is_dir() else "interrupted"


def with_plans(
    found: "tuple[Source, ...]", sources: tuple[Given, ...], lang: str | None, *, saying: bool = True
) -> "tuple[Source, ...]":
    """Return what was read of the hosts, and say which plans had not ended there; ``saying`` false: that was said.

    This host's own journal knows more than the collector reads: its word takes the place of that."""
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
    """Return this host's own plans that have not ended, the newest first.  Only root may read its journal; another user
    is told nothing of it."""
    if os.geteuid() != 0 or not JOURNAL.is_file():
        return ()
    import sqlite3

    from hairpin.host.plan_under_way import PlanUnderWay

    try:
        with closing(sqlite3.connect(f"file:{JOURNAL}?mode=ro", uri=True, timeout=1)) as base:
            return tuple(
                PlanUnderWay(str(plan), *_stands(plan, state, base.execute(_LEFT, (plan,)).fetchone()[0]))
                for plan, state in base.execute(_OPEN).fetchall()
            )
    except sqlite3.Error:  # damaged, or of a version that has no such tables
        return ()


def _stands(plan: int, state: str, left: int) -> "tuple[PlanStage, float | None]":
    """Return how the plan stands, and when its switch takes it back.  ``left``: its steps of now that are not done."""
    until = _watched_until(JOURNAL.parent / f"switch-{plan}")
    if state == "open" and until is not None and not left:
        return "tried", until
    if not _is_at_work():
        return "interrupted", until if state == "open" else None
    return ("half-done", until) if state == "open" else ("kept" if state == "keeping" else "taken-back", None)


def _is_at_work() -> bool:
    """Return whether a process changes this host at this moment.  One that was killed just now may hold the lock for a
    moment."""
    end = time.monotonic() + _PATIENCE_S
    while _is_locked(JOURNAL.parent / "lock"):
        if time.monotonic() > end:
            return True
        time.sleep(_PATIENCE_S / 10)
    return False


def _watched_until(file: Path) -> float | None:
    """Return when the switch that holds the file takes its plan back; None if none holds it."""
    try:
        if not _is_locked(file):
            return None
        return float(file.read_text("utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _is_locked(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _with(evidence: Evidence, plans: "tuple[PlanUnderWay, ...]") -> Evidence:
    """Return the evidence with the journal's word about this host's own plans, if it may be read."""
    before = evidence.find(KEY, "")
    if os.geteuid() != 0 or (before is None and not plans):
        return evidence
    others = [line for line in (before.text.splitlines() if before is not None else ()) if line.startswith("other\t")]
    own = [f"own\t{each.plan}\t{each.state}\twatched\t{int(each.until) if each.until else '-'}" for each in plans]
    kept = tuple(each for each in evidence.readings if each.key != KEY)
    if own or others:
        text = "\n".join((*own, *others))
        made = Reading(f"e{len(evidence.readings) + 1}", KEY, "", str(JOURNAL), evidence.taken_at, 0, "text", text)
        kept = (*kept, made if before is None else msgspec.structs.replace(before, text=text, origin=str(JOURNAL)))
    return msgspec.structs.replace(evidence, readings=kept)


def _say_of_then(plans: "tuple[PlanUnderWay, ...]", evidence: Evidence, lang: str | None) -> None:
    for plan in plans:
        from hairpin.report.under_way import told_of_then

        whisper(f"hairpin: {words(lang, sys.stderr)(told_of_then(plan, evidence.name, evidence.taken_at))}\n")


def _say(plans: "tuple[PlanUnderWay, ...]", destination: str, lang: str | None) -> None:
    for plan in plans:
        from hairpin.report.under_way import plan_line

        whisper(f"hairpin: {words(lang, sys.stderr)(plan_line(plan, destination))}\n")
