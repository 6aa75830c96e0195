"""A lab is complete, changes nothing outside, and leaves nothing behind, however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hairpin.errors import LabError
from hairpin.lab.build import Lab, running_lab, split_destination
from hairpin.lab.plan import ContainerPlan, HostPlan, LabPlan
from hairpin.lab.probe import Outcome
from tests.waiting import HANG_S

DESTINATIONS: dict[str, tuple[str, tuple[str, int, str]]] = {
    "tcp is the rule": ("198.51.100.11:8151", ("198.51.100.11", 8151, "tcp")),
    "udp is said": ("198.51.100.11:53/udp", ("198.51.100.11", 53, "udp")),
    "IPv6": ("[2001:db8::1]:80", ("2001:db8::1", 80, "tcp")),
}


@pytest.mark.parametrize(("text", "expected"), DESTINATIONS.values(), ids=DESTINATIONS)
def test_destination(text: str, expected: tuple[str, int, str]) -> None:
    assert split_destination(text) == expected


@pytest.mark.parametrize(
    ("place", "to", "outcome"),
    (
        ("client", "198.51.100.11:8151", Outcome.DELIVERED),
        ("neighbour", "198.51.100.11:8151", Outcome.DELIVERED),
        ("host", "127.0.0.1:8151", Outcome.DELIVERED),
        ("container:web", "127.0.0.1:80", Outcome.DELIVERED),
        ("client", "198.51.100.11:8152", Outcome.REFUSED),
        ("client", "203.0.113.1:80", Outcome.UNREACHABLE),
    ),
)
def test_real_connections(healthy_lab: Lab, place: str, to: str, outcome: Outcome) -> None:
    assert healthy_lab.probe(place, to) is outcome


def test_machine_that_is_not_there(healthy_lab: Lab) -> None:
    with pytest.raises(LabError, match="no machine 'gateway'"):
        healthy_lab.probe("gateway", "198.51.100.11:8151")


def test_engine_answers_from_the_network_namespace_alone(healthy_lab: Lab) -> None:
    entered = ("nsenter", f"--net=/proc/{healthy_lab.host.pid}/ns/net", "docker", "ps", "--format", "{{.Names}}")
    names = subprocess.run(
        entered, env=os.environ | {"DOCKER_HOST": healthy_lab.docker_host}, capture_output=True, text=True, check=True
    ).stdout
    assert names == "web\n"


def test_host_writes_its_own_files_only(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan(containers=()))
    for folder in ("etc", "usr", "var", "run"):
        lab.host.run(f"echo mine > /{folder}/hairpin-lab-was-here")
        assert lab.host.run(f"cat /{folder}/hairpin-lab-was-here") == "mine\n"
        assert not Path(f"/{folder}/hairpin-lab-was-here").exists()


def test_fillers_make_a_busy_host(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan(fillers=4))
    assert len(lab.host.run("docker ps -q").split()) == 5
    assert lab.probe("client", "198.51.100.11:20004", HANG_S) is Outcome.DELIVERED


def test_two_hosts_are_two_machines(lab_host: Callable[[LabPlan], Lab]) -> None:
    """Each has its own name, identity, engine and containers. ``@`` names one; without it the first is meant."""
    lab = lab_host(LabPlan(join="flannel-vxlan", hosts=(HostPlan(name="node1"), HostPlan(name="node2"))))
    identity = "cat /etc/hostname /etc/machine-id /proc/sys/kernel/random/boot_id; docker ps -q"
    told = [lab.node(place).run(identity).split() for place in ("host@node1", "host@node2")]
    assert [name for name, *_rest in told] == ["node1", "node2"]
    assert set(told[0]).isdisjoint(told[1])
    assert lab.node("host") is lab.node("host@node1") is lab.host
    addresses = [lab.node(f"container:web@{name}").run("ip -br -4 address") for name in ("node1", "node2")]
    assert ["10.244.1.2/24" in addresses[0], "10.244.2.2/24" in addresses[1]] == [True, True]
    assert lab.probe("container:web", "10.244.2.2:80", HANG_S) is Outcome.DELIVERED
    with pytest.raises(LabError, match="no machine 'host@node3'"):
        lab.probe("host@node3", "10.244.2.2:80")


def namespaces_in_use() -> frozenset[str]:
    """Return the identities of all network, mount, PID and UTS namespaces that some process is in."""
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        for kind in ("net", "mnt", "pid", "uts"):
            try:
                found.add(str((process / "ns" / kind).readlink()))
            except (FileNotFoundError, ProcessLookupError, PermissionError):  # ended meanwhile, or not ours
                break
    return frozenset(found)


@contextmanager
def held_namespaces(lab: Lab) -> Generator[frozenset[str]]:
    """Yield the identities of the lab's namespaces and hold them open: the kernel would give the number of a freed
    namespace to the next one, which may be another lab's.
    """
    machines = (lab.client, lab.router, lab.neighbour, *lab.hosts)
    kinds = {host.name: ("net", "mnt", "pid", "uts") for host in lab.hosts}
    with held(
        [Path(f"/proc/{node.pid}/ns/{kind}") for node in machines for kind in kinds.get(node.name, ("net",))]
    ) as own:
        yield own


@contextmanager
def held(paths: list[Path]) -> Generator[frozenset[str]]:
    """Yield the identities of the namespaces at these paths, and hold them open during the block."""
    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(path.open("rb"))
        yield frozenset(str(path.readlink()) for path in paths)


def lab_cgroups(pid: int) -> list[Path]:
    return [
        path
        for pattern in (f"hairpin-lab-{pid}-*", f"*/hairpin-lab-{pid}-*")
        for path in Path("/sys/fs/cgroup").glob(pattern)
    ]


def test_closed_lab_leaves_nothing() -> None:
    others = lab_cgroups(os.getpid())
    with ExitStack() as stack:
        with running_lab(LabPlan(fillers=2)) as lab:
            own = stack.enter_context(held_namespaces(lab))
            assert len(own) == 7
            assert own <= namespaces_in_use()
            # In cgroup version 1 a frozen process does not react even to SIGKILL.
            lab.host.run("docker pause web")
            assert len(lab_cgroups(os.getpid())) > len(others)
            # Other programs of this machine mount, too; what a host of the lab has mounted is in its own namespace.
            inside = set(lab.host.run("cat /proc/self/mounts").splitlines())
            outside = set(Path("/proc/self/mounts").read_text().splitlines())
            assert inside - outside
        assert own.isdisjoint(namespaces_in_use())
    assert not (inside - outside) & set(Path("/proc/self/mounts").read_text().splitlines())
    assert lab_cgroups(os.getpid()) == others


def test_closed_lab_of_three_hosts_leaves_nothing() -> None:
    plan = LabPlan(hosts=tuple(HostPlan(name=name) for name in ("node1", "node2", "node3")))
    with ExitStack() as stack:
        with running_lab(plan) as lab:
            own = stack.enter_context(held_namespaces(lab))
            assert len(own) == 15
            lab.node("host@node3").run("docker pause web")
        assert own.isdisjoint(namespaces_in_use())


def test_failing_block_takes_the_lab_down() -> None:
    seen: list[frozenset[str]] = []

    def fail(stack: ExitStack) -> None:
        with running_lab(LabPlan(containers=())) as lab:
            seen.append(stack.enter_context(held_namespaces(lab)))
            lab.host.run("exit 7")

    with ExitStack() as stack:
        with pytest.raises(LabError, match="failed with status 7"):
            fail(stack)
        assert seen[0].isdisjoint(namespaces_in_use())


def test_container_that_does_not_start_is_reported() -> None:
    plan = LabPlan(containers=(ContainerPlan(options="--network no-such-network"),))
    with pytest.raises(LabError, match="no-such-network"), running_lab(plan):
        pass


HOLDER = """
import signal
from hairpin.lab.build import running_lab
from hairpin.lab.node import python
from hairpin.lab.plan import LabPlan
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts the tests behind itself has it ignored
with running_lab(LabPlan()) as lab:
    lab.host.run("docker pause web")
    lab.client.start((*python("responder.py"), "tcp", "192.0.2.10", "9000")).stdout.readline()
    nodes = (lab.client, lab.router, lab.neighbour, lab.host)
    print(*(f"/proc/{node.pid}/ns/net" for node in nodes), flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
def test_lab_ends_with_its_process(number: signal.Signals) -> None:
    """The sweeper inherits the process's standard output: this pipe ends with the last process of the lab."""
    argv = (sys.executable, "-c", HOLDER)
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        )
        try:
            assert process.stdout is not None
            own = stack.enter_context(held([Path(each) for each in process.stdout.readline().split()]))
            assert len(own) == 4
            assert own <= namespaces_in_use()
            assert lab_cgroups(process.pid)
            process.send_signal(number)
            assert process.stdout.read() == ""
        finally:
            process.kill()
        assert own.isdisjoint(namespaces_in_use())
    assert lab_cgroups(process.pid) == []


