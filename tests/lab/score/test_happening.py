"""The command of an event is for the engines and the containers of its host."""

from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from tests.score.happening import command_for


def test_the_engines_that_the_host_has() -> None:
    assert "for tool in docker;" in command_for("container-restart", LabPlan())
    both = LabPlan(podman="netavark")
    assert "for tool in docker podman;" in command_for("container-restart", both)


def test_networks_are_made_before_the_containers() -> None:
    plan = LabPlan(containers=(ContainerPlan(networks=("bridge", "back")),), networks=(NetworkPlan("back"),))
    lines = command_for("compose-recreate", plan).splitlines()
    assert [line.split()[1] for line in lines] == ["rm", "network", "network", "run", "network"]
    assert command_for("container-recreate", plan).splitlines()[0] == "docker rm -f web"
