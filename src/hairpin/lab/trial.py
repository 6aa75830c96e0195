"""Runs one scenario in a lab: the host healthy, then broken, with real connections in both states."""

import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from hairpin.errors import LabError
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.node import Node, python
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario
from hairpin.lab.topology import CLIENT
from hairpin.message import message

# A container's service begins to listen only after `docker run` has returned, and a busy machine may answer late.
SETTLE_TIMEOUT_S = 30.0


@contextmanager
def running_scenario(scenario: Scenario) -> Generator[Lab]:
    """Build the scenario's lab with the client's listeners, before the fault; yield the lab, and remove it
    afterwards."""
    with running_lab(scenario.lab) as lab, ExitStack() as stack:
        for port in scenario.listeners:
            stack.enter_context(listening(lab.client, port, address="::" if scenario.lab.ipv6 else CLIENT))
        yield lab


@contextmanager
def listening(client: Node, port: int, *, address: str = CLIENT) -> Generator[None]:
    """Let the client answer on a TCP port during the block.

    At the address ``::`` the client answers over IPv4 and IPv6."""
    with client.start((*python("responder.py"), "tcp", address, str(port))) as process:
        try:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise LabError(message("the client cannot listen on port {port}", port=port))
            yield
        finally:
            process.kill()


def probe_before(lab: Lab, scenario: Scenario) -> tuple[Outcome, ...]:
    """Return each flow's outcome before the fault."""
    return tuple(settled_outcome(lab, flow, flow.before) for flow in scenario.flows)


def break_host(lab: Lab, scenario: Scenario) -> None:
    """Carry out the scenario's fault."""
    for fault in scenario.fault:
        lab.node(fault.at).run(fault.run)


def probe_after(lab: Lab, scenario: Scenario) -> tuple[Outcome, ...]:
    """Return each flow's outcome after the fault."""
    return tuple(settled_outcome(lab, flow, flow.after) for flow in scenario.flows)


def settled_outcome(lab: Lab, flow: Flow, expected: Outcome) -> Outcome:
    """Return the outcome of a flow's real connection.

    The connection is repeated until it has the expected outcome, or until the time limit is reached."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    outcome = lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes, source_port=flow.source_port)
    while outcome is not expected and time.monotonic() < deadline:
        time.sleep(0.05)
        outcome = lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes, source_port=flow.source_port)
    return outcome


def require_truth(scenario: Scenario, moment: str, outcomes: tuple[Outcome, ...]) -> None:
    """Raise LabError if an outcome differs from the outcome that the scenario states for ``moment`` (``before`` or
    ``after``)."""
    for flow, outcome in zip(scenario.flows, outcomes, strict=True):
        expected = flow.before if moment == "before" else flow.after
        if outcome is not expected:
            raise LabError(
                message(
                    "scenario {name}: before its fault, the connection from {start} to {to} should be {expected}, but "
                    "it was {outcome}"
                    if moment == "before"
                    else "scenario {name}: after its fault, the connection from {start} to {to} should be {expected}, "
                    "but it was {outcome}",
                    name=scenario.name,
                    start=flow.start,
                    to=flow.to,
                    expected=expected.value,
                    outcome=outcome.value,
                )
            )


def say(text: str) -> None:
    """Print a line and flush it.  The next line may come seconds later, or after a signal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
