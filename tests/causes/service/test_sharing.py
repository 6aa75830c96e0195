"""A service in a container that shares the network of another one is named by its own container."""

import msgspec

from hairpin.causes.where import OfContainer, OfSocket
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.suspect import Suspect
from hairpin.host.docker import Container
from hairpin.host.socket import Socket
from hairpin.network.flow import Outside
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from hairpin.report.words import Words
from tests.causes.hosts import asked
from tests.small_host import CLIENT, container, container_namespace, engine, host_namespace, network, number, published

LOOPBACK = number("127.0.0.1")


def side(status: str = "running") -> Container:
    """Return a container that shares the network of ``web``."""
    return msgspec.structs.replace(
        container(status), id="d" * 64, name="side", bindings=(), endpoints=(), network_mode=f"container:{'c' * 64}",
        netns="container:web" if status == "running" else None,
    )  # fmt: skip


def serving(socket: Socket | None, other: Container, web: Container | None = None) -> Network:
    sockets = (msgspec.structs.replace(socket, container=other.id),) if socket is not None else ()
    return network(inner=container_namespace(sockets), docker=engine(other, web or container()))


def said(whole: Network, suspect: Suspect) -> list[str]:
    """Return the title, and the advice of the first remedy."""
    words = Words("en")
    first, *_ = remedies(suspect.cause, suspect.candidate, whole)
    return [words(suspect.candidate.title), *(words(each) for each in first.advice)]


def test_the_container_whose_process_listens_is_named() -> None:
    for port, address, expected in ((80, LOOPBACK, "The service in side listens on its own loopback only"),
                                    (81, None, "The service in side listens on port 81, not on 80")):  # fmt: skip
        whole = serving(Socket("tcp", 4, address, port, process="httpd", pid=50), side())
        (found,) = diagnose(whole, published()).causes
        assert said(whole, found)[0] == expected
        assert isinstance(found.candidate.where, OfSocket)
        assert found.candidate.where.container == "side"


def test_a_port_is_published_by_the_owner_of_the_network_and_those_behind_it_are_recreated_too() -> None:
    whole = serving(Socket("tcp", 4, None, 81, process="httpd", pid=50), side())
    (found,) = diagnose(whole, published()).causes
    told = "\n".join(said(whole, found))
    assert "recreate web with -p 8151:81 instead of -p 8151:80" in told
    assert "recreate side, too, once the new web runs" in told


def test_one_that_does_not_run_is_named_first() -> None:
    whole = serving(None, side("exited"))
    (found,) = diagnose(whole, published()).causes
    assert found.cause == "service-not-listening"
    told = "\n".join(said(whole, found))
    assert "docker start side" in told
    assert "docker logs side" in told


def test_a_container_alone_in_its_network_is_named_as_before() -> None:
    whole = network(inner=container_namespace(()), docker=engine(container()))
    (found,) = diagnose(whole, published()).causes
    assert said(whole, found)[0] == "Nothing listens on port 80 in container web"


def test_an_unpublished_port_is_the_containers_whose_process_has_it() -> None:
    web = msgspec.structs.replace(container(), bindings=())
    own = Socket("tcp", 4, None, 8080, process="httpd", pid=50, container=side().id)
    whole = network(host_namespace(sockets=()), container_namespace((own,)), docker=engine(side(), web))
    (found,) = diagnose(whole, asked(Outside(CLIENT), "198.51.100.11", 8080)).causes
    assert found.cause == "port-not-published"
    assert said(whole, found)[0] == "Port 8080 of side is not published"
    assert isinstance(found.candidate.where, OfContainer)
    assert found.candidate.where.container == "web"
    assert any("recreate side, too" in each for each in said(whole, found))


def test_the_only_one_that_does_not_run_beside_listeners_is_the_one_that_is_missing() -> None:
    own = Socket("tcp", 4, None, 9100, process="httpd", pid=50)
    whole = serving(own, container(), side("exited"))
    (found,) = diagnose(whole, published()).causes
    assert found.cause == "container-not-running"
    assert isinstance(found.candidate.where, OfContainer)
    assert found.candidate.where.container == "side"
    (running,) = diagnose(serving(own, container(), side()), published()).causes
    assert running.cause == "service-listens-on-other-port"


def test_of_two_that_do_not_run_neither_is_taken_for_the_missing_one() -> None:
    own = Socket("tcp", 4, None, 9100, process="httpd", pid=50, container=container().id)
    third = msgspec.structs.replace(side("exited"), id="e" * 64, name="third")
    whole = network(inner=container_namespace((own,)), docker=engine(container(), side("exited"), third))
    (found,) = diagnose(whole, published()).causes
    assert found.cause == "service-not-listening"
    assert "If side should have the port: docker start side" in "\n".join(said(whole, found))
