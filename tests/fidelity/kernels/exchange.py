"""What the guest and the machine that runs it hand each other: files in the folder of results."""

import pickle
from pathlib import Path

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.kernel import Answer


class Asked(msgspec.Struct, frozen=True):
    """One case with the kernel's answer, or with what the tools said when they refused it."""

    case: Case
    answer: Answer | str


def write(folder: Path, number: int, asked: Asked) -> None:
    """Write a case; it appears at once and whole."""
    partial = folder / "partial"
    partial.write_bytes(pickle.dumps(asked))
    partial.rename(folder / f"{number}.asked")


def read(folder: Path, number: int) -> Asked | None:
    """Return the case of that number, None when it is not there yet, and take it away."""
    path = folder / f"{number}.asked"
    if not path.exists():
        return None
    found: object = pickle.loads(path.read_bytes())  # noqa: S301 (from a guest with this machine's own code)
    assert isinstance(found, Asked)
    path.unlink()
    return found


def enough(folder: Path, shrunk: list[int]) -> None:
    """Say that no more cases are wanted, and which of them are to be shrunk."""
    partial = folder / "partial-enough"
    partial.write_text(" ".join(map(str, shrunk)), "ascii")
    partial.rename(folder / "enough")
