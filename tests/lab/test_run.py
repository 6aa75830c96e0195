"""A host that stays can be entered by each of the printed commands, and ends when its process is told to end."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hairpin
from hairpin.errors import LabError
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import HostPlan, LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.run import HAIRPIN, TIMEOUT_S, environment, own_command, run, running_logins
from hairpin.lab.scenario import named
from hairpin.lab.trial import break_host, probe_after, require_truth, running_scenario
from tests.acceptance.recorded_networks import expected
from tests.score.diagnosis import Answer, ask, blocking_causes, describes, stop_reason
from tests.whole import WHOLE, thinned

PROGRAM = "import sys\nfrom hairpin.lab import run\nsys.exit(getattr(run, sys.argv[1])(sys.argv[2]))"


@contextmanager
def started(verb: str, scenario: str) -> Generator[subprocess.Popen[str]]:
    argv = (sys.executable, "-c", PROGRAM, verb, scenario)
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return text
    pytest.fail(f"{words!r} was never printed:\n{text}")


def line_after(text: str, words: str) -> str:
    return text.partition(words)[2].splitlines()[1].strip()


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_run_stays_until_it_is_ended(number: signal.Signals) -> None:
    with started("run", "published-on-loopback-only") as process:
        text = read_until(process, "It stays until")
        assert "client → 198.51.100.11:8151: delivered, now refused" in text
        assert "host → 127.0.0.1:8151: delivered, still" in text
        whole = line_after(text, "Enter the host whole")
        alone = line_after(text, "Or its network namespace alone:")
        assert "--from 192.0.2.10" in line_after(text, "Ask there:")
        for way in (whole, alone):
            inside = subprocess.run(
                ("sh", "-c", f"{way} docker ps -q"), capture_output=True, text=True, check=True
            ).stdout
            assert re.fullmatch(r"[0-9a-f]{12}\n", inside)
        process.send_signal(number)
        assert process.stdout is not None
        assert "is gone" in process.stdout.read()
        assert process.wait() == 0


def test_of_several_hosts_each_can_be_entered_and_all_are_asked() -> None:
    with started("run", "ip-forward-off.vxlan") as process:
        text = read_until(process, "It stays until")
        question = line_after(text, "Ask there:")
        assert "--host node1=root@198.51.100.11 --host node2=root@198.51.100.12" in question
        second = line_after(text, "Enter node2:")
        name = subprocess.run(("sh", "-c", f"{second} hostname"), capture_output=True, text=True, check=True).stdout
        assert name == "node2\n"
        process.send_signal(signal.SIGTERM)
        process.wait()


def test_shell_is_in_the_broken_host() -> None:
    with started("shell", "ip-forward-off") as process:
        said, _none = process.communicate("hostname; cat /proc/sys/net/ipv4/ip_forward; exit 3\n")
    assert "lab-host\n0\n" in said
    assert "\\w" not in said
    assert process.returncode == 3


def test_own_command_is_there() -> None:
    assert Path(own_command()[0]).exists()


def test_unknown_scenario() -> None:
    with pytest.raises(LabError, match="no scenario 'nothing-of-the-kind'"):
        run("nothing-of-the-kind")


PAIR = LabPlan(hosts=(HostPlan(name="node1", containers=()), HostPlan(name="node2", containers=())))


@contextmanager
def asked(name: str) -> Generator[tuple[Answer, ...]]:
    """Yield the live answers to the scenario's flows, in the broken network."""
    scenario = named(name)
    with running_scenario(scenario) as lab:
        break_host(lab, scenario)
        require_truth(scenario, "after", probe_after(lab, scenario))
        with running_logins(lab) as hosts:
            yield tuple(ask(lab.host, (*flow.arguments(), *hosts)) for flow in scenario.flows)


@WHOLE
@pytest.mark.parametrize("name", thinned(("vxlan-port-blocked.input", "healthy-flannel-vxlan"), 2))
def test_the_live_answer_is_that_of_the_recorded_network(name: str) -> None:
    recorded = expected()[name]
    with asked(name) as answers:
        for answer, flow in zip(answers, recorded.flows, strict=True):
            assert answer.report is not None, answer.complaint
            assert [host.name for host in answer.report.hosts] == list(recorded.hosts)
            said = answer.report.flows[0]
            assert describes(said.verdict, stop_reason(said), Outcome(flow.real), across_hosts=True)
            causes = [f"{each.id}@{each.host}" for each in blocking_causes(answer.report)]
            failing = flow.real != "delivered"
            assert answer.status == int(failing)
            wanted = recorded.causes if failing else ()
            assert len(causes) == len(wanted)
            assert all(set(causes) & set(alternatives) for alternatives in wanted)


def login(lab: Lab, address: str) -> str:
    return lab.host.run(f"ssh -o BatchMode=yes root@{address} hostname").strip()


def test_each_host_logs_in_to_each_and_to_nobody_else() -> None:
    """ssh refuses a host with another key than the known one. The keys and the servers end with the lab."""
    with running_lab(PAIR) as lab:
        with running_logins(lab) as hosts:
            assert hosts == ("--host", "node1=root@198.51.100.11", "--host", "node2=root@198.51.100.12")
            assert [login(lab, address) for address in ("198.51.100.11", "198.51.100.12")] == ["node1", "node2"]
            lab.host.run("sed -i '/^198.51.100.12 /d' /run/lab-ssh/known")
            with pytest.raises(LabError, match="Host key verification failed"):
                login(lab, "198.51.100.12")
        with pytest.raises(LabError, match="Connection refused"):
            login(lab, "198.51.100.11")
        assert not Path("/run/lab-ssh").exists()


def test_it_is_found_inside(healthy_lab: Lab) -> None:
    done = subprocess.run(
        (*healthy_lab.host.enter, *HAIRPIN, "--version"), capture_output=True, text=True, env=environment(), check=True
    )
    assert done.stdout == f"hairpin {hairpin.__version__}\n"


def test_a_member_of_group_docker_is_told_the_cause_and_one_line_about_root() -> None:
    scenario = named("published-on-loopback-only")
    with running_scenario(scenario) as lab:
        break_host(lab, scenario)
        lab.host.run("chmod a+rx /root")  # the interpreter may be there; an overlay takes the change
        group = lab.host.run("stat -c %g /run/docker.sock").strip()
        user = ("setpriv", "--reuid", "2000", "--regid", "2000", "--groups", group, "env", "HOME=/tmp")
        ended = subprocess.run(
            (*lab.host.enter, *user, *HAIRPIN, "check", "8151", "--from", "192.0.2.10"),
            capture_output=True,
            text=True,
            env=environment(),
            timeout=TIMEOUT_S,
            check=False,
        )
    assert ended.returncode == 1, ended.stderr
    assert "cause[published-on-loopback-only]" in ended.stdout
    (line,) = (each for each in ended.stdout.splitlines() if "root" in each or "sudo" in each)
    assert line.endswith("hairpin check 8151 --from 192.0.2.10")
