"""What the guest and the machine that runs it hand each other: files in the folder of results."""

import pickle
from pathlib import Path

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.regressions import GUESTS, regressions
from tests.fidelity.testbed.ask import Answer


class Asked(msgspec.Struct, frozen=True):
    """One case with the kernel's answer, or with what the tools said when they refused it."""

    case: Case
    answer: Answer | str


def kept(*, every: bool) -> dict[str, Case]:
    """Return the cases asked first, by name: those kept of other kernels, with ``every`` this machine's too."""
    own = regressions() if every else ()
    return {name: each.case for name, each in (*regressions(GUESTS), *own)}


def has_tunnel(number: int, tunnels: int) -> bool:
    """Return whether the fresh network of that number has a tunnel: every ``tunnels``-th has; 0: none has."""
    return tunnels > 0 and number % tunnels == 0


def write(folder: Path, name: str, asked: Asked) -> None:
    """Write a case; it appears at once and whole."""
    partial = folder / "partial"
    partial.write_bytes(pickle.dumps(asked))
    partial.rename(folder / f"{name}.asked")


def read(folder: Path, name: str) -> Asked | None:
    """Return the case of that name (a kept one's, else its number), None when it is not there yet, and take it away."""
    path = folder / f"{name}.asked"
    if not path.exists():
        return None
    found: object = pickle.loads(path.read_bytes())  # noqa: S301 (from a guest with this machine's own code)
    assert isinstance(found, Asked)
    path.unlink()
    return found


def enough(folder: Path, shrunk: list[str]) -> None:
    """Say that no more cases are wanted, and which of them are to be shrunk."""
    partial = folder / "partial-enough"
    partial.write_text(" ".join(shrunk), "ascii")
    partial.rename(folder / "enough")
