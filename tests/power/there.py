"""The same plan as that of another host: the program of ``--host`` carries it out here, and its journal here is what
the power cut leaves.  Its moments are those before and after each sync(1), which stands before each step."""

from pathlib import Path

import msgspec

import hairpin.apply.switch
import hairpin.cli.plans.elsewhere
from hairpin.apply.fixing import Deed, apply_plan
from hairpin.apply.ground import Ground
from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import RepairPlan
from hairpin.apply.remote.ground_there import There
from hairpin.apply.remote.outpost import Outpost
from hairpin.apply.remote.plans_there import PlansThere
from hairpin.apply.task import Undertaking
from hairpin.cli.face.asked import Given, Shown
from hairpin.collect.run import LocalRunner
from hairpin.collect.snapshot import take
from hairpin.host.read.parse import parse
from hairpin.network.network import Network

PLAINLY = Shown(lang="en", color="never")

_SYNC = """#!/bin/sh
label() {
    number=$(wc -l </run/labels) || number=0
    echo "$1 the sync of ${2:-all}" >>/run/labels
    if [ "$number" = "$(cat /run/stop-at)" ]; then
        echo stopped >/run/results/now
        exec sleep 3600
    fi
}
for last; do :; done
: >>/run/labels
label before "${last##*/}"
/usr/bin/sync "$@"
status=$?
label after "${last##*/}"
exit "$status"
"""
_HOST = (Given("host", "here"),)
_SECONDS = 3600


def _outpost(_source: Given) -> Outpost:
    return Outpost(LocalRunner(), "here")


def _look(label: str, _host: str | None = None) -> Network:
    return Network((parse(msgspec.structs.replace(take(), label=label)),))


def be_another_host() -> None:
    """Let the commands of this process find this host behind ``--host``."""
    setattr(hairpin.cli.plans.elsewhere, "outpost_of", _outpost)  # noqa: B010
    setattr(hairpin.apply.switch, "look", _look)  # noqa: B010


def stop_at(number: int) -> None:
    """Stop at the sync of this number, and say so; -1: never."""
    program = Path("/usr/local/bin/sync")
    program.write_text(_SYNC, "utf-8")
    program.chmod(0o755)
    Path("/run/stop-at").write_text(f"{number}\n", "ascii")
    Path("/run/labels").write_text("", "ascii")


def labels() -> list[str]:
    """Return the moments of this boot."""
    return Path("/run/labels").read_text("utf-8").splitlines()


def known_plans() -> tuple[Undertaking, ...]:
    return PlansThere(_outpost(_HOST[0])).all()


def settle() -> None:
    """Settle what was interrupted, as the next `hairpin fix --host` does."""
    hairpin.cli.plans.elsewhere.settle_there(_HOST, PLAINLY)


def undo() -> None:
    """Take the last plan back, as `hairpin undo --host` does."""
    hairpin.cli.plans.elsewhere.undo_there(_HOST[0], None, PLAINLY)


def begin(plan: RepairPlan, deed: Deed) -> FixOutcome:
    """Carry the plan out and keep it."""
    grounds: dict[str, Ground] = {
        plan.answer.network.this.name: There(_outpost(_HOST[0]), _SECONDS, lambda _task, _said: None)
    }
    return apply_plan(plan, grounds, deed, lasting=True, question=("power",))
