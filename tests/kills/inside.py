"""Runs in the host: carries one plan out again and again, killed each time at another moment, and settles it.

``python -m tests.kills.inside HOST MOMENTS SEED``: prints a line of JSON for each kill.
"""

import difflib
import io
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.apply.fixing import Deed, apply_plan
from hairpin.apply.ground import Ground, Here
from hairpin.apply.journal import FOLDER, Journal
from hairpin.apply.plan import Repair, RepairPlan, verdicts_in
from hairpin.apply.settling import interrupted_plan
from hairpin.apply.switch import watch
from hairpin.apply.task import Task
from hairpin.cli.face.asked import Shown
from hairpin.cli.material import gather
from hairpin.cli.plans.applying import settle_interrupted, taken_back
from hairpin.cli.plans.half_done import say_half_done
from hairpin.message import Message, verbatim
from hairpin.network.network import Network
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.remedy.remedy import Remedy
from tests.kills.moments import Moments, end
from tests.kills.plans import HOSTS, KilledHost
from tests.score.host_state import state_of

PLAINLY = Shown(lang="en", color="never")

Doing = Literal["apply", "undo", "switch"]
_PATIENCE_S = 4.0


class Kill(msgspec.Struct, frozen=True):
    """One kill.  ``said``: that a plan was found half done.  ``wrong``: what was not as it should be, empty if all was
    well."""

    doing: Doing
    moment: str
    said: bool
    settled_by: str
    became: str
    seconds: float
    wrong: tuple[str, ...] = ()


class Killer:
    """One host with one plan, begun anew for each kill."""

    def __init__(self, name: str, seed: int) -> None:
        self.host: KilledHost = HOSTS[name]
        self.random = random.Random(seed)  # noqa: S311
        self.question = parse_question("check", (self.host.port,), None, (), World())
        self.look: Callable[[], Answer] = lambda: ask(self.question, gather(()))
        answer = self.look()
        now, lasting = self.host.steps(answer.network)
        remedy = Remedy("kills", now, lasting)
        repair = Repair("kills", verbatim("kills"), answer.network.this.name, remedy)
        self.plan = RepairPlan(answer, (repair,), (), verdicts_in(answer.network, answer))
        self.before = state()
        self.applied: dict[str, str] = {}

    def apply(self) -> None:
        """Carry the plan out as the command does; the switch is left out."""
        deed = Deed(self.look, _nobody, _safe)
        with closing(Journal()) as journal:
            here = Here(journal, _unarmed, 0.0, _untold, lambda: self.look().network)
            grounds: dict[str, Ground] = {self.plan.answer.network.this.name: here}
            outcome = apply_plan(self.plan, grounds, deed, lasting=True, question=("kills",))
        if not outcome.stays:
            raise AssertionError(str(outcome.complaint))

    def switch(self) -> None:
        """Carry the steps of now out, and let the switch take them back."""
        watch(FOLDER, _newest(), 0.0, os.getpid())

    def moments_of(self, doing: Doing) -> list[tuple[str, float]]:
        """Return the moments of one run that nobody kills."""
        read, write = os.pipe()
        child = os.fork()
        if not child:
            os.close(read)
            moments = Moments()
            self._run(doing, moments)
            with os.fdopen(write, "wb") as out:
                out.write(msgspec.json.encode(moments.labels))
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as found:
            text = found.read()
        os.waitpid(child, 0)
        return msgspec.json.decode(text, type=list[tuple[str, float]])

    def _run(self, doing: Doing, moments: Moments) -> None:
        """Do it in this process, which the moments may end; it ends in any case."""
        with suppress(BaseException), _Telling(doing):
            if doing == "apply":
                moments.install()
                self.apply()
                return
            self.apply() if doing == "undo" else self._half_applied()
            moments.install()
            if doing == "undo":
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    taken_back(None, PLAINLY)
            else:
                self.switch()
            return
        os._exit(3)

    def _half_applied(self) -> None:
        """Carry out the steps of now in a process that ends after the last one."""
        child = os.fork()
        if not child:
            with suppress(BaseException):
                self.look = _ending_at(self.look, 2)
                self.apply()
            os._exit(4)
        os.waitpid(child, 0)

    def kill(self, doing: Doing, number: int, label: str, took: float) -> Kill:
        """Let one run be killed at the moment, and settle what it leaves."""
        began = time.monotonic()
        child = os.fork()
        if not child:
            self._run(doing, Moments(number, self.random.random(), took))
            os._exit(5)
        status = os.waitpid(child, 0)[1]
        wrong: list[str] = [] if os.WIFSIGNALED(status) else [f"was not killed: {os.WEXITSTATUS(status)}"]
        said = _said()
        how, became = self._settle()
        if said != (how != "nothing"):
            wrong.append(f"check said {said}, and {how} was needed")
        if _said():
            wrong.append("check still says that a plan is half done")
        wanted = self.applied if became == "applied" else self.before
        wrong.extend(_differing(wanted, f"{became}: "))
        if became == "applied":
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                taken_back(None, PLAINLY)
            wrong.extend(_differing(self.before, "after undo: "))
        if became not in ("applied", "taken-back", "none"):
            wrong.append(f"ended as {became}: {_complaints()}")
        return Kill(doing, label, said, how, became, time.monotonic() - began, tuple(wrong))

    def _settle(self) -> tuple[str, str]:
        """Run the command that is needed, and return it with how the newest plan then stands."""
        with closing(Journal()) as journal, journal.locked(30.0):
            half = interrupted_plan(journal)
            plans = journal.all()
        if half is None:
            return "nothing", plans[0].state if plans else "none"
        how = self.random.choice(("undo", "fix"))
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            taken_back(None, PLAINLY) if how == "undo" else settle_interrupted(PLAINLY)
        with closing(Journal()) as journal:
            return how, journal.all()[0].state


