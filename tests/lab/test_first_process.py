"""A program in a lab host sees the mounts that the first process made."""

from pathlib import Path

import pytest

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
    healthy_lab.host.run(f"while [ -e /proc/{orphan} ]; do sleep 0.01; done")


SHARED = (
    "/",
    "/dev",
    "/etc",
    "/home",
    "/media",
    "/opt",
    "/root",
    "/run",
    "/srv",
    "/tmp",  # noqa: S108 - the folder itself is meant
    "/usr",
    "/var",
    str(Path.cwd()),
)


@pytest.mark.parametrize("folder", SHARED)
def test_a_file_that_the_host_makes_is_not_on_the_machine(healthy_lab: Lab, folder: str) -> None:
    name = Path(folder, "made-in-the-lab")
    healthy_lab.host.run(f"echo lab > {name}; grep lab {name}")
    assert not name.exists()


def test_a_file_of_the_machine_is_seen_and_cannot_be_changed(healthy_lab: Lab, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("machine")
    assert healthy_lab.host.run(f"cat {mine}") == "machine"
    healthy_lab.host.run(f"echo lab > {mine}; rm -r {tmp_path}")
    assert mine.read_text() == "machine"


def test_the_host_has_device_nodes_of_its_own(healthy_lab: Lab) -> None:
    before = Path("/dev/null").stat()
    host = healthy_lab.host
    host.run("echo nothing > /dev/null; head -c 3 /dev/zero > /dev/null; head -c 3 /dev/urandom > /dev/null")
    assert "No space left" in host.run("head -c 3 /dev/zero 2>&1 >/dev/full || true")
    host.run("mv /dev/null /dev/gone; echo broken > /dev/null; chmod 600 /dev/null; mv /dev/gone /dev/null")
    assert Path("/dev/null").stat() == before
