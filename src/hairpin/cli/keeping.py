"""Keeps snapshots of this host, and finds the last good snapshot."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hairpin.cli.face.environment import environment
from hairpin.errors import HairpinError, UsageError
from hairpin.message import Message, message

if TYPE_CHECKING:
    from hairpin.answer.answer import Answer
    from hairpin.collect.kept_snapshots import GuardBounds
    from hairpin.evidence.reading import Evidence
    from hairpin.network.network import Network
    from hairpin.question.question import Question


def snapshots_folder() -> Path:
    """Return the folder of this user's kept snapshots."""
    from hairpin.collect.kept_snapshots import folder_of

    return folder_of(environment().folders[0])


def keep_evidence(evidence: "Evidence", network: "Network | None" = None, guard: "GuardBounds | None" = None) -> Path:
    """Keep the evidence as a snapshot whose name tells whether every flow passes; return the file.

    ``network``: the network that the evidence describes, if it is known already.  ``guard``: the bounds of a guard that
    keeps it.  Raises EvidenceError if the snapshot cannot be written."""
    from hairpin.collect.kept_snapshots import keep_snapshot
    from hairpin.compare.last_good import passing
    from hairpin.network.world import World
    from hairpin.question.question import parse_question

    everything = parse_question("check", (), None, (), World())
    is_passing = passing(everything, evidence, network) == "all"
    return keep_snapshot(evidence, snapshots_folder(), passing=is_passing, guard=guard)


def keep_or_say(answer: "Answer", lang: str | None, *, after: bool) -> None:
    """Keep a snapshot of this host from before or after a repair.  A failure is reported and never stops the repair.

    ``answer``: the answer for which the plan was made, or which verified the plan.  Only the first host's evidence is
    kept.  ``after``: whether the evidence was read after the repair."""
    from hairpin.cli.face.output import whisper, words

    try:
        for each in answer.evidence[:1]:
            keep_evidence(each, answer.network if len(answer.evidence) == 1 else None)
    except (HairpinError, OSError) as error:
        when = message("after the repair") if after else message("before the repair")
        reason: Message | str = error.said if isinstance(error, HairpinError) else str(error)
        told = message("hairpin could not keep a snapshot {when}: {reason}", when=when, reason=reason)
        whisper(f"{words(lang, sys.stderr)(told)}\n")


def last_good(question: "Question") -> "Evidence":
    """Return the newest kept snapshot in which all asked flows pass.  If there is none and the question has targets,
    return the newest kept snapshot in which the first asked flow passes.

    Raises UsageError if there is no such snapshot, and EvidenceError if the folder cannot be used."""
    from hairpin.collect.kept_snapshots import kept_snapshots
    from hairpin.collect.snapshot import load
    from hairpin.compare.last_good import passing

    folder = snapshots_folder()
    second: Evidence | None = None
    kept = kept_snapshots(folder)
    for each in kept:
        if not question.targets and not each.passing:
            continue
        try:
            evidence = load(each.path)
        except HairpinError:
            continue  # this snapshot is damaged, but an older snapshot may be intact
        how = passing(question, evidence)
        if how == "all":
            return evidence
        if how == "first" and second is None and question.targets:
            second = evidence
    if second is not None:
        return second
    raise UsageError(_none_is_good(folder, len(kept)))


def _none_is_good(folder: Path, count: int) -> Message:
    advice = message(
        "set up the systemd timer or the cron line of docs/changes-over-time.md, which run `hairpin snapshot --keep`; "
        "then {option} has snapshots to compare with",
        option="--last-good",
    )
    if not count:
        return message("no snapshots are kept in {folder}: {advice}", folder=folder, advice=advice)
    return message(
        "the asked flows pass in none of the {count} snapshots kept in {folder}; name a snapshot to compare with: "
        "`hairpin diff FILE`, or {advice}",
        count=count,
        folder=folder,
        advice=advice,
    )
