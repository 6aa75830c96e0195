"""Containers that share the network of another one, and tasks of a swarm, after events."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import examine
from hairpin.diagnose.foreseen import foreseen
from hairpin.events.happening import asked_course, course_of
from hairpin.evidence.reading import text_reading
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.read.engines.container_json import containers
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_event
from hairpin.remedy.averting import averting
from hairpin.walk.walk import walk_flow
from tests.engines.swarm_node import SANDBOX, forwarding, node
from tests.small_host import container, container_namespace, engine, host_namespace, network, published

PORT = msgspec.structs.replace(published(), container="web", purpose="published")


def shared(*, policy: str = "no", sides: str = "no") -> Network:
    """Return the host on which ``side`` listens for ``web``, whose network it shares."""
    web = msgspec.structs.replace(container(), restart_policy=policy, started_at="2026-01-01")
    side = msgspec.structs.replace(
        web, id="d" * 64, name="side", bindings=(), endpoints=(), network_mode=f"container:{web.id}",
        restart_policy=sides, started_at="2026-01-02",
    )  # fmt: skip
    service = Socket("tcp", 4, None, 80, process="httpd", pid=50, container=side.id)
    return network(inner=container_namespace((service,)), docker=engine(side, web))


# event, the verdict after it; the cause, if it fails
EVENTS: dict[str, tuple[Network, str, str, str]] = {
    "all are restarted": (shared(), "container-restart", "delivered", ""),
    "the owner alone is restarted": (shared(), "container-restart:web", "refused", "shared-namespace-left"),
    "the sharer alone is restarted": (shared(), "container-restart:side", "delivered", ""),
    "all are recreated": (shared(), "container-recreate", "delivered", ""),
    "the owner alone is recreated": (shared(), "container-recreate:web", "refused", "shared-namespace-left"),
    "the sharer alone is recreated": (shared(), "container-recreate:side", "delivered", ""),
    "the sharer ends": (shared(), "container-stop:side", "refused", "service-not-listening"),
    "dockerd starts both": (shared(policy="always", sides="always"), "docker-restart", "delivered", ""),
    "dockerd starts the owner alone": (shared(policy="always"), "docker-restart", "refused", "service-not-listening"),
}


@pytest.mark.parametrize(("within", "event", "verdict", "cause"), EVENTS.values(), ids=EVENTS)
def test_a_shared_namespace(within: Network, event: str, verdict: str, cause: str) -> None:
    _, course = asked_course(within, parse_event(event))
    found = diagnose(course.network, PORT)
    assert found.trace.verdict == verdict
    assert [each.cause for each in found.causes] == ([cause] if cause else [])


@pytest.mark.parametrize("event", ("container-restart", "container-recreate"))
def test_a_pod_has_its_address_after_a_restart(event: str) -> None:
    """Podman shows the pod's address for each of its containers.  Only the infra container has it."""
    infra = msgspec.structs.replace(container(), name="0a1b2c3d4e5f-infra")
    text = msgspec.json.encode([_shown(infra, "bridge"), _shown(infra, f"container:{infra.id}", "b" * 64, "web")])
    read = containers(text_reading(text.decode(), "podman inspect", ""))
    own, web = (msgspec.structs.replace(each, netns=infra.netns) for each in read)
    service = Socket("tcp", 4, None, 80, process="httpd", pid=50, container=web.id)
    docker = msgspec.structs.replace(engine(own, web), kind="podman", network_backend="netavark")
    _, course = asked_course(network(inner=container_namespace((service,)), docker=docker), parse_event(event))
    ends = [end.ipv4 for each in course.host.containers() for end in each.endpoints]
    held = [
        each.value
        for space in course.host.namespaces
        for each in space.addresses
        if space.name != "host" and each.scope == "global"
    ]
    assert ends == held
    assert len(held) == 1


def _shown(infra: Container, mode: str, number: str = "", name: str = "") -> dict[str, object]:
    """Return what `podman inspect` shows of a container of the infra container's pod."""
    (end,) = infra.endpoints
    return {
        "Id": number or infra.id,
        "Name": name or infra.name,
        "State": {"Status": "running", "Running": True, "Pid": 50},
        "HostConfig": {"NetworkMode": mode},
        "NetworkSettings": {"Networks": {end.network: {"IPAddress": address_text(end.ipv4 or 0, 4)}}},
    }


