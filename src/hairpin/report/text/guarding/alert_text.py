"""The sentences of a guard's alert: what broke, the cause, since when, who did it, and the command that repairs it."""

from collections.abc import Iterable, Iterator

from hairpin.expect.holding import Holding
from hairpin.guard.round import Round
from hairpin.message import Message, message, verbatim
from hairpin.report.documents.alert_document import causes_of, commands_of, fix_command
from hairpin.report.text.expectations import reach_said
from hairpin.report.text.guard_text import culprit_said, healed_said, not_healed_said
from hairpin.report.words import Words, time_text

_MOST = 5
"""The greatest number of expectations, and of culprits, that a summary names."""


def round_summary(
    found: Round, broke: tuple[Holding, ...], mended: tuple[Holding, ...], host: str, words: Words
) -> str:
    """Return the summary: one line for each expectation, and one each for who did it, since when, and the repair."""
    return "\n".join(map(words, _round(found, broke, mended, host)))


def _round(found: Round, broke: tuple[Holding, ...], mended: tuple[Holding, ...], host: str) -> Iterator[Message]:
    for each in broke[:_MOST]:
        said = message("{host}: {said} is broken", host=host, said=_expectation_said(each))
        causes = tuple(causes_of(each))
        named = message("{said}: {causes}", said=said, causes=verbatim("; ".join(str(one.id) for one in causes)))
        yield named if causes else said
    for each in mended[:_MOST]:
        yield message("{host}: {what} from {origin} holds again", host=host, what=each.expectation.what,
                      origin=each.expectation.origin)  # fmt: skip
    left = max(0, len(broke) - _MOST) + max(0, len(mended) - _MOST)
    if left:
        yield message("and {count} more expectations", count=left)
    causes = tuple({one.ref: one for each in broke for one in causes_of(each)}.values())
    for title in dict.fromkeys(each.candidate.title for each in causes):
        yield message("cause: {title}", title=title)
    yield from dict.fromkeys(each.decision.said for each in causes if each.decision is not None)
    if found.changes:
        yield message("since {time}", time=time_text(min(each.at_s for each in found.changes)))
    yield from map(culprit_said, found.culprits[:_MOST])
    if found.changes and (found.is_by_unknown or not found.culprits):
        yield message("by whom is not known")
    for done in found.healed:
        yield healed_said(done.repairs, done.plan)
    for broken in found.not_healed:
        yield not_healed_said(", ".join(dict.fromkeys(each.what for each in broken.expectations)), broken.reason)
        if broken.is_fight:
            yield from map(culprit_said, broken.culprits[:_MOST])
    if not found.healed:
        yield from _repairs(broke)


def _repairs(broke: Iterable[Holding]) -> Iterator[Message]:
    commands = dict.fromkeys(
        command for each in broke for cause in causes_of(each) for command in commands_of(cause)[:_MOST]
    )
    for command in tuple(commands)[:_MOST]:
        yield message("repair: {command}", command=command)
    whole = dict.fromkeys(command for each in broke if (command := fix_command(each)))
    yield from (message("the whole repair, with its effects: {command}", command=command) for command in whole)


def _expectation_said(holding: Holding) -> Message:
    expectation = holding.expectation
    return reach_said(expectation.what, expectation.origin, must=expectation.must)


def sight_summary(blind: tuple[Message, ...], host: str, words: Words) -> str:
    """Return what the guard cannot watch any more, or that it can watch everything again."""
    if not blind:
        return words(message("{host}: the guard sees everything again", host=host))
    return "\n".join(words(message("{host}: the guard is blind: {said}", host=host, said=each)) for each in blind)
