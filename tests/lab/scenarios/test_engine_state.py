"""Real engines that stop, hang, or are not the one that was meant: the first line, the exit status, the causes."""

import contextlib
import math
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from hairpin.answer.ask import ask
from hairpin.collect.run import Answer, LocalRunner, collect
from hairpin.host.read.parse import parse
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import ContainerPlan, LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.run import environment
from hairpin.question.question import Question
from hairpin.report.documents.document import ReportDocument
from tests.score.diagnosis import CHECK
from tests.waiting import HANG_S, wait_until
from tests.whole import thinned

STOPPED = "kill -KILL $(pidof dockerd); while pidof dockerd >/dev/null; do sleep 0.1; done"
ENDED = "kill -TERM $(pidof dockerd); while [ -e /run/docker.pid ] || pidof dockerd >/dev/null; do sleep 0.1; done"
AT_BOOT = "mkdir -p /etc/rc2.d; ln -sf ../init.d/docker /etc/rc2.d/S01docker"
NOTHING_LEFT = (
    f"docker rm -f web >/dev/null; {STOPPED}; rm -f /run/docker.sock; "
    "for t in nat filter; do iptables -t $t -F; iptables -t $t -X; done; iptables -P FORWARD ACCEPT; "
    "ip link del docker0"
)
CONTEXT = (
    'mkdir -p ~/.docker/contexts/meta/x; cd ~/.docker; echo \'{"currentContext":"far"}\' >config.json; '
    'echo \'{"Name":"far","Endpoints":{"docker":{"Host":"ssh://root@192.0.2.77"}}}\' >contexts/meta/x/meta.json'
)
PASSES = "1 port of 1 container: all flows pass"
LATER = "1 future problem"
RESTARTED = LabPlan(containers=(ContainerPlan(name="web", publish=("8151:80",), options="--restart always"),))


class Row(msgspec.Struct, frozen=True):
    """``fault``: breaks the host.  ``first``: how the answer begins.  ``causes``: ids and severities."""

    fault: str
    first: str
    status: int
    causes: tuple[tuple[str, str], ...] = ()
    arguments: tuple[str, ...] = ("8151", "--from", "192.0.2.10")
    docker_host: str = ""
    plan: LabPlan = LabPlan()


