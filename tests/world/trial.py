"""Builds a case's host, breaks it, asks hairpin, carries the printed repair out; then does the same to its healthy
twin."""

import os
import shlex
import signal
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.node import Node
from hairpin.lab.probe import Outcome
from hairpin.lab.run import HAIRPIN
from hairpin.message import verbatim
from hairpin.report.documents.document import ReportDocument
from tests.guests.qemu import GuestError
from tests.machine.hairpin import typed
from tests.score.diagnosis import Printed, blocking_causes, printed_for
from tests.score.repairing import run_all
from tests.today.lab import TodayLab
from tests.today.machine import HAIRPIN_THERE, booted
from tests.today.roots import root_of
from tests.today.trial import prepared
from tests.world.case import Asked, Case, Connection, Step
from tests.world.judge import ORDER, Given, Mark, Marked, is_called_sick, marked

_PATIENCE_S = 60.0
_COMMANDS = ("check", "fix", "events", "explain", "walk", "diff", "story", "restore", "snapshot", "prove", "undo")


class Repair(msgspec.Struct, frozen=True):
    """What came of the printed repair: the commands, and which connections are not as they should be."""

    commands: tuple[str, ...]
    failed: str = ""
    wrong: tuple[str, ...] = ()
    proven: bool = False

    @property
    def works(self) -> bool:
        """Whether all connections are as a right repair leaves them."""
        return not self.failed and not self.wrong


class Result(msgspec.Struct, frozen=True):
    """The result of one case.  ``untrue``: connections that are not as the case says; it does not count then.

    ``sick``: answers to the healthy twin (or to an odd healthy host) that name a problem."""

    name: str
    marks: tuple[Marked, ...] = ()
    repair: Repair | None = None
    sick: tuple[str, ...] = ()
    seconds: float = 0.0
    untrue: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def mark(self) -> Mark:
        """The mark of its worst answer."""
        marks: list[Mark] = [each.mark for each in self.marks]
        return min(marks, key=ORDER.index) if marks else "right"

    @property
    def is_right(self) -> bool:
        """Whether hairpin's answers are right, and the connections as the case says."""
        return self.mark == "right" and not self.sick and not self.untrue

    @property
    def is_false_proof(self) -> bool:
        """Whether a repair that was said to be proven does not repair."""
        return self.repair is not None and self.repair.proven and not self.repair.works


@contextmanager
def _lab(case: Case) -> Generator[Lab]:
    """Build the case's hosts; at the end, end the programs that its steps started on the machines without an own PID
    namespace."""
    with _running(case) as lab:
        try:
            yield lab
        finally:
            for node in (lab.client, lab.router, lab.neighbour):
                _end_programs(node)


@contextmanager
def _running(case: Case) -> Generator[Lab]:
    if case.today is None:
        with running_lab(case.lab) as lab:
            yield lab
        return
    try:
        with booted(root_of(case.today.suite)) as host:
            prepared(host, case.today)
            yield host.lab
    except GuestError as error:
        raise LabError(verbatim(str(error))) from error


def _end_programs(node: Node) -> None:
    own = Path(f"/proc/{node.pid}/ns/net").stat().st_ino
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(process.name) != node.pid and (process / "ns/net").stat().st_ino == own:
                os.kill(int(process.name), signal.SIGKILL)


def try_truth(case: Case) -> Result:
    """Return whether the case's connections are as it says, without a question to hairpin."""
    try:
        with _lab(case) as lab:
            untrue = _untrue(lab, case)
    except LabError as error:
        untrue = (str(error).strip().splitlines()[-1],)
    return Result(case.name, untrue=untrue)


def _untrue(lab: Lab, case: Case) -> tuple[str, ...]:
    """Prepare the host and carry the fault out; return the connections that are not as the case says."""
    _carry_out(lab, case.prepare)
    untrue = tuple(f"healthy: {each}" for each in _differing(lab, case.connection, lambda each: each.healthy))
    if untrue or case.is_healthy:
        return untrue
    _carry_out(lab, case.fault)
    return tuple(f"with the fault: {each}" for each in _differing(lab, case.connection, lambda each: each.broken))


