"""Runs a machine: its cases beside each other, the lines of each, the table of all, the seed, the exit status."""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from multiprocessing import Pool
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

import msgspec

from hairpin.errors import HairpinError, LabError
from tests.guests.packages import PackageError
from tests.guests.qemu import GuestError

Case = TypeVar("Case")
Result = TypeVar("Result")
RAISED = (
    AssertionError, AttributeError, HairpinError, IndexError, KeyError, NotImplementedError, OverflowError,
    RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What hairpin's code may raise by mistake: it ends a case, which is told, and not the run."""
INTERRUPTED = 130


def beside(
    act: Callable[[Case], Result],
    cases: Iterable[Case],
    parallel: int,
    *,
    renewed: int | None = 20,
    chunk: int = 1,
    batch: int | None = None,
    start: Callable[[], object] | None = None,
) -> Iterator[Result]:
    """Yield what becomes of each case, in the order of the cases; so many (``parallel``) are carried out at a time.

    Each process is renewed after so many chunks of cases.  ``batch``: so many cases are drawn at a time; those behind
    them are not drawn if the caller stops.  ``start`` is called in each process."""
    left = iter(cases)
    with Pool(parallel, start, maxtasksperchild=renewed) as pool:
        while some := list(islice(left, batch)):
            yield from pool.imap(act, some, chunk)
        pool.close()
        pool.join()


def tell(
    results: Iterable[Result],
    lines: Callable[[Result], Iterable[str]],
    status: Callable[[Result], int],
    *,
    head: str = "",
    table: Callable[[Sequence[Result]], Iterable[str]] | None = None,
    seed: int | None = None,
    file: str = "",
    keep: Callable[[Result], object] | None = None,
) -> int:
    """Print the lines of each result as soon as it is there, the table of all, and what repeats the run.

    ``file`` gets each result, a JSON line; ``keep`` gets those that are not right.  Return the exit status: the
    greatest of all results, 0 if there is none."""
    began, found = time.monotonic(), list[Result]()
    say(*([head] if head else []))
    for each in results:
        found.append(each)
        say(*lines(each))
        if file:
            with Path(file).open("ab") as written:
                written.write(msgspec.json.encode(each) + b"\n")
        if keep is not None and status(each):
            keep(each)
    say(*(table(found) if table is not None else ()))
    repeated = "" if seed is None else f"; seed {seed}"
    say(f"{len(found)} cases in {time.monotonic() - began:.0f} s{repeated}")
    return max((int(status(each)) for each in found), default=0)


def say(*lines: str) -> None:
    """Print the lines at once."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def emptied(folder: Path) -> Path:
    """Return the folder, which is there and has nothing of an earlier run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def ended(main: Callable[[], int]) -> int:
    """Return the exit status: 2 if the machine lacks what a host needs, or a guest failed; 130 if it was stopped, after
    the hosts have gone."""
    signal.signal(signal.SIGTERM, _stopped)
    try:
        return main()
    except (LabError, PackageError, GuestError) as error:
        say(f"{error}")
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED


def _stopped(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
