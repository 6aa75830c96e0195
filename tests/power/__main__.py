"""``python -m tests.power`` (root): ``make power``.

The journal and /etc/sysctl.d are on an ext4 disk of the host's own: what the kernel has not written to it is lost.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from tests.guests.packages import cache_folder, install_programs, kernel
from tests.machine.command import command
from tests.machine.run import tell
from tests.power.host import EmulatedHost, HostInNamespaces, PoweredHost
from tests.power.inside import Found


class Cut(msgspec.Struct, frozen=True):
    """One cut, and what the next boot has found."""

    how: str
    moment: str
    found: Found
    seconds: float = 0.0


def main() -> int:
    """Cut; return the exit status."""
    parser = command("tests.power", "Cut the power while hairpin changes a host.", seed="fresh")
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--tries", type=int, default=10, help="cuts during --try --persist, besides")
    parser.add_argument("--there", type=int, default=10, help="cuts of a plan over --host, besides")
    parser.add_argument("--emulated", action="store_true", help="on a kernel of the host's own: minutes a cut")
    arguments = parser.parse_args()
    return tell(_cuts(arguments), _lines, lambda each: bool(each.found.wrong), table=_table, seed=arguments.seed)


def _cuts(arguments: argparse.Namespace) -> Iterator[Cut]:
    made: Callable[[Path], PoweredHost] = HostInNamespaces
    if arguments.emulated:
        install_programs()
        made = partial(EmulatedHost, kernel("6.1", cache_folder()))
    chance = random.Random(arguments.seed)  # noqa: S311
    for how, count in (("fix", arguments.cuts), ("try", arguments.tries), ("there", arguments.there)):
        if count:
            with tempfile.TemporaryDirectory() as folder:
                yield from _cut(made(Path(folder)), how, count, chance)


def _cut(host: PoweredHost, how: str, count: int, chance: random.Random) -> Iterator[Cut]:
    """Boot, cut and boot again."""
    labels: list[str] = msgspec.json.decode(host.until_now(f"{how} -1", "labels"))
    first = next(number for number, label in enumerate(labels) if label.startswith("after "))
    chosen = chance.sample(range(first, len(labels)), min(count, len(labels) - first))
    moment = "after the last moment"
    for number in (*chosen, -2):
        began = time.monotonic()
        read = host.until_now(f"{how} {number if number >= 0 else 10**6}", "found")
        yield Cut(how, moment, msgspec.json.decode(read, type=Found), time.monotonic() - began)
        moment = labels[number] if number >= 0 else ""


def _lines(cut: Cut) -> Iterator[str]:
    said = cut.found
    yield (
        f"{cut.how:<5} {cut.moment:<36} check: {'half done' if said.said else '-':<10} {said.settled_by:<8}"
        f" {said.became:<11} {cut.seconds:5.0f} s  {'; '.join(said.wrong)}"
    )


def _table(cuts: Sequence[Cut]) -> Iterator[str]:
    became = Counter(each.found.became for each in cuts)
    yield f"{len(cuts)} cuts: {dict(became)}, {sum(bool(each.found.wrong) for each in cuts)} wrong"


if __name__ == "__main__":
    sys.exit(main())
