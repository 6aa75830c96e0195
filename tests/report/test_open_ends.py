"""Every state that a drawing can end in has a cause that is asked there, or a question with its command."""

from typing import get_args

import msgspec
import pytest

from hairpin.causes.reasons import ASKED_AT
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.link import PORT_STATES, BridgeInfo, BridgePort
from hairpin.host.swarm import MeshPort
from hairpin.netfilter.address import Version
from hairpin.network.network import Network
from hairpin.report.open_ends import OPEN_ENDS, is_known_limit, open_end
from hairpin.walk.state import Reason
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import with_link
from tests.rows import each_row
from tests.small_host import host_namespace, network, published

REASONS = get_args(Reason)

UNDECIDED = {"taken-away", "rules-unread", "sockets-unread", "namespace-unread", "endpoint-elsewhere", "opaque-device",
             "too-many-ways"}  # fmt: skip
"""Stops that decide no verdict: the answer says on what it depends."""
STATED = {"upstream-denies"}
"""The user has stated the fact that decides."""
OPEN_CONNECTIONS = {"redirect-translated", "masquerade-moved"}
"""Only packets of connections that are open already end so."""


@each_row("reason", REASONS)
def test_every_stop_has_causes_or_decides_no_verdict(reason: Reason) -> None:
    asked = [each for each, at in ASKED_AT.items() if reason in at.split()]
    assert bool(asked) != (reason in UNDECIDED | STATED | OPEN_CONNECTIONS)


@each_row("reason", REASONS)
def test_every_stop_leaves_a_question_with_a_command_open(reason: Reason) -> None:
    stop = walk_flow(network(), published()).usual.stop
    assert stop is None
    failing = walk_flow(blocked("blocking"), published()).usual.stop
    assert failing is not None
    said = str(open_end(network(), msgspec.structs.replace(failing, reason=reason)))
    assert "?" in said or "hairpin as root" in said or "stated" in said
    assert "{" not in said


def test_no_reason_is_left_out() -> None:
    assert set(OPEN_ENDS) == set(REASONS)


@pytest.mark.parametrize(("driver", "asks"), (("overlay", "port 7946"), ("bridge", "`ip neigh`")))
def test_on_an_overlay_the_nodes_of_the_swarm_are_asked_about(driver: str, asks: str) -> None:
    built = network()
    (docker,) = built.this.engines
    joined = (msgspec.structs.replace(docker.networks[0], driver=driver),)
    host = msgspec.structs.replace(built.this, engines=(msgspec.structs.replace(docker, networks=joined),))
    failing = walk_flow(blocked("blocking"), published()).usual.stop
    assert failing is not None
    stop = msgspec.structs.replace(failing, reason="no-neighbour")
    assert asks in str(open_end(built.with_host(host), stop))


def blocked(state: str, *, stp: bool = False) -> Network:
    host = with_link(host_namespace(), "docker0", bridge=BridgeInfo(stp=stp))
    return network(with_link(host, "veth1", port=BridgePort(state=state)))


@pytest.mark.parametrize("stp", (False, True))
@pytest.mark.parametrize("state", [each for each in PORT_STATES if each not in ("", "forwarding")])
def test_every_state_of_a_bridge_port_has_a_cause(state: str, stp: bool) -> None:
    assert diagnose(blocked(state, stp=stp), published()).causes


@pytest.mark.parametrize(("address", "asks"), ((1, "IPv6 has no route_localnet"), (2, "`ip route get")))
def test_an_answer_to_the_loopback_address_of_ipv6_needs_another_address(address: int, asks: str) -> None:
    failing = walk_flow(blocked("blocking"), published()).usual.stop
    assert failing is not None
    packet = msgspec.structs.replace(failing.seen.packet, version=6, daddr=address)
    seen = msgspec.structs.replace(failing.seen, packet=packet)
    stop = msgspec.structs.replace(failing, reason="no-route", seen=seen)
    assert asks in str(open_end(network(), stop))
    assert is_known_limit(network(), stop) is (address == 1)


MESH: dict[str, tuple[int, int, Reason, bool]] = {
    "the mesh over IPv6": (6, 8151, "never-accepts", True),
    "the mesh over IPv4": (4, 8151, "never-accepts", False),
    "a container's port, which dockerd holds": (6, 8152, "never-accepts", False),
    "a stopped process": (6, 8151, "process-frozen", False),
}


@pytest.mark.parametrize(("version", "port", "reason", "is_mesh"), MESH.values(), ids=MESH)
def test_a_port_of_the_mesh_has_no_service_over_ipv6(
    version: Version, port: int, reason: Reason, is_mesh: bool
) -> None:
    built = network()
    (docker,) = built.this.engines
    node = msgspec.structs.replace(docker, mesh=(MeshPort("tcp", 8151),))
    failing = walk_flow(blocked("blocking"), published()).usual.stop
    assert failing is not None
    packet = msgspec.structs.replace(failing.seen.packet, version=version, daddr=1, dport=port)
    seen = msgspec.structs.replace(failing.seen, packet=packet)
    stop = msgspec.structs.replace(failing, reason=reason, seen=seen, netns=built.this.netns)
    within = built.with_host(msgspec.structs.replace(built.this, engines=(node,)))
    assert is_known_limit(within, stop) is is_mesh
    assert ("Port 8151 belongs to a swarm's service" in str(open_end(within, stop))) is is_mesh
    assert not is_known_limit(built, stop)
