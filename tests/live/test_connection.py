"""A real connection counts if data comes back; what nobody here can send is not tried."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

import msgspec
import pytest

from hairpin.live.connection import connect
from hairpin.network.flow import Flow, FromHost, Outside
from tests.small_host import network, number
from tests.waiting import HANG_S

LOOPBACK = number("127.0.0.1")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hairpin.live.connection._PATIENCE_S", HANG_S)


def flow(port: int) -> Flow:
    return Flow(FromHost(), 4, LOOPBACK, "tcp", port)


@contextmanager
def serving(*, greets: bytes = b"", answers: bytes = b"") -> Generator[int]:
    """Serve one connection and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as client:
                client.sendall(greets)
                with suppress(OSError):  # a server that closes with a request unread would reset its greeting away
                    while greets and client.recv(100):
                        pass
                if not greets:
                    client.recv(100)
                    client.sendall(answers)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(HANG_S)


@pytest.mark.parametrize("words", ({"greets": b"220 ready\r\n"}, {"answers": b"HTTP/1.0 400\r\n"}), ids=str)
def test_what_the_service_says_counts(words: dict[str, bytes]) -> None:
    with serving(**words) as port:
        assert connect(network(), flow(port)) == "answered"


def test_a_connection_without_data_does_not() -> None:
    with serving() as port:
        assert connect(network(), flow(port)) == "silent"


def test_a_port_that_nobody_serves() -> None:
    with socket.socket() as held:  # it does not listen, and nobody else gets its port meanwhile
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        assert connect(network(), flow(port)) == "refused"


def test_what_starts_elsewhere_is_not_tried() -> None:
    outside = msgspec.structs.replace(flow(80), start=Outside(LOOPBACK))
    assert connect(network(), outside) is None
    assert connect(network(), msgspec.structs.replace(flow(80), protocol="udp")) is None
    assert connect(network(), msgspec.structs.replace(flow(80), host="another")) is None
    assert connect(network(), msgspec.structs.replace(flow(80), invented=True)) is None
