"""The guard is killed in the midst of a heal, at any moment.  The next one settles what it left, and heals once."""

import random
import time
from collections import Counter
from collections.abc import Iterator

import msgspec

from tests.heals.breaks import BREAKS
from tests.heals.site import NOT_ENDED, Site

_PATIENCE_S = 120.0


class Killed(msgspec.Struct, frozen=True):
    """One kill.  ``plan``: whether it left a plan half done.  ``wrong``: what was not as it should be."""

    break_: str
    after_s: float
    plan: str
    wrong: tuple[str, ...] = ()


def killed(site: Site, count: int, drawn: random.Random) -> Iterator[Killed]:
    """Kill so many times, each within the time that a heal takes here."""
    rules = site.rules()
    longest = _heal_s(site)
    for _ in range(count):
        yield _one(site, drawn.choice(tuple(BREAKS)), drawn.uniform(0.0, longest), rules)


def _heal_s(site: Site) -> float:
    began = site.run(BREAKS["filter flushed"])
    site.guard.until(lambda found: bool(found["healed"]))
    took = time.time() - began
    site.guard.until(lambda found: found["broken"] == 0)
    return took


def _one(site: Site, name: str, after: float, rules: Counter[str]) -> Killed:
    site.client("pass")
    site.run(BREAKS[name])
    time.sleep(after)
    site.guard.kill()
    left = site.lab.host.run(NOT_ENDED).split()
    kept = site.history()
    site.start_guard()
    wrong = [] if site.client("pass") > 0 else ["it was not healed"]
    if not site.settled():
        wrong.append("the guard did not say that all holds")
    until = time.monotonic() + _PATIENCE_S
    while (now := site.rules()) != rules and time.monotonic() < until:
        time.sleep(0.5)  # the switch of the killed guard may have taken the heal back, which the next one heals
    more, less = sorted((now - rules).items()), sorted((rules - now).items())
    if more or less:
        wrong.append(f"{len(more)} more: {more[:3]}, {len(less)} less: {less[:3]}")
    if (history := site.history()) < kept:
        wrong.append(f"the history has {history} rounds of {kept}")
    return Killed(name, after, "half done" if left else "none", tuple(wrong))
