"""What guards have kept, for people: a block for each round that told something, and a line for each other one."""

from collections.abc import Iterable

import msgspec

from hairpin.guard.change import Culprit
from hairpin.message import Message, message, verbatim
from hairpin.report.documents.expect_document import ExpectationDocument
from hairpin.report.documents.guard_document import GuardDocument
from hairpin.report.paper import Paper
from hairpin.report.text.expectations import reach_said
from hairpin.report.text.guard_text import PARTS, culprit_said, healed_said, not_healed_said
from hairpin.report.words import Words, time_text
from hairpin.story.guarded import GuardedChange, GuardedRound

_MOST = 12
"""The greatest number of details of one maker that are written."""


def history_text(kept: Iterable[bytes | GuardedRound], words: Words, paper: Paper) -> str:
    """Return a block for each kept round: its time, what broke or holds again, and who did it.  A round that broke
    nothing has its changes only."""
    found = list(kept)
    if not found:
        paper.prose(words(message("In this time, no expectation broke.")))
    for each in found:
        if isinstance(each, bytes):
            _write_kept(msgspec.json.decode(each, type=GuardDocument), words, paper)
        elif each.changes or each.more:
            _write_quiet(each, words, paper)
    return paper.text()


def _write_kept(told: GuardDocument, words: Words, paper: Paper) -> None:
    paper.prose(told.at, style="strong")
    for each in told.broke:
        paper.prose(words(_what_broke(each)), indent=2, first="✗ ", first_style="bad")
    for lost in told.lost:
        said = message("{container} has lost what {file} promises: {promised}", container=lost.container,
                       file=lost.by, promised=lost.promised)  # fmt: skip
        paper.prose(words(said), indent=2, first="✗ ", first_style="bad")
    for each in told.mended:
        said = message("{what} from {origin} holds again", what=each.reach, origin=each.from_)
        paper.prose(words(said), indent=2, first="✓ ", first_style="good")
    for done in told.healed:
        paper.prose(words(healed_said(done.repairs, done.plan)), indent=2, first="✓ ", first_style="good")
    for left in told.not_healed:
        what = ", ".join(dict.fromkeys(each.reach for each in left.expectations))
        paper.prose(words(not_healed_said(what, left.reason)), indent=2, first="! ", first_style="unsure")
    if told.failed:
        paper.prose(told.failed, indent=2, first="? ", first_style="unsure")
    culprits = dict.fromkeys(each.culprit for each in told.changes if each.culprit is not None)
    for culprit in culprits:
        paper.prose(words(culprit_said(Culprit(*msgspec.structs.astuple(culprit)))), indent=4)
    if told.changes and not culprits:
        paper.prose(words(message("by whom is not known")), indent=4)


def _write_quiet(told: GuardedRound, words: Words, paper: Paper) -> None:
    """Write the changes of a round that broke nothing: one line for each part and maker."""
    paper.prose(time_text(told.at))
    by: dict[tuple[str, Message], dict[str, None]] = {}
    for each in told.changes:
        by.setdefault((each.part, _maker(each)), {})[each.detail] = None
    for (part, maker), details in by.items():
        what = PARTS.get(part, message("something"))
        names = [each for each in details if each][:_MOST]
        if names:
            what = message("{what} ({names})", what=what, names=verbatim(", ".join(names)))
        paper.prose(words(message("{what}, {maker}", what=what, maker=maker)), indent=2)
    if told.more:
        paper.prose(words(message("and {count} more changes", count=told.more)), indent=2)


def _maker(change: GuardedChange) -> Message:
    by = change.by
    return culprit_said(Culprit(*msgspec.structs.astuple(by))) if by is not None else message("by whom is not known")


def _what_broke(expectation: ExpectationDocument) -> Message:
    said = reach_said(expectation.reach, expectation.from_, must=expectation.must)
    causes = dict.fromkeys(cause.id for each in expectation.breaches for cause in each.causes)
    return message("{said} ({causes})", said=said, causes=verbatim(", ".join(causes))) if causes else said
