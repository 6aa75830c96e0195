"""Shows the whole work of hairpin in a minute: a port that answers, a sysctl that stops it, the diagnosis, the repair
that hairpin carries out and verifies, the port that answers again, and the undo."""

import subprocess
import time
from collections.abc import Callable

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.image import PAGE
from hairpin.lab.run import HAIRPIN, TIMEOUT_S, environment
from hairpin.lab.scenario import named
from hairpin.lab.topology import CLIENT, HOST
from hairpin.lab.trial import probe_before, require_truth, running_scenario, say
from hairpin.message import message

SCENARIO = "interface-forwarding-off"
URL = f"http://{HOST}:8151/"
TARGET = "8151"
# timeout(1) limits the time of wget, because the static busybox of Debian 12 crashes in `wget -T`.
FETCH = f"timeout 3 busybox wget -qO- {URL}"


def demo(out: Callable[[str], object] = say, *, command: tuple[str, ...] = HAIRPIN) -> None:
    """Announce and carry out all steps of the demo; raise LabError at the first step whose result differs from the
    announced result.

    ``command`` is the command that runs hairpin in the lab host.
    """
    started = time.monotonic()
    scenario = named(SCENARIO)
    _tell(out, "Building a Docker host in namespaces: a real dockerd, a router before it, a client behind that.")
    with running_scenario(scenario) as lab:
        require_truth(scenario, "before", probe_before(lab, scenario))
        _tell(out, f"The host is {HOST}. It runs one container:")
        _show(
            out, "host", "docker ps", lab.host.run("docker ps --format 'table {{.Names}}\\t{{.Status}}\\t{{.Ports}}'")
        )
        _tell(out, f"A client far away, {CLIENT}, asks for its page:")
        _fetch(lab, out)
        _tell(out, "Somebody tunes the kernel, and does not think of Docker:")
        for fault in scenario.fault:
            _show(out, "host", fault.run, lab.host.run(fault.run))
        _tell(out, "The client asks again:")
        _miss(lab, out)
        _tell(out, "Nothing was logged, the container is fine, every rule is in place. On the host:")
        _hairpin(lab, out, command, ("check", TARGET), status=1)
        _tell(out, "hairpin repairs it, and writes what keeps it after a reboot:")
        _hairpin(lab, out, command, ("fix", TARGET, "--apply", "--yes", "--persist"))
        _tell(out, "And the client:")
        _fetch(lab, out)
        _tell(out, "All of it can be taken back:")
        _hairpin(lab, out, command, ("undo",))
        _tell(out, "So the fault is there again:")
        _miss(lab, out)
    _tell(
        out,
        f"All of it is gone again: no namespace, process, mount or rule is left. {time.monotonic() - started:.0f} s.",
    )


def _hairpin(
    lab: Lab, out: Callable[[str], object], command: tuple[str, ...], arguments: tuple[str, ...], status: int = 0
) -> None:
    """Run hairpin on the lab host and show its output, including the lines about its steps; raise LabError if its exit
    status is not ``status``."""
    done = subprocess.run(
        (*lab.host.enter, *command, *arguments),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(), check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    shown = f"hairpin {' '.join(arguments)}"
    if done.returncode != status:
        raise LabError(
            message(
                "`{command}` ended with status {status} on the lab's host: {said}",
                command=shown,
                status=done.returncode,
                said=done.stdout.strip(),
            )
        )
    _show(out, "host", shown, done.stdout)


def _fetch(lab: Lab, out: Callable[[str], object]) -> None:
    page = lab.client.run(FETCH)
    if page != PAGE:
        raise LabError(message("{url} answered with a page that is not the lab's: {page!r}", url=URL, page=page))
    _show(out, "client", FETCH, page)


def _miss(lab: Lab, out: Callable[[str], object]) -> None:
    said = lab.client.run(f"{FETCH} || echo exit status $?")
    # timeout(1) exits with 124 if the command timed out.
    if said != "exit status 124\n":
        raise LabError(
            message("{url} should time out on a host that does not forward, but it said: {said}", url=URL, said=said)
        )
    _show(out, "client", FETCH, f"[no answer: {said.strip()}, the time was up]")


def _show(out: Callable[[str], object], place: str, command: str, output: str) -> None:
    """Show a command at a machine's prompt, and its output.

    Command and output are indented.  The indent distinguishes commands and outputs from the demo's story."""
    lines = [f"{place}# {command}", *output.rstrip("\n").splitlines()]
    _tell(out, "\n".join(f"    {line}".rstrip() for line in lines))


def _tell(out: Callable[[str], object], text: str) -> None:
    """Print a paragraph and an empty line."""
    out(text)
    out("")
