"""One loss on one host: what ``hairpin restore`` puts back, beside what restarts of the daemon make from nothing."""

import time
from typing import Literal

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan
from tests.machine.hairpin import typed
from tests.restoring.hosts import OTHERS
from tests.restoring.losses import EVERYTHING
from tests.restoring.own import Own, others_rules, own_rules, unlike

_RESTORE = ("restore", "--apply", "--yes", "--json")
Kind = Literal["equal", "equal up to chance", "differs", "nothing lost", "not tried"]


class Restarts(msgspec.Struct, frozen=True):
    """What each of some restarts made from nothing, and how long the last one took."""

    made: tuple[Own, ...]
    took_s: float

    @property
    def orders(self) -> int:
        """How many different orders they drew."""
        return sum(each not in self.made[:number] for number, each in enumerate(self.made))


class Restored(msgspec.Struct, frozen=True):
    """What came of it.  ``why``: the differences.  ``before``: the rules are those of before the loss, in their order.
    ``others``: what changed of somebody else's rules.  ``undone``: ``hairpin undo`` led back to the loss."""

    host: str
    loss: str
    kind: Kind
    why: tuple[str, ...] = ()
    before: bool = True
    others: tuple[str, ...] = ()
    undone: bool = True
    took_s: float = 0.0

    @property
    def wrong(self) -> bool:
        """Whether the law does not hold."""
        return self.kind == "differs" or bool(self.others) or not self.undone


def restarts_on(plan: LabPlan, lab: Lab, count: int) -> Restarts:
    """Return what so many restarts make, each from nothing; Podman's own reload of its networks, if there is no
    dockerd."""
    made = list[Own]()
    took = 0.0
    for _ in range(count if plan.docker else 1):
        lab.host.run(f"set +e\n{EVERYTHING}\ntrue" if plan.docker else "podman network reload --all")
        began = time.monotonic()
        if plan.docker:
            lab.host.run("/etc/init.d/docker restart")
        if plan.podman:
            lab.host.run("podman network reload --all")
        took = time.monotonic() - began
        time.sleep(1.0)
        made.append(own_rules(lab.host))
    return Restarts(tuple(made), took)


def try_loss(name: str, lab: Lab, loss: str, command: str, restarts: Restarts) -> Restored:
    """Lose the rules, put them back, take that back, and put them back again."""
    lab.host.run(OTHERS)
    before = own_rules(lab.host)
    try:
        lab.host.run(f"set +e\n{command}\ntrue")
    except LabError as error:
        return Restored(name, loss, "not tried", (str(error)[-200:],))
    lost, others = own_rules(lab.host), others_rules(lab.host)
    if lost == before:
        return Restored(name, loss, "nothing lost")
    said, _ = _run(lab, _RESTORE)
    told, _ = _run(lab, ("undo",))
    undone = own_rules(lab.host) == lost
    _, took = _run(lab, _RESTORE)
    restored, now = own_rules(lab.host), others_rules(lab.host)
    why = unlike(restored, restarts.made)
    kind: Kind = "differs" if why else "equal" if restored in restarts.made else "equal up to chance"
    notes = () if undone else (told[-300:],)
    return Restored(
        name, loss, kind, (*why, *notes, *((said[-300:],) if why else ())), restored == before,
        () if now == others else (f"{others} became {now}",), undone, took,
    )  # fmt: skip


def _run(lab: Lab, words: tuple[str, ...]) -> tuple[str, float]:
    began = time.monotonic()
    done = typed(lab.host, *words)
    return done.stdout.strip() or done.stderr.strip(), time.monotonic() - began
