"""The entry of the second judge: it judges flows, without and with a change, in a replica, if the machine can build
one.

Each replica is a separate process, so several run in parallel.
"""

import os
import select
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import msgspec

from hairpin.carry.run import SEARCH_PATH
from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ReplicaError
from hairpin.evidence.reading import Evidence
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.replica.judgement import Case, Judgement, Outcome
from hairpin.replica.run.changing import parts_of
from hairpin.replica.run.netns import die_with, own_mounts, own_processes
from hairpin.replica.run.worker import Order, carry

_TIMEOUT_S = 60.0
_GONE_S = 5.0
"""The time in seconds within which a killed replica must end."""


def judge(network: Network, flow: Flow, evidence: tuple[Evidence, ...] = ()) -> Judgement:
    """Return the kernel's verdict on the flow; raises ReplicaError if no replica can be built."""
    return judge_all(network, (flow,), evidence)[0]


def judge_all(network: Network, flows: tuple[Flow, ...], evidence: tuple[Evidence, ...] = ()) -> tuple[Judgement, ...]:
    """Return the kernel's verdict on each flow.

    The flows are judged one after the other in one replica.  Raises ReplicaError if no replica can be built."""
    (outcome,) = carry_all((Order(network, flows, evidence),))
    return _answers(outcome).before


def orders_of(
    network: Network, flows: tuple[Flow, ...], change: Change, evidence: tuple[Evidence, ...] = ()
) -> tuple[Order, ...]:
    """Return the orders for the replicas that prove a change.  Usually one replica is built, and the change is carried
    out in it.  If commands cannot carry out a part of the change, a second replica is built that already contains this
    part.  Raises ChangeError if the change does not fit the network."""
    built_in, live = parts_of(change, network)
    if not built_in.parts:
        return (Order(network, flows, evidence, change=live, after=flows),)
    grown = simulate(built_in, network)
    changed = Order(grown, (), evidence, read=network, change=live, after=flows)
    return Order(network, flows, evidence), changed


class RunningKernel:
    """This machine's kernel as a judge (see the protocol ``Kernel``)."""

    @property
    def release(self) -> str:
        """The release of this machine's kernel, as ``uname -r`` prints it."""
        return os.uname().release

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        """Return one outcome for each case: see ``Kernel.judge()``."""
        with self.judging(cases) as outcomes:
            return outcomes()

    @contextmanager
    def judging(self, cases: tuple[Case, ...]) -> Generator[Callable[[], tuple[Outcome, ...]]]:
        """Start the cases, and yield the function that waits for their outcomes: see ``Kernel.judging()``."""
        orders = tuple(
            (Order(case.network, case.flows, case.evidence),)
            if case.change is None
            else orders_of(case.network, case.flows, case.change, case.evidence)
            for case in cases
        )
        with _carrying(order for each in orders for order in each) as carried:

            def outcomes() -> tuple[Outcome, ...]:
                each_one = iter(carried())
                return tuple(_joined(tuple(next(each_one) for _ in each)) for each in orders)

            yield outcomes


def _joined(outcomes: tuple[Outcome, ...]) -> Outcome:
    """Return a case's outcome.

    If there are two replicas, the first replica has the answers without the change, and the second replica the answers
    with the change."""
    error = next((each.error for each in outcomes if each.error is not None), None)
    if error is not None:
        return Outcome(error=error)
    return msgspec.structs.replace(outcomes[0], after=outcomes[-1].after)


def before_of(outcomes: tuple[Outcome, ...]) -> tuple[Judgement, ...]:
    """Return the answers without the change.  Raises ReplicaError if no replica could be built."""
    return _answers(outcomes[0]).before


def after_of(outcomes: tuple[Outcome, ...]) -> tuple[Judgement, ...]:
    """Return the answers with the change.  Raises ReplicaError if no replica could be built."""
    return _answers(outcomes[-1]).after


def _answers(outcome: Outcome) -> Outcome:
    if outcome.error is not None:
        raise ReplicaError(outcome.error)
    return outcome


def carry_all(orders: Iterable[Order]) -> tuple[Outcome, ...]:
    """Carry the orders out in parallel; return their outcomes.  If a replica fails, its outcome has an ``error``."""
    with _carrying(orders) as outcomes:
        return outcomes()


