"""The words by which a person chooses a repair (``--choose``).

A repair's word is unique in its plan, and stays the same in the next run on the same host."""

import re
from collections import Counter
from collections.abc import Iterable

from hairpin.answer.answer import CauseAnswer
from hairpin.causes.registry import known_cause
from hairpin.causes.where import places
from hairpin.errors import UsageError
from hairpin.message import message

_CAUSE = re.compile(r"[:/#]")
"""The characters that end the cause's id in a word."""
_OTHER = re.compile(r"[^A-Za-z0-9._:/-]+")


def options_of(causes: Iterable[CauseAnswer]) -> dict[str, tuple[str, ...]]:
    """Return the words of each cause's remedies, by the cause's reference.

    The word of a cause's first remedy is the cause's id, such as ``interface-forwarding-off``.  If several causes have
    this id, the place of the cause is appended: ``interface-forwarding-off:eth0``.  For each further remedy of the
    cause, the remedy's own id is appended: ``port-not-allowed/open-port``."""
    known = tuple(causes)
    count = Counter(each.id for each in known)
    used: Counter[str] = Counter()
    found: dict[str, tuple[str, ...]] = {}
    for cause in known:
        base = cause.id if count[cause.id] == 1 else f"{cause.id}:{_place(cause, known)}"
        names = (base if number == 0 else f"{base}/{each.id}" for number, each in enumerate(cause.remedies))
        found[cause.ref] = tuple(_unique(name, used) for name in names)
    return found


def _unique(name: str, used: Counter[str]) -> str:
    used[name] += 1
    return name if used[name] == 1 else f"{name}#{used[name]}"


def _place(cause: CauseAnswer, known: tuple[CauseAnswer, ...]) -> str:
    """Return the shortest word of the cause's place that no other cause with the same id has."""
    others = [dict(places(each.candidate.where)) for each in known if each.id == cause.id and each.ref != cause.ref]
    own = dict(places(cause.candidate.where))
    words = [value for key, value in own.items() if value and all(each.get(key) != value for each in others)]
    return _OTHER.sub("-", min(words, key=len)).strip("-") if words else cause.host


def refuse_unknown(chosen: tuple[str, ...], known: list[str], *, all_pass: bool = False) -> None:
    """Raise UsageError for an unknown id of ``--choose``.

    ``all_pass``: whether every asked flow passes.  The id of a cause is then no error, because its repair may have been
    made already."""
    for name in chosen:
        if name not in known and not (all_pass and known_cause(_CAUSE.split(name)[0]) is not None):
            said = message("--choose {name}: the plan has no such repair", name=name)
            if known:
                said = message("{said}; the plan has {names}", said=said, names=", ".join(known))
            raise UsageError(said)
