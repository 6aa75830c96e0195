"""What each command says of an evidence: its exit status and its English text."""

from collections.abc import Callable

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.decisive import exit_status, lacks_reading
from hairpin.answer.matrix import matrix
from hairpin.apply.plan import plan_of
from hairpin.apply.restoring import restore_plan
from hairpin.compare.comparison import both_hosts, comparison_of
from hairpin.errors import HairpinError
from hairpin.evidence.reading import Evidence
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.paper import Paper
from hairpin.report.text.diff_text import diff_text
from hairpin.report.text.events_text import events_text
from hairpin.report.text.plan_text import plan_text
from hairpin.report.text.restore_text import restore_text
from hairpin.report.text.terminal import report_text
from hairpin.report.words import Words
from tests.unread.table import Teller

_EVERYTHING = parse_question("check", (), None, (), World())
_REFUSED = 3


class Told(msgspec.Struct, frozen=True):
    """An exit status and a text."""

    status: int
    text: str


def told(teller: Teller, evidence: Evidence, whole: Evidence) -> Told:
    """Return what the command says of the evidence.  ``whole``: what `diff` compares it with."""
    try:
        return _TELLERS[teller](evidence, whole)
    except HairpinError as error:
        return Told(_REFUSED, str(error.said))


def _paper() -> Paper:
    return Paper(width=10_000, coloured=False)


def _answer(evidence: Evidence) -> Answer:
    """Return the answer without its causes: whether a flow passes does not need them."""
    return ask(_EVERYTHING, (evidence,), depth="flows")


def _check(evidence: Evidence, whole: Evidence) -> Told:
    del whole
    answer = _answer(evidence)
    return Told(exit_status(answer), report_text(answer, Words("en"), _paper()))


def _fix(evidence: Evidence, whole: Evidence) -> Told:
    del whole
    plan = plan_of(_answer(evidence), (), with_latent=False)
    text = plan_text(plan, Words("en"), _paper(), lasting=False, applying=False)
    return Told(exit_status(plan.answer), text)


def _restore(evidence: Evidence, whole: Evidence) -> Told:
    del whole
    found = restore_plan(_answer(evidence))
    open_ = bool(found.undecided) or lacks_reading(found.plan.answer, "restore")
    status = 1 if found.plan.repairs else _REFUSED if open_ else 0
    return Told(status, restore_text(found, Words("en"), _paper(), applying=False))


def _events(evidence: Evidence, whole: Evidence) -> Told:
    del whole
    found = matrix(_EVERYTHING, (evidence,))
    return Told(found.status, events_text(found, Words("en"), _paper()))


def _diff(evidence: Evidence, whole: Evidence) -> Told:
    found = comparison_of(_EVERYTHING, *both_hosts(whole, evidence), (whole, evidence))
    return Told(found.status, diff_text(found, Words("en"), _paper()))


_TELLERS: dict[Teller, Callable[[Evidence, Evidence], Told]] = {
    "check": _check,
    "fix": _fix,
    "restore": _restore,
    "events": _events,
    "diff": _diff,
}
