"""Runs at each boot of the guest: settles what the last power cut has left, judges it, and begins a plan anew.

``python -m tests.power.inside fix|try KILL_AT``: a moment's number, or -1 to count the moments of a run that nothing
interrupts.  What lies in ``/run/results`` is on the machine outside, and survives.
"""

import hashlib
import io
import random
import stat
import sys
import time
from contextlib import closing, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import msgspec

from hairpin.answer.ask import ask
from hairpin.apply.fixing import Deed, apply_plan
from hairpin.apply.ground import Ground, Here
from hairpin.apply.journal import Journal
from hairpin.apply.plan import Repair, RepairPlan, verdicts_in
from hairpin.apply.settling import interrupted_plan
from hairpin.apply.switch import start_switch
from hairpin.cli.applying import confirm_tried, settle_interrupted, taken_back
from hairpin.cli.half_done import say_half_done
from hairpin.cli.material import gather
from hairpin.message import Message, verbatim
from hairpin.network.network import Network
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.remedy.remedy import Remedy
from tests.kills.moments import Moments
from tests.kills.plans import FOLDER, HOSTS

RESULTS = Path("/run/results")
_SWITCH_S = 3600.0


class Found(msgspec.Struct, frozen=True):
    """What the boot after a cut has found.  ``said``: whether ``check`` names a half-done plan; ``became``: how the
    plan stands once the next command has settled it."""

    said: bool
    settled_by: str
    became: str
    wrong: tuple[str, ...] = ()


def files() -> dict[str, str]:
    """Return the files that a plan writes, with what belongs to them."""
    found: dict[str, str] = {}
    for each in sorted(Path(FOLDER).iterdir()):
        status = each.stat()
        text = hashlib.sha256(each.read_bytes()).hexdigest()[:12]
        found[each.name] = f"{text} {stat.filemode(status.st_mode)} {status.st_uid} {status.st_nlink}"
    return found


def settle() -> Found:
    """Settle what the last cut has left, as the next command does, and judge it."""
    with closing(Journal()) as journal, journal.locked():
        half = interrupted_plan(journal)
        plans = journal.all()
    told = io.StringIO()
    with redirect_stderr(told):
        say_half_done("en")
    said, how = "was interrupted" in told.getvalue(), "nothing"
    if half is not None:
        how = random.choice(("undo", "fix"))  # noqa: S311
        undo = partial(taken_back, None, "en", "never")
        _quietly(undo if how == "undo" else partial(settle_interrupted, "en", "never"))
    with closing(Journal()) as journal:
        then = journal.all()[0] if plans else None
    became = then.state if then is not None else "none"
    wrong = [] if said == (half is not None) else [f"check said {said}, and {how} was needed"]
    before, applied = (msgspec.json.decode((RESULTS / name).read_bytes()) for name in ("before", "applied"))
    if then is not None:
        wrong += [f"{each.state}: {each.said}" for each in then.tasks if each.state == "stays"]
    wrong += _differing(applied if became == "applied" else before, became)
    if became == "applied":
        _quietly(partial(taken_back, None, "en", "never"))
        wrong += _differing(before, "after undo")
    return Found(said, how, became, tuple(wrong))


def _quietly(do: "partial[int] | partial[None]") -> None:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        do()


def _differing(wanted: dict[str, str], what: str) -> list[str]:
    found = files()
    return [f"{what}: {name}: {wanted.get(name)} is {found.get(name)}" for name in sorted(wanted.keys() | found.keys())
            if wanted.get(name) != found.get(name)]  # fmt: skip


def begin(how: str) -> None:
    """Carry the plan out and keep it; with ``try``: after ``--confirm``."""
    question = parse_question("check", ("8151",), None, (), World())
    answer = ask(question, gather(()))
    now, lasting = HOSTS["kernel"].steps(answer.network)
    label = answer.network.this.name
    repair = Repair("power", verbatim("power"), label, Remedy("power", now, lasting))
    plan = RepairPlan(answer, (repair,), (), verdicts_in(answer.network, answer))
    with closing(Journal()) as journal:
        arm = partial(start_switch, journal) if how == "try" else _unarmed
        here = Here(journal, arm, _SWITCH_S, _untold, lambda: ask(question, gather(())).network)
        grounds: dict[str, Ground] = {label: here}
        deed = Deed(lambda: ask(question, gather(())), _nobody, _safe)
        outcome = apply_plan(plan, grounds, deed, lasting=True, question=("power",), confirmed_later=how == "try")
        assert outcome.stays, str(outcome.complaint)
    if how == "try":
        _quietly(partial(confirm_tried, "en", "never"))


class Stopping(Moments):
    """Waits for the cut at the moment of the number."""

    def pass_by(self, label: str) -> None:
        if self.meet(label):
            self.stop()

    def stop(self) -> None:
        (RESULTS / "now").write_text(self.labels[-1][0], "utf-8")
        time.sleep(3600)


def _unarmed(_plan: str, _seconds: float) -> None:
    return None


def _untold(_task: object, _said: Message | None) -> None:
    return None


def _nobody(_network: Network, _flow: object) -> None:
    return None


def _safe(_network: Network) -> Message | None:
    return None


def main() -> None:
    how, number = sys.argv[1], int(sys.argv[2])
    counting = number < 0
    if counting:
        (RESULTS / "before").write_bytes(msgspec.json.encode(files()))
    else:
        (RESULTS / "found").write_bytes(msgspec.json.encode(settle()))
    moments = Stopping(None if counting else number)
    moments.install()
    begin(how)
    (RESULTS / "applied" if counting else RESULTS / "ended").write_bytes(msgspec.json.encode(files()))
    (RESULTS / "labels").write_bytes(msgspec.json.encode([label for label, _ in moments.labels]))
    (RESULTS / "now").write_text("after the last moment", "utf-8")
    time.sleep(3600)


if __name__ == "__main__":
    main()
