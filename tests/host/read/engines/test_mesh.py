"""The ports of a swarm's services are those that dockerd holds and no container has."""

import msgspec

from hairpin.host.docker import DockerNetwork, Engine, MeshPort
from hairpin.host.host import Namespace
from hairpin.host.read.engines.mesh import sandbox_of, with_mesh
from hairpin.host.socket import Relay, Socket
from tests.engines.swarm_node import node

SANDBOX = 0xAC120002
GATEWAY = DockerNetwork("g", "docker_gwbridge", "bridge", ingress_sandbox=SANDBOX)
HELD = Socket("tcp", 6, None, 8080, process="dockerd")
OTHERS = (
    Socket("tcp", 6, None, 2377, process="dockerd"),
    Socket("tcp", 6, None, 8082, process="nginx"),
    Socket("tcp", 4, 0x7F000001, 8083, process="dockerd"),
    msgspec.structs.replace(HELD, port=8151, relay=Relay(4, 1, 80, holds_only=True)),
)


def test_a_real_node() -> None:
    engine, *_ = node().engines
    assert engine.mesh == (MeshPort("tcp", 8080),)
    assert sandbox_of((engine,)) == SANDBOX


def test_only_what_the_daemon_holds_for_a_service_counts() -> None:
    engine = Engine("docker", "20.10.24", networks=(GATEWAY,))
    (found,), (namespace,) = with_mesh((engine,), (Namespace("host", sockets=(HELD, *OTHERS)),))
    assert found.mesh == (MeshPort("tcp", 8080),)
    assert namespace.sockets == (msgspec.structs.replace(HELD, relay=Relay(4, SANDBOX, 8080, holds_only=True)), *OTHERS)


def test_a_host_outside_of_a_swarm_stays_as_it_is() -> None:
    engine = Engine("docker", "20.10.24", networks=(msgspec.structs.replace(GATEWAY, ingress_sandbox=None),))
    spaces = (Namespace("host", sockets=(HELD,)),)
    assert with_mesh((engine,), spaces) == ((engine,), spaces)
