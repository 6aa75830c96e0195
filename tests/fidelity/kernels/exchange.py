"""The files by which the guest and the machine that runs it exchange cases: in the folder of results."""

import pickle
from pathlib import Path

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.regressions import GUESTS, regressions
from tests.fidelity.testbed.ask import Answer


class Asked(msgspec.Struct, frozen=True):
    """One case with the kernel's answer, or with the error of the tools that refused it."""

    case: Case
    answer: Answer | str


def kept(*, every: bool) -> dict[str, Case]:
    """Return the kept cases, which run first, by name: those of other kernels, with ``every`` this machine's, too."""
    own = regressions() if every else ()
    return {name: each.case for name, each in (*regressions(GUESTS), *own)}


def write(folder: Path, name: str, asked: Asked) -> None:
    """Write a case under another name and rename it, so that a reader never sees half of it."""
    partial = folder / "partial"
    partial.write_bytes(pickle.dumps(asked))
    partial.rename(folder / f"{name}.asked")


def read(folder: Path, name: str) -> Asked | None:
    """Return the case of that name (a kept one's, else its number) and delete its file; None if it is not there yet."""
    path = folder / f"{name}.asked"
    if not path.exists():
        return None
    found: object = pickle.loads(path.read_bytes())  # noqa: S301 (from a guest with this machine's own code)
    assert isinstance(found, Asked)
    path.unlink()
    return found


def enough(folder: Path, shrunk: list[str]) -> None:
    """Tell the guest that no more cases are needed, and which of them it should shrink."""
    partial = folder / "partial-enough"
    partial.write_text(" ".join(shrunk), "ascii")
    partial.rename(folder / "enough")
