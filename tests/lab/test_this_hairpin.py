"""The checkout, its interpreter and its dependencies are visible in a lab host, for root and for a user."""

import subprocess

import hairpin
from hairpin.lab.build import Lab
from hairpin.lab.scenario import named
from hairpin.lab.this_hairpin import HAIRPIN, TIMEOUT_S, environment
from hairpin.lab.trial import break_host, running_scenario


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