@contextmanager
def _carrying(orders: Iterable[Order]) -> Generator[Callable[[], tuple[Outcome, ...]]]:
    """Start the orders, and yield the function that waits for their outcomes: see ``carry_all``."""
    reason = missing()
    wanted = tuple(orders)
    abreast = max(1, len(os.sched_getaffinity(0)))
    started: list[_Process] = []

    def start(number: int) -> None:
        for order in wanted[len(started) : len(started) + number]:
            with _without_interrupts():
                started.append(_Process(order))

    def outcomes() -> tuple[Outcome, ...]:
        if reason is not None:
            return tuple(Outcome(error=reason) for _ in wanted)
        found: list[Outcome] = []
        while len(found) < len(wanted):
            start(abreast - (len(started) - len(found)))
            found += [each.outcome() for each in started[len(found) :]]
        return tuple(found)

    try:
        if reason is None:
            start(abreast)
        yield outcomes
    finally:
        for each in started:
            each.end()


class _Process:
    """The process of a replica, as the parent process handles it."""

    def __init__(self, order: Order) -> None:
        self._read, write = os.pipe()
        parent = os.getpid()
        self._is_reaped = False
        self._pid = os.fork()
        if self._pid == 0:
            with _Ending(write):
                os.close(self._read)
                die_with(parent)
                _inner(order, write)
        os.close(write)

    def outcome(self) -> Outcome:
        """Wait for the process's answer, and return it as an outcome."""
        data = bytearray()
        while True:
            ready, _, _ = select.select((self._read,), (), (), _TIMEOUT_S)
            if not ready:
                self.end()
                break
            chunk = os.read(self._read, 1 << 20)
            if not chunk:
                self._reap()
                break
            data += chunk
        try:
            return msgspec.json.decode(data, type=Outcome)
        except msgspec.DecodeError:
            told = data.decode("utf-8", "replace").strip()
            return Outcome(
                error=message(
                    "the test copy of the network (replica) ended early: {said}", said=told or message("killed")
                )
            )

    def end(self) -> None:
        """Kill the process if it has not ended by itself, and wait until the first process of its PID namespace is
        gone."""
        if not self._is_reaped:
            os.kill(self._pid, signal.SIGKILL)
            while select.select((self._read,), (), (), _GONE_S)[0] and os.read(self._read, 1 << 20):
                continue
            self._reap()

    def _reap(self) -> None:
        self._is_reaped = True
        os.close(self._read)
        os.waitpid(self._pid, 0)


@contextmanager
def _without_interrupts() -> Generator[None]:
    """Block SIGINT in the ``with`` block and in the processes that it starts.

    Ctrl-C at a terminal sends SIGINT to all processes.  Only the parent process handles the signal, and it kills the
    other processes."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _inner(order: Order, write: int) -> None:
    """Carry the order out in a child, because only a child enters the new PID namespace.  The child is the first
    process of this namespace, and all other processes in it end with the child."""
    own_processes()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        # In this PID namespace the parent process has the id 0.
        die_with(0)
        del parent
        own_mounts()
        _send(write, msgspec.json.encode(carry(order)))
        return
    os.close(write)
    os.waitpid(child, 0)


def _send(write: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(write, view) :]


class _Ending:
    """Ends the process at the end of the ``with`` block, even after an error.  The forked process must not return to
    the caller's code."""

    def __init__(self, write: int) -> None:
        self._write = write

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None:
                _send(self._write, _in_one_line(error).encode())
        finally:
            os._exit(0 if error is None else 1)


def _in_one_line(error: BaseException) -> str:
    """Return the error and the source lines of its traceback, the innermost line first, as one line of text."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    came_through = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    said = " ".join("".join(traceback.format_exception_only(error)).split())
    return f"{said} ({came_through})"


_TOOLS = ("ip", "bridge")
_SYS_ADMIN, _NET_ADMIN = 21, 12
"""The numbers of the capabilities in capabilities(7)."""


def missing() -> Message | None:
    """Return the reason why this machine cannot build a replica; None if it can build one."""
    if sys.platform != "linux":
        return message("test copies of a network (replicas) need Linux")
    if os.geteuid() != 0:
        return message("test copies of a network (replicas) need root, because they use network namespaces")
    if not _capable():
        return message(
            "test copies of a network (replicas) need CAP_SYS_ADMIN and CAP_NET_ADMIN for network namespaces, and root "
            "does not have these here"
        )
    for tool in _TOOLS:
        if shutil.which(tool, path=SEARCH_PATH) is None:
            return message(
                "test copies of a network (replicas) need {tool} (iproute2), which is not installed", tool=tool
            )
    return None


def _capable() -> bool:
    for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
        if line.startswith("CapEff:"):
            held = int(line.split()[1], 16)
            return bool(held >> _SYS_ADMIN & 1 and held >> _NET_ADMIN & 1)
    return False


def may_replicate() -> bool:
    """Return whether this machine can build replicas."""
    return missing() is None
