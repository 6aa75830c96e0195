"""An overlay network of a swarm, whose bridge, vxlan device and veths are in a namespace of dockerd's."""

import msgspec
import pytest

from hairpin.change.change import SetLink
from hairpin.diagnose.diagnose import diagnose
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.remedy.plan import remedies
from tests.causes.case import Case, fires, is_silent
from tests.causes.overlay_hosts import (
    BEHIND,
    FORGOTTEN,
    FROM_NODE2,
    LEARNED,
    OVERLAY,
    PORT,
    TO_NODE2,
    WEB2,
    deleted,
    device,
    set_there,
)
from tests.whole import one_of_each

BLOCKED = msgspec.structs.replace(PORT.port, state="blocking") if PORT.port is not None else None
CLIENT = parse_address("192.0.2.10")[1]
ETH0 = next(each for each in OVERLAY.namespace(WEB2).links if each.name == "eth0")
BROKEN: dict[str, tuple[Network, str]] = {
    "the container's veth has no bridge": (set_there(PORT, master=None, port=None), "veth-detached-from-bridge"),
    "the other end of the container's veth is down": (set_there(PORT, up=False), "veth-down"),
    "the container's interface is down": (set_there(ETH0, WEB2, up=False), "container-link-down"),
    "the container's port of the bridge is blocked": (set_there(PORT, port=BLOCKED), "bridge-port-blocked"),
    "the bridge is down": (set_there(device("br0"), up=False), "bridge-down"),
    "the bridge is gone": (deleted("br0"), "overlay-devices-lost"),
    "the vxlan device has no bridge": (set_there(device("vxlan0"), master=None, port=None), "tunnel-port-detached"),
    "the vxlan device is down": (set_there(device("vxlan0"), up=False), "overlay-devices-lost"),
    "the vxlan device is gone": (deleted("vxlan0"), "overlay-devices-lost"),
    "dockerd has written no entries": (OVERLAY.with_namespace(BEHIND, LEARNED), "overlay-peer-missing"),
    "the vxlan device has no neighbour entries": (FORGOTTEN, "overlay-devices-lost"),
}
CASES = {
    f"{what}, and node2 {does}": Case(sick, flow, (cause,), OVERLAY)
    for what, (sick, cause) in BROKEN.items()
    for does, flow in (("asks", FROM_NODE2), ("is asked", TO_NODE2))
}


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_fires(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("flow", (FROM_NODE2, TO_NODE2))
def test_is_silent(flow: Flow) -> None:
    is_silent(OVERLAY, flow)


def _commands(sick: Network) -> tuple[str, ...]:
    (suspect,) = diagnose(sick, TO_NODE2).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, sick)
    return remedy.commands


@pytest.mark.parametrize("name", ("the container's veth has no bridge", "the vxlan device has no bridge"))
def test_a_port_is_attached_in_dockerds_namespace(name: str) -> None:
    link = PORT.name if "veth" in name else "vxlan0"
    file = f"/run/docker/netns/{BEHIND.name.removeprefix('netns:')}"
    assert _commands(BROKEN[name][0]) == (f"nsenter --net={file} ip link set {link} master br0",)


def test_a_network_is_made_anew_when_no_container_is_left_on_it() -> None:
    stopped = ("docker stop echo", "docker stop web")
    assert _commands(deleted("vxlan0")) == (*stopped, "docker start echo", "docker start web")


def test_the_only_container_on_a_network_is_restarted() -> None:
    assert _commands(_with_containers(deleted("vxlan0"), "web")) == ("docker restart web",)


def test_a_task_of_a_swarm_is_left_to_swarm() -> None:
    assert _commands(_with_containers(deleted("vxlan0"), "web", is_task=True)) == ()


def test_the_namespace_of_published_ports_is_attached_to_swarms_new_bridge_too() -> None:
    netns = OVERLAY.host_netns("node2")
    sick = deleted("docker_gwbridge", netns)
    ports = {each.name for each in OVERLAY.namespace(netns).links if each.master == "docker_gwbridge"}
    (bridge_missing,) = diagnose(sick, msgspec.structs.replace(FROM_NODE2, daddr=CLIENT)).causes
    parts = (each for each in bridge_missing.candidate.change.parts if isinstance(each, SetLink))
    attached = {each.link.name for each in parts if each.link.master == "docker_gwbridge"}
    assert (bridge_missing.cause, attached, len(ports)) == ("bridge-missing", ports, 3)


def _with_containers(whole: Network, name: str, *, is_task: bool = False) -> Network:
    """Return the network in which node2 runs that container alone."""
    host = whole.host("node2")
    engines = tuple(
        msgspec.structs.replace(
            each,
            containers=tuple(
                msgspec.structs.replace(one, is_task=is_task) for one in each.containers if one.name == name
            ),
        )
        for each in host.engines
    )
    return whole.with_host(msgspec.structs.replace(host, engines=engines))