def test_a_sharer_that_ends_behind_its_owner_takes_the_left_namespace_along() -> None:
    course = course_of(shared(), "test", "container-stop")
    assert course is not None
    assert [each.name for each in course.host.namespaces] == ["host"]


def test_a_restart_policy_is_given_to_the_owner_and_to_those_that_share_its_network() -> None:
    within = shared()
    (found,) = (each for each in foreseen(examine(within, (PORT,)), frozenset()) if each.id == "restart-policy-missing")
    assert found.later is not None
    (remedy,) = averting(found, found.later, within, (PORT,))
    assert set(remedy.persist_commands) == {
        f"docker update --restart unless-stopped {name}" for name in ("side", "web")
    }


def test_a_restart_in_ordinary_care_is_one_of_all_that_share_the_network() -> None:
    """A restart of the owner alone cuts the others off, which somebody asks for by its name."""
    found = [each.id for each in foreseen(examine(shared(policy="always", sides="always"), (PORT,)), frozenset())]
    assert "shared-namespace-left" not in found
    assert "service-not-listening" not in found


def test_the_swarm_runs_its_tasks_again() -> None:
    task = msgspec.structs.replace(container(), is_task=True, service="shop")
    within = network(docker=engine(task))
    course = course_of(within, within.this.name, "docker-restart")
    assert course is not None
    assert walk_flow(course.network, PORT).succeeds
    assert any("shop" in str(each) for each in course.conditions)
    assert not any(each.id == "restart-policy-missing" for each in foreseen(examine(within, (PORT,)), frozenset()))


def of_tasks(*, mesh: bool) -> Host:
    """Return the recorded node of a swarm, whose containers are tasks.  ``mesh``: whether the kernel has IPVS; without
    it, dockerd makes no namespace of the routing mesh, and the tasks alone have links on docker_gwbridge."""
    host = forwarding(node())
    docker = next(each for each in host.engines if each.kind == "docker")
    tasks = tuple(
        msgspec.structs.replace(each, is_task=True, service=each.name.partition(".")[0]) for each in docker.containers
    )
    host = host.with_engine(msgspec.structs.replace(docker, containers=tasks))
    if mesh:
        return host
    sandbox = {each.peer_index for each in host.namespace(SANDBOX).links}
    spaces = tuple(
        msgspec.structs.replace(each, links=tuple(one for one in each.links if one.index not in sandbox))
        for each in host.namespaces
        if each.name != SANDBOX
    )
    return msgspec.structs.replace(host, namespaces=spaces)


@pytest.mark.parametrize("mesh", (True, False))
@pytest.mark.parametrize("event", ("reboot", "docker-restart", "container-restart"))
def test_a_swarms_node_is_after_a_boot_as_before(event: str, *, mesh: bool) -> None:
    """dockerd makes the mesh's namespace again, and the links of the tasks give docker_gwbridge carrier again."""
    within = Network((of_tasks(mesh=mesh),))
    _, course = asked_course(within, parse_event(event))
    flows = [each for each in flows_for(within, (), None) if mesh or each.dport != 8080]
    assert len(flows) > 8
    before, after = ([walk_flow(each, flow).verdict for flow in flows] for each in (within, course.network))
    assert after == before
    assert set(before) <= {"delivered", "leaves"}
    assert any("routing mesh" in str(each) for each in course.conditions) is (event == "reboot")


def test_a_port_held_by_an_unread_process_is_the_containers_own_if_it_publishes_it_now() -> None:
    """Only root reads which process has a socket: web's own docker-proxy keeps web from no start."""
    unread = Socket("tcp", 4, None, 8151)
    for holder, fails in ((unread, False), (msgspec.structs.replace(unread, process="nginx", pid=9), True)):
        within = network(host_namespace(sockets=(holder,)))
        course = course_of(within, within.this.name, "container-restart")
        assert course is not None
        assert bool(course.failures) is fails
    away = msgspec.structs.replace(container("exited"), restart_policy="always")
    course = course_of(network(host_namespace(sockets=(unread,)), docker=engine(away)), "test", "docker-restart")
    assert course is not None
    assert any("another process has port 8151" in str(each) for each in course.failures)
