"""What the collector knows of processes, and whose a socket is."""

import pytest

from hairpin.host.read.processes import Holder, Processes, held_by, processes
from hairpin.host.read.readings import Readings
from hairpin.host.socket import Socket
from tests.host.fixture_evidence import evidence
from tests.rows import each_row


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


def test_holders_of_sockets_by_inode() -> None:
    """The smallest id comes first; what is no such line is skipped."""
    lines = "91880 112 nginx\n91880 12 nginx\n91880 12 nginx\n7 3 tmux: a b\nodd\n"
    found = processes(Readings(evidence(("socket-owners", "", "/proc/PID/fd", lines))))
    assert found.holding("91880") == (Holder("nginx", 12), Holder("nginx", 112))
    assert found.holding("7") == (Holder("tmux: a b", 3),)
    assert found.holding("8") == ()


SHOWN = (
    "Listen=[::]:22 (Stream)\nId=ssh.socket\n\nListen=/run/x (Stream)\nListen=192.0.2.1:53 (Datagram)\nId=dns.socket\n"
    "\nListenStream=0.0.0.0:23\nId=telnet.socket\n\nId=ssh.service\n"
)
OF_UNITS = {
    "every address": (Socket("tcp", 6, None, 22), 1, "ssh.socket"),
    "its service holds it too": (Socket("tcp", 6, None, 22), 2, "ssh.socket"),
    "one address": (Socket("udp", 4, 0xC0000201, 53), 1, "dns.socket"),
    "as old releases print it": (Socket("tcp", 4, None, 23), 1, "telnet.socket"),
    "another protocol": (Socket("tcp", 4, 0xC0000201, 53), 1, "systemd"),
    "another process": (Socket("tcp", 6, None, 22), 0, "sshd"),
}


@pytest.mark.parametrize(("socket", "holders", "process"), OF_UNITS.values(), ids=OF_UNITS)
def test_a_socket_that_systemd_opened_is_the_units(socket: Socket, holders: int, process: str) -> None:
    both = (Holder("systemd", 1), Holder("sshd", 99))
    found = held_by(
        socket, both[:holders] or both[1:], processes(Readings(evidence(("units", "", "systemctl", SHOWN))))
    )
    assert found.process == process
    assert found.service == (process if process.endswith(".socket") else "")


def test_a_socket_that_several_processes_hold() -> None:
    """Any that runs serves it; a relay is the one that counts."""
    held, other = Holder("nginx", 12), Holder("docker-proxy", 13)
    socket = Socket("tcp", 4, None, 80)
    assert held_by(socket, (), Processes()) == socket
    assert held_by(socket, (held, other), Processes()).process == "docker-proxy"
    assert not held_by(socket, (held, other), Processes(halted=frozenset({12}))).halted
    stopped = held_by(socket, (held, other), Processes(halted=frozenset({12}), frozen={13: "/group"}))
    assert (stopped.halted, stopped.frozen) == (False, "/group")
    assert held_by(socket, (held,), Processes(container={12: "abc"})).container == "abc"


def test_the_first_process_of_a_container_from_which_another_comes() -> None:
    """Of `docker exec`'s processes that is not the container's own first process: containerd's shim starts both."""
    lines = "5\t1\n20\t5 20 100\n21\t20\n22\t21\n30\t5\n31\t30\nodd\n"
    members = "".join(f"{pid}\tabc\n" for pid in (20, 21, 22, 30, 31))
    known = processes(
        Readings(
            evidence(
                ("process-parents", "", "/proc/PID/stat", lines),
                ("container-processes", "", "/proc/PID/cgroup", members),
                ("process-units", "", "/proc/PID/cgroup", "5\t/system.slice/nginx.service\n"),
            )
        )
    )
    assert [known.ancestor(pid) for pid in (22, 20, 31, 5, 99)] == [20, 20, 30, None, None]
    assert not known.joined_later(22), "an older snapshot tells parents alone"
    socket = Socket("tcp", 4, None, 80)
    assert held_by(socket, (Holder("sh", 22), Holder("sh", 31)), known).ancestors == (20, 30)
    assert held_by(socket, (Holder("nginx", 5),), known).unit == "/system.slice/nginx.service"


LATE: dict[str, tuple[str, bool]] = {
    "a daemon of docker exec's": ("20\t5 20 100\n21\t20 21 900\n", True),
    "its child": ("20\t5 20 100\n22\t20 22 900\n21\t22 21 950\n", True),
    "a daemon of the image's": ("20\t5 20 100\n21\t20 21 250\n", False),
    "a late child in the session of the first process": ("20\t5 20 100\n21\t20 20 900\n", False),
    "the first process": ("21\t5 21 900\n", False),
    "docker exec's own process": ("20\t5 20 100\n21\t5 21 900\n", False),
    "sessions were not read": ("20\t5\n21\t20\n", False),
}


@each_row(("lines", "expected"), LATE.values(), ids=LATE)
def test_a_daemon_that_has_come_into_a_container_later(lines: str, expected: bool) -> None:
    members = "".join(f"{pid}\tabc\n" for pid in (20, 21, 22))
    known = processes(
        Readings(
            evidence(
                ("process-parents", "", "/proc/PID/stat", lines),
                ("container-processes", "", "/proc/PID/cgroup", members),
            )
        )
    )
    assert held_by(Socket("tcp", 4, None, 80), (Holder("httpd", 21),), known).is_late is expected


@pytest.mark.parametrize(("process", "halted"), (("rootlessport", True), ("docker-proxy", False)))
def test_the_child_of_rootlessport_is_the_one_that_connects(process: str, halted: bool) -> None:
    """A halted child of another relay has no part in the connection."""
    socket = Socket("tcp", 4, None, 8151)
    found = held_by(socket, (Holder(process, 12),), Processes(halted=frozenset({13}), parent={13: 12}))
    assert (found.halted, found.pid, found.process) == (halted, 13 if halted else 12, process)
