"""``python -m tests.power [--cuts N] [--tries N] [--there N] [--seed S] [--emulated]`` (root): ``make power``.

The journal and /etc/sysctl.d are on an ext4 disk of the host's own: what the kernel has not written to it is lost.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from tests.guests.packages import cache_folder, install_programs, kernel
from tests.power.host import EmulatedHost, HostInNamespaces, PoweredHost
from tests.power.inside import Found


class Cut(msgspec.Struct, frozen=True):
    """One cut, and what the next boot has found."""

    how: str
    moment: str
    found: Found


def main() -> int:
    """Cut; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.power")
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--tries", type=int, default=10, help="cuts during --try --persist, besides")
    parser.add_argument("--there", type=int, default=10, help="cuts of a plan over --host, besides")
    parser.add_argument("--emulated", action="store_true", help="on a kernel of the host's own: minutes a cut")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 100_000)
    arguments = parser.parse_args()
    made: Callable[[Path], PoweredHost] = HostInNamespaces
    if arguments.emulated:
        install_programs()
        made = partial(EmulatedHost, kernel("6.1", cache_folder()))
    chance, cuts = random.Random(arguments.seed), list[Cut]()  # noqa: S311
    for how, count in (("fix", arguments.cuts), ("try", arguments.tries), ("there", arguments.there)):
        if count:
            with tempfile.TemporaryDirectory() as folder:
                cuts.extend(_cut(made(Path(folder)), how, count, chance))
    became = Counter(each.found.became for each in cuts)
    wrong = sum(bool(each.found.wrong) for each in cuts)
    print(f"{len(cuts)} cuts: {dict(became)}, {wrong} wrong; seed {arguments.seed}", flush=True)
    return int(wrong > 0)


def _cut(host: PoweredHost, how: str, count: int, chance: random.Random) -> list[Cut]:
    """Boot, cut and boot again, and print a line for each cut."""
    labels: list[str] = msgspec.json.decode(host.until_now(f"{how} -1", "labels"))
    first = next(number for number, label in enumerate(labels) if label.startswith("after "))
    chosen = chance.sample(range(first, len(labels)), min(count, len(labels) - first))
    found, moment = list[Cut](), "after the last moment"
    for number in (*chosen, -2):
        began = time.monotonic()
        read = host.until_now(f"{how} {number if number >= 0 else 10**6}", "found")
        cut = Cut(how, moment, msgspec.json.decode(read, type=Found))
        said = cut.found
        print(
            f"{how:<5} {moment:<36} check: {'half done' if said.said else '-':<10} {said.settled_by:<8}"
            f" {said.became:<11} {time.monotonic() - began:5.0f} s  {'; '.join(said.wrong)}",
            flush=True,
        )
        found.append(cut)
        moment = labels[number] if number >= 0 else ""
    return found


if __name__ == "__main__":
    sys.exit(main())
