"""Asks ``hairpin fix --apply`` about one flow of a broken lab, and ``undo`` to take that back."""

import msgspec

from hairpin.lab.build import Lab
from hairpin.lab.node import Node
from hairpin.lab.scenario import Flow
from hairpin.report.documents.fix_document import FixDocument
from hairpin.walk.verdicts import succeeds
from tests.machine.hairpin import typed
from tests.score.outcome import outcome_in_time

_ALL = ("--apply", "--yes", "--persist")


class Fixed(msgspec.Struct, frozen=True):
    """One flow after ``fix --apply --yes --persist`` was asked about it.

    ``by_person``: the plan says that only a person can do it.  ``chosen``: what had to be chosen, because it disrupts
    or undoes what somebody wrote down.  ``applied``: whether anything was changed."""

    flow: str
    outcome: str
    works: bool
    by_person: bool = False
    chosen: tuple[str, ...] = ()
    applied: bool = False
    tells: bool = False
    """Whether the plan names other flows that change."""
    irreversible: bool = False
    again: str = ""

    @property
    def line(self) -> str:
        """What came of it, in a line."""
        how = "by a person" if self.by_person and not self.works else self.outcome
        return f"{self.flow}: {how}{f' (chosen: {chr(44).join(self.chosen)})' if self.chosen else ''}"

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is wrong, a sentence for each."""
        return (
            *([] if self.works or self.by_person else [f"not repaired: {self.line}"]),
            *([f"the second run for {self.flow}: {self.again}"] if self.again else []),
        )


class _Said(msgspec.Struct, frozen=True):
    status: int
    document: FixDocument | None
    complaint: str


def fix_flow(lab: Lab, flow: Flow, there: tuple[str, ...]) -> Fixed:
    """Let hairpin repair the flow, choosing what has to be chosen, and ask once more; ``there``: how it reaches the
    host."""
    words = (*flow.arguments(), *there)
    said = _fix(lab.host, (*words, *_ALL))
    chosen: tuple[str, ...] = ()
    if said.document is not None and not said.document.applied:
        choices = [each for each in said.document.left_out if each.why in ("disruptive", "policy")]
        chosen = tuple({each.cause: each.id for each in reversed(choices)}.values())
        if chosen:
            said = _fix(lab.host, (*words, *(word for each in chosen for word in ("--choose", each)), *_ALL))
    document = said.document
    applied = document is not None and document.applied
    outcome = outcome_in_time(lab, flow, flow.before)
    works = outcome is flow.before
    again = _fix(lab.host, (*words, *_ALL)) if applied else None
    return Fixed(
        str(flow),
        outcome.value if applied else _why(said),
        works=works,
        by_person=document is not None and _is_left_to_person(document),
        chosen=chosen,
        applied=applied,
        tells=document is not None and any(each.flow for repair in document.plan for each in repair.side_effects),
        irreversible=document is not None and any(each.irreversible for each in document.plan),
        again=_why(again) if again is not None and (again.document is None or again.document.plan) else "",
    )


def _is_left_to_person(document: FixDocument) -> bool:
    """Return whether the plan says that a person has to do something before the flow passes."""
    undone = not document.plan or not all(map(succeeds, document.then))
    return undone and bool(document.left_out)


def undo(host: Node, there: tuple[str, ...]) -> tuple[str, ...]:
    """Take the last plan back; return what was said if not all of it went."""
    done = typed(host, "undo", *there)
    return () if done.returncode == 0 else (f"{done.stdout.strip()} {done.stderr.strip()}",)


def _why(said: _Said) -> str:
    if said.document is None:
        return said.complaint[-200:]
    words = said.document.said or ", ".join(f"{each.id} ({each.why})" for each in said.document.left_out)
    return f"status {said.status}: {words or said.complaint[-200:]}"


def _fix(host: Node, arguments: tuple[str, ...]) -> _Said:
    done = typed(host, "fix", *arguments, "--json")
    try:
        document = msgspec.json.decode(done.stdout, type=FixDocument)
    except msgspec.DecodeError:
        document = None
    return _Said(done.returncode, document, done.stderr.strip())
