"""Disagreements that were found once: a small case each, kept with what the kernel did.

They are judged anew on the running kernel, so that a change of either side shows.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.observer import Event

FOLDER = Path(__file__).parent / "regressions"


class Regression(msgspec.Struct, frozen=True):
    """One case, what was wrong (``about``), and the kernel's events of each flow's turns."""

    about: str
    kernel: str
    case: Case
    events: tuple[tuple[int, tuple[tuple[Event, ...], ...]], ...]


def regressions() -> Iterator[tuple[str, Regression]]:
    """Yield (file name, regression) of all that are kept."""
    for path in sorted(FOLDER.glob("*.json")):
        yield path.stem, msgspec.json.decode(path.read_bytes(), type=Regression)


def keep(name: str, regression: Regression, folder: Path = FOLDER) -> None:
    """Write it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(regression), indent=1) + b"\n")
