"""A reboot loads what is on the disk, in the order of a boot, and nothing else."""

from collections.abc import Callable

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import HostPlan, LabPlan
from hairpin.lab.probe import Outcome
from tests.score.host_state import host_state
from tests.score.reboot import Disk, booted, written
from tests.score.repairing import Left, after_boot, look
from tests.whole import WHOLE

UNIT = """[Unit]
After=docker.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'iptables -I DOCKER-USER -s 203.0.113.0/24 -j DROP'
[Install]
WantedBy=multi-user.target
"""


def test_files_parameters_rules_and_units_are_loaded(lab_host: Callable[[LabPlan], Lab]) -> None:
    plan = LabPlan()
    lab = lab_host(plan)
    before = host_state(lab)
    lab.host.run("echo 'net.ipv4.conf.eth0.rp_filter = 2' > /etc/sysctl.d/90-x.conf")
    lab.host.run("echo 'net.ipv4.conf.docker0.rp_filter = 2' > /etc/sysctl.d/91-x.conf; rm /etc/hostname")
    lab.host.run("mkdir -p /etc/iptables; cat > /etc/iptables/rules.v4", stdin="*raw\n-A OUTPUT -o lo\nCOMMIT\n")
    lab.host.run("cat > /etc/systemd/system/x.service; systemctl enable x.service", stdin=UNIT)
    lab.host.run("cat > /etc/systemd/system/not-enabled.service", stdin=UNIT.replace("203.0.113", "198.18.0"))
    lab.host.run("sysctl -qw net.ipv4.conf.lo.rp_filter=1")  # at run time only
    disks = written(lab, before)
    with running_lab(booted(plan, disks)) as after:
        values = after.host.run("sysctl -n net.ipv4.conf.eth0.rp_filter net.ipv4.conf.docker0.rp_filter").split()
        assert values == ["2", "2"]
        assert after.host.run("sysctl -n net.ipv4.conf.lo.rp_filter").strip() == "0"
        rules = after.host.run("iptables-save")
        assert "-A OUTPUT -o lo" in rules
        assert "-A DOCKER-USER -s 203.0.113.0/24 -j DROP" in rules
        assert "198.18.0.0/24" not in rules


@WHOLE
def test_a_parameter_that_is_loaded_before_dockerd_opens_a_port(lab_host: Callable[[LabPlan], Lab]) -> None:
    """dockerd sets the policy of FORWARD to DROP only if it switches forwarding on itself."""
    plan = LabPlan()
    seen = look(lab_host(plan), plan)
    disk = Disk({"/etc/sysctl.d/99-x.conf": "net.ipv4.ip_forward = 1\n"})
    opened = "neighbour by the host → container:web:7999"
    whole, saved = Left({"host": Disk()}, seen.flows), Left({"host": disk}, seen.flows)
    assert after_boot(plan, whole, saved, seen) == (f"opened {opened}",)
    assert after_boot(plan, whole, whole, seen) == ()
    assert after_boot(plan, saved, saved, seen) == ()  # the fault is on the disk, and opens it without the repair, too
    before = {way: Outcome.DELIVERED if str(way) == opened else outcome for way, outcome in seen.flows.items()}
    assert after_boot(plan, whole, Left({"host": disk}, before), seen) == ()  # it was open when the repairs were made


@WHOLE
def test_what_a_reboot_closes_without_the_repairs_is_not_theirs(lab_host: Callable[[LabPlan], Lab]) -> None:
    plan = LabPlan()
    seen = look(lab_host(plan), plan)
    disk = Disk({"/etc/iptables/rules.v4": "*raw\n-A PREROUTING -i eth0 -p tcp --dport 8151 -j DROP\nCOMMIT\n"})
    whole, saved = Left({"host": Disk()}, seen.flows), Left({"host": disk}, seen.flows)
    assert any("8151 timeout" in each for each in after_boot(plan, whole, saved, seen))
    assert after_boot(plan, saved, saved, seen) == ()
    closed = Left({"host": disk}, dict.fromkeys(seen.flows, Outcome.TIMEOUT))
    assert any("8151 timeout" in each for each in after_boot(plan, closed, saved, seen)), "repaired, and lost again"


def test_of_several_hosts_each_has_its_own_disk() -> None:
    plan = LabPlan(hosts=(HostPlan(name="node1"), HostPlan(name="node2")))
    back = booted(plan, {"node2": Disk({"/etc/docker/daemon.json": '{"icc": false}', "/etc/x": None})})
    assert back.hosts[0] == plan.hosts[0]
    assert (back.hosts[1].daemon, back.hosts[1].before_engine[0][:5]) == ('{"icc": false}', "mkdir")
