"""How long a heal takes: from the end of the command that breaks something to pages of all containers.  Connections
that are open meanwhile go on."""

import random
from collections.abc import Iterator

import msgspec

from tests.heals.breaks import BREAKS, CUT
from tests.heals.site import Site

_CONNECTIONS = 10


class Time(msgspec.Struct, frozen=True):
    """One heal.  ``seconds``: until real connections passed; -1 if they never did.  ``own_s``: how long the heal took,
    with its verification.  ``wrong``: what was not as it should be."""

    name: str
    seconds: float
    own_s: float
    wrong: tuple[str, ...] = ()


def timed(site: Site, count: int, drawn: random.Random) -> Iterator[Time]:
    """Break and measure so many times."""
    names = list(BREAKS)
    for number in range(count):
        name = names[number % len(names)]
        if not number % len(names):
            drawn.shuffle(names)
        yield _one(site, name)


def _one(site: Site, name: str) -> Time:
    wrong = list[str]()
    if site.client("pass") < 0:
        return Time(name, -1, 0.0, ("nothing passed before the break",))
    with site.connections(_CONNECTIONS) as alive:
        ended = site.run(BREAKS[name])
        passed = site.client("pass")
        told = site.guard.until(lambda found: bool(found["healed"] or found["not_healed"]), 30.0)
        mended = site.guard.until(lambda found: found["broken"] == 0, 30.0)
        going, whole = alive()
    if name not in CUT and min(going, whole) < _CONNECTIONS:
        wrong.append(f"{going} of {_CONNECTIONS} connections went on, {whole} brought a page")
    if told is None or not told["healed"]:
        wrong.append(f"the guard did not say that it healed: {told and told['not_healed']}")
    if mended is None or mended["broke"]:
        wrong.append("the guard did not say that it holds again")
    own = told["healed"][0]["seconds"] if told is not None and told["healed"] else 0.0
    return Time(name, passed - ended if passed > 0 else -1, own, tuple(wrong))
