"""The errors that a pasted text quotes, as likely causes of an answer about that text.

An engine, a kernel or a client names the fault by itself.  Such a line is a better hint than any supposition, so its
causes come before the alternatives of the supposed parts, and behind what was found in the told parts.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.likely.likely import likely_cause
from hairpin.causes.cause import Candidate
from hairpin.causes.registry import known_cause
from hairpin.causes.where import OfFile
from hairpin.change.change import Change
from hairpin.evidence.told import Outcome
from hairpin.explain.line import readable
from hairpin.explain.lookup import find_meaning
from hairpin.pasted.joining import unrecognised_in
from hairpin.texts.meaning import TextMeaning

_replace = msgspec.structs.replace
_MOST_LINES = 4000
_MOST = 4
"""The greatest number of causes that quoted errors give."""
_EACH = 2
"""The number of causes of one error that count: the likeliest."""


class QuotedError(NamedTuple):
    """An error that the text quotes: its line from 1, its words, and their meaning."""

    line: int
    quote: str
    entry: TextMeaning


def with_told_errors(answer: Answer) -> Answer:
    """Return the answer with the causes of the errors that its texts quote; the same answer if no host is of a text."""
    if not answer.is_of_text:
        return answer
    errors = tuple(each for evidence in answer.evidence for each in _errors(unrecognised_in(evidence)))
    found = [each for each in answer.causes if each.shown_by is None]
    rest = [each for each in answer.causes if each.shown_by is not None]
    known = {each.id for each in found}
    made = [each for each in _causes(errors, answer) if each.id not in known]
    kept = [each for each in rest if each.id not in {one.id for one in made}]
    return _replace(answer, causes=_with_refs((*found, *made, *kept)))


def _with_refs(causes: tuple[CauseAnswer, ...]) -> tuple[CauseAnswer, ...]:
    """Return the causes; those that stop no asked flow by a walk get their references anew, behind all others."""
    walked = [each for each in causes if each.proof is not None]
    others = [each for each in causes if each.proof is None]
    named = (
        _replace(each, ref=f"c{number}", together=(f"c{number}",))
        for number, each in enumerate(others, len(walked) + 1)
    )
    return (*walked, *named)


def _errors(lines: tuple[tuple[int, str], ...]) -> Iterator[QuotedError]:
    for number, line in lines[:_MOST_LINES]:
        hit = find_meaning(readable(line.encode("utf-8", "surrogateescape")))
        if hit is None or hit.entry.kind != "fault" or hit.entry.outcome or not hit.entry.causes:
            continue
        yield QuotedError(number, hit.matched, hit.entry)


def _causes(errors: tuple[QuotedError, ...], answer: Answer) -> Iterator[CauseAnswer]:
    named: dict[str, QuotedError] = {}
    for each in sorted(errors, key=lambda one: one.entry.general):
        for cause in dict.fromkeys((each.entry.kept_by, *each.entry.shown_by, *each.entry.causes[:_EACH])):
            if cause:
                named.setdefault(cause, each)
    for cause, error in list(named.items())[:_MOST]:
        known = known_cause(cause)
        if known is not None:
            seen = Outcome(error.entry.program or "", error.quote, "refused", line=error.line)
            yield likely_cause(
                cause,
                answer.network.this.name,
                Candidate(
                    known.title, error.entry.meaning, Change(()), OfFile(f"line {error.line}"), "nothing-listens-there"
                ),
                ref="",
                explains=(seen,),
                shown_by=("", error.entry.meaning),
            )