LATENT = (("docker-daemon-not-running", "latent"),)
ROWS: dict[str, Row] = {
    "healthy": Row("true", PASSES, 0),
    "DOCKER_HOST names the usual socket": Row("true", PASSES, 0, docker_host="unix:///var/run/docker.sock"),
    "DOCKER_HOST names a socket that is not there": Row(
        "true", "DOCKER_HOST names unix:///nope.sock, where no engine answers", 3, docker_host="unix:///nope.sock"
    ),
    "DOCKER_HOST is a bare path": Row(
        "true", "DOCKER_HOST names unix:///nope.sock, where no engine answers", 3, docker_host="/nope.sock"
    ),
    "DOCKER_HOST names a port that nobody listens on": Row(
        "true", "DOCKER_HOST names tcp://127.0.0.1:2375, where no engine answers", 3,
        docker_host="tcp://127.0.0.1:2375",
    ),
    "DOCKER_HOST names another machine": Row(
        "true", "DOCKER_HOST names ssh://root@192.0.2.77, which is not an engine of this host", 3,
        docker_host="ssh://root@192.0.2.77",
    ),
    "DOCKER_HOST names this host over ssh": Row("true", PASSES, 0, docker_host="ssh://root@localhost"),
    "DOCKER_HOST leaves it to the unit": Row("true", PASSES, 0, docker_host="fd://"),
    "the client's context is another machine's": Row(
        CONTEXT, "docker context far names ssh://root@192.0.2.77, which is not an engine of this host", 3
    ),
    "dockerd is stopped by a signal": Row(
        "kill -STOP $(pidof dockerd)", "dockerd does not answer: it is stopped (SIGSTOP", 3
    ),
    "containerd is stopped by a signal": Row(
        "kill -STOP $(pidof containerd)", "Docker answers in part only: containerd is stopped (SIGSTOP", 3
    ),
    "dockerd was killed, its container runs on": Row(
        STOPPED, "dockerd is not running: dockerd should run for web", 3, LATENT
    ),
    "and its socket is gone": Row(
        f"{STOPPED}; rm -f /run/docker.sock", "dockerd is not running: dockerd should run for web", 3, LATENT
    ),
    "and the container is asked by its name": Row(
        STOPPED, "dockerd is not running: dockerd should run for web", 1, (("docker-daemon-not-running", "blocking"),),
        arguments=("web",),
    ),
    "and nothing is asked": Row(
        STOPPED, "dockerd is not running: dockerd should run for web", 1, (("docker-daemon-not-running", "blocking"),),
        arguments=(),
    ),
    "and another container is asked": Row(STOPPED, "", 3, arguments=("nothere",)),
    "dockerd was stopped with its containers": Row(
        f"{ENDED}; {AT_BOOT}", "dockerd is not running: dockerd should run for web", 1,
        (("docker-daemon-not-running", "blocking"),), plan=RESTARTED,
    ),
    "dockerd has never started, though it is enabled": Row(
        f"{NOTHING_LEFT}; {AT_BOOT}", "dockerd is not running: dockerd should run, because systemd starts it at boot",
        3, LATENT,
        arguments=(),
    ),
    "dockerd is stopped and nothing is left of it": Row(
        NOTHING_LEFT, "dockerd is not running: nothing starts it at boot", 0, arguments=()
    ),
    "daemon.json is malformed": Row(
        f"{ENDED}; echo '{{\"mtu\": x' >/etc/docker/daemon.json",
        "dockerd is not running: /etc/docker/daemon.json is not valid JSON", 1,
        (("daemon-does-not-start-config", "blocking"), ("docker-daemon-not-running", "blocking")), plan=RESTARTED,
    ),
    "an option is a flag and in daemon.json": Row(
        f"{ENDED}; echo '{{\"hosts\": [\"fd://\"]}}' >/etc/docker/daemon.json",
        "dockerd is not running: host: given both as flags in the unit and in /etc/docker/daemon.json", 1,
        (("daemon-does-not-start-config", "blocking"), ("docker-daemon-not-running", "blocking")), plan=RESTARTED,
    ),
    "nat rules are flushed, docker-proxy answers": Row(
        "iptables -t nat -F", LATER, 0, (("docker-nat-jump-missing-prerouting", "latent"),)
    ),
    "nat chains are gone, docker-proxy answers": Row(
        "iptables -t nat -F; iptables -t nat -X", LATER, 0, (("docker-nat-chain-missing", "latent"),)
    ),
}  # fmt: skip


def asked(lab: Lab, row: Row, *options: str) -> tuple[subprocess.CompletedProcess[str], float]:
    variables = environment() | {"HOME": "/root", "COLUMNS": "400"}
    if row.docker_host:
        variables["DOCKER_HOST"] = row.docker_host
    started = time.monotonic()
    done = subprocess.run(
        (*lab.host.enter, *CHECK, *row.arguments, "--no-replica", *options),
        capture_output=True, text=True, env=variables, timeout=HANG_S, check=False,
    )  # fmt: skip
    return done, time.monotonic() - started


