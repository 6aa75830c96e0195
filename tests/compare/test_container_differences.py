"""Differences of containers and sockets."""

import msgspec

from hairpin.host.host import Host
from hairpin.host.socket import Socket
from tests import small_host as small
from tests.compare.small_pairs import host, texts, with_namespace


def _with_container(status: str) -> Host:
    return small.network(docker=small.engine(small.container(status))).this


def test_ids_processes_and_times_are_no_difference() -> None:
    other = msgspec.structs.replace(small.container(), id="d" * 64, pid=4711, started_at="2026-01-01T00:00:00Z")
    assert texts(small.network(docker=small.engine(other)).this) == []


def test_a_paused_container() -> None:
    assert texts(_with_container("paused")) == [("containers", "container web", "status running", "status paused")]


def test_a_container_that_is_gone() -> None:
    now = msgspec.structs.replace(host(), engines=(small.engine(),), namespaces=(small.host_namespace(sockets=()),))
    found = texts(now)
    assert [(part, where, after) for part, where, _, after in found if part == "containers"] == [
        ("containers", "container web", None)
    ]
    assert not [each for each in found if each[0] in ("links", "sockets")]  # they belong to the container


def test_a_socket_that_is_gone() -> None:
    assert texts(host(inner=small.container_namespace(()))) == [("sockets", "socket tcp *:80 (httpd)", "listens", None)]


def test_a_process_that_a_signal_stopped() -> None:
    (listener,) = small.container_namespace().sockets
    stopped = small.container_namespace((msgspec.structs.replace(listener, halted=True),))
    assert texts(host(inner=stopped)) == [("sockets", "socket tcp *:80 (httpd)", "listens", "stopped by a signal")]


def test_ports_that_the_kernel_draws_are_no_difference() -> None:
    def drawn(port: int) -> Host:
        held = host().namespace("host").sockets
        return with_namespace(host(), sockets=(*held, Socket("tcp", 4, 0x7F000001, port, process="containerd")))

    assert texts(drawn(40001), drawn(41234)) == []
    assert [each[0] for each in texts(drawn(40001))] == ["sockets"]
