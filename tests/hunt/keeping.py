"""Cases that the law did not hold of, kept with their change, so that they stay the same when the draws change.

``open.jsonl`` has those that it does not hold of yet.  When it does, ``python -m tests.hunt --promote`` moves them to
``kept.jsonl``, which a test holds.
"""

from pathlib import Path

import msgspec

from hairpin.change.change import Change
from tests.hunt.bases import base
from tests.hunt.case import Case
from tests.hunt.law import Outcome, judge

KEPT, OPEN = (Path(__file__).parent / f"{name}.jsonl" for name in ("kept", "open"))


class Kept(msgspec.Struct, frozen=True):
    """A case; ``stop``: where its first missed flow stopped, for people."""

    base: str
    kind: str
    stop: str
    change: Change

    @property
    def case(self) -> Case:
        """The case."""
        return Case(self.base, self.kind, self.change)


def kept_of(outcome: Outcome) -> tuple[Kept, ...]:
    """Return the outcome's case to be kept; none of a generated network, which only a kernel makes again."""
    if outcome.case.base.startswith("generated/"):
        return ()
    stop = outcome.misses[0].stop if outcome.misses else "alarm"
    return (Kept(outcome.case.base, outcome.case.kind, stop, outcome.case.change),)


def write(path: Path, cases: tuple[Kept, ...]) -> None:
    """Write one case a line."""
    path.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in cases))


def with_first(known: tuple[Kept, ...], cases: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """Return the known cases and the first of the others of each kind and stop that none of them has."""
    groups = {(each.kind, each.stop): each for each in reversed((*known, *cases))}
    added = (each for key, each in groups.items() if key not in {(one.kind, one.stop) for one in known})
    return (*known, *added)


def read(path: Path) -> tuple[Kept, ...]:
    """Return the cases of a file."""
    lines = path.read_bytes().splitlines() if path.exists() else ()
    return tuple(msgspec.json.decode(line, type=Kept) for line in lines)


def missed(each: Kept) -> bool:
    """Return whether the law does not hold of the case, or a state is a false alarm."""
    found = base(each.base)
    assert found is not None
    outcome = judge(each.case, found)
    return bool(outcome.misses or outcome.alarms)
