"""Finds repairs that another repair includes.

The other repair then restores every chain and rule that the included repair restores."""

from hairpin.answer.answer import CauseAnswer
from hairpin.change.change import AddChain, Change, InsertRule, SetPolicy


def is_covered(cause: CauseAnswer, others: tuple[CauseAnswer, ...]) -> bool:
    """Return whether the first repair of another cause includes the cause's repair."""
    wanted = _lost(cause.candidate.change)
    return wanted is not None and any(
        made is not None and wanted <= made
        for each in others
        if each is not cause and each.host == cause.host and each.remedies and each.remedies[0].commands
        for made in (_lost(each.remedies[0].change),)
    )


def _lost(change: Change) -> frozenset[object] | None:
    """Return the chains, rules and policies that the change restores; None if the change does anything else."""
    found: list[object] = []
    for part in change.parts:
        match part:
            case AddChain():
                found.append((part.netns, part.dialect, part.family, part.table, part.chain))
            case InsertRule():
                found.append((part.netns, part.dialect, part.family, part.table, part.chain, part.rule.text))
            case SetPolicy():
                found.append((part.netns, part.place, part.policy))
            case _:
                return None
    return frozenset(found) if found and not change.calls else None
