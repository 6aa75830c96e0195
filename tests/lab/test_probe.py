"""A probe says in one word what a client sees."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from hairpin.lab.probe import Outcome, probe
from tests.waiting import HANG_S

LOOPBACK = "127.0.0.1"


@contextmanager
def tcp_server(answer: bytes | None) -> Generator[int]:
    """Serve one connection: with an answer, by closing at once (empty), or never (None); yield the port."""
    with socket.create_server((LOOPBACK, 0)) as server:
        if answer is None:
            yield server.getsockname()[1]
            return

        def serve() -> None:
            connection, _peer = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


ANSWERS: dict[str, tuple[bytes | None, Outcome]] = {
    "a page": (b"HTTP/1.0 200 OK\r\n\r\n", Outcome.DELIVERED),
    "closed without a word": (b"", Outcome.REFUSED),
    "taken by the kernel, never served": (None, Outcome.TIMEOUT),
}


@pytest.mark.parametrize(("answer", "outcome"), ANSWERS.values(), ids=ANSWERS)
def test_tcp(answer: bytes | None, outcome: Outcome) -> None:
    with tcp_server(answer) as port:
        assert probe("tcp", LOOPBACK, port, 0.3 if answer is None else HANG_S) is outcome


def test_nobody_listens() -> None:
    """The port is held by a socket that does not listen, so that nobody else gets it meanwhile."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        port = held.getsockname()[1]
        assert probe("tcp", LOOPBACK, port, HANG_S) is Outcome.REFUSED
        assert probe("udp", LOOPBACK, port, HANG_S) is Outcome.REFUSED


def test_padding_is_part_of_the_request() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((LOOPBACK, 0))
        probe("udp", LOOPBACK, server.getsockname()[1], 0.1, padding_bytes=3000)
        assert 3000 < len(server.recv(4096)) < 3050


def test_udp_silence() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((LOOPBACK, 0))
        assert probe("udp", LOOPBACK, server.getsockname()[1], 0.1) is Outcome.TIMEOUT


def test_source_port_is_the_one_asked_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((LOOPBACK, 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind((LOOPBACK, 0))
            source_port = free.getsockname()[1]
        probe("udp", LOOPBACK, server.getsockname()[1], 0.05, source_port)
        assert server.recvfrom(64)[1] == (LOOPBACK, source_port)


def test_what_is_no_answer_of_the_network_is_raised() -> None:
    with pytest.raises(OSError, match=r"not known|not supported|Name or service|ddress family"):
        probe("tcp", "no.such.name.invalid:", 80, 1.0)
