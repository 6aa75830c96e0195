"""Probes on the loopback: what is answered, refused or silent."""

import socket
import threading

import msgspec
import pytest

from hairpin.live import probing
from hairpin.live.probing import ProbeOrder, send_probes
from hairpin.network.flow import Protocol
from tests.waiting import HANG_S

FIRST, HELD = 62_000, 62_600


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "TCP_PATIENCE_S", HANG_S)
    monkeypatch.setattr(probing, "UDP_PATIENCE_S", HANG_S)
    monkeypatch.setattr(probing, "SPACE_S", 0.01)


def order(port: int, protocol: Protocol = "tcp", *, count: int = 3, relayed: bool = False) -> ProbeOrder:
    return ProbeOrder(protocol, 4, "127.0.0.1", port, count, FIRST, relayed=relayed)


def test_an_accepted_connection_is_an_answer_without_any_data() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = send_probes(order(server.getsockname()[1]))
        received = []
        for _ in found:
            connection, peer = server.accept()
            with connection:
                received.append((connection.recv(10), peer[1]))
    assert [each.outcome for each in found] == ["answered"] * 3
    assert [data for data, _ in received] == [b""] * 3
    assert [each.sport for each in found] == [port for _, port in received]
    assert all(each.latency_ms is not None for each in found)


def test_a_port_without_a_listener_refuses() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = send_probes(order(free.getsockname()[1]))
    assert [(each.outcome, each.said) for each in found] == [("refused", "ECONNREFUSED")] * 3


def test_a_relay_that_closes_at_once_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close() -> None:
            for _ in range(2):
                server.accept()[0].close()

        closing = threading.Thread(target=close)
        closing.start()
        found = send_probes(order(server.getsockname()[1], count=2, relayed=True))
        closing.join()
    assert [each.outcome for each in found] == ["refused"] * 2


def test_a_full_backlog_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "TCP_PATIENCE_S", 0.9)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        found = send_probes(order(server.getsockname()[1], count=4))
    outcomes = [each.outcome for each in found]
    assert set(outcomes) == {"answered", "silent"}
    assert outcomes == sorted(outcomes)


def test_a_datagram_is_empty_and_its_answer_counts() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        received = []

        def answer() -> None:
            for _ in range(3):
                data, peer = server.recvfrom(100)
                received.append(data)
                server.sendto(b"x", peer)

        answering = threading.Thread(target=answer)
        answering.start()
        found = send_probes(order(server.getsockname()[1], "udp"))
        answering.join()
    assert [each.outcome for each in found] == ["answered"] * 3
    assert received == [b""] * 3


def test_a_datagram_to_a_closed_port_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert [each.outcome for each in send_probes(order(port, "udp"))] == ["refused"] * 3


def test_a_source_port_in_use_is_left_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as held:
        held.bind(("", HELD))
        asked = msgspec.structs.replace(order(server.getsockname()[1], count=2), first_sport=HELD)
        found = send_probes(asked)
    assert [each.outcome for each in found] == ["answered"] * 2
    assert HELD < found[0].sport < found[1].sport


def test_a_broadcast_address_is_never_sent_to() -> None:
    refused = send_probes(ProbeOrder("udp", 4, "127.255.255.255", 9, 1, FIRST))
    assert refused[0].outcome != "answered"
    assert refused[0].said == "EACCES"
