"""What real engines and firewalld tell a guard, in a lab host."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.node import DIE_WITH_PARENT, ENVIRONMENT
from hairpin.lab.plan import ContainerPlan, LabPlan

PROGRAM = """
import json
from hairpin.guard.watch import Watch
watch = Watch()
while not watch.burst(3.0):
    print(json.dumps(["ready"]), flush=True)
    break
while True:
    for each in watch.burst(1.0):
        print(json.dumps([each.part, each.detail, each.culprit.name if each.culprit else "",
                          each.culprit.unit if each.culprit else ""]), flush=True)
"""


class Guard:
    """A guard's sources in a lab host, and what they tell."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        enter = (*DIE_WITH_PARENT, *lab.host.enter)
        self.process = subprocess.Popen(
            (*enter, sys.executable, "-c", PROGRAM), stdout=subprocess.PIPE, env=ENVIRONMENT, text=True
        )

    def lines(self) -> Iterator[list[str]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield json.loads(line)

    def wait_told(self, part: str, words: str) -> list[str]:
        """Return the first change that is told of a part and has the words; pytest's time limit ends a long wait."""
        return next(each for each in self.lines() if each[0] == part and words in each[1])


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    plan = LabPlan(firewall="firewalld", containers=(ContainerPlan("web", publish=("8080:80",)),))
    with running_lab(plan) as lab:
        found = Guard(lab)
        next(found.lines())
        yield found
    found.process.communicate()  # it has ended with the host


def test_a_container_that_ends_and_starts(guard: Guard) -> None:
    guard.lab.host.run("docker restart -t 0 web")
    assert guard.wait_told("containers", "docker container die web")
    assert guard.wait_told("containers", "docker network connect bridge web")
    assert guard.wait_told("containers", "docker container start web")


def test_firewalld_reloads(guard: Guard) -> None:
    guard.lab.host.run("firewall-cmd --add-port 4711/tcp")
    assert "4711" in guard.wait_told("services", "firewalld PortAdded")[1]
    guard.lab.host.run("firewall-cmd --reload")
    assert guard.wait_told("services", "firewalld Reloaded")


def test_compose_files_of_a_running_project(guard: Guard) -> None:
    host = guard.lab.host
    host.run("mkdir -p /opt/shop; echo >/opt/shop/compose.yaml")
    labels = {"project.config_files": "/opt/shop/compose.yaml", "project.working_dir": "/opt/shop"}
    words = " ".join(f"--label com.docker.compose.{key}={value}" for key, value in labels.items())
    image = host.run("docker inspect -f '{{.Config.Image}}' web").strip()
    host.run(f"docker run -d --name shop {words} {image} sleep 1000")
    assert guard.wait_told("containers", "docker container start shop")
    host.run("echo services: >/opt/shop/compose.yaml")
    assert guard.wait_told("files", "/opt/shop/compose.yaml")


def test_the_engine_goes(guard: Guard) -> None:
    pid = Path(f"/proc/{guard.lab.host.pid}/root/run/docker.pid").read_text("ascii").strip()
    guard.lab.host.run(f"kill {pid}")
    assert guard.wait_told("containers", "docker went")
