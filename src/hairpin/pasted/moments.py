"""Finds the outputs that a text shows from after the repair: its host was broken in an earlier moment.

A client fails, a command changes the host, and the same client gets an answer.  Outputs below that command are about
the repaired host, so they show nothing of the fault.
"""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.told import Outcome
from hairpin.pasted.commands import changes
from hairpin.pasted.form import Fragment, Paste
from hairpin.pasted.joining import OF_PLACE, Output

_REPAIRED = 2
"""The number of the moment after the repair."""
_OUTCOME = "outcome"


def before_repair(paste: Paste, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """Return the outputs.  The outputs from after the repair keep only the parts that a repair leaves as they are."""
    repaired = _line_of_repair(paste, outputs)
    if repaired is None:
        return outputs
    return tuple(each if each.recognised.line < repaired else _of_later_moment(each) for each in outputs)


def _of_later_moment(output: Output) -> Output:
    taken = msgspec.structs.replace(output.recognised, moment=_REPAIRED)
    kept = tuple(each for each in output.parts if each.key != _OUTCOME and not each.key.startswith(OF_PLACE))
    return msgspec.structs.replace(output, recognised=taken, parts=kept)


def _line_of_repair(paste: Paste, outputs: tuple[Output, ...]) -> int | None:
    """Return the line of the first command that changes the host between a client's failure and its answer."""
    seen = [one for each in outputs for part in each.parts if part.key == _OUTCOME for one in _outcomes(part)]
    for failed in (each for each in seen if each.failed):
        later = (each.line for each in seen if not each.failed and each.line > failed.line and _is_same(each, failed))
        answered = next(later, None)
        changed = (paste.numbers[index] for index, each in sorted(paste.commands.items()) if changes(each))
        found = next((line for line in changed if answered is not None and failed.line < line < answered), None)
        if found is not None:
            return found
    return None


def _is_same(one: Outcome, other: Outcome) -> bool:
    return (one.host, one.port, one.protocol, one.origin) == (other.host, other.port, other.protocol, other.origin)


def _outcomes(part: Fragment) -> Iterator[Outcome]:
    return (msgspec.json.decode(line, type=Outcome) for line in part.text.splitlines())
