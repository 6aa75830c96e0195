"""One of several containers of a name does not listen on a port on which the others do."""

import pytest
from msgspec.structs import replace

from hairpin.beside.walks.silent_replicas import silent_replicas, told_of_silent
from hairpin.host.docker import Container, DockerNetwork, Endpoint, PortBinding
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from tests.small_host import container, container_namespace, engine, network

SERVER, ON_LOOPBACK = Socket("tcp", 4, None, 80), Socket("tcp", 4, 0x7F000001, 80)
RESOLVER = Socket("tcp", 4, 0x7F00000B, 38999)
Sockets = tuple[Socket, ...]


def web(number: int, **changed: object) -> Container:
    """Return a container of service web of project shop."""
    usual: dict[str, object] = {
        "id": f"{number}" * 64, "name": f"shop-web-{number}", "netns": f"container:shop-web-{number}", "bindings": (),
        "endpoints": (Endpoint("shop", aliases=("web", f"shop-web-{number}")),), "service": "web", "project": "shop",
        "started_at": "2026-01-01T10:00:00.5Z", "image": "web:1", "exposed": (),
    }  # fmt: skip
    return replace(container(), **{**usual, **changed})


def of(*replicas: tuple[Container, Sockets], taken_at: str = "2026-01-01T10:02:00Z") -> Network:
    """Return the host with these containers, each with the sockets in its namespace."""
    inner = [
        replace(container_namespace(), name=each.netns or "", sockets=(*sockets, RESOLVER))
        for each, sockets in replicas
        if each.netns is not None
    ]
    docker = replace(engine(*(each for each, _ in replicas)), networks=(DockerNetwork("n1", "shop", "bridge"),))
    found = network(docker=docker)
    spaces = (found.this.namespace("host"), *inner)
    return found.with_host(replace(found.this, namespaces=spaces, taken_at=taken_at))


FIRST = (web(1), (SERVER,))
HIGH = Socket("tcp", 4, None, 40000)
CASES: dict[str, tuple[Network, list[str]]] = {
    "one has lost its server": (of(FIRST, (web(2), ())), ["shop-web-2 80"]),
    "one listens on its loopback only": (of(FIRST, (web(2), (ON_LOOPBACK,))), ["shop-web-2 80"]),
    "one of three": (of(FIRST, (web(2), ()), (web(3), (SERVER,))), ["shop-web-2 80"]),
    "one of one image, without Compose": (
        of((web(1, service="", project=""), (SERVER,)), (web(2, service="", project=""), ())), ["shop-web-2 80"],
    ),
    "a high port that the image names": (
        of((web(1, exposed=(("tcp", 40000),)), (HIGH,)), (web(2), ())), ["shop-web-2 40000"],
    ),
    "both listen": (of(FIRST, (web(2), (SERVER,))), []),
    "one was started anew inside": (of(FIRST, (web(2), (replace(SERVER, is_late=True),))), []),
    "nobody listens": (of((web(1), ()), (web(2), ())), []),
    "a high port by chance": (of((web(1), (SERVER, HIGH)), (web(2), (SERVER,))), []),
    "a process that a person started": (
        of((web(1), (SERVER, Socket("tcp", 4, None, 9000, is_late=True))), (web(2), (SERVER,))), [],
    ),
    "by UDP": (of((web(1), (Socket("udp", 4, None, 80),)), (web(2), ())), []),
    "most do not listen": (of(FIRST, (web(2), ()), (web(3), ())), []),
    "another port: another part": (of(FIRST, (web(2), (Socket("tcp", 4, None, 81),))), []),
    "started just now": (of(FIRST, (web(2, started_at="2026-01-01T10:01:30Z"), ())), []),
    "the time of the start is not known": (of(FIRST, (web(2, started_at=""), ())), []),
    "inside not read": (of(FIRST, (web(2, netns=None), ())), []),
    "stopped": (of(FIRST, (web(2, status="exited"), ())), []),
    "paused": (of(FIRST, (web(2, status="paused"), ())), []),
    "another service": (of(FIRST, (web(2, service="worker"), ())), []),
    "another image, without Compose": (
        of((web(1, service="", project=""), (SERVER,)), (web(2, service="", project="", image="job:1"), ())), [],
    ),
    "a job of the service, which does not have its name": (
        of(FIRST, (web(2, endpoints=(Endpoint("shop", aliases=("shop-web-run-1",)),)), ())), [],
    ),
    "published: a flow asks for it": (of(FIRST, (web(2, bindings=(PortBinding("tcp", 80, 8080, None, 4),)), ())), []),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "silent"), CASES.values(), ids=CASES)
def test_which_replicas_are_silent(whole: Network, silent: list[str]) -> None:
    found = silent_replicas(whole.this)
    assert [f"{each.container.name} {','.join(map(str, each.ports))}" for each in found] == silent


def test_the_note_names_both_and_the_question_that_shows_it() -> None:
    (alone,) = told_of_silent(of(FIRST, (web(2), ())))
    assert "(`hairpin check shop-web-2:80` shows it)" in str(alone)
    proxy = web(3, name="proxy", service="proxy", endpoints=(Endpoint("shop", aliases=("proxy",)),))
    (beside,) = told_of_silent(of(FIRST, (web(2), ()), (proxy, ())))
    assert str(beside).startswith("shop-web-2 does not listen on port 80 for other containers, as shop-web-1 does")
    assert "(`hairpin check web:80 --from proxy` shows it)" in str(beside)


def test_sockets_that_were_not_read_say_nothing() -> None:
    whole = of(FIRST, (web(2), ()))
    refused = replace(whole.this.namespace("container:shop-web-2"), unread=("sockets",))
    spaces = tuple(refused if each.name == refused.name else each for each in whole.this.namespaces)
    assert told_of_silent(whole.with_host(replace(whole.this, namespaces=spaces))) == ()
