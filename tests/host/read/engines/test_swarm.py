"""Services and tasks of a real swarm of one node, dockerd 20.10.24: allow-listed fields, shortened ids."""

import msgspec
import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.host.host import Namespace
from hairpin.host.read.engines.swarm import sandbox_of, services, with_mesh, with_tasks
from hairpin.host.socket import Relay, Socket
from hairpin.host.swarm import MeshPort, ServicePort, SwarmService
from tests.engines.swarm_node import node

BAD = (
    '{"ID":"f1","Spec":{"Name":"bad","EndpointSpec":{"Mode":"vip"}},"Endpoint":{"Ports":[{"Protocol":"tcp",'
    '"TargetPort":80,"PublishedPort":8091,"PublishMode":"ingress"}]},'
    '"ServiceStatus":{"RunningTasks":0,"DesiredTasks":1,"CompletedTasks":0}}'
)
UNTOLD = (
    '{"ID":"f2","Spec":{"Name":"api"},"Endpoint":{"Ports":[{"Protocol":"udp","TargetPort":53,"PublishMode":"host"}]}}'
)
TASKS = """{"ID":"t1","ServiceID":"f1","NodeID":"n","Status":{"Timestamp":"2026-11-25T05:22:02.4Z","State":"failed",\
"Err":"starting container failed: exec: \\"/nosuch\\": no such file"},"DesiredState":"shutdown"}
{"ID":"t0","ServiceID":"f1","NodeID":"n","Status":{"Timestamp":"2026-11-25T05:21:02.4Z","State":"failed",\
"Err":"older"},"DesiredState":"shutdown"}
{"ID":"t2","ServiceID":"f2","Status":{"Timestamp":"2026-11-25T05:22:02.1Z","State":"running"},"DesiredState":"running"}
{"ID":"t3","ServiceID":"f2","Status":{"Timestamp":"2026-11-25T05:20:02.1Z","State":"shutdown"},"DesiredState":"shutdown"}
""".replace("\\\n", "")


def test_ports_and_the_tally_of_tasks() -> None:
    assert services(text_reading(f"{BAD}\n{UNTOLD}\n", "s", "r1")) == (
        SwarmService("f1", "bad", (ServicePort("tcp", 8091, 80),), wanted=1, running=0, evidence="r1"),
        SwarmService("f2", "api", evidence="r1"),
    )


def test_tasks_tell_the_newest_error_and_what_the_manager_did_not_count() -> None:
    bad, api = with_tasks(services(text_reading(f"{BAD}\n{UNTOLD}", "s")), TASKS, source="t")
    assert bad.error == 'starting container failed: exec: "/nosuch": no such file'
    assert (bad.wanted, bad.running) == (1, 0)
    assert (api.wanted, api.running, api.error) == (1, 1, "")


def test_what_is_no_json_is_an_error() -> None:
    with pytest.raises(ParseError):
        services(text_reading("Error response from daemon", "s"))


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
