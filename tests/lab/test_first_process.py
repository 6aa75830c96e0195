"""A program in a lab host sees the mounts that the first process made."""

from pathlib import Path

from hairpin.lab.build import Lab
from hairpin.lab.node import HOSTNAME


def test_host_sees_its_own_links(healthy_lab: Lab) -> None:
    links = set(healthy_lab.host.run("ls /sys/class/net").split())
    assert {"lo", "eth0", "docker0"} <= links
    assert len(links) == 4  # and the container's veth
    assert not links & {path.name for path in Path("/sys/class/net").iterdir()} - {"lo", "eth0", "docker0"}


def test_host_has_its_own_process_table_and_name(healthy_lab: Lab) -> None:
    assert "first_process.py" in healthy_lab.host.run("cat /proc/1/cmdline")
    assert healthy_lab.host.run("hostname").strip() == HOSTNAME


def test_scratch_mount_is_out_of_sight(healthy_lab: Lab) -> None:
    assert " /mnt " not in healthy_lab.host.run("cat /proc/mounts")


def test_first_process_reaps(healthy_lab: Lab) -> None:
    """A program whose parent has ended is the first process's child, which reaps it."""
    orphan = healthy_lab.host.run("sh -c 'sleep 0.05 & echo $!'").strip()
    healthy_lab.host.run(f"while [ -e /proc/{orphan} ]; do sleep 0.01; done", timeout_s=10)