CONTAINERS = (ContainerPlan(publish=("8151:80",), engine="podman"),)


@pytest.mark.parametrize(("backend", "chain"), (("netavark", "NETAVARK_FORWARD"), ("cni", "CNI-FORWARD")))
def test_it_runs_a_container_with_its_network_back_end(
    lab_host: Callable[[LabPlan], Lab], backend: str, chain: str
) -> None:
    plan = LabPlan(docker=False, podman="cni" if backend == "cni" else "netavark", containers=CONTAINERS)
    lab = lab_host(plan)
    assert lab.host.run("podman info --format '{{.Host.NetworkBackend}}'").strip() == backend
    assert f":{chain} " in lab.host.run("iptables-save")
    assert lab.probe("client", "198.51.100.11:8151", HANG_S) is Outcome.DELIVERED
    assert "dockerd" not in lab.host.run("ps -eo comm")
    assert lab.host.run("cat /run/cgroup-parent").startswith("/hairpin-lab-")
    assert lab.node("container:web").run("ip -4 -o address show eth0")


def test_firewalld_runs_and_dockerd_has_its_zone(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan(firewall="firewalld"))
    assert lab.host.run(("firewall-cmd", "--state")).strip() == "running"
    assert lab.host.run(("firewall-cmd", "--get-zone-of-interface=docker0")).strip() == "docker"


def test_ufw_is_active(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan(firewall="ufw"))
    assert "Status: active" in lab.host.run("ufw status")
