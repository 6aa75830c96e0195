"""The lab's engine is a real dockerd with a real container."""

import json
from collections.abc import Callable

import pytest

from hairpin.errors import LabError
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.engine import api, container_pid, docker_host, fillers, log_tail, run_command, write
from hairpin.lab.plan import ContainerPlan, LabPlan
from tests.score.diagnosis import ask

RUN_LINES: dict[str, tuple[ContainerPlan, str]] = {
    "published": (
        ContainerPlan(publish=("8151:80", "53:53/udp"), serve="nothing"),
        "docker run -d --name web -p 8151:80 -p 53:53/udp hairpin-lab sleep 1000000",
    ),
    "first network only": (
        ContainerPlan(name="db", networks=("back", "front"), serve="nothing"),
        "docker run -d --name db --network back hairpin-lab sleep 1000000",
    ),
    "options": (
        ContainerPlan(options="--ip 172.30.0.10", serve="nothing"),
        "docker run -d --name web --ip 172.30.0.10 hairpin-lab sleep 1000000",
    ),
    "page": (ContainerPlan(), "docker run -d --name web hairpin-lab sh -c 'httpd -p 80 -h /www; exec sleep 1000000'"),
}


@pytest.mark.parametrize(("container", "line"), RUN_LINES.values(), ids=RUN_LINES)
def test_run_command(container: ContainerPlan, line: str) -> None:
    assert run_command(container) == line


def test_fillers_have_names_and_ports_of_their_own() -> None:
    assert [(one.name, one.publish) for one in fillers(2)] == [("filler-1", ("20001:80",)), ("filler-2", ("20002:80",))]


def test_engine_says_what_runs(healthy_lab: Lab) -> None:
    assert [one["Names"] for one in json.loads(api(healthy_lab.host, "/containers/json"))] == [["/web"]]
    pid = container_pid(healthy_lab.host, "web")
    assert "sleep" in healthy_lab.host.run(f"cat /proc/{pid}/comm")
    assert docker_host(healthy_lab.host) == healthy_lab.docker_host
    assert "API listen on /run/docker.sock" in log_tail(healthy_lab.host, lines=1000)


def test_container_that_is_not_there(healthy_lab: Lab) -> None:
    with pytest.raises(LabError, match=r"404.*No such container: gone"):
        container_pid(healthy_lab.host, "gone")


def test_networks_and_joined_containers(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan(fillers=0, containers=()))
    lab.host.run("docker network create back")
    assert "back" in lab.host.run("docker network ls --format '{{.Name}}'").split()


def test_daemon_that_does_not_start_shows_its_log() -> None:
    with (
        pytest.raises(LabError, match=r"(?s)dockerd did not start.*no-such-key"),
        running_lab(LabPlan(daemon='{"no-such-key": 1}')),
    ):
        pass


# command on the host, the engine's state in the report; `hairpin check` asks by the socket, since the docker client is
# there
STATES: dict[str, tuple[str, str]] = {
    "left alone": ("true", "answers"),
    "ended": ("kill -KILL $(cat /run/docker.pid)", "stopped"),
    "without its socket": ("rm /run/docker.sock; mkdir /run/docker.sock", "unreachable"),
}


@pytest.mark.parametrize(("command", "state"), STATES.values(), ids=STATES)
def test_the_report_has_the_engines_state(lab_host: Callable[[LabPlan], Lab], command: str, state: str) -> None:
    lab = lab_host(LabPlan(containers=()))
    lab.host.run(command)
    report = ask(lab.host, ("--no-replica",)).report
    assert report is not None
    engine = next(each for each in report.hosts[0].engines if each.name == "docker")
    assert (engine.name, engine.state) == ("docker", state)
    assert (engine.answered_ms is not None) == (state == "answers")
    assert engine.endpoint == "unix:///run/docker.sock"


def test_written_file_replaces_a_link(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan(containers=()))
    lab.host.run("echo far > /run/far; ln -sf /run/far /etc/near")
    write(lab.host, "/etc/near", "near\n")
    assert lab.host.run("cat /etc/near /run/far") == "near\nfar\n"


def test_the_host_starts_and_stops_its_engine_by_its_own_script(lab_host: Callable[[LabPlan], Lab]) -> None:
    host = lab_host(LabPlan()).host
    host.run("service docker stop; ! service docker status; ! docker info 2>/dev/null")
    host.run("service docker start; service docker start; docker start web; service docker status")
    assert "web" in host.run("docker ps")
