"""The guard is killed in the midst of a heal, at any moment.  The next one settles what it left, and heals once."""

import random
import time
from collections import Counter
from collections.abc import Iterator

import msgspec

from tests.heals.breaks import BREAKS
from tests.heals.site import Site

_LONGEST_S = 2.5
_NOT_ENDED = "cd /var/lib/hairpin/plans 2>/dev/null && ls -d */open */keeping */ending 2>/dev/null || true"


class Killed(msgspec.Struct, frozen=True):
    """One kill.  ``plan``: whether it left a plan half done.  ``wrong``: what was not as it should be."""

    break_: str
    after_s: float
    plan: str
    wrong: tuple[str, ...] = ()


def killed(site: Site, count: int, drawn: random.Random) -> Iterator[Killed]:
    """Kill so many times."""
    rules = site.rules()
    for _ in range(count):
        yield _one(site, drawn.choice(tuple(BREAKS)), drawn.uniform(0.0, _LONGEST_S), rules)


def _one(site: Site, name: str, after: float, rules: Counter[str]) -> Killed:
    site.client("pass")
    site.run(BREAKS[name])
    time.sleep(after)
    site.guard.kill()
    left = site.lab.host.run(_NOT_ENDED).split()
    kept = site.history()
    site.start_guard()
    wrong = list[str]()
    if site.client("pass") < 0:
        wrong.append("it was not healed")
    site.quiet()
    if half := site.lab.host.run(_NOT_ENDED).split():
        wrong.append(f"left half done: {half}")
    now = site.rules()
    if now != rules:
        wrong.append(
            f"rules differ: {sorted((now - rules).items())[:3]} more, {sorted((rules - now).items())[:3]} less"
        )
    if len(site.lab.host.run("hairpin guard history --json 2>/dev/null || true").splitlines()) < kept:
        wrong.append("a round is lost from the history")
    return Killed(name, after, "half done" if left else "none", tuple(wrong))
