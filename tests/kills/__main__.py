"""``python -m tests.kills [--moments N] [--switch N] [--hosts WORD…] [--seed S]`` (root): ``make kills``.

``--moments``: of apply, and as many of undo.  The exit status is 1 if a kill has left what the next command does not
settle, or if something wrong was said of it.
"""

import argparse
import subprocess
import sys
import time
from collections import Counter

import msgspec

from hairpin.lab.build import running_lab
from hairpin.lab.node import DIE_WITH_PARENT, ENVIRONMENT
from tests.kills.inside import Kill
from tests.kills.plans import HOSTS
from tests.own_ssh.variants import in_python


def main() -> int:
    """Kill; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills")
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--switch", type=int, default=20)
    parser.add_argument("--hosts", nargs="*", default=[""], metavar="WORD")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 100_000)
    arguments = parser.parse_args()
    names = [name for name in HOSTS if any(word in name for word in arguments.hosts)]
    kills: list[Kill] = []
    for number, name in enumerate(names):
        counts = [_share(each, number, len(names)) for each in (arguments.moments, arguments.moments, arguments.switch)]
        kills.extend(_killed(name, counts, arguments.seed))
    _sum(kills, arguments.seed)
    return int(any(each.wrong for each in kills))


def _share(count: int, number: int, of: int) -> int:
    """Return how many of the kills are that host's."""
    return count // of + (number < count % of)


def _killed(name: str, counts: list[int], seed: int) -> list[Kill]:
    """Run the kills in a lab host of that kind, and print a line for each that went wrong."""
    found: list[Kill] = []
    with running_lab(HOSTS[name].plan) as lab:
        argv = in_python("tests.kills.inside", name, ",".join(map(str, counts)), str(seed))
        with subprocess.Popen(
            (*DIE_WITH_PARENT, *lab.host.enter, *argv), stdout=subprocess.PIPE, env=ENVIRONMENT, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                kill = msgspec.json.decode(line, type=Kill)
                found.append(kill)
                if kill.wrong:
                    print(
                        f"{name}: {kill.doing}, {kill.moment}, {kill.settled_by}: {'; '.join(kill.wrong)}", flush=True
                    )
        if process.returncode:
            print(f"{name}: the kills ended with status {process.returncode}", flush=True)
            found.append(Kill("apply", "the run itself", False, "", "", 0.0, ("it did not end well",)))
    return found


def _sum(kills: list[Kill], seed: int) -> None:
    print(f"{'moment':<54} {'kills':>5} {'taken back':>10} {'in force':>8} {'wrong':>5}")
    for (doing, moment), count in sorted(Counter((each.doing, each.moment) for each in kills).items()):
        some = [each for each in kills if (each.doing, each.moment) == (doing, moment)]
        became = Counter(each.became for each in some)
        wrong = sum(bool(each.wrong) for each in some)
        back = became["taken-back"] + became["none"]
        print(f"{doing + ': ' + moment:<54} {count:>5} {back:>10} {became['applied']:>8} {wrong:>5}")
    for doing in ("apply", "undo", "switch"):
        some = [each for each in kills if each.doing == doing]
        unsettled = sum(any("check" not in one for one in each.wrong) for each in some)
        untrue = sum(any("check" in one for one in each.wrong) for each in some)
        print(f"{doing}: {len(some)} kills, {unsettled} not settled, {untrue} wrong statements")
    print(f"seed {seed}, {sum(each.seconds for each in kills) / 60:.0f} minutes")


if __name__ == "__main__":
    sys.exit(main())
