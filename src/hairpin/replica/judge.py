"""The entry of the second judge: it judges flows, without and with a change, in a replica, if the machine can build
one.

Each replica is a separate process, so several run in parallel.
"""

import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import partial
from pathlib import Path

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
from hairpin.replica.run.process_apart import ProcessApart, send, without_interrupts
from hairpin.replica.run.worker import Order, carry

_TIMEOUT_S = 60.0


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
    started: list[ProcessApart] = []

    def start(number: int) -> None:
        for order in wanted[len(started) : len(started) + number]:
            with without_interrupts():
                started.append(ProcessApart(partial(_inner, order)))

    def outcomes() -> tuple[Outcome, ...]:
        if reason is not None:
            return tuple(Outcome(error=reason) for _ in wanted)
        found: list[Outcome] = []
        while len(found) < len(wanted):
            start(abreast - (len(started) - len(found)))
            found += [_outcome(each) for each in started[len(found) :]]
        return tuple(found)

    try:
        if reason is None:
            start(abreast)
        yield outcomes
    finally:
        for each in started:
            each.end()


def _outcome(process: ProcessApart) -> Outcome:
    """Wait for the process's answer, and return it as an outcome."""
    data = process.answer(_TIMEOUT_S)
    try:
        return msgspec.json.decode(data, type=Outcome)
    except msgspec.DecodeError:
        told = data.decode("utf-8", "replace").strip()
        return Outcome(
            error=message("the test copy of the network (replica) ended early: {said}", said=told or message("killed"))
        )


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
        send(write, msgspec.json.encode(carry(order)))
        return
    os.close(write)
    os.waitpid(child, 0)


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