class _Telling:
    """Says which error ends what a child process does."""

    def __init__(self, doing: Doing) -> None:
        self.doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            sys.stderr.write(f"{self.doing}: {error!r}\n")
            sys.stderr.flush()


def _ending_at(look: Callable[[], Answer], number: int) -> Callable[[], Answer]:
    """Return the look that ends the process at the one of that number."""
    left = [number]

    def ending() -> Answer:
        left[0] -= 1
        if not left[0]:
            end()
        return look()

    return ending


def _newest() -> str:
    with closing(Journal()) as journal:
        return journal.all()[0].id


def _complaints() -> str:
    with closing(Journal()) as journal:
        return "; ".join(f"{each.state} {each.said}" for each in journal.all()[0].tasks if each.said)


def _said() -> bool:
    """Return whether ``hairpin check`` would say that a plan is half done."""
    told = io.StringIO()
    with redirect_stderr(told):
        say_half_done("en")
    return "was interrupted" in told.getvalue()


def state() -> dict[str, str]:
    """Return the host as text, by part; without files of the machine below that somebody else may write meanwhile."""
    found = state_of(_printed)
    kept = (line for line in found["files"].splitlines() if not line.endswith(".lock"))
    # Docker gives a network that is connected anew the next number.
    inside = re.sub(r"\beth\d+\b", "eth", found["in containers"])
    return found | {"files": "\n".join(kept), "in containers": inside}


def _printed(script: str) -> str:
    return subprocess.run(("sh", "-euc", script), capture_output=True, text=True, check=True).stdout


def _differing(wanted: dict[str, str], what: str) -> Iterator[str]:
    until = time.monotonic() + _PATIENCE_S
    while (found := state()) != wanted and time.monotonic() < until:
        time.sleep(0.2)
    for part, text in wanted.items():
        if text != found[part]:
            lines = difflib.unified_diff(text.splitlines(), found[part].splitlines(), lineterm="", n=1)
            yield f"{what}{part}: {' | '.join(list(lines)[2:])[:300]}"


def _nobody(_network: Network, _flow: object) -> None:
    return None


def _unarmed(_plan: str, _seconds: float) -> None:
    return None


def _safe(_network: Network) -> Message | None:
    return None


def _untold(_task: Task, _said: Message | None) -> None:
    return None


def drawn(labels: list[tuple[str, float]], count: int, chance: random.Random) -> list[int]:
    """Return numbers of moments: one of each kind, and the others by chance."""
    known = list(range(len(labels)))
    chance.shuffle(known)
    first: dict[str, int] = {}
    for number in known:
        first.setdefault(labels[number][0], number)
    chosen = list(first.values())
    chosen += [each for each in known if each not in set(chosen)][: max(0, count - len(chosen))]
    while len(chosen) < count:  # commands can be killed at many moments
        chosen.append(chance.choice([each for each in known if labels[each][0].startswith("inside")]))
    return sorted(chosen)


def main() -> None:
    name, counts, seed = sys.argv[1], list(map(int, sys.argv[2].split(","))), int(sys.argv[3])
    killer = Killer(name, seed)
    doings: tuple[Doing, ...] = ("apply", "undo", "switch")
    for doing, count in zip(doings, counts, strict=True):
        labels = killer.moments_of(doing) if count else []
        if doing == "apply":
            killer.applied = state()
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                taken_back(None, PLAINLY)
            for line in _differing(killer.before, "after one undo: "):
                sys.stderr.write(f"{line}\n")
        sys.stderr.write(f"{name}: {len(labels)} moments of {doing}, {len({each for each, _ in labels})} kinds\n")
        for number in drawn(labels, count, killer.random) if count else ():
            found = killer.kill(doing, number, *labels[number])
            sys.stdout.write(f"{msgspec.json.encode(found).decode()}\n")
            sys.stdout.flush()
            if found.wrong:  # the next ones are not blamed for it
                killer.before = state()


if __name__ == "__main__":
    main()
