"""The firewall managers of a lab host are the real ones, up before dockerd."""

from collections.abc import Callable

from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan


def test_firewalld_runs_and_dockerd_has_its_zone(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan(firewall="firewalld"))
    assert lab.host.run(("firewall-cmd", "--state")).strip() == "running"
    assert lab.host.run(("firewall-cmd", "--get-zone-of-interface=docker0")).strip() == "docker"


def test_ufw_is_active(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan(firewall="ufw"))
    assert "Status: active" in lab.host.run("ufw status")
