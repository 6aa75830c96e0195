"""Prometheus asks, on a loopback address."""

from collections.abc import Iterator
from contextlib import suppress
from socket import create_connection

import pytest

from hairpin.guard.telling.metrics_server import MetricsServer


@pytest.fixture(params=("127.0.0.1", "::1"))
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    served = MetricsServer((request.param, 0), lambda: "hairpin_guard_up 1\n")
    yield request.param, served.port
    served.close()


def asked(server: tuple[str, int], request: bytes) -> bytes:
    with create_connection(server) as client:
        client.sendall(request)
        found = b""
        while more := client.recv(4096):
            found += more
        return found


def test_answers(server: tuple[str, int]) -> None:
    told = asked(server, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n")
    assert told.endswith(b"\r\n\r\nhairpin_guard_up 1\n")
    assert asked(server, b"HEAD /metrics HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n")
    assert asked(server, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404 ")
    assert asked(server, b"POST /metrics HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 405 ")


def test_a_client_that_says_nothing_or_goes_away_ends_nothing(server: tuple[str, int]) -> None:
    with create_connection(server) as client:
        client.shutdown(1)
    with suppress(ConnectionResetError):  # the rest is not read
        asked(server, b"x" * 20_000)
    assert asked(server, b"GET /metrics HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_port_that_is_taken() -> None:
    first = MetricsServer(("127.0.0.1", 0), str)
    try:
        with pytest.raises(OSError, match="in use"):
            MetricsServer(("127.0.0.1", first.port), str)
    finally:
        first.close()
