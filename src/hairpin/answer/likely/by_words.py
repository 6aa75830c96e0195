"""The chances that the words of a text give to each cause (``hairpin.words.fitted``) join the order of likely causes.

Words prove nothing: a proven cause stays first, and what the text rules out stays out.
"""

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.likely.hinted import prose_in, ruled_out_by_words, with_shown_by
from hairpin.answer.likely.likely import likely_of, refuted_in
from hairpin.answer.likely.next_reading import with_further
from hairpin.answer.likely.told_errors import with_refs
from hairpin.causes.registry import known_cause
from hairpin.suppose.alternatives import of_hint
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.words.fitted import chances, package_table, speaking_for, tokens_of
from hairpin.words.hints import OF_CAUSE

_WORTH = 2.0
"""A cause that the words make certain gains this much; the first cause of the list has 1, the second one a half."""
_JOINING = 3
"""The number of the likeliest causes by words that join the list."""
_MOST = 5


def with_chances(answer: Answer) -> Answer:
    """Return the answer in which the words of its texts move the likely causes, and name further ones.  The answer
    stays as it is if it has a proven cause, or if its texts state no failure and it has no likely cause."""
    outcomes = tuple(each for host in answer.network.hosts if host.told is not None for each in host.told.outcomes)
    failures = tuple(each for each in outcomes if each.failed)
    if not (failures or answer.causes) or not all(each.likely for each in answer.causes):
        return answer
    prose = prose_in(answer)
    chance = chances(tokens_of(prose.text), package_table())
    out = refuted_in(answer) | ruled_out_by_words(answer, outcomes)
    shown = [each for each in chance if _is_shown(each) and each not in out][:_JOINING]
    further = tuple(with_shown_by((of_hint(_hint_of(each, prose)) for each in shown), answer))
    listed = {each.id for each in answer.causes}
    joining = likely_of(answer, tuple(each for each in further if each.cause not in listed), failures)
    every = (*answer.causes, *joining)
    return msgspec.structs.replace(
        answer,
        causes=with_refs(_by_worth(every, chance)[: max(_MOST, len(answer.causes))]),
        next=with_further(answer.next, further, answer),
    )


def _is_shown(cause: str) -> bool:
    """Return whether a command decides the cause."""
    known = known_cause(cause)
    return known is not None and known.shown_by is not None


def _hint_of(cause: str, prose: Prose) -> Hinted:
    """Return the cause with the line that speaks most for it."""
    place = speaking_for(cause, prose.text.split("\n"), package_table())
    number, quote = prose.line_at(prose.starts[place]) if place is not None else (0, "")
    return Hinted(cause, 1, OF_CAUSE, number, quote)


def _by_worth(causes: tuple[CauseAnswer, ...], chance: dict[str, float]) -> tuple[CauseAnswer, ...]:
    """Return the causes by their places in the list together with their chances."""
    order = sorted(enumerate(causes, 1), key=lambda each: -(1 / each[0] + _WORTH * chance.get(each[1].id, 0.0)))
    return tuple(each for _, each in order)
