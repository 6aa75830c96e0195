"""``python -m tests.own_ssh [--kinds WORD…] [--variants WORD…] [--seconds S]`` (root): ``make own-ssh``.

Prints a line for each plan in each kind of session.  The exit status is 1 if a plan that cuts the session was kept, one
that does not was taken back, or the host is not as it was.
"""

import argparse
import sys
import time

from tests.guests.packages import install
from tests.own_ssh.kinds import KINDS
from tests.own_ssh.trial import Result, setting, tried
from tests.own_ssh.variants import VARIANTS

_HEAD = f"{'plan':<34} {'session':<31} {'became':<11} {'s':>6}  {'old session':<11} {'new login':<9}"


def main() -> int:
    """Try the plans; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.own_ssh")
    parser.add_argument("--kinds", nargs="*", default=[""], metavar="WORD")
    parser.add_argument("--variants", nargs="*", default=[""], metavar="WORD")
    parser.add_argument("--seconds", type=float, default=12.0, help="the switch's deadline")
    arguments = parser.parse_args()
    kinds = [name for name in KINDS if any(word in name for word in arguments.kinds)]
    variants = [name for name in VARIANTS if any(word in name for word in arguments.variants)]
    install(("tmux", "tmux"))
    print(_HEAD, flush=True)
    began = time.monotonic()
    results: list[Result] = []
    for variant in variants:
        with setting() as at:
            for kind in (each for each in kinds if not (VARIANTS[variant].blind and KINDS[each].only_new)):
                results.append(tried(at, kind, variant, arguments.seconds))
                _tell(results[-1])
    _sum(results, arguments.seconds, time.monotonic() - began)
    return int(not all(each.is_right for each in results))


def _tell(result: Result) -> None:
    session = "-" if result.session is None else "goes on" if result.session else "lost"
    login = "yes" if result.login else "no"
    wrong = "" if result.is_right else "  ".join(("  WRONG", *result.left))
    print(
        f"{result.kind:<34} {result.variant:<31} {result.state:<11} {result.seconds:6.1f}  {session:<11} {login:<9}"
        f"{wrong}  {result.said}",
        flush=True,
    )


def _sum(results: list[Result], deadline: float, took: float) -> None:
    cutting = [each for each in results if KINDS[each.kind].cuts]
    for name, some in (("cut", cutting), ("do not cut", [each for each in results if not KINDS[each.kind].cuts])):
        back = [each for each in some if each.state == "taken-back"]
        latest = max((each.seconds for each in back), default=0.0)
        right = sum(each.is_right for each in some)
        print(f"{len(some)} that {name}: {len(back)} taken back, the latest after {latest:.1f} s; {right} right")
    print(f"deadline {deadline:g} s; {took / 60:.0f} minutes")


if __name__ == "__main__":
    sys.exit(main())
