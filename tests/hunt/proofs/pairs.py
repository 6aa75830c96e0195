"""Pairs of the catalogue's faults: each is a small broken host of ``tests/causes``, and both are put on one host."""

import importlib
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random
from typing import cast

import msgspec

from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.causes.case import WHOLE, Case
from tests.hunt.proofs.merging import ConflictError, merged

_CAUSES = Path(__file__).parents[2] / "causes"


class Pair(msgspec.Struct, frozen=True):
    """Two faults by their names, the host with both, and the flows of both that fail there."""

    name: str
    network: Network
    flows: tuple[Flow, ...]


@cache
def faults() -> tuple[tuple[str, Case], ...]:
    """Return the catalogue's cases that break the small host, by name."""
    return tuple(_faults())


def pairs(seed: int) -> Iterator[tuple[int, int]]:
    """Yield all pairs of faults, by their numbers, in an order drawn by the seed."""
    chosen = list(combinations(range(len(faults())), 2))
    Random(seed).shuffle(chosen)  # noqa: S311
    yield from chosen


def pair_of(one: int, other: int) -> Pair | None:
    """Return the host with both faults; None if they do not go together, or break nothing."""
    (first, a), (second, b) = faults()[one], faults()[other]
    try:
        network = merged(WHOLE, a.sick, b.sick)
    except ConflictError:
        return None
    flows = tuple(each for each in dict.fromkeys((a.flow, b.flow)) if not walk_flow(network, each).usual.succeeds)
    return Pair(f"{first} + {second}", network, flows) if flows else None


def _faults() -> Iterator[tuple[str, Case]]:
    for path in sorted(_CAUSES.rglob("test_*.py")):
        module = importlib.import_module(
            f"tests.{path.relative_to(_CAUSES.parent).with_suffix('').as_posix()}".replace("/", ".")
        )
        for value in vars(module).values():
            rows = cast("dict[object, object]", value) if isinstance(value, dict) else {}
            for name, row in rows.items():
                for each in cast("tuple[object, ...]", row) if isinstance(row, tuple) else (row,):
                    if isinstance(each, Case) and each.whole is WHOLE and len(each.sick.hosts) == 1:
                        yield f"{path.stem.removeprefix('test_')}: {name}", each