def try_case(case: Case) -> Result:
    """Return the result of a case, and of its twin."""
    try:
        broken = _broken(case) if not case.is_healthy else Result(case.name)
        if broken.untrue:
            return broken
        sick, texts = _healthy(case)
    except LabError as error:
        return Result(case.name, untrue=(str(error).strip().splitlines()[-1],))
    return msgspec.structs.replace(broken, sick=sick, texts=(*broken.texts, *texts))


def _broken(case: Case) -> Result:
    with _lab(case) as lab:
        untrue = _untrue(lab, case)
        if untrue:
            return Result(case.name, untrue=untrue)
        given = [_ask(lab, each) for each in case.question]
        return Result(
            case.name,
            tuple(marked(case, each) for each in given),
            _repaired(lab, case, given) if case.repairs else None,
            seconds=max(each.seconds for each in given),
            texts=tuple((each.asked.typed, each.text) for each in given),
        )


def _healthy(case: Case) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    with _lab(case) as lab:
        _carry_out(lab, case.prepare)
        untrue = tuple(_differing(lab, case.connection, lambda each: each.healthy))
        if untrue:
            raise LabError(verbatim(f"healthy: {untrue[0]}"))
        given = [_ask(lab, each) for each in case.question if each.typed.split()[:1] != ["explain"]]
    sick = tuple(each.asked.typed for each in given if is_called_sick(each))
    return sick, tuple((f"healthy: {each.asked.typed}", each.text) for each in given)


def _carry_out(lab: Lab, steps: Iterable[Step]) -> None:
    for each in steps:
        lab.node(each.at).run(each.run)


def _differing(lab: Lab, connections: Iterable[Connection], wanted: Callable[[Connection], Outcome]) -> Iterator[str]:
    """Yield the connections that do not come to have the wanted outcome."""
    for each in connections:
        expected = wanted(each)
        deadline = time.monotonic() + _PATIENCE_S
        found = lab.probe(each.start, each.to, padding_bytes=each.padding_bytes)
        while found is not expected and time.monotonic() < deadline:
            time.sleep(0.1)
            found = lab.probe(each.start, each.to, padding_bytes=each.padding_bytes)
        if found is not expected:
            yield f"{each.start} → {each.to}: {found.value}, not {expected.value}"


def _ask(lab: Lab, asked: Asked) -> Given:
    """Return the answer of the command as it is typed; of a check, its document, too."""
    words = shlex.split(asked.typed)
    # A lab host has no logs of its own: those of this machine, which it sees, tell nothing of it.
    checks = not words or words[0] == "check" or words[0] not in _COMMANDS
    today = isinstance(lab, TodayLab)
    plain = ["--no-traces"] * (checks and not today)
    program = HAIRPIN_THERE if today else HAIRPIN
    started = time.monotonic()
    done = typed(lab.host, *words, *plain, program=program)
    seconds = time.monotonic() - started
    report = None
    if checks:
        check = [*(() if words[:1] == ["check"] else ("check",)), *words, *plain, "--json"]
        with suppress(msgspec.DecodeError):
            report = msgspec.json.decode(typed(lab.host, *check, program=program).stdout, type=ReportDocument)
    return Given(asked, done.returncode, done.stdout + done.stderr, report, seconds)


def _repaired(lab: Lab, case: Case, given: list[Given]) -> Repair | None:
    """Carry out the repairs that the first answer with one prints; return what came of it."""
    for each in given:
        report = each.report
        if report is None or not blocking_causes(report):
            continue
        printed = _printed(report)
        if printed.commands:
            commands = tuple(command for _, command in printed.commands)
            failed = run_all(lab, printed.commands)
            wrong = tuple(_differing(lab, case.connection, lambda one: one.repaired or one.healthy))
            return Repair(commands, failed, wrong, proven=not printed.by_hand)
    return None


def _printed(report: ReportDocument) -> Printed:
    """Return the printed remedies of all flows that fail, each once."""
    found = [printed_for(report, flow) for flow in report.flows]
    remedies = {(each.host, each.commands): each for one in found for each in one.remedies}
    return Printed(
        tuple(dict.fromkeys(cause for one in found for cause in one.causes)),
        tuple(remedies.values()),
        tuple(dict.fromkeys(cause for one in found for cause in one.by_hand)),
    )
