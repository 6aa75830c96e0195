"""What the collector knows of processes beside their sockets."""

from hairpin.host.read.processes import processes
from hairpin.host.read.readings import Readings
from tests.host.fixture_evidence import evidence


def test_lines_of_three_readings() -> None:
    found = processes(
        Readings(
            evidence(
                ("halted-processes", "", "/proc/PID/stat", "7\nnone\n"),
                ("frozen-processes", "", "/sys/fs/cgroup", "8\t/sys/fs/cgroup/freezer/docker/x\n"),
                ("container-processes", "", "/proc/PID/cgroup", "8\tabc\n9\tdef\nodd\n"),
            )
        )
    )
    assert (found.halted, found.frozen) == (frozenset({7}), {8: "/sys/fs/cgroup/freezer/docker/x"})
    assert found.container == {8: "abc", 9: "def"}
