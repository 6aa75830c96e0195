"""What is right about the answers to a case."""

import re
from typing import Literal

import msgspec

from hairpin.report.documents.document import CauseDocument, ReportDocument
from tests.score.diagnosis import blocking_causes
from tests.world.case import Asked, Case, Never

Mark = Literal["right", "partly", "wrong", "no cause", "all-clear", "raised"]
"""How an answer stands to the truth.  ``all-clear``: exit 0 without a word about it."""
ORDER: tuple[Mark, ...] = ("raised", "all-clear", "no cause", "wrong", "partly", "right")
_DISAGREEMENT = 4
_WHERE_NEXT = ("before this host", "behind this host")


class Given(msgspec.Struct, frozen=True):
    """An answer as it came: the exit code, the text, the document (None: this command prints none), and the time."""

    asked: Asked
    status: int
    text: str
    report: ReportDocument | None
    seconds: float


class Marked(msgspec.Struct, frozen=True):
    """The mark of one answer, and its first cause."""

    typed: str
    mark: Mark
    first: str = ""
    disputed: bool = False
    harmful: tuple[str, ...] = ()


def marked(case: Case, given: Given) -> Marked:
    """Return the mark of an answer to a broken host."""
    report = given.report
    causes = blocking_causes(report) if report is not None else ()
    first = causes[0].id if causes else ""
    harmful = tuple(_harms(case.never, report)) if report is not None else ()
    return Marked(given.asked.typed, _mark(case, given, causes), first, given.status == _DISAGREEMENT, harmful)


def _mark(case: Case, given: Given, causes: tuple[CauseDocument, ...]) -> Mark:
    if "Traceback" in given.text or "bug in hairpin:" in given.text:
        return "raised"
    asked, report = given.asked, given.report
    questions = report.questions if report is not None else ()
    first = given.text if report is None else " ".join(map(_words, (*causes[:1], *questions)))
    if _says(asked.names, first):
        return "right"
    # Of an answer without a problem only what it doubts counts: its flows name the same links and addresses.
    doubted = given.text if report is None else " ".join((*map(_words, (*report.causes, *questions)), *report.notes))
    told = doubted if given.status == 0 else f"{doubted} {given.text}"
    if _says(asked.names, told) or any(_says((each,), told) for each in asked.partly):
        return "partly"
    if given.status == 0:
        # What no host can show is said by the line that tells how to see whether a packet arrives at all.
        return "partly" if not case.repairs and any(each in given.text for each in _WHERE_NEXT) else "all-clear"
    return "wrong" if causes else "no cause"


def _says(names: tuple[str, ...], words: str) -> bool:
    return bool(words) and all(re.search(each, words, re.IGNORECASE) for each in names)


def _words(value: msgspec.Struct) -> str:
    """Return the document as text."""
    return msgspec.json.encode(value).decode()


def _harms(never: tuple[Never, ...], report: ReportDocument) -> list[str]:
    commands = [
        command
        for cause in report.causes
        for remedy in cause.remedies
        for command in (*remedy.commands, *remedy.persist_commands)
    ]
    return [f"`{command}`: {each.harm}" for each in never for command in commands if re.search(each.command, command)]


def is_called_sick(given: Given) -> bool:
    """Return whether the answer to a healthy host names a problem, fails, or leaves its judges in dispute."""
    return given.status != 0 or (given.report is not None and bool(blocking_causes(given.report)))
