"""States that no packet shows: a text about them is true where a reading shows it, and false where one refutes it."""

from functools import cache
from pathlib import Path

import msgspec
import pytest

from hairpin.answer.texts.explain import TextAnswer, explain_texts
from hairpin.answer.texts.here import Here
from hairpin.collect import snapshot
from hairpin.evidence.reading import Evidence
from hairpin.explain.understand import understand
from tests.acceptance import recorded
from tests.explain.judge import HEALTHY, NOW
from tests.whole import thinned_rows

BOOTS = Path(__file__).parent.parent / "fixtures" / "boots"
VETH = "failed to add the host (veth1a2b3c4) <=> sandbox (veth5d6e7f8) pair interfaces: operation not supported"
VXLAN = 'subnet sandbox join failed for "10.0.1.0/24": error creating vxlan interface: operation not supported'
NO_CHAIN = "iptables --wait -t nat -A DOCKER -p tcp -j DNAT: iptables: No chain/target/match by that name."
ZONE = "failed to start daemon: ZONE_CONFLICT: 'docker0' already bound to a zone"
TWICE = "failed to start daemon: conflicts with network 1 (docker0): networks have same bridge name"
NAMED = (
    "Error response from daemon: cannot create network 466cb495c7e9 ({0}): conflicts with network 79bd64ddbbbe ({0}): "
    "networks have same bridge name"
)
BRIDGE = "Error: netavark: create bridge: Netlink error: Operation not supported (os error 95)"
EXISTS = "Error response from daemon: network with name {} already exists"
IN_USE = "Error response from daemon: error while removing network: network {} id 469e10dee4ac has active endpoints"
OVERLAP = (
    "cannot program address 10.10.0.4/16 in sandbox interface because it conflicts with existing route {Ifindex: 42 Dst"
)
UNREACHABLE = "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct"


@cache
def load(path: Path) -> Evidence:
    return snapshot.load(path)


def told(text: str, evidence: Evidence) -> TextAnswer:
    (found,) = explain_texts(understand((text.encode(),), NOW), (evidence,), None).found
    return found


def without_modules(evidence: Evidence) -> Evidence:
    """Return the host without the folder of its kernel's modules."""
    kept = tuple(each for each in evidence.readings if each.key not in ("module-files", "modules"))
    gone = msgspec.structs.replace(
        kept[0], key="module-files", netns="", origin="/lib/modules/6.1.0-18-amd64", text="not there\n", id="e9001"
    )
    return msgspec.structs.replace(evidence, readings=(*kept, gone))


def overlapping(evidence: Evidence) -> Evidence:
    """Return the host with the second network's subnet inside of the first one's."""
    changed = (
        msgspec.structs.replace(each, text=each.text.replace("172.30.0.0/24", "172.18.3.0/24"))
        if each.key == "docker-networks"
        else each
        for each in evidence.readings
    )
    return msgspec.structs.replace(evidence, readings=tuple(changed))


CASES: dict[str, tuple[str, Evidence, Here]] = {
    "no chain, and it is there": (NO_CHAIN, load(HEALTHY / "two-networks.hairpin"), "false"),
    "no chain, and it is gone": (NO_CHAIN, recorded.evidence("nat-flush-x.proxy-off"), "true"),
    "no dockerd, and it answers": (UNREACHABLE, load(HEALTHY / "two-networks.hairpin"), "false"),
    "no dockerd beside Podman": (UNREACHABLE, load(HEALTHY / "podman-cni.hairpin"), "unknown"),
    "no dockerd, and it is down": (UNREACHABLE, load(BOOTS / "firewalld-zone-conflict.hairpin"), "true"),
    "the zone, and dockerd runs": (ZONE, load(HEALTHY / "two-networks.hairpin"), "false"),
    "the zone keeps it from running": (ZONE, load(BOOTS / "firewalld-zone-conflict.hairpin"), "true"),
    "two records, and dockerd runs": (TWICE, load(HEALTHY / "two-networks.hairpin"), "false"),
    "two records, and another reason": (TWICE, load(BOOTS / "firewalld-zone-conflict.hairpin"), "unknown"),
    "a network has the bridge": (NAMED.format("docker0"), load(HEALTHY / "two-networks.hairpin"), "true"),
    "no network has the bridge": (NAMED.format("br-x"), load(HEALTHY / "two-networks.hairpin"), "false"),
    "veth, and there are such links": (VETH, load(HEALTHY / "two-networks.hairpin"), "false"),
    "Podman's bridge, and there are such links": (BRIDGE, load(HEALTHY / "two-networks.hairpin"), "false"),
    "the network is there": (EXISTS.format("bridge"), load(HEALTHY / "two-networks.hairpin"), "true"),
    "no network has the name": (EXISTS.format("gone"), load(HEALTHY / "two-networks.hairpin"), "false"),
    "a network is used": (IN_USE.format("back"), load(HEALTHY / "two-networks.hairpin"), "true"),
    "a network is there and unused": (IN_USE.format("bridge"), load(HEALTHY / "two-networks.hairpin"), "unknown"),
    "a network is not there": (IN_USE.format("gone"), load(HEALTHY / "two-networks.hairpin"), "false"),
    "no dockerd beside Podman has the network": (IN_USE.format("x"), load(HEALTHY / "podman-cni.hairpin"), "unknown"),
    "two networks of one container overlap": (OVERLAP, overlapping(load(HEALTHY / "two-networks.hairpin")), "true"),
    "two networks, and they do not overlap": (OVERLAP, load(HEALTHY / "two-networks.hairpin"), "unknown"),
    "no vxlan, and the modules are gone": (VXLAN, without_modules(load(HEALTHY / "two-networks.hairpin")), "true"),
}


@pytest.mark.parametrize(("text", "evidence", "here"), thinned_rows(CASES.values(), 6), ids=CASES)
def test_reading(text: str, evidence: Evidence, here: Here) -> None:
    assert told(text, evidence).here.here == here


def test_the_running_kernels_modules_are_gone() -> None:
    """The reboot is the repair, and no device is to be deleted."""
    found = told(VXLAN, without_modules(load(HEALTHY / "two-networks.hairpin"))).here
    assert found.cause is not None
    assert found.cause.id == "kernel-module-missing"
    said = " ".join(str(one) for each in found.cause.remedies for one in each.advice)
    assert "reboot into the kernel that is installed" in said
    assert not any(each.commands for each in found.cause.remedies)
