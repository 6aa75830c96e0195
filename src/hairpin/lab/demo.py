"""The whole story in a minute: a port that answers, a stray sysctl, the diagnosis, the printed repair, the port that
answers again.
"""

import subprocess
import time
from collections.abc import Callable

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import CHECK, Printed, ask, environment, printed_for
from hairpin.lab.image import PAGE
from hairpin.lab.say import say
from hairpin.lab.scenario import named
from hairpin.lab.topology import CLIENT, HOST
from hairpin.lab.trial import probe_before, require_truth, running_scenario
from hairpin.message import message

SCENARIO = "interface-forwarding-off"
URL = f"http://{HOST}:8151/"
TARGET = "8151"
# timeout(1), since Debian 12's static busybox crashes in `wget -T`.
FETCH = f"timeout 3 busybox wget -qO- {URL}"


def demo(out: Callable[[str], object] = say, *, command: tuple[str, ...] = CHECK) -> None:
    """Tell and do the whole story; raise LabError at the first step whose result is not the one told.

    ``command`` runs in the lab host instead of this hairpin's own ``check``.
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
        _show(out, "host", f"hairpin check {TARGET}", _readable_answer(lab, command))
        repair = printed_repair(lab, command)
        _tell(out, "The repair exactly as printed:")
        for line in repair:
            _show(out, "host", line, lab.host.run(line))
        _tell(out, "And the client:")
        _fetch(lab, out)
    _tell(
        out,
        f"All of it is gone again: no namespace, process, mount or rule is left. {time.monotonic() - started:.0f} s.",
    )


def printed_repair(lab: Lab, command: tuple[str, ...] = CHECK) -> tuple[str, ...]:
    """Return the commands that repair the port, as ``hairpin check --json`` prints them."""
    answer = ask(lab.host, (TARGET,), command)
    if answer.report is None:
        raise LabError(
            message(
                "hairpin gave no report (exit status {status}): {complaint}",
                status=answer.status,
                complaint=answer.complaint,
            )
        )
    printed = printed_for(answer.report, answer.report.flows[0]) if answer.report.flows else Printed()
    if not printed.remedies or printed.by_hand:
        raise LabError(
            message(
                "hairpin named no repair (exit status {status}); causes: {causes}",
                status=answer.status,
                causes=", ".join(cause.id for cause in answer.report.causes),
            )
        )
    return tuple(command for _, command in printed.commands)


def _readable_answer(lab: Lab, command: tuple[str, ...]) -> str:
    done = subprocess.run(
        (*lab.host.enter, *command, TARGET), capture_output=True, text=True, env=environment(), check=False, timeout=60
    )
    if done.returncode != 1:
        raise LabError(
            message(
                "`hairpin check {target}` ended with status {status} on a broken host: {said}",
                target=TARGET,
                status=done.returncode,
                said=done.stderr.strip(),
            )
        )
    return done.stdout


def _fetch(lab: Lab, out: Callable[[str], object]) -> None:
    page = lab.client.run(FETCH)
    if page != PAGE:
        raise LabError(message("{url} answered with another page than the lab's: {page!r}", url=URL, page=page))
    _show(out, "client", FETCH, page)


def _miss(lab: Lab, out: Callable[[str], object]) -> None:
    said = lab.client.run(f"{FETCH} || echo exit status $?")
    # timeout(1) exits with 124 if the command timed out.
    if said != "exit status 124\n":
        raise LabError(
            message("{url} should time out on a host that does not forward, and said: {said}", url=URL, said=said)
        )
    _show(out, "client", FETCH, f"[no answer: {said.strip()}, the time was up]")


def _show(out: Callable[[str], object], place: str, command: str, output: str) -> None:
    """Show a command at a machine's prompt and what it printed, set off from the story."""
    lines = [f"{place}# {command}", *output.rstrip("\n").splitlines()]
    _tell(out, "\n".join(f"    {line}".rstrip() for line in lines))


def _tell(out: Callable[[str], object], text: str) -> None:
    """Say a paragraph, with an empty line behind it."""
    out(text)
    out("")
