"""The recorded hosts, healthy and broken, with a drop by chance for each."""

import functools
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec

from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from tests.unread.dropping import Drop, drawn
from tests.unread.table import Teller
from tests.unread.telling import Told, told

_FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDERS = ("healthy", "hosts", "boots", "pairs")


class Case(msgspec.Struct, frozen=True):
    """A drop from a host, and a command.  ``healthy``: what the command says without the drop."""

    host: str
    evidence: Evidence
    drop: Drop
    teller: Teller
    healthy: Told


def paths() -> list[Path]:
    """Return the snapshots of all recorded hosts."""
    return [each for folder in FOLDERS for each in sorted((_FIXTURES / folder).glob("*.hairpin"))]


@functools.cache
def _evidence(path: Path) -> Evidence:
    return load(path)


@functools.cache
def _whole(path: Path, teller: Teller) -> Told:
    return told(teller, _evidence(path), _evidence(path))


def cases(count: int, seed: int, tellers: tuple[Teller, ...]) -> Iterator[Case]:
    """Yield so many cases; equal seeds yield equal ones."""
    random = Random(seed)  # noqa: S311 - a test's choice, not a secret
    for _ in range(count):
        path, teller = random.choice(paths()), random.choice(tellers)
        drop = drawn(_evidence(path), random)
        yield Case(path.stem, _evidence(path), drop, teller, _whole(path, teller))
