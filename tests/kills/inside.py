"""Runs in the host: carries one plan out again and again, killed each time at another moment, and settles it.

``python -m tests.kills.inside HOST MOMENTS SEED``: prints a line of JSON for each kill.
"""

import difflib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.apply.program import outpost
from hairpin.apply.program.outpost import FOLDER, here
from hairpin.apply.program.plan_book import PlanBook
from hairpin.cli.material import gather
from hairpin.cli.plans.settling import settle_interrupted, take_plan_back
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.kills.plans import HOSTS, KilledHost
from tests.kills.program import KILL_ALL, Moments
from tests.machine.carrying import PLAINLY, carried_out, is_said, plan_of, quietly
from tests.score.host_state import state_of

CommandRun = Literal["apply", "undo", "switch"]
_PATIENCE_S = 4.0
_HANDS_S = 150.0
BOOK = PlanBook(here())


class Kill(msgspec.Struct, frozen=True):
    """One kill.  ``said``: that a plan was found half done.  ``wrong``: what was not as it should be, empty if all was
    well."""

    doing: CommandRun
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
        self.plan = plan_of("kills", answer, self.host.steps(answer.network))
        self.before = state()
        self.applied: dict[str, str] = {}
        self.moments = Moments(Path(tempfile.mkdtemp(dir="/run")), KILL_ALL)

    def apply(self) -> None:
        """Carry the plan out as the command does, under a switch whose deadline is far."""
        carried_out(self.plan, self.look, here())

    def switch(self) -> None:
        """Let a switch that the moments may end take back what was carried out; end with it."""
        plan = FOLDER / "plans" / BOOK.standing()[0].kept_plan.id
        os.kill(int((plan / "keeper").read_text("ascii").split()[0]), signal.SIGKILL)
        (plan / "until").write_text("0\n", "ascii")
        self._lend(plan)
        argv = ("sh", "-c", outpost.program().decode(), "hairpin", "keep", str(FOLDER), plan.name)
        if subprocess.run(argv, stdin=subprocess.DEVNULL, check=False).returncode < 0:
            end()

    def _lend(self, plan: Path) -> None:
        """Let the switch start an undo that has moments, too."""
        lent, root = (plan / "hairpin").read_text("utf-8"), Path(__file__).parents[2]
        lent = lent.replace("a env\n", f"a env\na MOMENTS={self.moments.folder}\n")
        (plan / "hairpin").write_text(lent.replace("a PYTHONPATH=", f"a PYTHONPATH={root}:"), "utf-8")
        (plan / "hairpin.2").write_text("tests.kills.struck\n", "utf-8")

    def moments_of(self, doing: CommandRun) -> list[tuple[str, float]]:
        """Return the moments of one run that nobody kills."""
        child = os.fork()
        if not child:
            self._run(doing, -1, 0.0)
            os._exit(3)
        os.waitpid(child, 0)
        return self.moments.labels

    def _run(self, doing: CommandRun, number: int, within_s: float) -> None:
        """Do it in this process, which the moments may end."""
        with suppress(BaseException), _Telling(doing):
            if doing != "apply":
                self.apply() if doing == "undo" else self._half_applied()
            self.moments.at(number, within_s)
            text = self.moments.program()
            setattr(outpost, "program", lambda: text)  # noqa: B010
            quietly({"undo": _take_back, "apply": self.apply, "switch": self.switch}[doing])

    def _half_applied(self) -> None:
        """Carry out the steps of now in a process that ends after the last one."""
        child = os.fork()
        if not child:
            with suppress(BaseException):
                self.look = _ending_at(self.look, 2)
                self.apply()
            os._exit(4)
        os.waitpid(child, 0)

    def kill(self, doing: CommandRun, number: int, label: str, took: float) -> Kill:
        """Let one run be killed at the moment, and settle what it leaves."""
        began = time.monotonic()
        child = os.fork()
        if not child:
            self._run(doing, number, self.random.random() * took)
            os._exit(5)
        status = os.waitpid(child, 0)[1]
        wrong: list[str] = [] if os.WIFSIGNALED(status) else [f"was not killed: {os.WEXITSTATUS(status)}"]
        _wait_for_hands()
        said = is_said()
        how, became = self._settle()
        if said != (how != "nothing"):
            wrong.append(f"check said {said}, and {how} was needed")
        if is_said():
            wrong.append("check still says that a plan is half done")
        wanted = self.applied if became == "applied" else self.before
        wrong.extend(_differing(wanted, f"{became}: "))
        if became == "applied":
            quietly(_take_back)
            wrong.extend(_differing(self.before, "after undo: "))
        if became not in ("applied", "taken-back", "none"):
            wrong.append(f"ended as {became}: {_complaints()}")
        return Kill(doing, label, said, how, became, time.monotonic() - began, tuple(wrong))

    def _settle(self) -> tuple[str, str]:
        """Run the command that is needed, and return it with how the newest plan then stands."""
        if not BOOK.not_ended():
            return "nothing", _became()
        how = self.random.choice(("undo", "fix"))
        quietly(_take_back if how == "undo" else partial(settle_interrupted, (), PLAINLY))
        return how, _became()


class _Telling:
    """Says which error ends what a child process does."""

    def __init__(self, doing: CommandRun) -> None:
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


def end() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def _became() -> str:
    plans = BOOK.standing()
    return plans[0].kept_plan.state if plans else "none"


def _complaints() -> str:
    return "; ".join(f"{each.state} {each.said}" for each in BOOK.standing()[0].kept_plan.tasks if each.said)


def _take_back() -> None:
    take_plan_back(None, None, PLAINLY)


def _wait_for_hands() -> None:
    """Wait until no process has a plan in hand: the switch may have been killed alone."""
    until = time.monotonic() + _HANDS_S
    while any(each.is_in_hand for each in BOOK.not_ended()) and time.monotonic() < until:
        time.sleep(0.2)


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
    doings: tuple[CommandRun, ...] = ("apply", "undo", "switch")
    for doing, count in zip(doings, counts, strict=True):
        labels = killer.moments_of(doing) if count else []
        if doing == "switch":
            _wait_for_hands()
        if doing == "apply":
            killer.applied = state()
            quietly(_take_back)
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
