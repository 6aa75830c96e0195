"""Disagreements that were found once: a small case for each, kept with the kernel's events.

They are judged again on the running kernel, so that a change of the walk or of the kernel shows.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.testbed.ask import Answer
from tests.fidelity.testbed.events import Event

FOLDER = Path(__file__).parent / "regressions"
GUESTS = FOLDER / "guests"
"""Cases of other kernels, which this machine's own may not be able to build: ``make fidelity-kernels`` judges them."""


Events = tuple[tuple[int, tuple[tuple[Event, ...], ...]], ...]
"""The kernel's events of each flow's transmissions."""


class Regression(msgspec.Struct, frozen=True, omit_defaults=True):
    """One case, the fault of the walk (``about``), and the kernel's events. ``any_port``: it draws other ports each
    time.
    """

    about: str
    kernel: str
    case: Case
    events: Events
    any_port: bool = False


def events_of(answer: Answer, *, any_port: bool) -> Events:
    """Return the kernel's events of each packet, without the ports if any will do."""
    return tuple(
        (number, tuple(_kept(each.events, any_port=any_port) for each in transmissions))
        for number, transmissions in answer.transmissions
    )


def _kept(events: tuple[Event, ...], *, any_port: bool) -> tuple[Event, ...]:
    return tuple(_without_port(each) for each in events) if any_port else events


def _without_port(event: Event) -> Event:
    return msgspec.structs.replace(event, sport=-1, dport=-1, inner=event.inner[:3])


def regressions(folder: Path = FOLDER) -> Iterator[tuple[str, Regression]]:
    """Yield (file name, regression) of all that are kept there."""
    for path in sorted(folder.glob("*.json")):
        yield path.stem, msgspec.json.decode(path.read_bytes(), type=Regression)


def keep(name: str, regression: Regression, folder: Path = FOLDER) -> None:
    """Write it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(regression), indent=1) + b"\n")
