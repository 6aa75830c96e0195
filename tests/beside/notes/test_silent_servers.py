"""Servers outside from which connections of the host got no answer."""

import msgspec
import pytest

from hairpin.beside.notes.silent_servers import told_by_silence
from tests.conntrack_lines import entries, to_server
from tests.small_host import host_namespace, network

ONE = to_server("SYN_SENT", 100, server="192.0.2.25", port=25)
HOSTS_OWN = (
    "ipv4     2 tcp      6 100 SYN_SENT src=198.51.100.11 dst=192.0.2.9 sport=4 dport=22 [UNREPLIED] "
    "src=192.0.2.9 dst=198.51.100.11 sport=22 dport=4"
)
TO_CONTAINER = (
    "ipv4     2 tcp      6 100 SYN_SENT src=198.51.100.11 dst=172.17.0.9 sport=4 dport=22 [UNREPLIED] "
    "src=172.17.0.9 dst=198.51.100.11 sport=22 dport=4"
)
FORWARDED = (
    "ipv4     2 tcp      6 100 SYN_SENT src=10.1.1.1 dst=192.0.2.9 sport=4 dport=22 [UNREPLIED] "
    "src=192.0.2.9 dst=10.1.1.1 sport=22 dport=4"
)
_SAID = "connections from here to these servers got no answer: {}; to see why: `hairpin check {} --from {}`"
_MANY = "192.0.2.1:25 (container:web), 192.0.2.2:25 (container:web), 192.0.2.3:25 (container:web) (+2)"
TOLD: dict[str, tuple[tuple[str, ...], str]] = {
    "a container's": ((ONE,), _SAID.format("192.0.2.25:25 (container:web)", "192.0.2.25:25", "container:web")),
    "the host's": ((HOSTS_OWN,), _SAID.format("192.0.2.9:22 (host)", "192.0.2.9:22", "host")),
    "many": (
        tuple(to_server("SYN_SENT", 100, server=f"192.0.2.{each}", port=25) for each in range(1, 6)),
        _SAID.format(_MANY, "192.0.2.1:25", "container:web"),
    ),
}


@pytest.mark.parametrize(("lines", "said"), TOLD.values(), ids=TOLD)
def test_a_silent_server_is_named(lines: tuple[str, ...], said: str) -> None:
    host = msgspec.structs.replace(host_namespace(), connections=entries(*lines))
    assert [str(each) for each in told_by_silence(network(host))] == [said]


SILENT: dict[str, tuple[str, ...]] = {
    "none": (),
    "under way": (to_server("SYN_SENT", 119),),
    "answered since": (ONE, to_server("TIME_WAIT", 119, server="192.0.2.25", port=25, sport=40002)),
    "to another container": (TO_CONTAINER,),
    "of another machine": (FORWARDED,),
}


@pytest.mark.parametrize("lines", SILENT.values(), ids=SILENT)
def test_otherwise_nothing_is_said(lines: tuple[str, ...]) -> None:
    host = msgspec.structs.replace(host_namespace(), connections=entries(*lines))
    assert told_by_silence(network(host)) == ()