def continue_own_children() -> None:
    """Continue nsenter(1), which stops itself when the program that it started is stopped."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (process / "stat").read_text().rpartition(") ")[2].split()[:2]
            if (state, parent) == ("T", str(os.getpid())):
                os.kill(int(process.name), signal.SIGCONT)


@pytest.mark.parametrize("row", thinned(ROWS.values(), 12), ids=ROWS)
def test_an_engine_that_does_not_answer_is_never_an_all_clear(row: Row, healthy_lab: Lab) -> None:
    unchanged = contextlib.nullcontext(healthy_lab)
    with unchanged if row.fault == "true" else running_lab(row.plan) as lab:
        usual = asked(lab, row)[1] if "SIGSTOP" in row.first else math.inf
        lab.host.run(row.fault)
        try:
            said, seconds = asked(lab, row)
            for _ in range(5):  # another process may have had the machine meanwhile; hairpin waits as long each time
                if seconds < usual + 8:
                    break
                seconds = asked(lab, row)[1]
            answer, _ = asked(lab, row, "--json")
        finally:
            lab.host.run("for pid in $(pidof dockerd containerd); do kill -CONT $pid; done")
            continue_own_children()
    assert without_policy(said.stdout).startswith(row.first), said.stdout + said.stderr
    assert (said.returncode, answer.returncode) == (row.status, row.status), said.stdout + said.stderr
    assert seconds < usual + 8, "no answer is waited for longer than 3 seconds"
    if answer.stdout:
        report = msgspec.json.decode(answer.stdout, type=ReportDocument)
        found = tuple((each.id, each.severity) for each in report.causes if each.id != "restart-policy-missing")
        assert found == row.causes


def without_policy(told: str) -> str:
    """Return the answer as if its container had a restart policy: that it has none is still to come."""
    if "latent cause[restart-policy-missing]" not in told:
        return told
    if told.startswith("2 problems to come"):
        return told.replace("2 problems to come", "1 future problem", 1)
    return told.removeprefix("1 future problem; ")


def test_a_daemon_that_is_started_as_printed_serves_again() -> None:
    with running_lab(RESTARTED) as lab:
        command = lab.host.run("tr '\\0' ' ' </proc/$(pidof dockerd)/cmdline")
        lab.host.run(f"{ENDED}; {AT_BOOT}")
        lab.host.run(f"printf '#!/bin/sh\\n%s >/dev/null 2>&1 &\\n' '{command}' >/etc/init.d/docker")
        said, _ = asked(lab, ROWS["healthy"])
        printed = re.search(r"^ +(service docker start)$", said.stdout, re.MULTILINE)
        assert printed, said.stdout
        lab.host.run(printed[1])
        assert wait_until(lambda: lab.probe("client", "198.51.100.11:8151") is Outcome.DELIVERED)
        again, _ = asked(lab, ROWS["healthy"])
    assert again.returncode == 0, again.stdout


def test_dockerd_refuses_a_start_without_its_chain() -> None:
    """The event by which a lost chain is latent is real."""
    with running_lab(LabPlan()) as lab:
        lab.host.run("iptables -t nat -F; iptables -t nat -X")
        refused = lab.host.run("docker restart web 2>&1 || true")
    assert "No chain/target/match by that name" in refused


class Meanwhile(msgspec.Struct, frozen=True):
    """Runs the collector in the lab's host; each time that all has been read, or the first time only, a command runs
    before the collector looks whether all containers lived meanwhile."""

    lab: Lab
    command: str
    each_time: bool

    @property
    def name(self) -> str:
        return "the lab's host"

    def run(self, script: bytes, arguments: tuple[str, ...]) -> Answer:
        place = b"\nchanged_meanwhile() {"
        assert script.count(place) == 1
        once = "" if self.each_time else "ran=${ran-no}; [ $ran = no ] || return 0; ran=yes; "
        ended = f"\nmeanwhile() {{ {once}{self.command}; }} >/dev/null 2>&1".encode()
        script = script.replace(place, ended + place + b" meanwhile;")
        return LocalRunner((*self.lab.host.enter, "sh"), tuple(environment().items())).run(script, arguments)


def test_a_container_that_ends_while_it_is_read_is_read_again_and_one_that_does_so_each_time_loops() -> None:
    with running_lab(RESTARTED) as lab:
        again = collect(Meanwhile(lab, "docker restart -t 0 web", each_time=False))
        each = collect(Meanwhile(lab, "docker restart -t 0 web", each_time=True))
    steady, looping = (parse(read).container("web") for read in (again, each))
    assert steady is not None
    assert steady.netns == "container:web"
    assert looping is not None
    assert (looping.running, looping.netns) == (True, None)
    assert not [read for read in each.readings if read.netns == "container:web" and read.outcome == "text"]
    assert [cause.id for cause in ask(Question(), (again,)).causes] == []
    assert {cause.id for cause in ask(Question(), (each,)).causes} == {"container-not-running"}
