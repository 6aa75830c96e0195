"""The lab's Podman is a real one, with a real container, without dockerd."""

from collections.abc import Callable

import pytest

from hairpin.lab.build import Lab
from hairpin.lab.plan import ContainerPlan, LabPlan
from hairpin.lab.probe import Outcome

CONTAINERS = (ContainerPlan(publish=("8151:80",), engine="podman"),)


@pytest.mark.parametrize(("backend", "chain"), (("netavark", "NETAVARK_FORWARD"), ("cni", "CNI-FORWARD")))
def test_it_runs_a_container_with_its_network_back_end(
    lab_host: Callable[[LabPlan], Lab], backend: str, chain: str
) -> None:
    plan = LabPlan(docker=False, podman="cni" if backend == "cni" else "netavark", containers=CONTAINERS)
    lab = lab_host(plan)
    assert lab.host.run("podman info --format '{{.Host.NetworkBackend}}'").strip() == backend
    assert f":{chain} " in lab.host.run("iptables-save")
    assert lab.probe("client", "198.51.100.11:8151") is Outcome.DELIVERED
    assert "dockerd" not in lab.host.run("ps -eo comm")
    assert lab.host.run("cat /run/cgroup-parent").startswith("/hairpin-lab-")
    assert lab.node("container:web").run("ip -4 -o address show eth0")
