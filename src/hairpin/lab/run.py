"""Keeps a scenario's broken host running until the user has looked at it."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from hairpin.lab.build import Lab
from hairpin.lab.logins import whole_network
from hairpin.lab.node import HOSTNAME
from hairpin.lab.prerequisites import SEARCH_PATH
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Scenario, named
from hairpin.lab.this_hairpin import environment
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario, say


def run(name: str, out: Callable[[str], object] = say) -> None:
    """Build a scenario's host, break it, and print how to enter it; return when this process is interrupted or
    terminated."""
    scenario = named(name)
    with _ended_by_signals(), _broken(scenario, out) as lab, whole_network(lab, scenario) as whole:
        out(ways_in(lab, scenario, whole))
        out(f"\nIt stays until you press Ctrl-C here, or end process {os.getpid()}.")
        _wait_for_signal()
    out("The host and everything around it is gone.")


def shell(name: str, out: Callable[[str], object] = say) -> int:
    """Build a scenario's host, break it, and open a shell in it; return the shell's exit status."""
    scenario = named(name)
    with _ended_by_signals(), _broken(scenario, out) as lab, whole_network(lab, scenario) as whole:
        out(ways_in(lab, scenario, whole))
        out("\nYou are now root on the broken host. Leave with `exit`; then it is gone.")
        variables = environment() | {
            "PATH": f"{Path(sys.executable).parent}:{SEARCH_PATH}",
            "TERM": os.environ.get("TERM", "dumb"),
            # sh(1) expands parameters in the prompt
            "PS1": f"{lab.host.name if scenario.several_hosts else HOSTNAME} $PWD # ",
        }
        # Ctrl-C at the terminal is meant for the shell inside the host.
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return subprocess.run((*lab.host.enter, "sh", "-i"), env=variables, check=False).returncode
        finally:
            signal.signal(signal.SIGINT, previous)


@contextmanager
def _broken(scenario: Scenario, out: Callable[[str], object]) -> Generator[Lab]:
    out(scenario.title)
    with running_scenario(scenario) as lab:
        before = probe_before(lab, scenario)
        require_truth(scenario, "before", before)
        break_host(lab, scenario)
        after = probe_after(lab, scenario)
        require_truth(scenario, "after", after)
        for flow, then, now in zip(scenario.flows, before, after, strict=True):
            change = "" if scenario.healthy else ", still" if now is then else f", now {now.value}"
            out(f"    {flow.start} → {flow.to}: {then.value}{change}")
        yield lab


def ways_in(lab: Lab, scenario: Scenario, whole: tuple[str, ...] = ()) -> str:
    """Return the text that tells how to enter the host and its client from another terminal of this machine, and which
    commands to run there.

    ``whole``: the options by which hairpin reads the whole network."""
    others = "".join(
        f"\nEnter {host.name}:\n    {' '.join(host.enter[:-1])}" for host in lab.hosts if host is not lab.host
    )
    asked = next((flow for flow in scenario.flows if flow.after is not Outcome.DELIVERED), scenario.flows[0])
    address = asked.to.partition("/")[0]
    return f"""
Enter the host whole, with its own files and processes, as if by ssh:
    {" ".join(lab.host.enter[:-1])}
Or its network namespace alone:
    DOCKER_HOST={lab.docker_host} nsenter --net=/proc/{lab.host.pid}/ns/net
Ask there:
    {shlex.join((*own_command(), "check", *asked.arguments(), *whole))}{others}
Be the client outside:
    {" ".join(lab.client.enter[:-1])} timeout 2 busybox wget -qO- http://{address}/"""


def own_command() -> tuple[str, ...]:
    """Return the command that starts this hairpin: the program beside the Python interpreter, or the interpreter with
    ``-m``."""
    beside = Path(sys.executable).with_name("hairpin")
    return (str(beside),) if beside.exists() else (sys.executable, "-m", "hairpin")


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Let SIGTERM and SIGINT end the block with KeyboardInterrupt.  A shell starts background jobs with SIGINT ignored,
    so a handler of SIGINT has to be set."""
    previous = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _wait_for_signal() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        return
